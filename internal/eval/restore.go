// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
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
// It rests between objectives: four weeks of ten thousand of them keep a
// processor busy for half a minute, at the very moment when senders deliver
// what they held back while we were away. Where there is one processor it takes
// half of it; the more there are, the less it is in anybody's way.
func (e *Engine) Restore(ctx context.Context, store series.Querier, fresh []*Fresh, closed slice.Minute) error {
	var failed int
	first := cmp.Or(e.restoreOutages(ctx, store, closed), e.restoreWriters(ctx, store))
	processors := time.Duration(runtime.GOMAXPROCS(0))
	for _, f := range fresh {
		began := time.Now()
		err := e.restore(ctx, store, f, closed)
		if err == nil || ctx.Err() != nil {
			if err := cmp.Or(err, rest(ctx, time.Since(began)/processors)); err != nil {
				return fmt.Errorf("restore %s: %w", f.name(), err)
			}
			continue
		}
		e.mu.Lock()
		f.setUnreadable(err)
		e.mu.Unlock()
		if failed++; first == nil {
			first = fmt.Errorf("restore %s: %w", f.name(), err)
		}
	}
	if failed > 1 {
		return fmt.Errorf("%w, and so for %d more", first, failed-1)
	}
	return first
}

// maxRest bounds the rest after an objective, which takes some 3 ms of a
// processor. When it takes longer it has waited, for a slow disk or for a
// processor that others had, and waiting is a rest too.
const maxRest = 5 * time.Millisecond

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
	f.advance(now)
	return now
}

func (e *Engine) restore(ctx context.Context, store series.Querier, f *Fresh, closed slice.Minute) error {
	now := e.move(f, closed)
	for _, q := range f.queries() {
		if err := e.restoreCells(ctx, store, f, q, 0, closed, now); err != nil {
			return err
		}
	}
	t, ok := f.counter.(*track)
	if ok {
		if err := e.leaveOut(ctx, store, f, t, t.queries()[0], 0, closed, now); err != nil {
			return err
		}
		if err := e.leaveBadOut(ctx, store, f, t, closed, now); err != nil {
			return err
		}
		if err := e.restoreSeen(ctx, store, f, t, closed); err != nil {
			return err
		}
		if err := e.restoreLive(ctx, store, t, closed); err != nil {
			return err
		}
		if err := e.restoreSilence(ctx, store, f, t, closed, now); err != nil {
			return err
		}
		if err := e.restoreSlices(ctx, store, t, closed, now); err != nil {
			return err
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range f.rings() {
		r.Recount()
	}
	return nil
}

// restoreCells fills the cells of every width, and the periods of calendar
// windows, with what a query finds from the given minute on.
func (e *Engine) restoreCells(ctx context.Context, store series.Querier, f *Fresh, q series.Query, from, closed, now slice.Minute) error {
	for _, w := range f.widths() {
		first := now - w.Depth
		first = max(first-first%w.Minutes, from)
		q.From, q.To, q.Step = first, now+1, int(w.Minutes)
		err := series.SumsUntil(ctx, store, q, closed+1, func(q *series.Query, rows []series.Row) {
			e.fill(f, q, rows, func(t target, start slice.Minute, c slice.Counts) { t.restore(w.Minutes, start, c) })
		})
		if err != nil {
			return err
		}
	}
	for _, p := range f.periods(now) {
		q.From, q.To, q.Step = max(p.From, from), min(p.To, now+1), int(hour)
		err := series.SumsUntil(ctx, store, q, closed+1, func(q *series.Query, rows []series.Row) {
			e.fill(f, q, rows, func(t target, start slice.Minute, c slice.Counts) {
				t.restorePeriod(p, max(start, q.From), hour, c)
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// restoreSilence fills in the silent minutes of an objective that counts them
// as bad: those since its first event.
func (e *Engine) restoreSilence(ctx context.Context, store series.Querier, f *Fresh, t *track, closed, now slice.Minute) error {
	e.mu.Lock()
	first, seen := t.since()
	e.mu.Unlock()
	if !seen || !t.objective.SilentIsBad {
		return nil
	}
	q := t.queries()[0]
	q.Parts, q.Tally = series.Parts{}, slice.Silent
	if err := e.restoreCells(ctx, store, f, q, slice.MinuteOf(first), closed, now); err != nil {
		return err
	}
	return e.leaveOut(ctx, store, f, t, q, slice.MinuteOf(first), closed, now)
}

// longAgo is how far back we look for a sign that an objective was measured
// once: as long as slices are kept by default.
const longAgo, day, hour = 400 * day, 24 * hour, slice.Minute(60)

// restoreSeen finds the minutes of the first and of the last event. Wide cells
// know them to the hour, and windows know nothing of what lies before them:
// an indicator that has gone silent is not one that was never measured.
func (e *Engine) restoreSeen(ctx context.Context, store series.Querier, f *Fresh, t *track, closed slice.Minute) error {
	e.mu.Lock()
	now := e.minute()
	oldest, seen := t.total.Oldest()
	newest, _ := t.total.Newest()
	e.mu.Unlock()
	from, to := now+1-longAgo, closed+1
	if seen {
		from, to = max(from, t.generationFrom(oldest)), min(to, oldest+hour)
	}
	first, found, err := t.first(ctx, store, max(from, 0), to)
	if err != nil {
		return err
	}
	if found {
		e.mu.Lock()
		t.seenBefore = first.Start()
		e.mu.Unlock()
	}
	if !seen || now-newest < t.widths()[0].Depth {
		return nil
	}
	q := t.queries()[0]
	q.From, q.To, q.Step = newest, newest+hour, 1
	rows, err := store.Sums(ctx, q)
	if err == nil {
		e.fill(f, &q, rows, func(t target, start slice.Minute, c slice.Counts) { t.restore(1, start, c) })
	}
	return err
}

// generationFrom returns when the generation began, if that is before the
// minute.
func (t *track) generationFrom(m slice.Minute) slice.Minute {
	if at := t.objective.Defined; !at.IsZero() {
		return min(m, slice.MinuteOf(at))
	}
	return m
}

// maxLook bounds how much is read at once.
const maxLook = 64 * day

// first returns the first minute of a range in which the objective counted
// something. It looks at a day, then at two, and so on: most are measured from
// the day on in which they are defined.
func (t *track) first(ctx context.Context, store series.Querier, from, to slice.Minute) (m slice.Minute, found bool, err error) {
	q := t.queries()[0]
	q.Parts, q.Step = series.Parts{}, 1
	for look := day; from < to && !found; look = min(2*look, maxLook) {
		q.From, q.To = from, min(from+look, to)
		rows, err := store.Sums(ctx, q)
		if err != nil {
			return 0, false, err
		}
		for _, row := range rows {
			i := slices.IndexFunc(row.Sums, func(s series.Sum) bool { return !s.Counts.IsZero() })
			if at := q.From + slice.Minute(i); i >= 0 && (!found || at < m) {
				m, found = at, true
			}
		}
		from = q.To
	}
	return m, found, nil
}

// fill hands over the steps of each row that is counted.
func (e *Engine) fill(f *Fresh, q *series.Query, rows []series.Row, add func(t target, start slice.Minute, c slice.Counts)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.minute()
	for _, row := range rows {
		t, ok := f.target(&row.Key, now)
		// Silence has a query of its own, when the first event is known.
		if !ok || t.silent != nil && q.Tally != slice.Silent {
			continue
		}
		f.noteSource(q, &row)
		for i, s := range row.Sums {
			add(t, q.StepStart(i), s.Counts)
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
