// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/leadline/leadline/internal/budget"
	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// promises are objectives of every method, over windows of every kind, some
// with time that is left out.
var promises = []string{
	"{target: 99%, windows: [28d, 7d, 2d, 1h]}",
	"{target: 90%, windows: [{calendar: month, zone: Asia/Kathmandu}, 7d, {calendar: week, zone: Australia/Lord_Howe}]}",
	"{target: 90%, windows: [7d, {calendar: quarter, zone: America/Havana}], budgeting: {timeslices: {target: 97%, width: 1m}}}",
	"{target: 90%, windows: [{calendar: week, zone: UTC}, 28d], budgeting: {ratio_timeslices: {width: 7m}}}",
	"{target: 90%, windows: [2d, 28d], exclude: [{reason: x, from: 2026-11-01T01:13, zone: Europe/Berlin, for: 97m, repeat: FREQ=DAILY}]}",
	"{target: 90%, windows: [7d, {calendar: month, zone: America/Havana}], budgeting: {timeslices: {target: 98%, width: 1h}}, exclude: [{reason: x, from: 2026-11-01T01:13, zone: UTC, for: 5h, repeat: FREQ=DAILY;INTERVAL=2}]}",
	"{target: 90%, windows: [6h, {calendar: week, zone: Asia/Beirut}], budgeting: {ratio_timeslices: {width: 5m}}, exclude: [{reason: x, from: 2026-11-03T01:13, zone: UTC, for: 1d, repeat: FREQ=WEEKLY}]}",
}

// TestBudgetsAgreeWithBruteForce counts random events, late ones and some of
// hosts whose clocks run ahead, over weeks and turns of periods, makes and
// revokes corrections, restarts, and compares what every window holds and what
// it leaves out with a count of the same events by the definitions.
func TestBudgetsAgreeWithBruteForce(t *testing.T) {
	for i, fields := range promises {
		for _, silent := range []string{"", " silence is bad"} {
			t.Run(fmt.Sprint(fields, silent), func(t *testing.T) {
				w := &world{t: t, now: day0, counted: map[slice.Minute]map[slice.Key]slice.Counts{}}
				w.line("objective 99% over 28d" + silent)
				w.line("defined " + fields)
				w.wander(rand.New(rand.NewPCG(uint64(i), 11)), 300)
			})
		}
	}
}

func (w *world) wander(rng *rand.Rand, steps int) {
	first := slice.MinuteOf(w.now) // after which silence says something
	for step := range steps {
		now := slice.MinuteOf(w.now)
		at := now + slice.Minute(rng.IntN(window.Slack+10)-10)
		w.ahead = true
		w.count(w.key(), at, slice.Counts{Good: 1 + rng.Uint64N(50), Bad: rng.Uint64N(3), Excluded: rng.Uint64N(2)})
		if silent := w.key(); w.objective.SilentIsBad && rng.IntN(5) == 0 && now-11 > first && w.counted[now-11] == nil {
			silent.Tally = slice.Silent
			w.count(silent, now-11, slice.Counts{Good: 1})
		}
		w.now = w.now.Add(time.Duration(rng.IntN(40)) * time.Minute)
		if rng.IntN(60) == 0 {
			w.now = w.now.Add(time.Duration(rng.IntN(96)) * time.Hour)
		}
		switch rng.IntN(50) {
		case 0, 3, 4:
			w.correct(rng)
		case 1:
			w.engine = w.restart(nil)
		case 2:
			if len(w.objective.Corrections) > 0 {
				w.line("revoke")
			}
		}
		if step%15 == 0 {
			w.compare(w.engine)
		}
	}
	w.compare(w.engine)
	w.compare(w.restart(nil))
}

// correct leaves a random stretch out, which may reach into the future, or bad
// events of one: often of the minutes that are open, and where others have left
// something out. It is tried first, beside what is shown, and often only tried.
func (w *world) correct(rng *rand.Rand) {
	reach := []int{10 * 24 * 60, 12 * 60, 30}[rng.IntN(3)]
	from := w.now.Add(-time.Duration(rng.IntN(reach)) * time.Minute).Truncate(time.Minute)
	c := slo.Correction{ID: rng.Int64(), Kind: slo.ExcludeAll, From: from, To: from.Add(time.Duration(1+rng.IntN(12*60)) * time.Minute), Reason: "a drill"}
	if rng.IntN(2) == 0 {
		c.Kind = slo.ExcludeBad
		if w.objective.Allot(&c, rng.Uint64N(4), w.bad()) != nil {
			return
		}
	}
	before, o := w.objective, w.objective.Corrected(c)
	fresh := w.try(o)
	was, would := w.engine.Compare(fresh)
	w.compareAll(was)
	w.objective = o
	w.compareAll(would)
	if rng.IntN(3) > 0 {
		w.engine.Renewed([]*eval.Fresh{fresh})
	} else {
		w.engine.Renewed(nil)
		w.objective = before
	}
	w.compare(w.engine)
}

// compare compares each window, and the period before each of the calendar.
func (w *world) compare(e *eval.Engine) {
	w.t.Helper()
	v := &e.Evaluate().Evaluations[0]
	own := eval.Standing{Window: v.Objective.Window, From: v.From, To: v.To, Counts: v.Counts, Budget: v.Budget, Corrected: v.Corrected, Former: v.Former}
	w.compareAll(append([]eval.Standing{own}, v.Others...))
	w.compareTrend(&e.Trends().All[0], v)
}

// compareTrend compares each part of the objective's own window, and their sum
// with it.
func (w *world) compareTrend(trend *eval.Trend, v *eval.Evaluation) {
	w.t.Helper()
	m, sum := newModel(w), slice.Counts{}
	for i, got := range trend.Parts {
		from, to := trend.From.Add(time.Duration(i)*trend.Width), trend.From.Add(time.Duration(i+1)*trend.Width)
		if from.Before(v.From) {
			from = v.From
		}
		if i == len(trend.Parts)-1 || to.After(v.To) {
			to = v.To
		}
		want, _ := m.held(from, to)
		if got.Excluded = want.Excluded; got != want {
			w.t.Fatalf("part %d of %s at %s, %s to %s: got %+v, want %+v", i, v.Objective.Window, w.now, from, to, got, want)
		}
		sum = sum.Plus(got)
	}
	if len(trend.Parts) == 0 || sum.Good != v.Counts.Good || sum.Bad != v.Counts.Bad {
		w.t.Fatalf("%d parts of %s add up to %+v, the window to %+v", len(trend.Parts), v.Objective.Window, sum, v.Counts)
	}
}

func (w *world) compareAll(all []eval.Standing) {
	w.t.Helper()
	m := newModel(w)
	for _, s := range all {
		from, to := s.Window.Range(w.now)
		m.compare(&s, from, to)
		if (s.Former != nil) != !s.Window.Calendar.IsZero() {
			w.t.Fatalf("%s: the period before it: %v", s.Window, s.Former)
		}
		if s.Former != nil {
			before, _ := s.Window.Range(from.Add(-time.Nanosecond))
			m.compare(s.Former, before, from)
		}
	}
}

// model knows the events that count, by minute, and those that are left out.
type model struct {
	*world
	counts, out map[slice.Minute]slice.Counts
}

func newModel(w *world) *model {
	m := &model{w, map[slice.Minute]slice.Counts{}, map[slice.Minute]slice.Counts{}}
	first, last := slice.Minute(1<<40), slice.Minute(0)
	for at := range w.counted {
		first, last = min(first, at), max(last, at)
	}
	left := map[slice.Minute]bool{}
	for _, l := range w.objective.LeftOut(window.Stretch{From: first, To: last + 1}) {
		for at := l.From; at < l.To; at++ {
			left[at] = true
		}
	}
	bad := w.objective.ExcludedBad(window.Stretch{From: first, To: last + 1})
	for at, series := range w.counted {
		c := series[w.key()]
		if left[at] {
			m.out[at] = c
			continue
		}
		m.out[at] = slice.Counts{Bad: min(c.Bad, bad[at])}
		c.Bad -= m.out[at].Bad
		silent := w.key()
		silent.Tally = slice.Silent
		if series[silent].Good > 0 {
			c = c.Plus(slice.Counts{Bad: 1})
		}
		m.counts[at] = c
	}
	return m
}

func (m *model) compare(got *eval.Standing, from, to time.Time) {
	m.t.Helper()
	want, out := m.held(from, to)
	if got.Counts != want || got.Corrected != out || got.Budget != budget.Of(want, m.objective.Target) || !got.From.Equal(from) || !got.To.Equal(to) {
		m.t.Fatalf("%s at %s, %s to %s by %s: got %+v of %+v, left out %+v; want %+v, left out %+v", got.Window, m.now, from, to, m.objective.Budgeting, got.Counts, got.Budget, got.Corrected, want, out)
	}
}

// held returns what a stretch holds in the unit of the budget, and the events
// that it leaves out.
func (m *model) held(from, to time.Time) (want, out slice.Counts) {
	by := m.objective.Budgeting
	events, slices := slice.Counts{}, map[slice.Minute]slice.Counts{}
	for at, c := range m.counts {
		if in(at, from, to) {
			events = events.Plus(c)
		}
		if wide := slice.Minute(by.Width / time.Minute); wide > 0 {
			slices[at-at%wide] = slices[at-at%wide].Plus(c)
		}
	}
	want = events
	if by.Sliced() {
		want = slice.Counts{Excluded: events.Excluded}
		for at, c := range slices {
			if in(at, from, to) {
				want = want.Plus(budget.Timeslice(by, c))
			}
		}
	}
	for at, c := range m.out {
		if in(at, from, to) {
			out = out.Plus(c)
		}
	}
	return want, out
}

// in reports whether the minute's slice is stamped in (from, to].
func in(m slice.Minute, from, to time.Time) bool {
	stamp := m.Stamp()
	return stamp.After(from) && !stamp.After(to)
}
