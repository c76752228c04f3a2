// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval_test

import (
	"errors"
	"iter"
	"log/slog"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/series/seriestest"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
)

// minutes yields one sample of a key in each of so many minutes from first on.
func minutes(k slice.Key, first, n slice.Minute, c slice.Counts) iter.Seq2[slice.Closed, error] {
	return func(yield func(slice.Closed, error) bool) {
		for m := first; m < first+n; m++ {
			if !yield(slice.Closed{Minute: m, Samples: []slice.Sample{{Key: k, Minute: m, Counts: c}}}, nil) {
				return
			}
		}
	}
}

// TestRenew back-fills under an engine that goes on counting: what is counted
// before, between and after is in the windows once, beside the history.
func TestRenew(t *testing.T) {
	target, err := slo.ParseTarget("99%")
	if err != nil {
		t.Fatal(err)
	}
	o := objective("up", target, 7*24*time.Hour)
	k := slice.Key{Service: o.Indicator.Rule.Service, Indicator: string(o.Indicator.ID)}
	now := day0.AddDate(0, 0, 9).Add(90 * time.Minute)
	e := eval.New(func() time.Time { return now }, time.Second, slog.New(slog.DiscardHandler))
	e.Restored(e.Install([]*slo.Objective{o}))
	table := slice.NewTable(10)
	s, _ := table.Intern(k)
	open := slice.MinuteOf(now) - 1
	check := func(when string, good, bad uint64, source slice.Source) {
		t.Helper()
		v := e.Evaluate().Evaluations[0]
		if got, want := v.Counts, (slice.Counts{Good: good, Bad: bad}); got != want || v.Trust.Source != source {
			t.Errorf("%s: %+v from %s, want %+v from %s", when, got, v.Trust.Source, want, source)
		}
	}
	e.Count(s, open, slice.Counts{Good: 3})
	check("before", 3, 0, slice.Live)

	// The store holds no measured minute, and closed ones without events.
	store, closed := seriestest.NewMemory(), slice.MinuteOf(now)-11
	_, err = store.Backfill(t.Context(), series.Backfill{Minutes: minutes(k, closed-2999, 3000, slice.Counts{Good: 1, Bad: 1}), Before: closed + 1})
	if err != nil {
		t.Fatal(err)
	}
	fresh := e.Renew(map[slice.Key]bool{k: true})
	e.CountFresh(fresh, &k, open, slice.Counts{Good: 3})
	e.Count(s, open, slice.Counts{Bad: 1})
	check("while it is filled", 3, 1, slice.Live)
	if err := e.Restore(t.Context(), store, fresh, closed-100); err != nil {
		t.Fatal(err)
	}
	e.Count(s, open, slice.Counts{Good: 1})
	check("before it is shown", 4, 1, slice.Live)
	e.Renewed(fresh)
	check("after", 3004, 3001, slice.Mixed)
	if got := e.Trends().All[0].Backfilled; len(got) != 1 || closed.Start().Sub(got[0].To).Abs() > time.Hour || (closed-2999).Start().Sub(got[0].From).Abs() > time.Hour {
		t.Errorf("the trend says that %+v was back-filled, want 3,000 minutes before %s", got, closed.Start())
	}
	e.Count(s, open+1, slice.Counts{Good: 1})
	check("and on", 3005, 3001, slice.Mixed)

	if n := len(e.Renew(map[slice.Key]bool{{Indicator: "another"}: true})); n != 0 {
		t.Errorf("%d windows are renewed for an indicator that nobody has", n)
	}
	e.Renew(map[slice.Key]bool{k: true})
	e.Renewed(nil)
	e.Count(s, open+1, slice.Counts{Good: 1})
	check("after one that was given up", 3006, 3001, slice.Mixed)

	now = now.AddDate(0, 0, 10)
	check("when the history has left the window", 0, 0, "")
}

// TestBackfillIsNoSender: an application whose history was written afterwards
// is not silent before it has sent for six times the five minutes that the rule
// waits, whether what it sent is in the store or open.
func TestBackfillIsNoSender(t *testing.T) {
	for name, c := range map[string]struct {
		stored, open slice.Minute
		each         uint64
		want         bool
	}{
		"nothing":             {0, 0, 0, false},
		"too short, open":     {0, 10, 20, false},
		"too short, stored":   {15, 10, 20, false},
		"long enough":         {25, 10, 20, true},
		"long enough, stored": {35, 0, 20, true},
		"long, but few":       {30, 10, 2, false},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMoved(day0.Add(30 * day))
			closed := slice.MinuteOf(m.now) - 11
			store := seriestest.NewMemory()
			first, live := closed-c.stored+1, slice.Counts{Good: c.each}
			for at, err := range minutes(m.key, first, c.stored, live) {
				at.Source, at.Up = slice.Live, true
				if err := errors.Join(err, store.Append(t.Context(), at)); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := store.Backfill(t.Context(), series.Backfill{Minutes: minutes(m.key, first-3000, 3000, slice.Counts{Good: 5}), Before: first}); err != nil {
				t.Fatal(err)
			}
			if err := m.Restore(t.Context(), store, m.fresh, closed); err != nil {
				t.Fatal(err)
			}
			m.Restored(m.fresh)
			for i := range c.open {
				m.Count(m.series, closed+1+i, live)
			}
			m.now = m.now.Add(20 * time.Minute)
			if alerts := m.Evaluate().Evaluations[0].Alerts; c.want != (len(alerts) == 1) {
				t.Errorf("alerts are %+v", alerts)
			}
		})
	}
}
