// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package stats_test

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/leadline/leadline/internal/stats"
)

// TestWilson holds it against published values: R. G. Newcombe, Two-sided
// confidence intervals for the single proportion, 1998, method 3.
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		k, n      uint64
		low, high float64
	}{
		{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718},
		{20, 20, 0.8389, 1}, {0, 0, 0, 1},
	} {
		t.Run(fmt.Sprintf("%d of %d", c.k, c.n), func(t *testing.T) {
			low, high := stats.Wilson(c.k, c.n, stats.Z95)
			near(t, "low", low, c.low)
			near(t, "high", high, c.high)
		})
	}
}

// TestDifference holds it against published values: R. G. Newcombe, Interval
// estimation for the difference between independent proportions, 1998, table
// II, method 10.
func TestDifference(t *testing.T) {
	for _, c := range []struct {
		a, n, b, m uint64
		low, high  float64
	}{
		{56, 70, 48, 80, 0.0524, 0.3339}, {9, 10, 3, 10, 0.1705, 0.8090}, {6, 7, 2, 7, 0.0582, 0.8062}, {5, 56, 0, 29, -0.0381, 0.1926},
		{0, 10, 0, 20, -0.1611, 0.2775}, {0, 10, 0, 10, -0.2775, 0.2775}, {10, 10, 0, 20, 0.6791, 1}, {10, 10, 0, 10, 0.6075, 1},
		{0, 0, 3, 10, -1, 1}, {3, 10, 0, 0, -1, 1},
	} {
		t.Run(fmt.Sprintf("%d of %d and %d of %d", c.a, c.n, c.b, c.m), func(t *testing.T) {
			low, high := stats.Difference(c.a, c.n, c.b, c.m, stats.Z95)
			near(t, "low", low, c.low)
			near(t, "high", high, c.high)
		})
	}
}

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 0.00005 {
		t.Errorf("%s: got %.4f, want %.4f", what, got, want)
	}
}

// TestIntervalsHoldTheirShare whatever the numbers, and are mirrored.
func TestIntervalsHoldTheirShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.OneOf(rapid.Uint64Range(0, 20), rapid.Uint64Range(0, 1<<40))
		n, m := size.Draw(t, "n"), size.Draw(t, "m")
		a, b := rapid.Uint64Range(0, n).Draw(t, "a"), rapid.Uint64Range(0, m).Draw(t, "b")
		z := rapid.SampledFrom([]float64{stats.Z95, stats.Z999}).Draw(t, "z")
		low, high := stats.Wilson(a, n, z)
		if p := float64(a) / float64(n); n > 0 && !(0 <= low && low <= p && p <= high && high <= 1) {
			t.Fatalf("%d of %d: %v is not in [%v, %v]", a, n, p, low, high)
		}
		low, high = stats.Difference(a, n, b, m, z)
		back, forth := stats.Difference(b, m, a, n, z)
		if math.Abs(low+forth) > 1e-12 || math.Abs(high+back) > 1e-12 || !(-1-1e-12 <= low && low <= high && high <= 1+1e-12) {
			t.Fatalf("%d of %d and %d of %d: [%v, %v], mirrored [%v, %v]", a, n, b, m, low, high, back, forth)
		}
	})
}
