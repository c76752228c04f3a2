// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/series/seriestest"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
)

const day = 24 * time.Hour

// bench is an engine whose clock stands still, and a way to count in it.
type bench struct {
	*eval.Engine
	table *slice.Table
}

func newBench() bench {
	e := eval.New(func() time.Time { return day0.Add(day) }, time.Second, slog.New(slog.DiscardHandler))
	return bench{e, slice.NewTable(1000)}
}

func (b bench) count(k slice.Key, c slice.Counts) {
	s, _ := b.table.Intern(k)
	b.Count(s, slice.MinuteOf(day0.Add(day)), c)
}

func totalKey(o *slo.Objective) slice.Key {
	return slice.Key{Service: o.Indicator.Rule.Service, Indicator: string(o.Indicator.ID)}
}

// one returns the evaluation of an objective.
func (b bench) one(t *testing.T, name string) *eval.Evaluation {
	t.Helper()
	s := b.Evaluate()
	for i := range s.Evaluations {
		if s.Evaluations[i].Objective.Name == name {
			return &s.Evaluations[i]
		}
	}
	t.Fatalf("no evaluation of %s", name)
	return nil
}

// TestReload changes one thing of an objective and says whether what was
// counted goes on.
func TestReload(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*slo.Objective)
		goesOn bool
	}{
		{"nothing", func(*slo.Objective) {}, true},
		{"the owner", func(o *slo.Objective) { o.Owner = "team-b" }, true},
		{"it is paused", func(o *slo.Objective) { o.Paused = true }, true},
		{"the target", func(o *slo.Objective) { o.Target = 950_000_000 }, false},
		{"the window", func(o *slo.Objective) { o.Window.Length = 7 * day }, false},
		{"silence is bad", func(o *slo.Objective) { o.SilentIsBad = true }, false},
		{"the indicator", func(o *slo.Objective) { i := *o.Indicator; i.ID = "another"; o.Indicator = &i }, false},
		{"the name", func(o *slo.Objective) { o.Name = "renamed" }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench()
			before := objective("up", 990_000_000, 28*day)
			b.Restored(b.Install([]*slo.Objective{before}))
			b.count(totalKey(before), slice.Counts{Good: 5})
			after := *before
			c.change(&after)
			fresh := b.Install([]*slo.Objective{&after})
			v := b.one(t, after.Name)
			if c.goesOn != (len(fresh) == 0) || c.goesOn != v.Known || v.Objective != &after {
				t.Errorf("%d are fresh, known %v; want it to go on: %v", len(fresh), v.Known, c.goesOn)
			}
			if !c.goesOn && v.Status.Code != "restoring" {
				t.Errorf("until it is restored: %+v", v.Status)
			}
		})
	}
}

func TestFreshObjectivesTakeTheOpenMinutes(t *testing.T) {
	b := newBench()
	o := objective("up", 990_000_000, 28*day)
	fresh := b.Install([]*slo.Objective{o})
	k, minute := totalKey(o), slice.MinuteOf(day0.Add(day))
	b.CountFresh(fresh, &k, minute, slice.Counts{Good: 3, Bad: 1})
	other := k
	other.Indicator = "another"
	b.CountFresh(fresh, &other, minute, slice.Counts{Good: 100})
	heard := slice.Key{Service: k.Service, Tally: slice.Heard}
	b.CountFresh(fresh, &heard, minute, slice.Counts{Good: 1})
	b.Restored(fresh)
	v := b.one(t, "up")
	if v.Counts != (slice.Counts{Good: 3, Bad: 1}) || v.Trust.Coverage == 0 {
		t.Errorf("got %+v, coverage %v", v.Counts, v.Trust.Coverage)
	}
}

// TestAFailedRestoreIsBegunAnew: what was never restored is fresh at the next
// reload, and does not count the open minutes twice.
func TestAFailedRestoreIsBegunAnew(t *testing.T) {
	b := newBench()
	o := objective("up", 990_000_000, 28*day)
	k, minute := totalKey(o), slice.MinuteOf(day0.Add(day))
	var fresh []*eval.Fresh
	for try := range 3 {
		if fresh = b.Install([]*slo.Objective{o}); len(fresh) != 2 {
			t.Fatalf("try %d: %d are fresh, want the objective and what its service sends", try, len(fresh))
		}
		b.CountFresh(fresh, &k, minute, slice.Counts{Good: 1})
	}
	b.Restored(fresh)
	if again := b.Install([]*slo.Objective{o}); len(again) != 0 {
		t.Errorf("%d are fresh after they were restored", len(again))
	}
	if v := b.one(t, "up"); !v.Known || v.Counts.Good != 1 {
		t.Errorf("got %+v", v.Counts)
	}
}

// TestAnObjectiveThatIsGoneFreesWhatItsServiceSent: one that comes back is
// fresh, and so are its tallies.
func TestAnObjectiveThatIsGoneFreesWhatItsServiceSent(t *testing.T) {
	b := newBench()
	o := objective("up", 990_000_000, 28*day)
	first := b.Install([]*slo.Objective{o})
	b.Install(nil)
	if got := len(b.Evaluate().Evaluations); got != 0 {
		t.Errorf("%d evaluations of nothing", got)
	}
	if again := b.Install([]*slo.Objective{o}); len(again) != len(first) {
		t.Errorf("%d are fresh, at first %d were", len(again), len(first))
	}
}

func TestWorstFirst(t *testing.T) {
	b := newBench()
	var all []*slo.Objective
	add := func(name, service string, c slice.Counts) {
		o := objective(name, 900_000_000, 28*day)
		i := *o.Indicator
		i.Rule.Service.Name = service
		o.Service, o.Indicator = i.Rule.Service, &i
		all = append(all, o)
		defer b.count(totalKey(o), c)
	}
	counts := map[string]slice.Counts{
		"e-ok-spent": {Good: 995, Bad: 5}, "f-ok-b": {Good: 10}, "g-ok-a": {Good: 10}, "a-breaching": {Bad: 1000},
		"b-exhausted": {Good: 800, Bad: 200}, "c-low": {Good: 905, Bad: 95}, "d-never": {},
	}
	for _, n := range []string{"g-ok-a", "e-ok-spent", "d-never", "b-exhausted", "f-ok-b", "c-low", "a-breaching"} {
		add(n, n, slice.Counts{})
	}
	b.Restored(b.Install(all))
	for _, o := range all {
		b.count(totalKey(o), counts[o.Name])
	}
	var got []string
	for _, v := range b.Evaluate().Evaluations {
		got = append(got, v.Objective.Name)
	}
	want := []string{"a-breaching", "b-exhausted", "c-low", "d-never", "e-ok-spent", "f-ok-b", "g-ok-a"}
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
}

// failing is a store of which one window cannot be read.
type failing struct {
	series.Store
	indicator string
}

func (f failing) Sums(ctx context.Context, q series.Query) ([]series.Row, error) {
	if q.Indicator == f.indicator {
		return nil, errors.New("disk on fire")
	}
	return f.Store.Sums(ctx, q)
}

// TestRestoreSaysWhatFailed, and restores the rest.
func TestRestoreSaysWhatFailed(t *testing.T) {
	b := newBench()
	bad, good := objective("up", 990_000_000, 28*day), objective("other", 990_000_000, 28*day)
	i := *good.Indicator
	i.ID, i.Rule.Operation = "another", "POST /checkout"
	good.Indicator = &i
	both := []*slo.Objective{bad, good}
	fresh := b.Install(both)
	k := totalKey(good)
	store := seriestest.NewMemory()
	for c := range minutes(k, slice.MinuteOf(day0), 10, slice.Counts{Good: 1}) {
		c.Up, c.Source = true, slice.Live
		if err := store.Append(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	restore := func(s series.Store) error { return b.Restore(t.Context(), s, fresh, slice.MinuteOf(day0)+10) }
	if err := restore(failing{store, string(bad.Indicator.ID)}); err == nil || !strings.HasPrefix(err.Error(), "restore objective up of") {
		t.Errorf("got %v, want what was being restored", err)
	}
	b.Restored(fresh)
	if v := b.one(t, "up"); v.Known || v.Status.State != slo.NoData || v.Status.Code != "unreadable" || v.Status.Cause != "history unreadable: disk on fire" {
		t.Errorf("what failed is %+v", v.Status)
	}
	if v := b.one(t, "other"); !v.Known || v.Counts.Good != 10 {
		t.Errorf("the other has %+v, %+v", v.Counts, v.Status)
	}
	if fresh = b.Install(both); len(fresh) != 1 {
		t.Errorf("%d are fresh, want what failed", len(fresh))
	}
	if err := restore(store); err != nil {
		t.Error(err)
	}
	b.Restored(fresh)
	if v := b.one(t, "up"); v.Status.Code != "never_seen" {
		t.Errorf("when it can be read: %+v", v.Status)
	}
}

// TestFilling tells what has no events yet that history is being taken in, and
// nothing else.
func TestFilling(t *testing.T) {
	b := newBench()
	up, other := objective("up", 990_000_000, 28*day), objective("other", 990_000_000, 28*day)
	i := *other.Indicator
	i.ID = "another"
	other.Indicator = &i
	b.Restored(b.Install([]*slo.Objective{up, other}))
	b.count(totalKey(other), slice.Counts{Good: 10})
	b.Filling("a back-fill is being taken in, 5 events so far")
	b.Evaluate()
	if v := b.one(t, "up").Status; v.Code != "filling" || v.Cause != "no event of this indicator was counted yet; a back-fill is being taken in, 5 events so far" {
		t.Errorf("without events: got %+v", v)
	}
	if v := b.one(t, "other").Status; v.Code == "filling" {
		t.Errorf("with events: got %+v", v)
	}
	b.Filling("")
	b.Evaluate()
	if v := b.one(t, "up").Status; v.Code != "never_seen" {
		t.Errorf("afterwards: got %+v", v)
	}
}

// TestRunEvaluatesAtItsInterval, and tells who listens; a slow listener misses
// some and holds nobody up.
func TestRunEvaluatesAtItsInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := eval.New(time.Now, 5*time.Second, slog.New(slog.DiscardHandler))
		ctx, cancel := context.WithCancel(t.Context())
		var done sync.WaitGroup
		done.Go(func() {
			if err := e.Run(ctx); err != nil {
				t.Error(err)
			}
		})
		heard, stop := e.Listen()
		slow, stopSlow := e.Listen()
		defer stopSlow()
		synctest.Wait()
		start := <-heard
		for i := range 3 {
			if at := <-heard; at.Sub(start) != time.Duration(i+1)*5*time.Second || !e.Snapshot().At.Equal(at) {
				t.Errorf("evaluation %d at %s after the first", i+1, at.Sub(start))
			}
		}
		if at := <-slow; !at.Equal(start) {
			t.Errorf("the slow listener heard of %s first", at)
		}
		stop()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		select {
		case <-heard:
			t.Error("a listener that stopped was told")
		default:
		}
		cancel()
		done.Wait()
	})
}

// TestManyAtOnce counts, reloads and evaluates at the same time.
func TestManyAtOnce(t *testing.T) {
	b := newBench()
	objectives := fleet(100)
	b.Restored(b.Install(objectives))
	var done sync.WaitGroup
	for range 4 {
		done.Go(func() {
			for i := range 1000 {
				b.count(totalKey(objectives[i%100]), slice.Counts{Good: 1})
			}
		})
	}
	done.Go(func() {
		for range 20 {
			b.Restored(b.Install(objectives))
			b.Evaluate()
		}
	})
	done.Wait()
	for _, v := range b.Evaluate().Evaluations {
		// The ten objectives of a service share their indicator.
		if v.Counts.Good != 400 {
			t.Fatalf("%s of %s: got %d good, want 400", v.Objective.Name, v.Objective.Service, v.Counts.Good)
		}
	}
}

// TestCoverageOfSeveralEnvironments hears a service as two of the environments
// that an objective counts, all the time: its window is covered, and no more.
func TestCoverageOfSeveralEnvironments(t *testing.T) {
	b, o := newBench(), objective("up", 990_000_000, time.Hour)
	b.Restored(b.Install([]*slo.Objective{o}))
	end := slice.MinuteOf(day0.Add(day))
	members := o.Indicator.Services()
	if len(members) < 2 {
		t.Fatalf("the objective counts %v only", members)
	}
	for _, member := range members[:2] {
		s, _ := b.table.Intern(slice.Key{Service: member, Tally: slice.Heard})
		for m := end - 90; m <= end; m++ {
			b.Count(s, m, slice.Counts{Good: 1})
		}
	}
	if got := b.one(t, "up").Trust.Coverage; got != 1 {
		t.Errorf("coverage is %v, want 1", got)
	}
}
