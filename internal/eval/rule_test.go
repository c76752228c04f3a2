// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval_test

import (
	"fmt"
	"log/slog"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// naive decides conditions from minutes and in fractions, as a reader of the
// reference would.
type naive struct {
	o       *slo.Objective
	counted map[slice.Minute]slice.Counts
	newest  slice.Minute
}

func (n *naive) sum(length time.Duration, last slice.Minute) (c slice.Counts) {
	for m := (window.Window{Length: length}).First(last); m <= last; m++ {
		c = c.Plus(n.counted[m])
	}
	return c
}

// share returns bad events as a part of the budget that so many events allow.
func (n *naive) share(bad, total uint64) *big.Rat {
	allowed := new(big.Rat).SetFrac64(int64(total)*int64(slo.Billion-uint64(n.o.Target)), slo.Billion)
	return new(big.Rat).Quo(new(big.Rat).SetUint64(bad), allowed)
}

// holds decides a condition; false for known when a window is empty.
func (n *naive) holds(c slo.Condition, now slice.Minute) (holds, known bool) {
	last := min(now, max(n.newest, now-window.Lateness))
	whole, threshold := n.sum(n.o.Window.Length, now), big.NewRat(int64(c.Milli), 1000)
	long := n.sum(c.Long, last)
	if c.Long == 0 {
		long = whole
	}
	if whole.Total() == 0 || long.Total() == 0 {
		return false, false
	}
	switch c.Kind {
	case slo.Burn:
		return n.share(long.Bad, long.Total()).Cmp(threshold) > 0, true
	case slo.Spent:
		return n.share(whole.Bad, whole.Total()).Cmp(threshold) >= 0, true
	case slo.Drop:
		return n.share(long.Bad, whole.Total()).Cmp(threshold) >= 0, true
	}
	spent, _ := n.share(whole.Bad, whole.Total()).Float64()
	rate, _ := n.share(long.Bad, long.Total()).Float64()
	left := (1 - spent) * float64(n.o.Window.Length) / rate
	return spent > 1 || rate > 1 && left <= float64(c.Within), true
}

func randomRules(rng *rand.Rand) (rules []slo.Rule) {
	length := func() time.Duration {
		return []time.Duration{5 * time.Minute, time.Hour, 6 * time.Hour, 12 * time.Hour}[rng.IntN(4)]
	}
	condition := func() slo.Condition {
		switch rng.IntN(4) {
		case 0:
			return slo.Condition{Kind: slo.Burn, Milli: 500 + rng.Uint64N(20_000), Long: length()}
		case 1:
			return slo.Condition{Kind: slo.Spent, Milli: 100 + rng.Uint64N(1500)}
		case 2:
			return slo.Condition{Kind: slo.Drop, Milli: 10 + rng.Uint64N(500), Long: length()}
		}
		return slo.Condition{Kind: slo.Exhausts, Within: time.Hour + time.Duration(rng.Int64N(int64(5*day))), Long: length()}
	}
	for i := range 8 {
		r := slo.Rule{Name: fmt.Sprint("rule-", i), Severity: slo.Page, When: []slo.Condition{condition()}}
		if rng.IntN(2) == 0 {
			r.When = append(r.When, condition())
		}
		rules = append(rules, r)
	}
	return rules
}

// TestConditionsAgreeWithBruteForce drives random rules through random
// histories: an alert fires, and is not clear, exactly while brute force over
// the same edges says so.
func TestConditionsAgreeWithBruteForce(t *testing.T) {
	decided, held, histories := 0, 0, uint64(30)
	if testing.Short() {
		histories = 5
	}
	for seed := range histories {
		rng := rand.New(rand.NewPCG(seed, 5))
		o := objective("up", []slo.Target{900_000_000, 990_000_000}[rng.IntN(2)], 2*day)
		o.Alerting = slo.Alerting{WithoutDefaults: true, Rules: randomRules(rng)}
		n := &naive{o: o, counted: map[slice.Minute]slice.Counts{}}
		at := day0.Add(40 * day)
		e := eval.New(func() time.Time { return at }, time.Minute, slog.New(slog.DiscardHandler))
		e.Restored(e.Install([]*slo.Objective{o}))
		s, _ := slice.NewTable(10).Intern(totalKey(o))
		for step, rate := 0, 0.0; step < 300; step++ {
			at = at.Add(time.Duration(1+rng.IntN(10)) * time.Minute)
			if rng.IntN(20) == 0 {
				rate = []float64{0, 0.005, 0.02, 0.3}[rng.IntN(4)]
			}
			now := slice.MinuteOf(at)
			m := now - slice.Minute(rng.IntN(3))
			c := slice.Counts{Good: 1 + rng.Uint64N(1000)}
			c.Bad = uint64(float64(c.Good) * rate * 2 * rng.Float64())
			e.Count(s, m, c)
			n.counted[m], n.newest = n.counted[m].Plus(c), max(n.newest, m)
			d, h := n.compare(t, seed, now, e.Evaluate().Evaluations[0].Alerts)
			decided, held = decided+d, held+h
		}
	}
	t.Logf("%d decisions, %d of them yes", decided, held)
	if decided < 10_000 || held < 1000 {
		t.Errorf("only %d decisions were compared, %d of them yes", decided, held)
	}
}

// compare returns how many rules could be decided, and how many of them held.
func (n *naive) compare(t *testing.T, seed uint64, now slice.Minute, alerts []alert.Alert) (decided, held int) {
	t.Helper()
	fires := map[string]bool{}
	for _, a := range alerts {
		fires[a.Rule] = a.Phase == alert.Firing && a.Clear.IsZero() && a.Frozen == ""
	}
	for _, r := range n.o.Alerting.Rules {
		want, known := true, true
		for _, c := range r.When {
			h, k := n.holds(c, now)
			want, known = want && h, known && k
		}
		if !known {
			continue
		}
		if decided++; want {
			held++
		}
		if fires[r.Name] != want {
			t.Fatalf("seed %d, minute %d: %s fires %v, want %v", seed, now, alert.Describe(&r), fires[r.Name], want)
		}
	}
	return decided, held
}
