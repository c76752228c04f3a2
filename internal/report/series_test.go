// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/budget"
	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/report"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// random fills a world with events in about one of so many minutes of the last
// days, with silence tallied and minutes ahead of time.
func (w *world) random(rng *rand.Rand, k slice.Key, days, every int) {
	end := slice.MinuteOf(w.now) + 10
	for m := end - slice.Minute(days*24*60); m <= end; m++ {
		switch silent := k; {
		case rng.IntN(every) == 0:
			w.count(k, m, slice.Counts{Good: rng.Uint64N(50), Bad: rng.Uint64N(3), Excluded: rng.Uint64N(4)})
		case m <= w.closed && rng.IntN(10*every) == 0:
			silent.Tally = slice.Silent
			w.count(k, m, slice.Counts{})
			w.count(silent, m, slice.Counts{Good: 1})
		}
	}
}

func sum(s report.Series) (c slice.Counts) {
	for i := range s.Timestamps {
		if s.Good[i] != nil {
			c = c.Plus(slice.Counts{Good: *s.Good[i], Bad: *s.Bad[i], Excluded: *s.Excluded[i]})
		}
	}
	return c
}

// corrections leave out some spans, and bad events of many minutes: often more
// than those turn out to have.
func corrections(rng *rand.Rand, now slice.Minute, days int) (all []slo.Correction) {
	for id := range int64(rng.IntN(4)) {
		from := now - slice.Minute(rng.IntN(60+days*24*60))
		c := slo.Correction{ID: id, Kind: slo.ExcludeAll, From: from.Start(), To: (from + 90).Start()}
		if rng.IntN(2) == 0 {
			c.Kind = slo.ExcludeBad
			for m := from; m < from+90; m++ {
				c.Bad = append(c.Bad, slo.BadMinute{Minute: m, Bad: 1})
			}
		}
		all = append(all, c)
	}
	return all
}

// TestSlicesAddUpToTheNumber asks for the window that was evaluated, at odd
// moments, for windows of every grain.
func TestSlicesAddUpToTheNumber(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, length := range []time.Duration{time.Hour, 6 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 28 * 24 * time.Hour, 30 * 24 * time.Hour, 90 * 24 * time.Hour} {
		days := int(length / (24 * time.Hour))
		for range 3 - min(2, days/20) {
			o := objective("up", length)
			o.SilentIsBad = rng.IntN(2) == 0
			now := time.Unix(1_800_000_000+rng.Int64N(1e7), rng.Int64N(1e9)).UTC()
			o.Corrections = corrections(rng, slice.MinuteOf(now), days)
			w := newWorld(now, o)
			w.generations = []catalog.Generation{}
			w.random(rng, totalOf(o), days+2, 7+days)
			r := w.report(t)
			v := w.engine.Snapshot().Evaluations[0]
			d, err := detail(r, report.Which{Name: "up"}, v.From, v.To)
			if err != nil {
				t.Fatal(err)
			}
			if got := sum(d.Series); got != v.Counts {
				t.Errorf("%s at %s: slices add up to %+v, the evaluation says %+v", length, w.now, got, v.Counts)
			}
			if !d.Series.From.Equal(v.From) || !d.Series.To.Equal(v.To) {
				t.Errorf("%s at %s: series from %s to %s, window from %s to %s", length, w.now, d.Series.From, d.Series.To, v.From, v.To)
			}
		}
	}
}

// left is the share of the budget that is left of what was counted in the
// minutes from one up to another; nil while it allows nothing.
func (w *world) left(o *slo.Objective, from, to slice.Minute) *float64 {
	counted := func(from, to slice.Minute) (c slice.Counts) {
		for m := from; m < to; m++ {
			for _, s := range w.samples[m] {
				if s.Key == totalOf(o) {
					c = c.Plus(s.Counts)
				}
			}
		}
		return c
	}
	c := counted(from, to)
	if wide := slice.Minute(o.Budgeting.Width / time.Minute); wide > 0 {
		c = slice.Counts{}
		for m := (from + wide - 1) / wide * wide; m < to; m += wide {
			c = c.Plus(budget.Timeslice(o.Budgeting, counted(m, m+wide)))
		}
	}
	b := budget.Of(c, o.Target)
	if b.Allowed == 0 {
		return nil
	}
	share := float64(b.Remaining()) / float64(b.Allowed)
	return &share
}

// TestBudgetEndsAtTheNumber compares the budget at every step with brute force
// over the edges of its window, for windows and steps of every width, and the
// last one with the evaluation.
func TestBudgetEndsAtTheNumber(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	kathmandu, err := time.LoadLocation("Asia/Kathmandu")
	if err != nil {
		t.Fatal(err)
	}
	windows := []window.Window{
		window.Calendar{Period: window.Week, Zone: kathmandu}.Of(), window.Calendar{Period: window.Month, Zone: kathmandu}.Of(),
	}
	for _, length := range []time.Duration{time.Hour, 6 * time.Hour, 24 * time.Hour, 72 * time.Hour, 7 * 24 * time.Hour} {
		windows = append(windows, window.Window{Length: length})
	}
	sliced := []slo.Budgeting{
		{}, {Method: slo.Timeslices, Width: time.Minute, Target: 200_000_000}, {Method: slo.Timeslices, Width: 7 * time.Minute, Target: 200_000_000},
		{Method: slo.RatioTimeslices, Width: time.Hour},
	}
	for i, over := range append(windows, windows[:3]...) {
		length := over.Length
		o := objective("up", length)
		o.Window, o.Budgeting = over, sliced[i*len(sliced)/(len(windows)+3)]
		w := newWorld(time.Date(2026, 11, 23, 12, 34, 56, 0, time.UTC), o)
		w.generations = []catalog.Generation{}
		w.random(rng, totalOf(o), 30, 11)
		r := w.report(t)
		v := w.engine.Snapshot().Evaluations[0]
		for _, shown := range []time.Duration{time.Hour, 10 * time.Hour, 20 * time.Hour, 60 * time.Hour, length, 20*24*time.Hour + 7*time.Minute} {
			d, err := detail(r, report.Which{Name: "up"}, v.To.Add(-shown), v.To)
			if err != nil {
				t.Fatal(err)
			}
			for i, at := range d.Series.Timestamps {
				from, _ := o.Window.Range(time.Unix(at, 0).Add(-time.Minute))
				want := w.left(o, slice.MinuteOf(from), slice.MinuteOf(time.Unix(at, 0)))
				if diff := cmp.Diff(want, d.Series.BudgetRemaining[i]); diff != "" {
					t.Fatalf("%s, %s, %s shown, step %d of %d (-want +got):\n%s", over, o.Budgeting, shown, i, len(d.Series.Timestamps), diff)
				}
			}
			last := d.Series.BudgetRemaining[len(d.Series.BudgetRemaining)-1]
			var want *float64
			if v.Budget.Allowed > 0 {
				share := float64(v.Budget.Remaining()) / float64(v.Budget.Allowed)
				want = &share
			}
			if diff := cmp.Diff(want, last); diff != "" {
				t.Errorf("%s, %s, %s shown: what is left at the last step (-evaluation +step):\n%s", over, o.Budgeting, shown, diff)
			}
		}
	}
}

// TestSeriesOfAnyRange compares random ranges with brute force over the
// samples, and checks the shape of the answer.
func TestSeriesOfAnyRange(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	o := objective("up", 7*24*time.Hour)
	w := newWorld(time.Date(2026, 11, 23, 12, 34, 56, 0, time.UTC), o)
	w.generations = []catalog.Generation{}
	w.random(rng, totalOf(o), 20, 11)
	r := w.report(t)
	for range 60 {
		from := w.now.Add(-time.Duration(rng.Int64N(int64(20 * 24 * time.Hour))))
		to := from.Add(time.Duration(1 + rng.Int64N(int64(12*24*time.Hour))))
		if rng.IntN(2) == 0 {
			from, to = from.Truncate(time.Minute), to.Truncate(time.Minute).Add(time.Minute)
		}
		d, err := detail(r, report.Which{Name: "up"}, from, to)
		if err != nil {
			t.Fatal(err)
		}
		var want slice.Counts
		for m, samples := range w.samples {
			if m >= slice.MinuteOf(from) && m.Start().Before(to) {
				for _, s := range samples {
					if s.Key == totalOf(o) {
						want = want.Plus(s.Counts)
					}
				}
			}
		}
		if got := sum(d.Series); got != want {
			t.Errorf("from %s to %s: got %+v, want %+v", from, to, got, want)
		}
		checkShape(t, d.Series, from, to)
	}
}

func checkShape(t *testing.T, s report.Series, from, to time.Time) {
	t.Helper()
	n := len(s.Timestamps)
	if len(s.Good) != n || len(s.Bad) != n || len(s.Excluded) != n || len(s.BudgetRemaining) != n || len(s.Source) != n || n == 0 || n > 402 {
		t.Fatalf("from %s to %s: %d timestamps, %d good, %d bad, %d excluded, %d budgets, %d sources", from, to, n,
			len(s.Good), len(s.Bad), len(s.Excluded), len(s.BudgetRemaining), len(s.Source))
	}
	last := s.From.Unix()
	for _, at := range s.Timestamps {
		if at <= last {
			t.Fatalf("from %s to %s: timestamp %d after %d", from, to, at, last)
		}
		last = at
	}
	if last != s.To.Unix() {
		t.Errorf("from %s to %s: the last timestamp is %d, the series ends at %d", from, to, last, s.To.Unix())
	}
}

func TestBudgetOverTime(t *testing.T) {
	o := objective("up", 6*time.Hour)
	w := newWorld(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), o)
	w.generations = []catalog.Generation{}
	k, start := totalOf(o), slice.MinuteOf(w.now)-12*60
	// 10 bad of 1000 an hour before the range begins use up the budget, until
	// the window lets them go.
	w.count(k, start, slice.Counts{Good: 990, Bad: 10})
	w.count(k, start+6*60-2, slice.Counts{Good: 100})
	r := w.report(t)
	d, err := detail(r, report.Which{Name: "up"}, (start + 60).Start(), w.now)
	if err != nil {
		t.Fatal(err)
	}
	at := func(m slice.Minute) *float64 {
		for i, stamp := range d.Series.Timestamps {
			if stamp >= m.Stamp().Unix() {
				return d.Series.BudgetRemaining[i]
			}
		}
		t.Fatalf("no step for minute %d", m)
		return nil
	}
	if got := at(start + 120); got == nil || *got != 0 {
		t.Errorf("while the window holds them: got %v, want nothing left", got)
	}
	if got := at(start + 6*60 + 30); got == nil || *got != 1 {
		t.Errorf("after they have left: got %v, want all", got)
	}
	if got := at(start + 12*60 - 2); got != nil {
		t.Errorf("of an empty window: got %v, want null", *got)
	}
	if d.Series.Good[0] != nil || d.Series.Source[0] != nil {
		t.Error("a step in which nothing was measured is not null")
	}
}

func TestSeriesNeedsTheStoreAndARange(t *testing.T) {
	o := objective("up", time.Hour)
	w := newWorld(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), o)
	w.generations = []catalog.Generation{}
	w.engine.Evaluate()
	_, err := detail(w.starting(), report.Which{Name: "up"}, w.now.Add(-time.Hour), w.now)
	if errs.KindOf(err) != errs.Unavailable || errs.HintOf(err) == "" {
		t.Errorf("while the store is opened: got %v", err)
	}
	_, err = detail(w.report(t), report.Which{Name: "up"}, w.now, w.now)
	if errs.KindOf(err) != errs.Invalid {
		t.Errorf("an empty range: got %v", err)
	}
}
