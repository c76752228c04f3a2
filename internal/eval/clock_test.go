// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval_test

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/series/seriestest"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
)

// moved is an engine with one objective whose clock tests set.
type moved struct {
	*eval.Engine
	now    time.Time
	key    slice.Key
	series *slice.Series
	fresh  []*eval.Fresh
}

func newMoved(now time.Time) *moved {
	m := &moved{now: now}
	m.Engine = eval.New(func() time.Time { return m.now }, time.Second, slog.New(slog.DiscardHandler))
	o := objective("up", 999_000_000, 28*day)
	m.key, m.fresh = totalKey(o), m.Install([]*slo.Objective{o})
	m.series, _ = slice.NewTable(10).Intern(m.key)
	return m
}

func (m *moved) state() slo.State { return m.Evaluate().Evaluations[0].Status.State }

// TestAClockThatWasAheadAndComesBack is a day ahead for one evaluation; the
// outage after it must page.
func TestAClockThatWasAheadAndComesBack(t *testing.T) {
	m := newMoved(day0.Add(30 * day))
	m.Restored(m.fresh)
	begin := slice.MinuteOf(m.now)
	m.Count(m.series, begin, slice.Counts{Good: 1000})
	if ahead := m.Ahead(); len(ahead) != 0 {
		t.Fatalf("at first %v are ahead", ahead)
	}
	m.now = m.now.Add(day)
	m.Evaluate()
	m.now = m.now.Add(-day + 10*time.Second)

	ahead := m.Ahead()
	if len(ahead) != 1 || !ahead[m.key] {
		t.Fatalf("%v are ahead, want %v", ahead, m.key)
	}
	fresh := m.Renew(ahead)
	m.CountFresh(fresh, &m.key, begin, slice.Counts{Good: 1000})
	if err := m.Restore(t.Context(), seriestest.NewMemory(), fresh, begin-11); err != nil {
		t.Fatal(err)
	}
	m.Renewed(fresh)
	if ahead := m.Ahead(); len(ahead) != 0 {
		t.Errorf("%v are ahead after they were renewed", ahead)
	}
	for i := range slice.Minute(30) {
		m.now = m.now.Add(time.Minute)
		m.Count(m.series, begin+i, slice.Counts{Bad: 1000})
	}
	if got := m.state(); got != slo.Breaching {
		t.Errorf("%s after half an hour of outage, want %s", got, slo.Breaching)
	}
}

// TestAClockThatIsSlowAtAStart holds nothing of what was stored back, and does
// not make windows begin anew for ever.
func TestAClockThatIsSlowAtAStart(t *testing.T) {
	for _, behind := range []time.Duration{0, 20 * time.Minute, 3 * time.Hour, 40 * day} {
		truth := day0.Add(60 * day)
		m := newMoved(truth.Add(-behind))
		store, closed := seriestest.NewMemory(), slice.MinuteOf(truth)-12
		for c := range minutes(m.key, closed-239, 240, slice.Counts{Good: 10}) {
			c.Up, c.Source = true, slice.Live
			if err := store.Append(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
		if err := m.Restore(t.Context(), store, m.fresh, closed); err != nil {
			t.Fatal(err)
		}
		m.Restored(m.fresh)
		for _, when := range []string{"at the start", "when the clock is set"} {
			v := m.Evaluate().Evaluations[0]
			if v.Counts.Good != 2400 || v.Burn[len(v.Burn)-1].Counts.Good != 2400 || len(m.Ahead()) != 0 {
				t.Errorf("%s behind, %s: %+v, burn %+v, ahead %v", behind, when, v.Counts, v.Burn, m.Ahead())
			}
			m.now = truth
		}
	}
}

// TestAnEventFarAheadMovesNothing counts one of tomorrow, as a log may hold
// that was written under a clock that was ahead.
func TestAnEventFarAheadMovesNothing(t *testing.T) {
	m := newMoved(day0.Add(30 * day))
	m.Restored(m.fresh)
	now := slice.MinuteOf(m.now)
	m.Count(m.series, now+24*60, slice.Counts{Good: 1})
	m.Count(m.series, now, slice.Counts{Bad: 1000})
	if got := m.state(); got != slo.Breaching || len(m.Ahead()) != 0 {
		t.Errorf("%s, want %s; ahead are %v", got, slo.Breaching, m.Ahead())
	}
}

// TestOurOwnWordSaysNothingAboutTheClock: what the server measures of itself
// comes at whatever time its clock says, so it is no evidence of which is right.
func TestOurOwnWordSaysNothingAboutTheClock(t *testing.T) {
	for _, off := range []time.Duration{time.Hour, day, -time.Hour, -day} {
		l := newLife(objective("up", 999_000_000, 28*day))
		own, _ := l.table.Intern(slice.Key{Service: operation.Self, Tally: slice.Heard})
		run := func(d time.Duration, c slice.Counts) {
			for range d / tick {
				l.truth = l.truth.Add(tick)
				l.engine.Count(own, slice.MinuteOf(l.truth.Add(l.off)), slice.Counts{Good: 1})
				if !c.IsZero() {
					l.count(c)
				}
				l.watch()
			}
		}
		run(2*time.Hour, slice.Counts{Good: 100})
		run(10*time.Minute, slice.Counts{Bad: 100})
		before := slices.Clone(l.said)
		l.off = off
		run(5*time.Minute, slice.Counts{})
		if at := l.engine.Snapshot().At; !at.Equal(l.truth) || !l.engine.Now().Equal(l.truth) {
			t.Errorf("off by %s: windows follow %s, and it is %s", off, at, l.truth)
		}
		run(30*time.Minute, slice.Counts{})
		if v := l.engine.Snapshot().Evaluations[0]; !strings.Contains(v.Frozen, "our clock") {
			t.Errorf("off by %s, and only we go on: frozen %q", off, v.Frozen)
		}
		if diff := cmp.Diff(before, l.said); diff != "" {
			t.Errorf("off by %s (-before +after):\n%s", off, diff)
		}
	}
}

// TestEventsOfBothTimesAreAllCounted sets a slow clock right while an
// application still delivers what ended before: for a minute there are events
// of the old time and of the new one, and each of them is in the window when
// the clock is believed.
func TestEventsOfBothTimesAreAllCounted(t *testing.T) {
	for _, by := range []time.Duration{12 * time.Minute, time.Hour, day} {
		truth := day0.Add(30 * day)
		m, elapsed := newMoved(truth), time.Duration(0)
		m.Restored(m.fresh)
		m.Steady(func() time.Duration { return elapsed })
		step := func(d time.Duration) {
			elapsed += d
			m.now = m.now.Add(d)
			m.Evaluate()
		}
		var sent uint64
		count := func(at time.Time) {
			m.Count(m.series, slice.MinuteOf(at), slice.Counts{Good: 1})
			sent++
		}
		for range 60 {
			step(5 * time.Second)
			count(m.now)
		}
		old := m.now
		m.now = m.now.Add(by)
		for i := range 60 {
			step(5 * time.Second)
			if i < 3 {
				count(old)
			}
			count(m.now)
		}
		step(time.Minute)
		if got := m.Evaluate().Evaluations[0].Counts.Good; got != sent {
			t.Errorf("set by %s: %d of %d events are in the window", by, got, sent)
		}
	}
}
