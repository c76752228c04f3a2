// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
)

// Restore fills the windows of what is fresh from the series store, with the
// minutes up to and including closed.
//
// What cannot be read is marked, and says so instead of numbers until an
// Install begins it anew; the others are restored all the same. The error is
// the first of them, or that ctx ended, and then nothing may be shown.
//
// It rests as long as it works: four weeks of ten thousand objectives keep a
// processor busy for half a minute, at the very moment when senders deliver
// what they held back while we were away.
func (e *Engine) Restore(ctx context.Context, store series.Querier, fresh []*Fresh, closed slice.Minute) error {
	var failed int
	var first error
	for _, f := range fresh {
		began := time.Now()
		err := e.restore(ctx, store, f, closed)
		if err == nil || ctx.Err() != nil {
			if err := cmp.Or(err, rest(ctx, time.Since(began))); err != nil {
				return fmt.Errorf("restore %s: %w", f.name(), err)
			}
			continue
		}
		e.mu.Lock()
		f.setUnreadable(err)
		e.mu.Unlock()
		if failed++; failed == 1 {
			first = fmt.Errorf("restore %s: %w", f.name(), err)
		}
	}
	if failed > 1 {
		return fmt.Errorf("%w, and so for %d more", first, failed-1)
	}
	return first
}

// maxRest bounds the rest after an objective: a slow disk needs none.
const maxRest = 100 * time.Millisecond

func rest(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(min(d, maxRest)):
		return nil
	}
}

// move takes the windows to where the store ends, if that is ahead of our
// clock: a machine may start with a slow one, and what it measured yesterday
// must find its cells. It returns the position.
func (e *Engine) move(f *Fresh, closed slice.Minute) slice.Minute {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.through = max(e.through, closed)
	now := e.minute()
	for _, r := range f.rings() {
		r.Advance(now)
	}
	return now
}

func (e *Engine) restore(ctx context.Context, store series.Querier, f *Fresh, closed slice.Minute) error {
	now := e.move(f, closed)
	for _, q := range f.queries() {
		for _, w := range f.widths() {
			from := now - w.Depth
			from -= from % w.Minutes
			q.Step = int(w.Minutes)
			// What was measured after the minute closed is told by others; what
			// was back-filled is told by nobody but the store.
			for _, part := range []struct {
				from, to slice.Minute
				only     slice.Source
			}{{from, closed + 1, ""}, {max(from, closed+1), now + 1, slice.Backfill}} {
				if q.From, q.To = part.from, part.to; q.From >= q.To {
					continue
				}
				rows, err := store.Sums(ctx, q)
				if err != nil {
					return err
				}
				e.fill(f, w.Minutes, &q, rows, part.only)
			}
		}
	}
	e.mu.Lock()
	for _, r := range f.rings() {
		r.Recount()
	}
	e.mu.Unlock()
	if t, ok := f.counter.(*track); ok {
		return e.restoreSeen(ctx, store, t, now)
	}
	return nil
}

// longAgo is how far back we look for a sign that an objective whose window is
// empty was measured once: as long as slices are kept by default.
const longAgo, day = 400 * day, slice.Minute(24 * 60)

// restoreSeen tells an indicator that has gone silent from one that was never
// measured.
func (e *Engine) restoreSeen(ctx context.Context, store series.Querier, t *track, now slice.Minute) error {
	e.mu.Lock()
	_, seen := t.total.Oldest()
	e.mu.Unlock()
	if seen || now <= longAgo {
		return nil
	}
	q := t.queries()[0]
	q.Parts, q.From, q.To, q.Step = series.Parts{}, now+1-longAgo, now+1, int(day)
	rows, err := store.Sums(ctx, q)
	if err != nil {
		return err
	}
	first := q.Steps()
	for _, row := range rows {
		for i, s := range row.Sums[:first] {
			if !s.Counts.IsZero() {
				first = i
				break
			}
		}
	}
	if first < q.Steps() {
		e.mu.Lock()
		defer e.mu.Unlock()
		t.seenBefore = q.StepStart(first).Start()
	}
	return nil
}

// fill adds the cells of one width, of all sources or of only one.
func (e *Engine) fill(f *Fresh, width slice.Minute, q *series.Query, rows []series.Row, only slice.Source) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.minute()
	for _, row := range rows {
		t, ok := f.target(&row.Key, now)
		if !ok || only != "" && row.Source != only {
			continue
		}
		if row.Source == slice.Backfill {
			f.noteBackfill(q, row.Sums)
		}
		for i, s := range row.Sums {
			t.ring.Restore(width, q.StepStart(i), t.of(s.Counts))
		}
	}
}

// Restored says that the windows of these objectives are whole: they show
// numbers from now on, unless they could not be read.
func (e *Engine) Restored(fresh []*Fresh) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, f := range fresh {
		f.setRestored()
	}
}
