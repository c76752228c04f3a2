// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/budget"
	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/report"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// counted is what an objective counts of each minute: without what is left out,
// and with silence where it is bad.
func (w *world) counted(o *slo.Objective, since slice.Minute) map[slice.Minute]slice.Counts {
	all := make(map[slice.Minute]slice.Counts)
	silent := totalOf(o)
	silent.Tally = slice.Silent
	in := window.Stretch{From: 0, To: slice.MinuteOf(w.now) + 60}
	out, bad := slo.Minutes(o.LeftOut(in)), o.ExcludedBad(in)
	for m, samples := range w.samples {
		if out.Holds(m) {
			continue
		}
		for _, s := range samples {
			switch c := s.Counts; {
			case s.Key == totalOf(o):
				c.Bad -= min(c.Bad, bad[m])
				all[m] = all[m].Plus(c)
			case s.Key == silent && o.SilentIsBad && m >= since:
				all[m] = all[m].Plus(slice.Counts{Bad: c.Good})
			}
		}
	}
	return all
}

// ends returns where an evaluation in a minute has its windows end: with the
// newest event, ten minutes before at most.
func (w *world) ends(o *slo.Objective) func(slice.Minute) slice.Minute {
	heard := make(map[slice.Minute]bool)
	for m, samples := range w.samples {
		for _, s := range samples {
			heard[m] = heard[m] || s.Key == totalOf(o) && !s.Counts.IsZero()
		}
	}
	return func(m slice.Minute) slice.Minute {
		for end := m; end > m-10; end-- {
			if heard[end] {
				return end
			}
		}
		return m - 10
	}
}

// rate is the burn rate of the alert window that ends with a minute.
func rate(o *slo.Objective, counted map[slice.Minute]slice.Counts, length time.Duration, last slice.Minute) *float64 {
	from, _ := window.Window{Length: length}.Range(last.Start())
	sum := func(from, to slice.Minute) (c slice.Counts) {
		for m := from; m < to; m++ {
			c = c.Plus(counted[m])
		}
		return c
	}
	c := sum(slice.MinuteOf(from), last+1)
	if wide := slice.Minute(o.Budgeting.Width / time.Minute); wide > 0 {
		c = slice.Counts{}
		for m := (slice.MinuteOf(from) + wide - 1) / wide * wide; m <= last; m += wide {
			c = c.Plus(budget.Timeslice(o.Budgeting, sum(m, min(m+wide, last+1))))
		}
	}
	r, known := budget.Rate(c, o.Target)
	if !known {
		return nil
	}
	got := float64(r)
	return &got
}

// TestBurnRatesAreThoseOfEvaluations compares every step with brute force over
// the windows that end within it, and the last with the live evaluation.
func TestBurnRatesAreThoseOfEvaluations(t *testing.T) {
	sliced := slo.Budgeting{Method: slo.Timeslices, Width: 7 * time.Minute, Target: 900_000_000}
	ratios := slo.Budgeting{Method: slo.RatioTimeslices, Width: 5 * time.Minute}
	for seed, c := range []struct {
		length, shown time.Duration
		by            slo.Budgeting
		silent        bool
	}{
		{7 * 24 * time.Hour, 2 * time.Hour, slo.Budgeting{}, false},
		{7 * 24 * time.Hour, 30 * time.Hour, slo.Budgeting{}, true},
		{28 * 24 * time.Hour, 5 * 24 * time.Hour, slo.Budgeting{}, false},
		{30 * 24 * time.Hour, 2*24*time.Hour + 7*time.Minute, slo.Budgeting{}, false}, // an hour's window is 64 minutes
		{7 * 24 * time.Hour, 20 * time.Hour, sliced, false},
		{7 * 24 * time.Hour, 3 * time.Hour, ratios, true},
	} {
		t.Run(fmt.Sprintf("%s of %s %s", c.shown, window.Compact(c.length), c.by.Method), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(uint64(seed), 7))
			o := objective("up", c.length)
			o.Budgeting, o.SilentIsBad = c.by, c.silent
			w := newWorld(time.Date(2026, 11, 23, 12, 34, 56, 0, time.UTC), o)
			o.Corrections = corrections(rng, slice.MinuteOf(w.now), 4)
			w = newWorld(w.now, o)
			w.generations = []catalog.Generation{}
			w.random(rng, totalOf(o), 10, 5)
			w.count(totalOf(o), slice.MinuteOf(w.now), slice.Counts{Good: 3}) // or nothing was measured yet
			r := w.report(t)
			v := w.engine.Snapshot().Evaluations[0]
			d, err := detail(r, report.Which{Name: "up"}, v.To.Add(-c.shown), v.To)
			if err != nil {
				t.Fatal(err)
			}
			compareBurn(t, d.Series, o, w.counted(o, slice.MinuteOf(v.Trust.MeasuredSince)), w.ends(o))
			compareLive(t, d.Series, v.Burn)
		})
	}
}

// TestBurnRatesOfAQuietService evaluates in each minute of a service of which an
// event comes now and then: a chart of minutes shows each of those rates.
func TestBurnRatesOfAQuietService(t *testing.T) {
	o := objective("up", 7*24*time.Hour)
	w := newWorld(laneBegin, o)
	w.generations = []catalog.Generation{}
	w.engine.Restored(w.fresh)
	want, rng := []*float64{}, rand.New(rand.NewPCG(1, 2))
	for i := range 3 * 60 {
		m := slice.MinuteOf(laneBegin) + slice.Minute(i)
		w.now = m.Start()
		c := slice.Counts{}
		if i%7 == 0 || i%31 == 0 {
			c.Bad = rng.Uint64N(2)
			c.Good = 1 - c.Bad
		}
		w.count(totalOf(o), m, c)
		w.engine.Evaluate()
		all := w.engine.Snapshot().Evaluations[0].Burn
		b := all[slices.IndexFunc(all, func(b eval.Burn) bool { return b.Window == 15*time.Minute })]
		if want = append(want, nil); b.Known {
			want[i] = new(float64(b.Rate))
		}
	}
	w.closed = slice.MinuteOf(w.now) - 11
	w.stored = w.closed - 3
	d, err := detail(w.report(t), report.Which{Name: "up"}, laneBegin, w.now.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, d.Series.Burn[0].Rates); diff != "" {
		t.Errorf("over %s (-want +got):\n%s", d.Series.Burn[0].Window, diff)
	}
}

// compareLive holds the last step against the evaluation: a step of one minute
// has its very rate, a longer one no lower.
func compareLive(t *testing.T, s report.Series, live []eval.Burn) {
	t.Helper()
	for _, b := range s.Burn {
		i := slices.IndexFunc(live, func(l eval.Burn) bool { return window.Compact(l.Window) == b.Window })
		got, want := b.Rates[len(b.Rates)-1], float64(live[i].Rate)
		if got == nil || *got < want || s.StepSeconds == 60 && *got != want {
			t.Errorf("%s over %s: the last step of %d s is %v, the evaluation says %v", b.Rule, b.Window, s.StepSeconds, got, want)
		}
	}
}

// compareBurn holds the rates at every step against those of each minute of it.
func compareBurn(t *testing.T, s report.Series, o *slo.Objective, counted map[slice.Minute]slice.Counts, end func(slice.Minute) slice.Minute) {
	t.Helper()
	tiers, _ := alert.DefaultTiers(o.Window.Length, o.Target, o.Budgeting.Width)
	if len(s.Burn) != len(tiers) {
		t.Fatalf("got rates of %d pairs, want %d", len(s.Burn), len(tiers))
	}
	for i, tier := range tiers {
		from := slice.MinuteOf(s.From)
		for step, at := range s.Timestamps {
			to := slice.MinuteOf(time.Unix(at, 0))
			var want *float64
			for m := from; m < to && s.Good[step] != nil; m++ {
				if got := rate(o, counted, tier.Long, end(m)); got != nil && (want == nil || *got > *want) {
					want = got
				}
			}
			if diff := cmp.Diff(want, s.Burn[i].Rates[step]); diff != "" {
				t.Fatalf("%s at step %d of %d (-want +got):\n%s", s.Burn[i].Rule, step, len(s.Timestamps), diff)
			}
			from = to
		}
	}
}
