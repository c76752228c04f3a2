// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package window_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/window"
)

var spans = []window.Span{
	{Length: 28 * 24 * time.Hour},
	{Length: time.Hour},
	{Length: 24 * time.Hour},
	{Length: 5 * time.Minute, AtNewest: true},
	{Length: time.Hour, AtNewest: true},
	{Length: 6 * time.Hour, AtNewest: true},
	{Length: 72 * time.Hour, AtNewest: true},
	{Length: 24 * time.Hour, AtNewest: true},
	{Length: 6 * time.Hour, ValidOnly: true},
}

// lean windows need no excluded events in their five-minute cells.
var lean = []window.Span{
	{Length: 28 * 24 * time.Hour},
	{Length: time.Hour},
	{Length: 6 * time.Hour, AtNewest: true, ValidOnly: true},
	{Length: 24 * time.Hour, AtNewest: true, ValidOnly: true},
	{Length: 72 * time.Hour, AtNewest: true, ValidOnly: true},
}

// model counts by brute force over the edges that Window.Range prints.
type model struct {
	byMinute map[slice.Minute]slice.Counts
	newest   slice.Minute
}

func (m *model) add(at slice.Minute, c slice.Counts) {
	m.byMinute[at] = m.byMinute[at].Plus(c)
	m.newest = max(m.newest, at)
}

func (m *model) sum(s window.Span, now slice.Minute) slice.Counts {
	end := now
	if s.AtNewest {
		end = min(now, max(m.newest, now-window.Lateness))
	}
	from, to := window.Window{Length: s.Length}.Range(end.Start())
	var total slice.Counts
	for at, c := range m.byMinute {
		if stamp := at.Stamp(); stamp.After(from) && !stamp.After(to) {
			total = total.Plus(c)
		}
	}
	if s.ValidOnly {
		total.Excluded = 0
	}
	return total
}

// TestRingAgreesWithBruteForce drives rings through random events (late,
// ahead of time, in bursts), idle stretches, jumps of days and restores, and
// compares every window with a count of the same events over the same edges.
func TestRingAgreesWithBruteForce(t *testing.T) {
	for seed := range uint64(20) {
		spans := [][]window.Span{spans, lean}[seed%2]
		rng := rand.New(rand.NewPCG(seed, 1))
		layout := window.NewLayout(spans...)
		now := slice.Minute(29_000_000 + rng.Int64N(10_000))
		ring := window.NewRing(layout, now)
		m := &model{byMinute: map[slice.Minute]slice.Counts{}}
		for step := range 3_000 {
			at := now + slice.Minute(rng.IntN(window.Slack+12)-11)
			if rng.IntN(50) == 0 {
				at = now - slice.Minute(rng.IntN(24*60))
			}
			c := slice.Counts{Good: 1 + rng.Uint64N(100), Bad: rng.Uint64N(3), Excluded: rng.Uint64N(2)}
			if !ring.Add(at, c) {
				t.Fatalf("seed %d: minute %d refused at %d", seed, at, now)
			}
			m.add(at, c)
			now += slice.Minute(rng.IntN(3))
			switch rng.IntN(200) {
			case 0:
				now += slice.Minute(rng.IntN(24 * 60))
			case 1:
				now += slice.Minute(rng.IntN(4 * 24 * 60))
			}
			ring.Advance(now)
			if step%10 == 0 {
				compare(t, seed, spans, ring, m, now)
			}
		}
		ring.Recount()
		compare(t, seed, spans, ring, m, now)
		compare(t, seed, spans, restored(layout, m, now), m, now)
	}
}

// restored builds a ring from the model's minutes as a store would return
// them: sums on each width's own grid.
func restored(l *window.Layout, m *model, now slice.Minute) *window.Ring {
	r := window.NewRing(l, now)
	for _, w := range l.Widths() {
		for at, c := range m.byMinute {
			r.Restore(w.Minutes, at-at%w.Minutes, c)
		}
	}
	r.Recount()
	return r
}

func compare(t *testing.T, seed uint64, spans []window.Span, r *window.Ring, m *model, now slice.Minute) {
	t.Helper()
	for i, s := range spans {
		if got, want := r.Sum(i), m.sum(s, now); got != want {
			t.Fatalf("seed %d: window %v (at newest: %v) at minute %d: got %+v, want %+v", seed, s.Length, s.AtNewest, now, got, want)
		}
		compareParts(t, r, i, m, s.ValidOnly)
	}
}

// TestRestoreKeepsTheOldestMinute restores cells of every width around one
// event: the wide ones must not move it to their start.
func TestRestoreKeepsTheOldestMinute(t *testing.T) {
	const at, now = slice.Minute(29_000_033), slice.Minute(29_000_040)
	m := &model{byMinute: map[slice.Minute]slice.Counts{at: {Good: 1}, now: {Good: 1}}}
	r := restored(window.NewLayout(spans...), m, now)
	if got, _ := r.Oldest(); got != at {
		t.Errorf("the oldest event is in minute %d, want %d", got, at)
	}
	if got, _ := r.Newest(); got != now {
		t.Errorf("the newest event is in minute %d, want %d", got, now)
	}
}

func TestCellsCarryWhatOverflows(t *testing.T) {
	ring := window.NewRing(window.NewLayout(spans...), 29_000_000)
	c := slice.Counts{Good: 3 << 32, Bad: 1<<32 - 1, Excluded: 7}
	ring.Add(29_000_000, c)
	ring.Add(29_000_000, c)
	ring.Recount()
	if got, want := ring.Sum(0), c.Plus(c); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	ring.Advance(29_000_000 + 30*24*60)
	if got := ring.Sum(0); !got.IsZero() {
		t.Errorf("after the window has passed: got %+v, want nothing", got)
	}
}

func TestRingIsSmall(t *testing.T) {
	const goal = 24 << 10
	var held []*window.Ring
	layout := window.NewLayout(lean...)
	perRing := testing.Benchmark(func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			held = append(held[:0], window.NewRing(layout, 29_000_000))
		}
	}).AllocedBytesPerOp()
	if perRing > goal {
		t.Errorf("a ring with a 28 d window takes %d B, want at most %d", perRing, goal)
	}
}

func TestWindowsAreWholeCells(t *testing.T) {
	for _, length := range []time.Duration{0, -time.Hour, 90 * time.Second, 6*time.Hour + 2*time.Minute, 73*time.Hour + time.Minute} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a window of %s: accepted, though its start cannot move by whole cells", length)
				}
			}()
			window.NewLayout(window.Span{Length: length})
		}()
	}
}

func BenchmarkAdvanceMinute(b *testing.B) {
	const rings = 10_000
	layout := window.NewLayout(spans...)
	now := slice.Minute(29_000_000)
	all := make([]*window.Ring, rings)
	for i := range all {
		all[i] = window.NewRing(layout, now)
	}
	b.ReportAllocs()
	for b.Loop() {
		now++
		for _, r := range all {
			r.Add(now, slice.Counts{Good: 10, Bad: 1})
			r.Advance(now)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rings, "ns/ring")
}

func BenchmarkAdvanceTick(b *testing.B) {
	r := window.NewRing(window.NewLayout(spans...), 29_000_000)
	b.ReportAllocs()
	for b.Loop() {
		r.Advance(29_000_000)
	}
}

func TestCompact(t *testing.T) {
	for _, c := range []struct {
		d    time.Duration
		want string
	}{
		{28 * 24 * time.Hour, "28d"}, {time.Hour, "1h"}, {90 * time.Minute, "1h30m"}, {5 * time.Minute, "5m"},
		{36 * time.Hour, "36h"}, {61 * time.Second, "1m1s"}, {10 * time.Second, "10s"}, {0, "0s"},
	} {
		if got := window.Compact(c.d); got != c.want {
			t.Errorf("%s: got %s, want %s", c.d, got, c.want)
		}
	}
}
