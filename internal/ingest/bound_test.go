// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/leadline/leadline/internal/ingest"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/testkit/otlpgen"
)

// trickle sends something every minute, which keeps intake busy.
func (n *node) trickle(minutes int) {
	n.t.Helper()
	for range minutes {
		n.drop()
		time.Sleep(time.Minute)
	}
}

func (n *node) drop() {
	n.t.Helper()
	now := time.Now()
	o := otlpgen.Options{Environment: "production", Mix: []otlpgen.Operation{otlpgen.GetItem}, From: now.Add(-time.Second), To: now}
	n.send(otlpgen.Traces(uint64(now.UnixNano()), 20, o))
}

// TestNothingIsMeasuredBeforeAnIndicator defines an indicator while minutes
// are open in which nobody judged by it: they are neither silent nor zero.
func TestNothingIsMeasuredBeforeAnIndicator(t *testing.T) {
	for name, restart := range map[string]bool{"at a reload": false, "at a restart": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { measuredFrom(t, restart) })
		})
	}
}

func measuredFrom(t *testing.T, restart bool) {
	dir, w := t.TempDir(), newWorld(t)
	at, store := &cursors{}, &shelf{t: t, counts: ledger{}}
	n := start(t, dir, w.binding(), store, at)
	n.trickle(15)
	fresh := indicator(t, sli.Rule{Kind: sli.Availability, Operation: "POST /checkout"})
	b := w.binding()
	b.Indicators = append(b.Indicators, ingest.Bound{Indicator: fresh, CountSilence: true})
	time.Sleep(20 * time.Second)
	defined := slice.MinuteOf(time.Now())
	if restart {
		n.stop()
		n = start(t, dir, b, store, at)
	} else {
		for range 2 { // the second keeps what the first began
			if err := n.Rebind(t.Context(), b, func(open []ingest.Counted, _ slice.Minute) {
				for _, c := range open {
					if c.Series.Indicator == string(fresh.ID) {
						t.Errorf("told of %v in minute %d, defined in %d", c.Series.Key, c.Minute, defined)
					}
				}
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
	n.trickle(15)
	if !restart {
		if err := n.Rebind(t.Context(), b, func([]ingest.Counted, slice.Minute) {}); err != nil {
			t.Fatal(err)
		}
	}
	n.trickle(15)
	n.drop() // or the minute before may be the one in which the process failed
	n.stop()
	n = start(t, dir, b, store, at) // the indicator is no longer new
	n.trickle(15)
	n.stop()
	total := slice.Key{Service: shop(), Indicator: string(fresh.ID)}
	silent := total
	silent.Tally = slice.Silent
	for m := defined - 12; m <= store.last; m++ {
		_, zero := store.counts[slot{total, m}]
		quiet := store.counts[slot{silent, m}] == slice.Counts{Good: 1}
		if want := m > defined; zero != want || quiet != want {
			t.Errorf("minute %d, defined in %d: measured %v, silent %v, want %v", m, defined, zero, quiet, want)
		}
	}
	if store.last < defined+30 {
		t.Errorf("stored through %d only", store.last)
	}
}
