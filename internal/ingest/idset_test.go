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
			id := rng.Uint64N(64)<<58 | rng.Uint64N(8)<<55 | rng.Uint64N(5)
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

// TestReservedIDSetTakesIDsInOrder copies a set into another one, in the order
// of its slots.
func TestReservedIDSetTakesIDsInOrder(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var from, to idSet
	for range 100_000 {
		from.insert(rng.Uint64())
	}
	to.reserve(from.len)
	before := to.bytes()
	for id := range from.all() {
		if !to.insert(id) {
			t.Fatalf("%x is not new", id)
		}
	}
	if to.len != from.len || to.bytes() > before {
		t.Errorf("%d of %d ids; grown from %d to %d bytes", to.len, from.len, before, to.bytes())
	}
	for id := range from.all() {
		if !to.has(id) {
			t.Fatalf("%x is missing", id)
		}
	}
}
