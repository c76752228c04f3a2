// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval_test

import (
	"fmt"
	"log/slog"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/budget"
	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/series/seriestest"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// tick is how often the tests below evaluate.
const tick = 15 * time.Second

// life is an objective whose alerts are watched while its server is restarted
// and its clock is moved.
type life struct {
	objective *slo.Objective
	truth     time.Time     // what a right clock says
	off       time.Duration // by how much ours is wrong
	engine    *eval.Engine
	table     *slice.Table
	counted   map[slice.Minute]slice.Counts
	saved     map[alert.Key]alert.Alert // as a catalog has them
	said      []string
}

func newLife(o *slo.Objective) *life {
	l := &life{objective: o, truth: day0.Add(40 * day), counted: map[slice.Minute]slice.Counts{}, saved: map[alert.Key]alert.Alert{}}
	l.start(nil)
	return l
}

// start begins a process that knows these alerts from before.
func (l *life) start(alerts []alert.Alert) {
	began := l.truth
	l.engine = eval.New(func() time.Time { return l.truth.Add(l.off) }, tick, slog.New(slog.DiscardHandler))
	l.engine.Steady(func() time.Duration { return l.truth.Sub(began) })
	l.table = slice.NewTable(10)
	l.engine.Adopt(alerts)
	fresh := l.engine.Install([]*slo.Objective{l.objective})
	l.watch() // before the history is read
	for _, m := range slices.Sorted(maps.Keys(l.counted)) {
		l.tell(m, l.counted[m])
	}
	l.engine.Restored(fresh)
}

func (l *life) tell(m slice.Minute, c slice.Counts) {
	s, _ := l.table.Intern(totalKey(l.objective))
	l.engine.Count(s, m, c)
}

// count counts events that end now.
func (l *life) count(c slice.Counts) {
	m := slice.MinuteOf(l.truth)
	l.counted[m] = l.counted[m].Plus(c)
	l.tell(m, c)
}

// watch evaluates, notes every change of phase, by the right clock, and saves
// what has to be kept.
func (l *life) watch() []alert.Alert {
	alerts := l.engine.Evaluate().Evaluations[0].Alerts
	for _, a := range alerts {
		was := l.saved[a.Key]
		if was.Sequence != a.Sequence || !was.Clear.Equal(a.Clear) {
			l.saved[a.Key] = a
		}
		if was.Sequence != a.Sequence {
			l.said = append(l.said, fmt.Sprintf("%s %s %s: episode %d, sequence %d, since %s", l.truth.Sub(day0), a.Rule, a.Phase, a.Episode, a.Sequence, a.Since.Sub(day0)))
		}
	}
	return alerts
}

// restart begins anew with what was saved.
func (l *life) restart() { l.start(slices.Collect(maps.Values(l.saved))) }

// silent is a tick without events.
const silent = math.MaxUint64

// history draws how many of a hundred events are bad, from tick to tick; in
// some stretches there may be no events.
func history(rng *rand.Rand, ticks int, silence bool) []uint64 {
	bad := make([]uint64, ticks)
	for range 1 + rng.IntN(4) {
		rate := []uint64{1, 2, 5, 20, 100}[rng.IntN(5)]
		from := rng.IntN(ticks)
		for i := from; i < min(ticks, from+1+rng.IntN(ticks/4)); i++ {
			bad[i] = rate
		}
	}
	for range rng.IntN(3) {
		from := rng.IntN(ticks)
		for i := from; silence && i < min(ticks, from+1+rng.IntN(ticks/3)); i++ {
			bad[i] = silent
		}
	}
	return bad
}

// randomObjective has default rules and one that waits.
func randomObjective(rng *rand.Rand) *slo.Objective {
	o := objective("up", []slo.Target{990_000_000, 999_000_000}[rng.IntN(2)], []time.Duration{7 * day, 28 * day}[rng.IntN(2)])
	o.Alerting.Rules = []slo.Rule{{
		Name: "slow", Severity: slo.Ticket, Guard: 5, For: time.Duration(rng.IntN(30)) * time.Minute,
		When: []slo.Condition{{Kind: slo.Burn, Milli: 1500, Long: 30 * time.Minute, Short: 5 * time.Minute}},
	}}
	return o
}

// TestNothingDisturbsEpisodes runs random histories twice, once with restarts
// and jumps of the clock: the changes of phase are the same, and as soon. In
// every third history events stop for a while; then there are only restarts,
// because without events nobody knows which clock is right.
func TestNothingDisturbsEpisodes(t *testing.T) {
	histories, ticks := uint64(1000), 480
	if testing.Short() {
		histories = 100
	}
	changes := 0
	for seed := range histories {
		rng := rand.New(rand.NewPCG(seed, 3))
		o, bad := randomObjective(rng), history(rng, ticks, seed%3 == 0)
		calm, disturbed := newLife(o), newLife(o)
		jumpEnds := 0
		for i, n := range bad {
			for _, l := range []*life{calm, disturbed} {
				l.truth = l.truth.Add(tick)
				if n != silent {
					l.count(slice.Counts{Good: 100 - n, Bad: n})
				}
				l.watch()
			}
			switch {
			case disturbed.off != 0 && i >= jumpEnds:
				disturbed.off = 0
			case disturbed.off == 0 && seed%3 != 0 && rng.IntN(60) == 0:
				disturbed.off = []time.Duration{time.Hour, -time.Hour, day, -day, 90 * time.Second, -90 * time.Second}[rng.IntN(6)]
				jumpEnds = i + rng.IntN(120)
			case disturbed.off == 0 && rng.IntN(40) == 0:
				disturbed.restart()
			}
		}
		changes += len(calm.said)
		if diff := cmp.Diff(calm.said, disturbed.said); diff != "" {
			t.Fatalf("seed %d: %s over %s (-undisturbed +disturbed):\n%s", seed, o.Target, o.Window, diff)
		}
	}
	t.Logf("%d histories, %d changes of phase", histories, changes)
	if changes < int(histories) {
		t.Errorf("only %d changes of phase: the histories say nothing", changes)
	}
}

// TestJumpsOfTheClock moves our clock while senders go on with the right time.
func TestJumpsOfTheClock(t *testing.T) {
	for _, c := range []struct {
		name  string
		off   time.Duration
		lasts time.Duration // until it is right again
	}{
		{"an hour ahead", time.Hour, 30 * time.Minute},
		{"a day ahead", day, 30 * time.Minute},
		{"an hour behind", -time.Hour, 30 * time.Minute},
		{"a day behind", -day, 30 * time.Minute},
		{"for ever ahead", time.Hour, 10 * day},
		{"a moment", 10 * day, tick},
	} {
		for _, begins := range []time.Duration{-20 * time.Minute, 0, 10 * time.Minute} { // the outage, after the jump
			t.Run(fmt.Sprintf("%s, outage after %s", c.name, begins), func(t *testing.T) {
				o := objective("up", 999_000_000, 28*day)
				calm, moved := newLife(o), newLife(o)
				for at := -2 * time.Hour; at < 2*time.Hour; at += tick {
					if moved.off = 0; at >= 0 && at < c.lasts {
						moved.off = c.off
					}
					n := slice.Counts{Good: 100}
					if at >= begins && at < begins+15*time.Minute {
						n = slice.Counts{Bad: 100}
					}
					for _, l := range []*life{calm, moved} {
						l.truth = l.truth.Add(tick)
						l.count(n)
						l.watch()
					}
				}
				if len(calm.said) < 4 {
					t.Fatalf("undisturbed: %v", calm.said)
				}
				if diff := cmp.Diff(calm.said, moved.said); diff != "" {
					t.Errorf("(-right clock +moved clock):\n%s", diff)
				}
			})
		}
	}
}

// TestAClockThatIsSetRight was wrong, or slept, and events come at the new time.
func TestAClockThatIsSetRight(t *testing.T) {
	for _, ahead := range []time.Duration{2 * time.Minute, time.Hour, 8 * time.Hour, 3 * day} {
		l := newLife(objective("up", 999_000_000, 28*day))
		run := func(d time.Duration, c slice.Counts) {
			for range d / tick {
				l.truth = l.truth.Add(tick)
				l.count(c)
				l.watch()
			}
		}
		run(2*time.Hour, slice.Counts{Good: 100})
		l.engine.Steady(func() func() time.Duration { // the monotonic clock sleeps
			woken, slept := l.truth, false
			return func() time.Duration {
				if slept = slept || l.truth.Sub(woken) >= ahead; slept {
					return l.truth.Sub(woken) - ahead
				}
				return 0
			}
		}())
		l.truth = l.truth.Add(ahead)
		run(30*time.Minute, slice.Counts{Bad: 100})
		if !slices.ContainsFunc(l.said, func(s string) bool { return strings.Contains(s, "page-1h firing") }) {
			t.Errorf("%s asleep, then an outage: %v", ahead, l.said)
		}
		if got := l.engine.Snapshot(); !got.At.Equal(l.truth) || got.Evaluations[0].Frozen != "" {
			t.Errorf("%s asleep: at %s, frozen %q; want %s", ahead, got.At, got.Evaluations[0].Frozen, l.truth)
		}
	}
}

// TestAWrongClockWithoutEvents: nothing says which clock is right, so what fires
// is held, and goes on in the same episode when the clock and events are back.
func TestAWrongClockWithoutEvents(t *testing.T) {
	for _, off := range []time.Duration{time.Hour, day, -time.Hour, -day} {
		l := newLife(objective("up", 999_000_000, 28*day))
		run := func(d time.Duration, c slice.Counts) {
			for range d / tick {
				l.truth = l.truth.Add(tick)
				if !c.IsZero() {
					l.count(c)
				}
				l.watch()
				if ahead := l.engine.Ahead(); len(ahead) > 0 {
					l.renew(ahead)
				}
			}
		}
		run(2*time.Hour, slice.Counts{Good: 100})
		run(10*time.Minute, slice.Counts{Bad: 100})
		before := slices.Clone(l.said)
		l.off = off
		run(30*time.Minute, slice.Counts{})
		if v := l.engine.Snapshot().Evaluations[0]; !strings.Contains(v.Frozen, "our clock") {
			t.Errorf("off by %s, after half an hour: frozen %q", off, v.Frozen)
		}
		l.off = 0
		run(10*time.Minute, slice.Counts{Bad: 100})
		if diff := cmp.Diff(before, l.said); diff != "" {
			t.Errorf("off by %s (-before +after):\n%s", off, diff)
		}
		if v := l.engine.Snapshot().Evaluations[0]; v.Frozen != "" || v.Status.State != slo.Breaching {
			t.Errorf("off by %s, when the clock is right: %s, frozen %q", off, v.Status.State, v.Frozen)
		}
	}
}

// renew reads windows anew that lie ahead of the clock, as the server does.
func (l *life) renew(ahead map[slice.Key]bool) {
	fresh := l.engine.Renew(ahead)
	k := totalKey(l.objective)
	for m, c := range l.counted {
		l.engine.CountFresh(fresh, &k, m, c)
	}
	l.engine.Renewed(fresh)
}

// crossed decides by brute force whether a page's windows both burn.
func crossed(o *slo.Objective, counted map[slice.Minute]slice.Counts, now slice.Minute) bool {
	rules, _ := alert.Rules(o)
	over := func(length time.Duration) (c slice.Counts) {
		for m := (window.Window{Length: length}).First(now); m <= now; m++ {
			c = c.Plus(counted[m])
		}
		return c
	}
	return slices.ContainsFunc(rules, func(r slo.Rule) bool {
		c := r.When[0]
		if r.Severity != slo.Page || c.Kind != slo.Burn {
			return false
		}
		long, short := over(c.Long), over(c.Short)
		return long.Bad >= r.Guard && budget.Burns(long, o.Target, c.Milli) && budget.Burns(short, o.Target, c.Milli)
	})
}

// TestBurstsAreSeenAtTheNextEvaluation draws error bursts and compares when a
// page fires with the second in which the windows' arithmetic crosses.
func TestBurstsAreSeenAtTheNextEvaluation(t *testing.T) {
	const every = 5 * time.Second
	bursts, paged := uint64(1000), 0
	if testing.Short() {
		bursts = 100
	}
	var late []time.Duration
	for seed := range bursts {
		rng := rand.New(rand.NewPCG(seed, 4))
		l := newLife(objective("up", 999_000_000, 28*day))
		perSecond := 1 + rng.Uint64N(50)
		for range 8 * 60 {
			l.truth = l.truth.Add(time.Minute)
			l.count(slice.Counts{Good: 60 * perSecond})
		}
		l.truth = l.truth.Add(time.Duration(rng.IntN(60)) * time.Second)
		share, phase, crossing := 0.02+0.98*rng.Float64(), rng.IntN(int(every/time.Second)), time.Time{}
		for second := range 30 * 60 {
			l.truth = l.truth.Add(time.Second)
			bad := uint64(share*float64(perSecond) + rng.Float64())
			l.count(slice.Counts{Good: perSecond - min(bad, perSecond), Bad: bad})
			if crossing.IsZero() && crossed(l.objective, l.counted, slice.MinuteOf(l.truth)) {
				crossing = l.truth
			}
			if second%int(every/time.Second) != phase {
				continue
			}
			fires := slices.ContainsFunc(l.watch(), func(a alert.Alert) bool { return a.Phase == alert.Firing && a.Severity == slo.Page })
			if fires && crossing.IsZero() {
				t.Fatalf("seed %d: a page fires before the windows' arithmetic crosses", seed)
			}
			if fires {
				late, paged = append(late, l.truth.Sub(crossing)), paged+1
				break
			}
			if !crossing.IsZero() && l.truth.Sub(crossing) > every {
				t.Fatalf("seed %d: no page %s after the windows' arithmetic crossed", seed, l.truth.Sub(crossing))
			}
		}
	}
	slices.Sort(late)
	t.Logf("%d bursts, %d paged: p50 %s, p99 %s, most %s after the crossing", bursts, paged, late[len(late)/2], late[len(late)*99/100], late[len(late)-1])
	if paged < int(bursts)*9/10 {
		t.Errorf("only %d of %d bursts paged", paged, bursts)
	}
}

// TestOutagesOfOurs: what we did not measure is no recovery, and alerts go on
// when enough is measured again.
func TestOutagesOfOurs(t *testing.T) {
	for _, c := range []struct {
		name   string
		tell   func(t *testing.T, e *eval.Engine, from, to slice.Minute)
		frozen bool
	}{
		{"the log says so", func(_ *testing.T, e *eval.Engine, from, to slice.Minute) { e.Unmeasured(from, to) }, true},
		{"the store says so", func(t *testing.T, e *eval.Engine, from, to slice.Minute) {
			store := seriestest.NewMemory()
			for m := from - 60; m <= to; m++ {
				if c := (slice.Closed{Minute: m, Source: slice.Live, Up: true}); m < from || m >= to {
					if err := store.Append(t.Context(), c); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := e.Restore(t.Context(), store, nil, to); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"nobody", func(*testing.T, *eval.Engine, slice.Minute, slice.Minute) {}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLife(objective("up", 999_000_000, 28*day))
			run := func(d time.Duration, c slice.Counts) {
				for range d / tick {
					l.truth = l.truth.Add(tick)
					l.count(c)
					l.watch()
				}
			}
			run(2*time.Hour, slice.Counts{Good: 100})
			run(20*time.Minute, slice.Counts{Bad: 100})
			from := slice.MinuteOf(l.truth) + 1
			alerts := l.watch()
			l.truth = l.truth.Add(10 * time.Minute)
			l.start(alerts)
			c.tell(t, l.engine, from, slice.MinuteOf(l.truth))
			run(time.Minute, slice.Counts{Good: 100})
			frozen := l.engine.Snapshot().Evaluations[0]
			if c.frozen != strings.Contains(frozen.Frozen, "intake did not run") || c.frozen != (frozen.Alerts[0].Frozen != "") || frozen.Status.State != slo.Breaching {
				t.Errorf("after a minute: %s, frozen %q, %+v", frozen.Status.State, frozen.Frozen, frozen.Alerts[0])
			}
			run(2*time.Hour, slice.Counts{Good: 100})
			if v := l.engine.Snapshot().Evaluations[0]; v.Frozen != "" || v.Alerts[0].Phase != alert.Resolved {
				t.Errorf("after two hours: frozen %q, %+v", v.Frozen, v.Alerts[0])
			}
		})
	}
}

// TestAlertsOutliveTheirObjective: what fires ends when its objective goes, and
// its sequence goes on when that comes back, in this process or the next.
func TestAlertsOutliveTheirObjective(t *testing.T) {
	l := newLife(objective("up", 999_000_000, 28*day))
	burn := func() alert.Alert {
		for range 40 {
			l.truth = l.truth.Add(tick)
			l.count(slice.Counts{Bad: 100})
			l.watch()
		}
		return l.watch()[0]
	}
	if a := burn(); a.Phase != alert.Firing || a.Sequence != 1 {
		t.Fatalf("at first: %+v", a)
	}
	saved := l.watch()
	l.engine.Install(nil)
	s := l.engine.Evaluate()
	if len(s.Gone) != len(saved) || s.Gone[0].Phase != alert.Unmeasured || s.Gone[0].Sequence != 2 || s.Gone[0].Sentence != "its objective is no longer defined" {
		t.Fatalf("without the objective: %+v", s.Gone)
	}
	if again := l.engine.Evaluate(); !cmp.Equal(again.Gone, s.Gone) {
		t.Errorf("later: %+v", again.Gone)
	}
	l.engine.Restored(l.engine.Install([]*slo.Objective{l.objective}))
	if a := burn(); a.Phase != alert.Firing || a.Sequence != 3 || a.Episode != 2 || len(l.engine.Snapshot().Gone) != 0 {
		t.Errorf("when it is back: %+v, gone %+v", a, l.engine.Snapshot().Gone)
	}

	l.engine = eval.New(func() time.Time { return l.truth }, tick, slog.New(slog.DiscardHandler))
	l.engine.Adopt(saved)
	if s := l.engine.Evaluate(); len(s.Gone) != len(saved) || s.Gone[0].Phase != alert.Unmeasured || s.Gone[0].Sequence != 2 {
		t.Errorf("in a process that does not know the objective: %+v", s.Gone)
	}
}

// TestAlertsOfGroupsAreBounded: a group begins no alert when there are many,
// and they end with the rule that asks for groups.
func TestAlertsOfGroupsAreBounded(t *testing.T) {
	o := objective("up", 999_000_000, 28*day)
	o.Alerting.Rules = []slo.Rule{{Name: "tier", Severity: slo.Page, ByGroup: true, When: []slo.Condition{{Kind: slo.Burn, Milli: 2000, Long: time.Hour}}}}
	b := newBench()
	b.Restored(b.Install([]*slo.Objective{o}))
	for i := range 300 {
		k := totalKey(o)
		k.Group = fmt.Sprint("group-", i)
		b.count(k, slice.Counts{Bad: 10})
	}
	b.count(totalKey(o), slice.Counts{Bad: 3000})
	v := b.one(t, "up")
	if len(v.Alerts) != 200 || !slices.Contains(v.Trust.Notes, "more than 200 alerts: those of further groups do not begin") {
		t.Errorf("%d alerts, notes %q", len(v.Alerts), v.Trust.Notes)
	}

	again := *o
	again.Alerting.Rules = slices.Clone(o.Alerting.Rules)
	again.Alerting.Rules[0].ByGroup = false
	b.Restored(b.Install([]*slo.Objective{&again}))
	left := 0
	for _, a := range b.one(t, "up").Alerts {
		if a.Group != "" && a.Phase == alert.Unmeasured && a.Sentence == "its rule is no longer defined" {
			left++
		}
	}
	if left < 190 {
		t.Errorf("%d alerts of groups have ended with their rule", left)
	}
}
