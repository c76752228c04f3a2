// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package window

import (
	"fmt"
	"slices"
	"time"

	"github.com/leadline/leadline/internal/slice"
)

// Slack is how many minutes ahead of a ring's position events may lie: an
// event from a host whose clock runs ahead waits in its cell until its
// minute has come.
const Slack = 11

// Lateness is how far behind now the end of a window that follows the newest
// event may stay.
const Lateness = 10

// Span is one window of a layout.
type Span struct {
	// Length of a rolling window; not used of a calendar one.
	Length time.Duration
	// Calendar makes it a calendar window that ends now, unless it is zero.
	Calendar Calendar
	// AtNewest makes the window end at the series' newest event, at most
	// Lateness minutes behind now, so that a sender's delay does not read as a
	// recovery. Otherwise it ends now.
	AtNewest bool
	// ValidOnly leaves excluded events out of the sum, so that its cells take a
	// third less memory.
	ValidOnly bool
}

// Equal reports whether both are the same window.
func (s Span) Equal(o Span) bool {
	return s.Calendar.String() == o.Calendar.String() && s.Length == o.Length && s.AtNewest == o.AtNewest && s.ValidOnly == o.ValidOnly
}

// Layout is the shape that many rings share: which windows they sum and how
// many cells of each width that takes.
type Layout struct {
	spans  []placed
	widths []width
}

// placed is a span with the width of cell it is summed from.
type placed struct {
	Span
	minutes slice.Minute // its length
	width   int          // index into Layout.widths
}

// width is one resolution of cells.
type width struct {
	minutes slice.Minute // width of a cell
	cells   int          // cells a ring holds at this width
	lean    bool         // without excluded events: every window is ValidOnly
}

// stride returns how many numbers a cell has.
func (w *width) stride() int {
	if w.lean {
		return 2
	}
	return 3
}

// Span returns the window as part of a layout.
func (w Window) Span() Span { return Span{Length: w.Length, Calendar: w.Calendar} }

// NewLayout returns the layout of the given windows, in their order. A rolling
// one must be a multiple of its grain, since its start moves by whole cells.
func NewLayout(spans ...Span) *Layout {
	l := &Layout{widths: []width{{minutes: 1, cells: Slack + Lateness + 2}}}
	for _, s := range spans {
		if !s.Calendar.IsZero() {
			l.spans = append(l.spans, placed{Span: s}) // needs no more than the minutes that are to come
			continue
		}
		if s.Length <= 0 || s.Length%Grain(s.Length) != 0 {
			panic(fmt.Sprintf("BUG: a window of %s is not a multiple of %s", s.Length, Grain(s.Length)))
		}
		p := placed{Span: s, minutes: slice.Minute(s.Length / time.Minute)}
		p.width = l.widthFor(slice.Minute(Grain(s.Length) / time.Minute))
		w := &l.widths[p.width]
		// The position, the slack ahead, the lateness behind, and one partial cell at either end.
		need := int((p.minutes+Slack+Lateness)/w.minutes) + 3
		w.cells = max(w.cells, need)
		w.lean = w.lean && s.ValidOnly
		l.spans = append(l.spans, p)
	}
	return l
}

// widthFor returns the index of the width, which it adds when it is new.
func (l *Layout) widthFor(minutes slice.Minute) int {
	for i, w := range l.widths {
		if w.minutes == minutes {
			return i
		}
	}
	l.widths = append(l.widths, width{minutes: minutes, lean: true})
	return len(l.widths) - 1
}

// Spans returns the windows in the order in which rings sum them.
func (l *Layout) Spans() []Span {
	out := make([]Span, len(l.spans))
	for i, p := range l.spans {
		out[i] = p.Span
	}
	return out
}

// Widths returns the widths of cell that a restored ring must be given, and
// how far back each reaches.
func (l *Layout) Widths() []Width {
	out := make([]Width, len(l.widths))
	for i, w := range l.widths {
		out[i] = Width{Minutes: w.minutes, Depth: w.minutes * slice.Minute(w.cells-int(Slack/w.minutes)-1)}
	}
	return out
}

// Periods returns what a restored ring must be given of its calendar windows
// when its position is the given minute: the period at hand and the one
// before, each once.
func (l *Layout) Periods(now slice.Minute) (all []Stretch) {
	for _, p := range l.spans {
		if p.Calendar.IsZero() {
			continue
		}
		from, to := p.Calendar.minutes(now)
		before, _ := p.Calendar.minutes(from - 1)
		for _, s := range []Stretch{{before, from}, {from, to}} {
			if !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
	}
	return all
}

// Stretch is a range of minutes: From <= minute < To.
type Stretch struct{ From, To slice.Minute }

// Width is one resolution of a layout: cells of so many minutes, reaching
// Depth minutes back from the position.
type Width struct {
	Minutes slice.Minute
	Depth   slice.Minute
}
