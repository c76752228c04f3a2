// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/testkit/otlpgen"
)

// tier sends one checkout of a customer tier.
func (n *node) tier(tier string) {
	n.t.Helper()
	now := time.Now()
	o := otlpgen.Options{Environment: "production", Mix: []otlpgen.Operation{otlpgen.Checkout}, From: now.Add(-time.Second), To: now}
	spans := otlpgen.Spans(uint64(now.UnixNano()), 1, o)
	spans[0].Tier = tier
	n.send(otlpgen.Encode(spans, o))
	time.Sleep(time.Millisecond)
}

// TestGroupsAgeAcrossRestarts fills the groups of an indicator, of which two
// go on, over restarts once a month. After 120 days the silent ones make room,
// and after one of them not yet.
func TestGroupsAgeAcrossRestarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, w := t.TempDir(), newWorld(t)
		store, at := &shelf{t: t, counts: ledger{}}, &cursors{}
		n := start(t, dir, w.binding(), store, at)
		for i := range groupLimit {
			n.tier(fmt.Sprint("old ", i))
		}
		newcomer := func(tier string) string {
			n.tier(tier)
			open, err := n.Open(t.Context(), func(s *slice.Series) bool { return s.Group != "" })
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range open {
				if !c.Counts.IsZero() && (c.Series.Group == slice.OtherGroups || c.Series.Group == "customer.tier="+tier) {
					return c.Series.Group
				}
			}
			return "nothing"
		}
		for month := range 4 {
			time.Sleep(15 * time.Minute)
			n.stop()
			time.Sleep(30 * 24 * time.Hour)
			n = start(t, dir, w.binding(), store, at)
			n.tier("old 1")
			n.tier("old 2")
			time.Sleep(15 * time.Minute)
			if month == 1 {
				if got := newcomer("early"); got != slice.OtherGroups {
					t.Errorf("after 60 days a new group has become %q", got)
				}
			}
		}
		for i := range groupLimit - 2 {
			tier := fmt.Sprint("new ", i)
			if got := newcomer(tier); got != "customer.tier="+tier {
				t.Fatalf("new group %d has become %q", i, got)
			}
			time.Sleep(12 * time.Minute)
		}
		if got := newcomer("one more"); got != slice.OtherGroups {
			t.Errorf("a group beyond the limit has become %q", got)
		}
		n.stop()
	})
}
