// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package budget_test

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/leadline/leadline/internal/budget"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
)

func TestBudget(t *testing.T) {
	for _, c := range []struct {
		name      string
		counts    slice.Counts
		target    slo.Target
		allowed   uint64
		remaining int64
		exhausted bool
		low       bool
	}{
		{"nothing", slice.Counts{}, 999_000_000, 0, 0, false, false},
		{"less than one event is allowed", slice.Counts{Good: 999}, 999_000_000, 0, 0, false, false},
		{"one event is allowed", slice.Counts{Good: 1000}, 999_000_000, 1, 1, false, false},
		{"and spent", slice.Counts{Good: 999, Bad: 1}, 999_000_000, 1, 0, false, true},
		{"one more", slice.Counts{Good: 998, Bad: 2}, 999_000_000, 1, -1, true, false},
		{"excluded events allow nothing", slice.Counts{Good: 1, Excluded: 1e9}, 500_000_000, 0, 0, false, false},
		{"a tenth is left", slice.Counts{Good: 91, Bad: 9}, 900_000_000, 10, 1, false, false},
		{"less than a tenth is left", slice.Counts{Good: 910, Bad: 91}, 900_000_000, 100, 9, false, true},
		{"the largest counts", slice.Counts{Good: 1 << 63, Bad: 1<<63 - 1}, 1, math.MaxUint64 - 18446744074, math.MaxInt64 - 18446744073, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := budget.Of(c.counts, c.target)
			if b.Allowed != c.allowed || b.Spent != c.counts.Bad || b.Remaining() != c.remaining || b.Exhausted() != c.exhausted || b.Low() != c.low {
				t.Errorf("got %+v, %d remaining, exhausted %v, low %v; want %d allowed, %d remaining, %v, %v",
					b, b.Remaining(), b.Exhausted(), b.Low(), c.allowed, c.remaining, c.exhausted, c.low)
			}
		})
	}
}

func drawTarget(t *rapid.T) slo.Target {
	return slo.Target(rapid.Uint32Range(1, slo.Billion-1).Draw(t, "target"))
}

func drawCounts(t *rapid.T) slice.Counts {
	n := rapid.OneOf(rapid.Uint64Range(0, 2000), rapid.Uint64Range(0, 1<<62))
	return slice.Counts{Good: n.Draw(t, "good"), Bad: n.Draw(t, "bad"), Excluded: n.Draw(t, "excluded")}
}

func number(n uint64) *big.Int { return new(big.Int).SetUint64(n) }

func TestBudgetIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, target := drawCounts(t), drawTarget(t)
		want := new(big.Int).Mul(number(c.Total()), number(slo.Billion-uint64(target)))
		want.Div(want, number(slo.Billion))
		b := budget.Of(c, target)
		if got := number(b.Allowed); got.Cmp(want) != 0 {
			t.Errorf("%+v, target %s: allows %s, want %s", c, target, got, want)
		}
		// Exhausted is the same as: the share of bad events exceeds 1 - target.
		over := new(big.Int).Mul(number(c.Bad), number(slo.Billion)).
			Cmp(new(big.Int).Mul(number(c.Total()), number(slo.Billion-uint64(target)))) > 0
		if b.Exhausted() != over {
			t.Errorf("%+v, target %s: exhausted %v, the shares say %v", c, target, b.Exhausted(), over)
		}
	})
}

// TestBurnsIsExact draws counts near the threshold, where rounding would show.
func TestBurnsIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, target := drawCounts(t), drawTarget(t)
		milli := rapid.Uint64Range(1, 20_000_000).Draw(t, "threshold")
		if rapid.Bool().Draw(t, "near") && c.Total() > 0 {
			near := new(big.Int).Mul(number(c.Total()), number(milli))
			near.Mul(near, number(slo.Billion-uint64(target))).Div(near, number(slo.Billion*1000))
			if near.IsUint64() && near.Uint64() <= c.Total() {
				c = slice.Counts{Good: c.Total() - near.Uint64(), Bad: near.Uint64()}
			}
		}
		left := new(big.Int).Mul(number(c.Bad), number(slo.Billion*1000))
		right := new(big.Int).Mul(number(c.Total()), number(milli))
		right.Mul(right, number(slo.Billion-uint64(target)))
		if got, want := budget.Burns(c, target, milli), left.Cmp(right) > 0; got != want {
			t.Errorf("%+v, target %s, threshold %d/1000: got %v, want %v", c, target, milli, got, want)
		}
	})
}

func TestRate(t *testing.T) {
	if _, known := budget.Rate(slice.Counts{Excluded: 5}, 999_000_000); known {
		t.Error("no valid event is no evidence, but a rate is known")
	}
	rapid.Check(t, func(t *rapid.T) {
		c, target := drawCounts(t), drawTarget(t)
		if c.Total() == 0 {
			return
		}
		exact := new(big.Rat).SetFrac(number(c.Bad), number(c.Total()))
		exact.Mul(exact, new(big.Rat).SetFrac(number(slo.Billion), number(slo.Billion-uint64(target))))
		want, _ := exact.Float64()
		got, known := budget.Rate(c, target)
		if !known || math.Abs(float64(got)-want) > 1e-12*want {
			t.Errorf("%+v, target %s: got %v, %v; want %v", c, target, got, known, want)
		}
	})
}
