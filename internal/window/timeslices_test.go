// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package window_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/budget"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// methods are some of those that count slices.
var methods = []slo.Budgeting{
	{Method: slo.Timeslices, Width: time.Minute, Target: 950_000_000},
	{Method: slo.Timeslices, Width: 5 * time.Minute, Target: 990_000_000},
	{Method: slo.Timeslices, Width: 7 * time.Minute, Target: slo.Billion},
	{Method: slo.RatioTimeslices, Width: time.Minute},
	{Method: slo.RatioTimeslices, Width: time.Hour},
}

func judge(m slo.Budgeting) func(slice.Counts) slice.Counts {
	return func(c slice.Counts) slice.Counts { return budget.Timeslice(m, c) }
}

// slices judges the model's slices by brute force, each by all of its events.
func (m *model) slices(by slo.Budgeting) *model {
	width := slice.Minute(by.Width / time.Minute)
	out := &model{byMinute: map[slice.Minute]slice.Counts{}, newest: m.newest}
	for at, c := range m.byMinute {
		start := at - at%width
		out.byMinute[start] = out.byMinute[start].Plus(c)
	}
	for start, c := range out.byMinute {
		out.byMinute[start] = budget.Timeslice(by, c)
	}
	return out
}

// TestTimeslicesAgreeWithBruteForce drives slices of every method through
// random events, late by minutes and by a day, jumps and a restart whose store
// ends within a slice, and compares every window, those of the calendar too.
func TestTimeslicesAgreeWithBruteForce(t *testing.T) {
	month := window.Calendar{Period: window.Month, Zone: zone(t, "Asia/Kathmandu")}.Of()
	spans := append([]window.Span{month.Span()}, lean...)
	for seed := range uint64(20) {
		by, rng := methods[seed%5], rand.New(rand.NewPCG(seed, 3))
		layout := window.NewLayout(spans...)
		now := slice.Minute(29_000_000 + rng.Int64N(10_000))
		live, m := window.NewTimeslices(layout, by.Width, judge(by), now), &model{byMinute: map[slice.Minute]slice.Counts{}}
		live.Settle()
		for step := range 1_500 {
			at := now + slice.Minute(rng.IntN(window.Slack+12)-11)
			if rng.IntN(20) == 0 {
				at = now - slice.Minute(rng.IntN(24*60))
			}
			c := slice.Counts{Good: rng.Uint64N(100), Bad: rng.Uint64N(3), Excluded: rng.Uint64N(2)}
			if !live.Add(at, c) {
				t.Fatalf("seed %d: minute %d refused at %d", seed, at, now)
			}
			if !c.IsZero() {
				m.add(at, c)
			}
			now += slice.Minute(rng.IntN(3))
			if rng.IntN(200) == 0 {
				now += slice.Minute(rng.IntN(4 * 24 * 60))
			}
			live.Advance(now)
			if step%20 == 0 {
				compareSlices(t, seed, by, spans, live, m, now)
			}
		}
		compareSlices(t, seed, by, spans, live, m, now)
		compareSlices(t, seed, by, spans, retold(layout, by, m, now-slice.Minute(rng.IntN(3*24*60)), now), m, now)
	}
}

// retold builds slices anew: up to a minute from a store, in slices, and from
// then on as others tell, minute by minute.
func retold(l *window.Layout, by slo.Budgeting, m *model, closed, now slice.Minute) *window.Timeslices {
	t, width := window.NewTimeslices(l, by.Width, judge(by), now), slice.Minute(by.Width/time.Minute)
	stored := map[slice.Minute]slice.Counts{}
	for at, c := range m.byMinute {
		if at <= closed {
			stored[at-at%width] = stored[at-at%width].Plus(c)
			continue
		}
		t.Add(at, c)
	}
	for start, c := range stored {
		t.Restore(start, c, start+width-1 <= closed)
	}
	t.Note(m.newest)
	t.Recount()
	t.Settle()
	return t
}

func compareSlices(t *testing.T, seed uint64, by slo.Budgeting, spans []window.Span, r *window.Timeslices, m *model, now slice.Minute) {
	t.Helper()
	judged := m.slices(by)
	for i, s := range spans {
		want := judged.sum(s, now)
		if !s.Calendar.IsZero() {
			from, to := window.Window{Calendar: s.Calendar}.Range(now.Start())
			want = judged.between(from, to)
		}
		if got := r.Sum(i); got != want {
			t.Fatalf("seed %d, %s: window %s of %d at minute %d: got %+v, want %+v", seed, by, s.Length, i, now, got, want)
		}
	}
}
