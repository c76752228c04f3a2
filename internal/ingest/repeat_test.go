// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/testkit/otlpgen"
)

// TestARepeatedRequestHasItsAnswerAgain sends a request of which parts are
// refused, and sends it again at once and later.
func TestARepeatedRequestHasItsAnswerAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, store := newWorld(t), &shelf{t: t, counts: ledger{}}
		n := start(t, t.TempDir(), w.binding(), store, &cursors{})
		time.Sleep(20 * time.Minute)
		now := time.Now()
		ending := func(seed uint64, end time.Time) []otlpgen.Span {
			o := otlpgen.Options{Environment: "production", Mix: []otlpgen.Operation{otlpgen.Checkout}, From: end.Add(-time.Second), To: end}
			return otlpgen.Spans(seed, 10, o)
		}
		onTime, ahead := ending(1, now.Add(-5*time.Minute)), ending(3, now.Add(15*time.Minute))
		for _, s := range append(onTime[:10:10], ahead...) {
			w.count(s)
		}
		spans := append(onTime[:10:10], ending(2, now.Add(-15*time.Minute))...)
		body := otlpgen.Encode(append(spans, ahead...), otlpgen.Options{Environment: "production"})
		answers := func(what string, rejected int64) {
			t.Helper()
			if r := n.send(body); r.Rejected != rejected || (r.Message == "") != (rejected == 0) {
				t.Errorf("%s: %+v, want %d refused", what, r, rejected)
			}
		}
		answers("late and ahead", 20)
		answers("at once again", 20)
		time.Sleep(6 * time.Minute)
		answers("no longer ahead", 10)
		answers("once more", 10)
		if got := n.Totals(); got.Again != 10+10+20 || got.Late != 40 || got.Ahead != 20 || got.Accepted != 20 {
			t.Errorf("accepted %d, again %d, late %d, ahead %d", got.Accepted, got.Again, got.Late, got.Ahead)
		}
		time.Sleep(30 * time.Minute)
		synctest.Wait()
		n.stop()
		w.compare(t, store.counts)
		var tallied slice.Counts
		for k, c := range store.counts {
			if k.key.Tally == slice.Spans {
				tallied = tallied.Plus(c)
			}
		}
		if want := (slice.Counts{Good: 20, Bad: 60, Excluded: 40}); tallied != want {
			t.Errorf("tallied %+v, want %+v", tallied, want)
		}
	})
}
