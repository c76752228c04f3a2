// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval_test

import (
	"fmt"
	"log/slog"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
)

const many = 10_000

// fleet returns so many objectives over 28 days, of as many services as ten
// objectives each make.
func fleet(n int) (all []*slo.Objective) {
	for i := range n {
		o := objective(fmt.Sprintf("objective-%d", i), 999_000_000, 28*24*time.Hour)
		ind := *o.Indicator
		ind.Rule.Service.Name = fmt.Sprintf("service-%d", i/10)
		o.Service, o.Indicator = ind.Rule.Service, &ind
		all = append(all, o)
	}
	return all
}

// TestObjectivesAreSmall holds the memory of an objective to the design's goal.
func TestObjectivesAreSmall(t *testing.T) {
	const n, goal = 1000, 24 << 10
	objectives := fleet(n)
	e := eval.New(func() time.Time { return day0 }, time.Second, slog.New(slog.DiscardHandler))
	before := heap()
	e.Install(objectives)
	e.Evaluate()
	per := (heap() - before) / n
	runtime.KeepAlive(e)
	t.Logf("%d B an objective", per)
	if per > goal {
		t.Errorf("an objective over 28 d takes %d B, want at most %d", per, goal)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestEvaluationAllocatesLittle: two allocations an objective, its burn rates
// and its share of the snapshot, whatever was counted.
func TestEvaluationAllocatesLittle(t *testing.T) {
	const n, goal = 500, 3 * 500
	e := eval.New(func() time.Time { return day0 }, time.Second, slog.New(slog.DiscardHandler))
	e.Restored(e.Install(fleet(n)))
	if got := testing.AllocsPerRun(10, func() { e.Evaluate() }); got > goal {
		t.Errorf("%d objectives are evaluated with %.0f allocations, want at most %d", n, got, goal)
	}
}

func BenchmarkEvaluate10kObjectives(b *testing.B) {
	for _, c := range []struct {
		name    string
		closing bool
		counts  slice.Counts
	}{
		{"tick", false, slice.Counts{Good: 10}},
		{"minute", true, slice.Counts{Good: 10}},
		{"tick, all alerts fire", false, slice.Counts{Bad: 10}},
		{"minute, all alerts fire", true, slice.Counts{Bad: 10}},
	} {
		b.Run(c.name, func(b *testing.B) {
			now := day0
			e := eval.New(func() time.Time { return now }, time.Second, slog.New(slog.DiscardHandler))
			objectives := fleet(many)
			e.Restored(e.Install(objectives))
			table := slice.NewTable(2 * many)
			count := func() {
				for _, o := range objectives {
					s, _ := table.Intern(slice.Key{Service: o.Service, Indicator: string(o.Indicator.ID)})
					e.Count(s, slice.MinuteOf(now), c.counts)
				}
			}
			count()
			b.ReportAllocs()
			spent := time.Duration(0)
			for b.Loop() {
				if c.closing {
					b.StopTimer()
					now = now.Add(time.Minute)
					count()
					b.StartTimer()
				}
				before := cpu(b)
				e.Evaluate()
				spent += cpu(b) - before
			}
			b.ReportMetric(float64(spent.Microseconds())/1000/float64(b.N), "cpu-ms/tick")
		})
	}
}

// cpu returns what the process has spent, collecting garbage included.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
