// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"testing"
	"time"

	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/report"
	"github.com/leadline/leadline/internal/slice"
)

// TestOneForecast follows a burn that stops: the page has the word until it has
// ended, also while its windows are below the threshold.
func TestOneForecast(t *testing.T) {
	o := objective("up", 28*24*time.Hour)
	w := newWorld(noon, o)
	w.count(totalOf(o), slice.MinuteOf(noon.Add(-48*time.Hour)), slice.Counts{Good: 9_000_000})
	w.count(totalOf(o), slice.MinuteOf(noon), slice.Counts{Good: 900, Bad: 900})
	w.generations = []catalog.Generation{}
	r := w.report(t)
	for _, c := range []struct {
		name   string
		after  time.Duration
		good   uint64
		window string
		step   string
	}{
		{"fires", 0, 0, "1h", "open the runbook and look at what changed since the burn began"},
		{"waits to end", 7 * time.Minute, 3_000_000, "1h", "it recovers: wait until the page ends, and open the runbook if it rises again"},
		{"has ended", 50 * time.Minute, 100, "3d", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w.now = noon.Add(c.after)
			if c.good > 0 {
				w.count(totalOf(o), slice.MinuteOf(w.now), slice.Counts{Good: c.good})
			}
			w.engine.Evaluate()
			v := &w.engine.Snapshot().Evaluations[0]
			d, err := r.SLO(t.Context(), v, "", w.now.Add(-time.Hour), w.now)
			if err != nil {
				t.Fatal(err)
			}
			if got := d.SLO.Exhaustion; got.Window != c.window || got.State == report.Unknown {
				t.Errorf("forecast %+v, want one over %s", got, c.window)
			}
			if d.SLO.NextStep != c.step {
				t.Errorf("next step %q of %s, want %q", d.SLO.NextStep, d.SLO.State, c.step)
			}
		})
	}
}
