// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package budget_test

import (
	"math"
	"math/big"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/leadline/leadline/internal/budget"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
)

func TestTimeslice(t *testing.T) {
	at := func(target slo.Target) slo.Budgeting {
		return slo.Budgeting{Method: slo.Timeslices, Width: time.Minute, Target: target}
	}
	ratio := slo.Budgeting{Method: slo.RatioTimeslices, Width: time.Minute}
	good, bad := slice.Counts{Good: 1}, slice.Counts{Bad: 1}
	for _, c := range []struct {
		name   string
		by     slo.Budgeting
		events slice.Counts
		want   slice.Counts
	}{
		{"no event", at(950_000_000), slice.Counts{}, slice.Counts{}},
		{"only excluded events", at(950_000_000), slice.Counts{Excluded: 5}, slice.Counts{}},
		{"exactly its target", at(950_000_000), slice.Counts{Good: 19, Bad: 1}, good},
		{"one event below its target", at(950_000_000), slice.Counts{Good: 18, Bad: 1}, bad},
		{"a target of all", at(slo.Billion), slice.Counts{Good: 1 << 60}, good},
		{"a target of all, missed by one of many", at(slo.Billion), slice.Counts{Good: 1 << 60, Bad: 1}, bad},
		{"nine digits, exactly", at(999_999_999), slice.Counts{Good: 999_999_999, Bad: 1}, good},
		{"nine digits, missed by one", at(999_999_999), slice.Counts{Good: 999_999_998, Bad: 1}, bad},
		{"a ratio", ratio, slice.Counts{Good: 3, Bad: 1}, slice.Counts{Good: 750_000, Bad: 250_000}},
		{"a third is rounded down", ratio, slice.Counts{Good: 1, Bad: 2}, slice.Counts{Good: 333_333, Bad: 666_667}},
		{"two thirds are rounded up", ratio, slice.Counts{Good: 2, Bad: 1}, slice.Counts{Good: 666_667, Bad: 333_333}},
		{"less than half a millionth is bad", ratio, slice.Counts{Good: 10_000_000, Bad: 1}, slice.Counts{Good: 1_000_000}},
		{"a ratio of nothing", ratio, slice.Counts{Excluded: 1}, slice.Counts{}},
	} {
		if got := budget.Timeslice(c.by, c.events); got != c.want {
			t.Errorf("%s: got %+v, want %+v", c.name, got, c.want)
		}
	}
}

// TestTimesliceAgreesWithBigNumbers holds the decision and the ratio against
// arithmetic without limits.
func TestTimesliceAgreesWithBigNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := slice.Counts{Good: rapid.Uint64Range(0, math.MaxUint64/2).Draw(t, "good"), Bad: rapid.Uint64Range(0, math.MaxUint64/2).Draw(t, "bad")}
		target := slo.Target(rapid.Uint32Range(1, slo.Billion).Draw(t, "target"))
		if c.Total() == 0 {
			return
		}
		exact := new(big.Rat).SetFrac(new(big.Int).SetUint64(c.Good), new(big.Int).SetUint64(c.Total()))
		reached := exact.Cmp(big.NewRat(int64(target), slo.Billion)) >= 0
		if got := budget.Timeslice(slo.Budgeting{Method: slo.Timeslices, Width: time.Minute, Target: target}, c); got.Total() != 1 || (got.Good == 1) != reached {
			t.Fatalf("%+v with a target of %s: got %+v, want reached %v", c, target, got, reached)
		}
		got := budget.Timeslice(slo.Budgeting{Method: slo.RatioTimeslices, Width: time.Minute}, c)
		off := new(big.Rat).Sub(big.NewRat(int64(got.Good), slo.Microslice), exact)
		if got.Total() != slo.Microslice || off.Abs(off).Cmp(big.NewRat(1, 2*slo.Microslice)) > 0 {
			t.Fatalf("%+v: %+v is off by %s", c, got, off.FloatString(9))
		}
	})
}
