// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package window_test

import (
	"math/rand/v2"
	"testing"

	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/window"
)

// TestMinutesAgreeWithASet compares random stretches with a set of minutes.
func TestMinutesAgreeWithASet(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var of []window.Stretch
		in := map[slice.Minute]bool{}
		for range rng.IntN(12) {
			s := window.Stretch{From: slice.Minute(rng.IntN(100))}
			s.To = s.From + slice.Minute(rng.IntN(20)) - 2
			of = append(of, s)
			for m := s.From; m < s.To; m++ {
				in[m] = true
			}
		}
		set := window.NewMinutes(of...)
		for i := range set {
			if set[i].From >= set[i].To || i > 0 && set[i].From <= set[i-1].To {
				t.Fatalf("seed %d: %v has empty or touching stretches", seed, set)
			}
		}
		for m := slice.Minute(-5); m < 130; m++ {
			s, ok := set.Around(m)
			if set.Holds(m) != in[m] || ok != in[m] || ok && (m < s.From || m >= s.To) {
				t.Fatalf("seed %d: minute %d of %v: got %v, %v, want %v", seed, m, set, s, ok, in[m])
			}
			end, any := set.Before(m)
			if any != (len(set) > 0 && set[0].From <= m) || any && (in[end] || !in[end-1]) {
				t.Fatalf("seed %d: before %d of %v: got %d, %v", seed, m, set, end, any)
			}
		}
		cut := window.Stretch{From: slice.Minute(rng.IntN(110) - 5)}
		cut.To = cut.From + slice.Minute(rng.IntN(60))
		n := 0
		for _, s := range set.Within(cut) {
			for m := s.From; m < s.To; m, n = m+1, n+1 {
				if !in[m] || m < cut.From || m >= cut.To {
					t.Fatalf("seed %d: %d is within %v of %v", seed, m, cut, set)
				}
			}
		}
		for m := cut.From; m < cut.To; m++ {
			if in[m] {
				n--
			}
		}
		if n != 0 {
			t.Fatalf("seed %d: within %v of %v are %d minutes too many", seed, cut, set, n)
		}
	}
}
