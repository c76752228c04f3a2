// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"context"
	"slices"

	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// Renew begins anew with the objectives of these indicators, named by the keys
// of their totals, and with what their services sent: their history in the
// store has changed. What is returned counts from now on and is to be
// restored; the objectives are shown as they were until Renewed.
func (e *Engine) Renew(indicators map[slice.Key]bool) (fresh []*Fresh) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.minute()
	services := make(map[serviceWindow]*serviceTrack)
	for _, t := range e.tracks {
		i := t.objective.Indicator
		if !indicators[slice.Key{Service: i.Rule.Service, Indicator: string(i.ID)}] {
			continue
		}
		k := serviceWindowOf(t.objective)
		if services[k] == nil {
			services[k] = newServiceTrack(t.objective, t.whole, now)
			fresh = append(fresh, &Fresh{services[k]})
		}
		next := newTrack(t.objective, t.shape, now)
		next.service = services[k]
		fresh = append(fresh, &Fresh{next})
	}
	for _, f := range fresh {
		e.index.add(f.counter)
	}
	e.targets, e.resolved = nil, nil
	return fresh
}

// clockSlack is how far the clock may go back under the windows: a step of a
// few seconds changes the minute, and costs nothing.
const clockSlack = 1

// Ahead returns the indicators, by the keys of their totals, whose windows lie
// ahead of the clock, because it was ahead and has come back: a window never
// goes back, and those would hold no event until the clock is there again.
// Renew, Restore and Renewed mend them.
func (e *Engine) Ahead() map[slice.Key]bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	ahead, now := map[slice.Key]bool{}, e.minute()
	for _, t := range e.tracks {
		if i := t.objective.Indicator; t.total.Now() > now+clockSlack {
			ahead[slice.Key{Service: i.Rule.Service, Indicator: string(i.ID)}] = true
		}
	}
	return ahead
}

// Renewed puts what Renew returned, and Restore has filled, in the place of
// what was shown. With nothing it forgets what Renew began.
func (e *Engine) Renewed(fresh []*Fresh) {
	e.mu.Lock()
	defer e.mu.Unlock()
	renewed := make(map[slo.Key]*track)
	for _, f := range fresh {
		f.setRestored()
		if t, is := f.counter.(*track); is {
			renewed[t.objective.Key] = t
			e.services[serviceWindowOf(t.objective)] = t.service
		}
	}
	e.tracks = slices.Clone(e.tracks) // an evaluation may be reading the old list
	e.index = newIndex()
	for i, t := range e.tracks {
		if next := renewed[t.objective.Key]; next != nil {
			next.alerts, next.rank = t.alerts, t.rank
			next.alerts.quiet = nil // of rings that go
			e.tracks[i] = next
		}
		e.tracks[i].service = e.services[serviceWindowOf(t.objective)]
		e.index.add(e.tracks[i])
	}
	for _, s := range e.services {
		e.index.add(s)
	}
	e.targets, e.resolved = nil, nil
}

// noteSource remembers the newest minute of an objective that was back-filled,
// and the oldest in which it counted something live.
func (f *Fresh) noteSource(q *series.Query, row *series.Row) {
	t, is := f.counter.(*track)
	switch {
	case !is:
	case row.Source == slice.Backfill:
		t.noteBackfill(q, row.Sums)
		if row.Key.Group == "" && row.Key.Tally == "" {
			t.noteFilled(q, row.Sums)
		}
	case row.Key.Group == "" && row.Key.Tally == "":
		if i := slices.IndexFunc(row.Sums, func(s series.Sum) bool { return !s.Counts.IsZero() }); i >= 0 {
			t.noteLive(max(q.StepStart(i), q.From))
		}
	}
}

func (t *track) noteBackfill(q *series.Query, sums []series.Sum) {
	for i := len(sums) - 1; i >= 0; i-- {
		if sums[i].Minutes > 0 {
			t.backfilled = max(t.backfilled, min(q.StepStart(i)+slice.Minute(q.Step), q.To)-1)
			return
		}
	}
}

func (t *track) noteLive(m slice.Minute) {
	if t.live == 0 || m < t.live {
		t.live = m
	}
}

// restoreLive finds the very minutes of the newest back-filled and of the
// oldest live event, of which wide cells know the hour.
func (e *Engine) restoreLive(ctx context.Context, store series.Querier, t *track, closed slice.Minute) error {
	e.mu.Lock()
	backfilled, live := t.backfilled, t.live
	e.mu.Unlock()
	if backfilled == 0 {
		return nil
	}
	err := e.sourced(ctx, store, t, window.Stretch{From: backfilled + 1 - hour, To: backfilled + 1}, func(m slice.Minute, from slice.Source, _ slice.Counts) {
		if from == slice.Backfill {
			t.backfilled = max(t.backfilled, m)
		}
	}, func() { t.backfilled = 0 })
	if err != nil || live == 0 || live > closed {
		return err
	}
	return e.sourced(ctx, store, t, window.Stretch{From: live, To: min(live+hour, closed+1)}, func(m slice.Minute, from slice.Source, c slice.Counts) {
		if from != slice.Backfill && !c.IsZero() {
			t.noteLive(m)
		}
	}, func() { t.live = 0 })
}

// sourced hands over the measured minutes of a range, after it has begun.
func (e *Engine) sourced(ctx context.Context, store series.Querier, t *track, in window.Stretch, take func(slice.Minute, slice.Source, slice.Counts), begin func()) error {
	q := t.queries()[0]
	q.Parts, q.Step, q.From, q.To = series.Parts{}, 1, in.From, in.To
	rows, err := store.Sums(ctx, q)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	begin()
	for i := range rows {
		for at, s := range rows[i].Sums {
			if s.Minutes > 0 {
				take(q.StepStart(at), rows[i].Source, s.Counts)
			}
		}
	}
	return nil
}

// backfill says whether some of what is shown was back-filled.
func (x *Trust) backfill(t *track) {
	if first, _ := t.total.Edges(wholeWindow); t.backfilled >= first {
		x.Source = slice.Backfill
		if newest, ok := t.total.Newest(); ok && newest > t.backfilled {
			x.Source = slice.Mixed
		}
		x.note("part of this window was back-filled")
	}
}
