// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package window_test

import (
	"math/rand/v2"
	"testing"

	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/window"
)

// TestSilenceAgreesWithBruteForce draws gaps and compares: lately to the
// minute, long ago to the cells, and never longer than they were.
func TestSilenceAgreesWithBruteForce(t *testing.T) {
	for seed := range uint64(300) {
		rng := rand.New(rand.NewPCG(seed, 2))
		now := slice.Minute(29_000_000 + rng.Int64N(10_000))
		ring := window.NewRing(window.NewLayout(spans...), now)
		var last, longest slice.Minute
		var heard []slice.Minute
		for range 1 + rng.IntN(40) {
			now += 1 + slice.Minute(rng.IntN([]int{3, 30, 300, 3000}[rng.IntN(4)]))
			ring.Advance(now)
			ring.Add(now, slice.Counts{Excluded: 1}) // which is not heard
			if last != 0 && rng.IntN(3) == 0 {
				continue
			}
			ring.Add(now, slice.Counts{Good: 1})
			if last != 0 {
				longest = max(longest, now-last-1)
			}
			last, heard = now, append(heard, now)
		}
		if now-last > 20*24*60 {
			continue
		}
		now += slice.Minute(rng.IntN(60))
		ring.Advance(now)
		silence, before := ring.Silence(0)
		if want := now - last; silence > want || silence < want-119 || want < 300 && silence != want {
			t.Errorf("seed %d: silent for %d minutes, want %d", seed, silence, want)
		}
		from := heard[rng.IntN(len(heard))]
		all, whole := 0, 0 // since then: of all minutes, and of all hours that began later
		for _, m := range heard {
			if m >= from {
				all++
			}
			if m/60 > from/60 {
				whole++
			}
		}
		if n := int(ring.Since(from)); n > all || now-from < 20*24*60 && n < whole {
			t.Errorf("seed %d: %d events since minute %d, want %d to %d", seed, n, from, whole, all)
		}
		if before > longest || before < longest-119 {
			t.Errorf("seed %d: the longest silence before was %d minutes, want %d", seed, before, longest)
		}
	}
}
