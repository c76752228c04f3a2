// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
)

// That parts are exact, whatever the window, its budgeting, corrections and
// restarts, is said by TestBudgetsAgreeWithBruteForce.

func TestTrendsAreCutOnceForEachEvaluation(t *testing.T) {
	b := newBench()
	o := objective("up", 990_000_000, 28*day)
	b.Restored(b.Install([]*slo.Objective{o}))
	b.Evaluate()
	if got := b.Trends().All[0]; got.Parts != nil || got.Objective != o {
		t.Errorf("without evidence: %+v", got)
	}
	b.count(totalKey(o), slice.Counts{Good: 5})
	if got := b.Trends().All[0].Parts; got != nil {
		t.Errorf("before the next evaluation: %+v", got)
	}
	b.Evaluate()
	all := b.Trends()
	if got := all.All[0].Parts; len(got) != 28 || got[27] != (slice.Counts{Good: 5}) {
		t.Errorf("after it: %+v", got)
	}
	if b.Trends() != all {
		t.Error("they are cut again")
	}
}

func BenchmarkTrends1kObjectives(b *testing.B) {
	now := day0
	e := eval.New(func() time.Time { return now }, time.Second, slog.New(slog.DiscardHandler))
	objectives := fleet(1000)
	e.Restored(e.Install(objectives))
	table := slice.NewTable(2000)
	for _, o := range objectives {
		s, _ := table.Intern(totalKey(o))
		e.Count(s, slice.MinuteOf(now), slice.Counts{Good: 10})
	}
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		e.Evaluate()
		b.StartTimer()
		e.Trends()
	}
}
