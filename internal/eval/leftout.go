// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"context"
	"fmt"
	"time"

	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// leftOut is what an objective does not count: the minutes of its planned
// exclusions and of its corrections, and bad events of other minutes.
//
// Their events are kept out of the rings as they come, and taken out of the
// cells that were restored; so a tick costs what it costs without, and windows
// of alerts do not hold them either. What was kept out is summed beside, over
// the objective's windows. The store has all of it.
type leftOut struct {
	minutes window.Minutes
	reasons []slo.LeftOut
	// to is how far ahead the rules were expanded.
	to slice.Minute
	// counted are the events that were kept out, over the objective's windows.
	counted *window.Ring
	// bad are the bad events that corrections leave out and that have not come
	// yet; restored are those that the store told of.
	bad      slo.BadEvents
	restored map[slice.Minute]uint64
}

// expandAhead is how far ahead rules are expanded, and expandBefore how long
// before its end that is done again.
const (
	expandAhead  = 8 * day
	expandBefore = day
)

// newLeftOut returns nil for an objective that counts everything.
func newLeftOut(o *slo.Objective, s *shape, now slice.Minute) *leftOut {
	if !o.LeavesOut() {
		return nil
	}
	l := &leftOut{counted: window.NewRing(s.windows, now), restored: make(map[slice.Minute]uint64)}
	l.bad = o.ExcludedBad(window.Stretch{From: reach(s.layout, now), To: now + expandAhead})
	l.expand(o, s, now)
	return l
}

// expand lists what is left out, from the first minute of the windows on.
func (l *leftOut) expand(o *slo.Objective, s *shape, now slice.Minute) {
	l.to = now + expandAhead
	l.reasons = o.LeftOut(window.Stretch{From: reach(s.layout, now), To: l.to})
	l.minutes = slo.Minutes(l.reasons)
}

// skips reports whether the objective does not count the minute.
func (t *track) skips(m slice.Minute) bool {
	if t.leftOut == nil {
		return false
	}
	if now := t.total.Now(); now >= t.leftOut.to-expandBefore {
		t.leftOut.expand(t.objective, t.shape, now)
	}
	return t.leftOut.minutes.Holds(m)
}

// keepOut takes the events of a minute that is not counted. Groups and tallies
// leave them out as the total does, which notes that something was heard.
func (t *track) keepOut(r *window.Ring, m slice.Minute, c slice.Counts) bool {
	if r != t.total {
		return true
	}
	if !t.leftOut.counted.Add(m, c) {
		return false
	}
	if !c.IsZero() {
		t.total.Note(m)
		if t.slices != nil {
			t.slices.Note(m)
		}
	}
	return true
}

// keepBadOut sums the bad events of a minute that are not counted beside, and
// returns the others. Groups go on to hold them: nobody said whose they are.
func (t *track) keepBadOut(r *window.Ring, m slice.Minute, c slice.Counts) slice.Counts {
	if r != t.total || t.leftOut == nil {
		return c
	}
	n := t.leftOut.bad.Take(m, c.Bad)
	if n == 0 {
		return c
	}
	t.leftOut.counted.Add(m, slice.Counts{Bad: n})
	t.total.Note(m)
	if t.slices != nil {
		t.slices.Note(m)
	}
	return c.Minus(slice.Counts{Bad: n})
}

// excluding returns what is left out at the minute; false when it counts.
func (t *track) excluding(m slice.Minute) (r slo.LeftOut, ok bool) {
	if !t.skips(m) {
		return r, false
	}
	whole, _ := t.leftOut.minutes.Around(m)
	for _, r = range t.leftOut.reasons {
		if r.From <= m && m < r.To {
			r.To = whole.To
			return r, true
		}
	}
	return r, false
}

// excludedIn reports whether some of the minutes up to and including the last
// are left out.
func (t *track) excludedIn(length time.Duration, last slice.Minute) bool {
	if t.leftOut == nil {
		return false
	}
	t.skips(last)
	return len(t.leftOut.minutes.Within(window.Stretch{From: last + 1 - slice.Minute(length/time.Minute), To: last + 1})) > 0
}

// corrected returns the events that the i-th of the objective's windows leaves out.
func (t *track) corrected(i int, now slice.Minute) slice.Counts {
	if t.leftOut == nil {
		return slice.Counts{}
	}
	t.leftOut.counted.Advance(now)
	return t.leftOut.counted.Sum(i)
}

// leaveOut takes the minutes that are not counted out of the cells and periods
// that a query has restored from the given minute on.
func (e *Engine) leaveOut(ctx context.Context, store series.Querier, f *Fresh, t *track, q series.Query, from, closed, now slice.Minute) error {
	if t.leftOut == nil {
		return nil
	}
	periods := t.periods(now)
	for _, s := range inDays(t.leftOut.minutes.Within(window.Stretch{From: max(from, reach(t.layout, now)), To: now + 1})) {
		q.From, q.To, q.Step = s.From, s.To, 1
		err := series.SumsUntil(ctx, store, q, closed+1, func(q *series.Query, rows []series.Row) {
			e.fill(f, q, rows, func(of target, m slice.Minute, c slice.Counts) {
				of.takeOut(t, periods, from, now, m, c)
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// inDays cuts stretches into such of a day at most, which bounds the memory of
// what is read at once: an indicator may have hundreds of groups.
func inDays(all []window.Stretch) (cut []window.Stretch) {
	for _, s := range all {
		for ; s.From < s.To; s.From += day {
			cut = append(cut, window.Stretch{From: s.From, To: min(s.From+day, s.To)})
		}
	}
	return cut
}

// leaveBadOut takes the bad events that corrections leave out of the cells and
// periods that were restored.
func (e *Engine) leaveBadOut(ctx context.Context, store series.Querier, f *Fresh, t *track, closed, now slice.Minute) error {
	if t.leftOut == nil {
		return nil
	}
	periods, q := t.periods(now), t.queries()[0]
	for _, s := range t.leftOut.bad.Minutes() {
		q.Parts, q.From, q.To, q.Step = series.Parts{}, s.From, s.To, 1
		err := series.SumsUntil(ctx, store, q, closed+1, func(q *series.Query, rows []series.Row) {
			e.fill(f, q, rows, func(of target, m slice.Minute, c slice.Counts) {
				if t.leftOut.minutes.Holds(m) {
					return
				}
				if n := t.leftOut.bad.Take(m, c.Bad); n > 0 {
					t.leftOut.restored[m] += n
					of.takeOut(t, periods, 0, now, m, slice.Counts{Bad: n})
				}
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// takeOut takes a minute out of every cell and period that was restored with
// it, and sums it beside.
func (t target) takeOut(o *track, periods []window.Stretch, from, now, m slice.Minute, c slice.Counts) {
	none := slice.Counts{}.Minus(c) // cells and sums wrap, and come out right
	for _, w := range o.widths() {
		first := now - w.Depth
		if first = max(first-first%w.Minutes, from); m >= first {
			t.restore(w.Minutes, m-m%w.Minutes, none)
		}
	}
	for _, p := range periods {
		if p.From <= m && m < p.To {
			t.restorePeriod(p, m, 1, none)
		}
	}
	if t.ring == o.total && t.silent == nil {
		o.leftOut.counted.Add(m, c)
	}
}

// sayExclusions says in the trust what is left out of the numbers.
func (v *Evaluation) sayExclusions(t *track, now slice.Minute) {
	v.Corrected = t.corrected(wholeWindow, now)
	if n := v.Corrected.Total(); n > 0 {
		v.Trust.note("%d events are left out of this window by planned exclusions and corrections", n)
	}
	if n := t.objective.CorrectionsIn(v.From, v.To); n > 0 {
		v.Trust.note("corrections that apply to this window: %d (leadline correct list says who made them, and why)", n)
	}
	if r, ok := t.excluding(now); ok {
		v.Excluding = fmt.Sprintf("%s, until %s", r.Reason, r.To.Start().Format("2006-01-02 15:04 MST"))
		v.Trust.note("nothing is counted now: %s", v.Excluding)
	}
}
