// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"fmt"
	"maps"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/testkit/otlpgen"
)

// TestLookingHoldsUpNoCommit sends a request from within the question which
// series are wanted: were it asked between two commits, both would wait.
func TestLookingHoldsUpNoCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		n := start(t, t.TempDir(), w.binding(), &shelf{t: t, counts: ledger{}}, &cursors{})
		defer n.stop()
		o := otlpgen.Options{Environment: "production", From: time.Now().Add(-time.Second), To: time.Now()}
		n.send(otlpgen.Traces(1, 20, o))
		seed, baselines := uint64(1), 0
		open, err := n.Open(t.Context(), func(s *slice.Series) bool {
			if seed++; seed < 5 {
				n.send(otlpgen.Traces(seed, 20, o))
			}
			return s.IsBaseline()
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range open {
			if c.Histogram != nil {
				baselines++
			}
		}
		if baselines == 0 {
			t.Errorf("no baseline among %v", open)
		}
	})
}

// TestOpenOfManySeries looks at more series than are copied at once: all of
// them are there, each once.
func TestOpenOfManySeries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := &view{counts: ledger{}}
		n := startTold(t, t.TempDir(), newWorld(t).binding(), &shelf{t: t, counts: ledger{}}, &cursors{}, told, told.closed)
		for i := range 400 {
			o := otlpgen.Options{Environment: fmt.Sprint("e", i/8), Version: fmt.Sprint(i % 8), From: time.Now().Add(-time.Second), To: time.Now()}
			n.send(otlpgen.Traces(uint64(i), 100, o))
		}
		open, err := n.Open(t.Context(), func(s *slice.Series) bool { return s.IsBaseline() })
		if err != nil {
			t.Fatal(err)
		}
		n.stop()
		got, want := ledger{}, ledger{}
		for _, c := range open {
			if _, again := got[slot{c.Series.Key, c.Minute}]; again {
				t.Errorf("%v of minute %d is there again", c.Series.Key, c.Minute)
			}
			got[slot{c.Series.Key, c.Minute}] = c.Counts
		}
		for k, c := range told.counts {
			if k.key.IsBaseline() {
				want[k] = c
			}
		}
		if len(got) < 2000 || !maps.Equal(got, want) {
			t.Errorf("%d counts are open, %d were told", len(got), len(want))
		}
	})
}
