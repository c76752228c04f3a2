// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"time"

	"github.com/leadline/leadline/internal/budget"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// grid is one indicator's sums by cells: of the minutes from first up to last,
// which are shown in steps, and of those before that the first windows reach
// back to. A cell divides both a step and the grain on which windows begin, so
// that the window of every step is a sum of whole cells.
type grid struct {
	first, last slice.Minute                         // first <= minute < last
	step, width slice.Minute                         // of a step and of a cell
	start       slice.Minute                         // of the first cell, where the history begins
	windows     func(last slice.Minute) slice.Minute // the first minute of the window that ends with one
	since       slice.Minute                         // of the first event: silence before it says nothing
	end         slice.Minute                         // what is read: beyond last only the rest of a slice of time that begins before
	by          slo.Budgeting                        // of slices of time, else zero
	before      []slice.Counts
	shown       []series.Sum
	source      []slice.Source
}

// maxCells bounds the memory of one chart. The windows of a longer one begin
// with a step: that is for windows of hours over many months.
const maxCells = 1 << 17

// newGrid returns an empty grid for windows like the given one.
func newGrid(first, last, step slice.Minute, w window.Window, by slo.Budgeting) *grid {
	g := &grid{first: first, last: last, step: step, windows: w.First, end: last}
	g.start = min(g.from(first+1), first-first%step)
	if g.width = divisor(step, g.grain(w)); by.Sliced() && g.ofSlices(by) {
		g.by = by
	} else if (last-g.start)/g.width > maxCells {
		g.width = step
		g.windows = func(end slice.Minute) slice.Minute {
			from := w.First(end)
			return from - from%step
		}
		g.start = min(g.from(first+1), first-first%step)
	}
	n := int((g.end-1-g.start)/g.width) + 1
	g.before, g.shown, g.source = make([]slice.Counts, n), make([]series.Sum, n), make([]slice.Source, n)
	return g
}

// maxSliceCells bounds the memory of a chart whose budget counts slices of
// time. A longer one shows events, and no budget.
const maxSliceCells = 1 << 19

// ofSlices makes cells that divide a slice of time, if they are not too many.
func (g *grid) ofSlices(by slo.Budgeting) bool {
	wide := slice.Minute(by.Width / time.Minute)
	end := (g.last + wide - 1) / wide * wide
	width := divisor(g.width, wide)
	if (end-g.start)/width > maxSliceCells {
		return false
	}
	g.width, g.end = width, end
	return true
}

// judge puts in the place of the events of each slice of time what it is in
// the budget, in the cell in which it begins. A slice that begins before the
// first cell is in no window.
func (g *grid) judge() {
	if !g.by.Sliced() {
		return
	}
	wide := slice.Minute(g.by.Width / time.Minute)
	n := int(wide / g.width)
	skip := int((wide - g.start%wide) % wide / g.width)
	events := g.events()
	for i := skip; i < len(events); i += n {
		var c slice.Counts
		for _, e := range events[i:min(i+n, len(events))] {
			c = c.Plus(e)
		}
		c = budget.Timeslice(g.by, c)
		if g.start+slice.Minute(i)*g.width < g.first {
			g.before[i] = g.before[i].Plus(c)
		} else {
			g.shown[i].Counts = g.shown[i].Counts.Plus(c)
		}
	}
}

// events takes the valid events out of all cells.
func (g *grid) events() []slice.Counts {
	events := make([]slice.Counts, len(g.shown))
	for i := range events {
		s := &g.shown[i].Counts
		events[i] = slice.Counts{Good: g.before[i].Good + s.Good, Bad: g.before[i].Bad + s.Bad}
		g.before[i].Good, g.before[i].Bad, s.Good, s.Bad = 0, 0, 0, 0
	}
	return events
}

// from returns the first minute of the window that ends before the given one.
func (g *grid) from(end slice.Minute) slice.Minute { return g.windows(end - 1) }

// grain divides every minute in which one of the grid's windows begins.
func (g *grid) grain(w window.Window) slice.Minute {
	if w.Calendar.IsZero() {
		return slice.Minute(window.Grain(w.Length) / time.Minute)
	}
	common := slice.Minute(60)
	for m := g.last - 1; ; m = w.First(m) - 1 {
		if common = divisor(common, w.First(m)); m < g.first {
			return common
		}
	}
}

// divisor returns the greatest that both have.
func divisor(a, b slice.Minute) slice.Minute {
	for b > 0 {
		a, b = b, a%b
	}
	return a
}

// taker takes the sum of some minutes from m on.
type taker func(m slice.Minute, tally slice.Tally, s series.Sum, source slice.Source)

// takeOut is the inverse of add, but for what was measured. Counts wrap, and
// come out right.
func (g *grid) takeOut(m slice.Minute, tally slice.Tally, s series.Sum, _ slice.Source) {
	if !g.holds(m, tally) {
		return
	}
	c := s.Counts
	if tally == slice.Silent {
		c = slice.Counts{Bad: c.Good}
	}
	i := (m - g.start) / g.width
	switch at := &g.shown[i].Counts; {
	case m < g.first:
		g.before[i] = g.before[i].Minus(c)
	case m >= g.last:
		*at = at.Minus(slice.Counts{Good: c.Good, Bad: c.Bad})
	default:
		*at = at.Minus(c)
	}
}

// add adds to the cell that holds the minute, if the grid reaches it. A silent
// minute is a bad event of an objective that says so, and no measurement of
// its own; silence before the first event says nothing.
func (g *grid) add(m slice.Minute, tally slice.Tally, s series.Sum, source slice.Source) {
	if !g.holds(m, tally) {
		return
	}
	if tally == slice.Silent {
		s = series.Sum{Counts: slice.Counts{Bad: s.Counts.Good}}
	}
	i := (m - g.start) / g.width
	if m < g.first {
		g.before[i] = g.before[i].Plus(s.Counts)
		return
	}
	if m >= g.last {
		g.shown[i].Counts = g.shown[i].Counts.Plus(slice.Counts{Good: s.Counts.Good, Bad: s.Counts.Bad})
		return
	}
	g.shown[i] = g.shown[i].Plus(s)
	g.source[i] = g.source[i].With(source)
}

func (g *grid) holds(m slice.Minute, tally slice.Tally) bool {
	return g.start <= m && m < g.end && (tally != slice.Silent || m >= g.since)
}

// cell returns the index of the cell that begins with the minute or, because
// the last one may be cut, of the one after it.
func (g *grid) cell(m slice.Minute) int { return int((m - g.start + g.width - 1) / g.width) }

// running returns the sums of all cells before each, and of all at the end.
func (g *grid) running() []slice.Counts {
	until := make([]slice.Counts, len(g.shown)+1)
	for i := range g.shown {
		until[i+1] = until[i].Plus(g.before[i]).Plus(g.shown[i].Counts)
	}
	return until
}
