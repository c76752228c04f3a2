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
	"github.com/leadline/leadline/internal/wire"
)

// TestAMillionGroupsStayWithinTheirCap sends a million values of the attribute
// by which an indicator is grouped. The number of its series must stay at the
// cap, the total exact, and the rest be in the group for the others, in the
// open minutes, in the store, and after a restart in the midst.
func TestAMillionGroupsStayWithinTheirCap(t *testing.T) {
	values := 1_000_000
	if testing.Short() {
		values = 50_000
	}
	synctest.Test(t, func(t *testing.T) {
		w := newCrashWorld(t, 1)
		n := w.mustStart()
		flood(t, w, n, 0, values/2)
		// The members are in closed minutes only, and the store has passed them.
		time.Sleep(12 * time.Minute)
		synctest.Wait()
		n.stop()
		w.disk.Kill()
		n = w.mustStart()
		flood(t, w, n, values/2, values)
		open, err := n.Open(t.Context(), func(s *slice.Series) bool { return s.Indicator == string(w.available.ID) && s.Tally == "" })
		if err != nil {
			t.Fatal(err)
		}
		groups := make(map[string]bool)
		for _, c := range open {
			groups[c.Series.Group] = true
		}
		if len(groups) > groupLimit+2 { // the groups, the others and the total
			t.Errorf("%d series are open, want at most %d", len(groups), groupLimit+2)
		}
		time.Sleep(12 * time.Minute)
		synctest.Wait()
		n.stop()
		capped(t, w, values)
	})
}

const groupLimit = 100 // of ingest.DefaultConfig

// flood sends one checkout for each value.
func flood(t *testing.T, w *crashWorld, n *life, from, to int) {
	t.Helper()
	const request = 5_000
	now := time.Now()
	o := otlpgen.Options{Environment: "production", Mix: []otlpgen.Operation{otlpgen.Checkout}, From: now.Add(-time.Second), To: now}
	for at := from; at < to; at += request {
		spans := otlpgen.Spans(w.rng.Uint64(), min(request, to-at), o)
		for i := range spans {
			spans[i].Tier = fmt.Sprint("customer ", at+i)
		}
		if r, err := n.Consume(t.Context(), wire.Traces, otlpgen.Encode(spans, o)); err != nil || r.Rejected > 0 {
			t.Fatalf("%+v, %v", r, err)
		}
	}
}

// capped adds up what is stored of the grouped indicator.
func capped(t *testing.T, w *crashWorld, values int) {
	t.Helper()
	var total, told, others uint64
	groups := make(map[string]bool)
	for k, c := range w.store.counts {
		switch {
		case k.key.Indicator != string(w.available.ID) || k.key.Tally != "":
		case k.key.Group == "":
			total += c.Total()
		case k.key.Group == slice.OtherGroups:
			others += c.Total()
		default:
			told += c.Total()
			groups[k.key.Group] = true
		}
	}
	if total != uint64(values) {
		t.Errorf("the total is %d, %d events were sent", total, values)
	}
	if told+others != total {
		t.Errorf("groups %d and others %d are not the total %d", told, others, total)
	}
	if len(groups) > groupLimit {
		t.Errorf("%d groups are told apart, want at most %d", len(groups), groupLimit)
	}
}
