// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"math/rand/v2"
	"testing"
)

// TestIDSetAgreesWithMap drives the set through random inserts and removals
// of ids from a small range, so that probes collide and gaps close.
func TestIDSetAgreesWithMap(t *testing.T) {
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 2))
		var set idSet
		model := map[uint64]bool{}
		for range 5_000 {
			id := rng.Uint64N(64)<<58 | rng.Uint64N(40)
			if got, want := set.has(id), model[id]; got != want {
				t.Fatalf("seed %d: has(%x) = %v, want %v", seed, id, got, want)
			}
			if rng.IntN(3) == 0 {
				set.remove(id)
				delete(model, id)
				continue
			}
			if got, want := set.insert(id), !model[id]; got != want {
				t.Fatalf("seed %d: insert(%x) = %v, want %v", seed, id, got, want)
			}
			model[id] = true
		}
	}
}

func BenchmarkIDSetInsert(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	ids := make([]uint64, 1_200_000)
	for i := range ids {
		ids[i] = rng.Uint64()
	}
	for b.Loop() {
		var set idSet
		for _, id := range ids {
			set.insert(id)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(ids)), "ns/id")
}
