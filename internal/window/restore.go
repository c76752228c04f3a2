// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package window

import (
	"slices"

	"github.com/leadline/leadline/internal/slice"
)

// Restore adds what a store holds for the cell that is so many minutes wide
// and starts at the given one; a layout without such cells has no use for it.
// It changes no window until Recount.
func (r *Ring) Restore(minutes, start slice.Minute, c slice.Counts) {
	// The start of a wide cell is not after its newest event: wide cells say
	// that something was counted long ago, narrow ones when exactly. So a wide
	// cell that holds the oldest event known says nothing about it.
	if r.RestoreSilence(minutes, start, c) && (start >= r.oldest || start+minutes <= r.oldest) {
		r.Note(start)
	}
}

// RestoreSilence adds like Restore what is no event, and reports whether the
// layout has such cells.
func (r *Ring) RestoreSilence(minutes, start slice.Minute, c slice.Counts) bool {
	width := slices.IndexFunc(r.layout.widths, func(w width) bool { return w.minutes == minutes })
	if width < 0 || c.IsZero() {
		return false
	}
	r.addCell(width, start, c)
	return true
}

// RestorePeriod adds what a store holds of a period, in so many minutes of it
// from start on, to the calendar windows that have this period.
func (r *Ring) RestorePeriod(of Stretch, start, minutes slice.Minute, c slice.Counts) {
	if r.RestoreSilentPeriod(of, start, c) && (start >= r.oldest || start+minutes <= r.oldest) {
		r.Note(start)
	}
}

// RestoreSilentPeriod adds like RestorePeriod what is no event, and reports
// whether a window has the period.
func (r *Ring) RestoreSilentPeriod(of Stretch, start slice.Minute, c slice.Counts) (found bool) {
	if c.IsZero() {
		return false
	}
	for i := range r.sums {
		s := &r.sums[i]
		if p := s.period; p != nil && (of == Stretch{s.from, p.next} || of == Stretch{p.from, s.from}) {
			s.add(start, r.layout.spans[i].of(c))
			found = true
		}
	}
	return found
}

// Recount sums every rolling window from its cells: after Restore, and in
// tests to check the running sums.
func (r *Ring) Recount() {
	for i, p := range r.layout.spans {
		if !p.Calendar.IsZero() {
			continue
		}
		end := r.end(p, r.now)
		s := sum{from: p.from(end), end: end}
		step := r.layout.widths[p.width].minutes
		for m := s.from; m <= end; m += step {
			s.counts = s.counts.Plus(p.of(r.cell(p.width, m)))
		}
		for m := end + 1; m < floor(end, step)+step; m++ {
			s.counts = s.counts.Minus(p.of(r.cell(0, m)))
		}
		r.sums[i] = s
	}
}
