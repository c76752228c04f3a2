// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"context"
	"time"

	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/window"
)

// slicesAtOnce is how many slices of time are read at once.
const slicesAtOnce = 4096

// restoreSlices reads the events of each slice of time of the windows. Cells
// that are wider than a slice would not do, since a slice is judged as a whole.
func (e *Engine) restoreSlices(ctx context.Context, store series.Querier, t *track, closed, now slice.Minute) error {
	if t.slices == nil {
		return nil
	}
	width := slice.Minute(t.objective.Budgeting.Width / time.Minute)
	from := reach(t.layout, now)
	for from -= from % width; from <= now; from += slicesAtOnce * width {
		if err := e.restoreSlicesFrom(ctx, store, t, from, width, closed, now); err != nil {
			return err
		}
	}
	return nil
}

// reach returns the first minute that the windows of a layout look at.
func reach(l *window.Layout, now slice.Minute) slice.Minute {
	from := now
	for _, w := range l.Widths() {
		from = min(from, now-w.Depth)
	}
	for _, p := range l.Periods(now) {
		from = min(from, p.From)
	}
	return from
}

func (e *Engine) restoreSlicesFrom(ctx context.Context, store series.Querier, t *track, from, width, closed, now slice.Minute) error {
	q := t.queries()[0]
	q.Parts, q.Step = series.Parts{}, int(width)
	q.From, q.To = from, min(from+slicesAtOnce*width, now+1)
	events := make([]slice.Counts, slicesAtOnce)
	err := e.readTotals(ctx, store, t, q, closed, func(m slice.Minute, c slice.Counts) {
		at := &events[(m-from)/width]
		*at = at.Plus(c)
	})
	if err != nil {
		return err
	}
	if t.leftOut != nil {
		for _, s := range t.leftOut.minutes.Within(window.Stretch{From: q.From, To: q.To}) {
			out := q
			out.From, out.To, out.Step = s.From, s.To, 1
			err := e.readTotals(ctx, store, t, out, closed, func(m slice.Minute, c slice.Counts) {
				at := &events[(m-from)/width]
				*at = at.Minus(c)
			})
			if err != nil {
				return err
			}
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	t.leaveBadOutOf(events, q.From, width)
	for i, c := range events {
		start := from + slice.Minute(i)*width
		t.slices.Restore(start, c, start+width-1 <= closed)
	}
	if newest, heard := t.total.Newest(); heard {
		t.slices.Note(newest)
	}
	return nil
}

// leaveBadOutOf takes the bad events that corrections leave out of slices of time.
func (t *track) leaveBadOutOf(events []slice.Counts, from, width slice.Minute) {
	if t.leftOut == nil {
		return
	}
	for m, n := range t.leftOut.restored {
		if i := (m - from) / width; m >= from && int(i) < len(events) {
			events[i] = events[i].Minus(slice.Counts{Bad: n})
		}
	}
}

// readTotals hands over what the store has of the objective's events, and of
// the silent minutes that it counts as bad, by the step.
func (e *Engine) readTotals(ctx context.Context, store series.Querier, t *track, q series.Query, closed slice.Minute, take func(start slice.Minute, c slice.Counts)) error {
	err := series.SumsUntil(ctx, store, q, closed+1, func(q *series.Query, rows []series.Row) { eachStep(q, rows, take) })
	e.mu.Lock()
	first, seen := t.since()
	e.mu.Unlock()
	if err != nil || !seen || !t.objective.SilentIsBad {
		return err
	}
	q.Tally, q.From = slice.Silent, max(q.From, slice.MinuteOf(first))
	return series.SumsUntil(ctx, store, q, closed+1, func(q *series.Query, rows []series.Row) {
		eachStep(q, rows, func(start slice.Minute, c slice.Counts) { take(start, silenceIsBad(c)) })
	})
}

func eachStep(q *series.Query, rows []series.Row, take func(start slice.Minute, c slice.Counts)) {
	for _, row := range rows {
		for i, s := range row.Sums {
			take(max(q.StepStart(i), q.From), s.Counts)
		}
	}
}
