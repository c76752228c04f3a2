// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"iter"
	"math/bits"
)

// idSet is a set of event ids: open addressing with linear probing, 8 bytes a
// slot. Ids are hashes already: their highest bits choose the shard, the next
// ones the slot, so that ids lie about in their order and a table is copied or
// filled from one end to the other. The shards grow one by one, which keeps
// the pause of growing short while a minute fills.
type idSet struct {
	shards [idShards]idShard
	len    int
	zero   bool // the id 0 marks an empty slot and is kept aside
	// expected is how many slots a shard will need, as far as we can tell: a
	// shard that has filled an eighth of them takes them all at once.
	expected int
}

const (
	idShardBits = 6
	idShards    = 1 << idShardBits
	idShardMin  = 16
)

// reserve makes room for n ids in a set that is empty. Ids that come in the
// order of another set need it: while a table grows they would all belong into
// its beginning, and each would be probed through all before it.
func (s *idSet) reserve(n int) {
	for i := range s.shards {
		s.shards[i].alloc(shardSlots((n + n/50) / idShards))
	}
}

// like makes the set expect as many ids as another one holds.
func (s *idSet) like(o *idSet) {
	for i := range o.shards {
		s.expected = max(s.expected, len(o.shards[i].slots))
	}
}

// idShard is the part of a set with the same highest bits. The number of its
// slots is a power of two.
type idShard struct {
	slots []uint64
	len   int
	shift uint8 // takes an id without its shard's bits to its slot
}

func (s *idSet) shard(id uint64) *idShard { return &s.shards[id>>(64-idShardBits)] }

// home returns the slot at which the id is looked for first.
func (h *idShard) home(id uint64) uint64 { return id << idShardBits >> (h.shift & 63) }

// alloc gives the shard empty slots.
func (h *idShard) alloc(slots int) {
	h.slots, h.len, h.shift = make([]uint64, slots), 0, uint8(64-bits.TrailingZeros(uint(slots)))
}

// insert adds the id and reports whether it is new.
func (s *idSet) insert(id uint64) bool {
	if id == 0 {
		fresh := !s.zero
		s.zero = true
		return fresh
	}
	h := s.shard(id)
	if h.len*4 >= len(h.slots)*3 {
		h.grow(s.expected)
	}
	if !h.put(id) {
		return false
	}
	s.len++
	return true
}

// has reports whether the id is in the set.
func (s *idSet) has(id uint64) bool {
	h := s.shard(id)
	if id == 0 || len(h.slots) == 0 {
		return id == 0 && s.zero
	}
	mask := uint64(len(h.slots) - 1)
	i := h.home(id)
	for h.slots[i] != id && h.slots[i] != 0 {
		i = (i + 1) & mask
	}
	return h.slots[i] == id
}

// peek returns what lies where the id belongs. To insert an id is to wait for
// that memory, once for each; to look where all of a batch belong first is to
// wait for them together, because loads that do not depend on each other
// overlap.
func (s *idSet) peek(id uint64) uint64 {
	h := s.shard(id)
	if len(h.slots) == 0 {
		return 0
	}
	return h.slots[h.home(id)]
}

func (h *idShard) put(id uint64) bool {
	mask := uint64(len(h.slots) - 1)
	for i := h.home(id); ; i = (i + 1) & mask {
		switch h.slots[i] {
		case id:
			return false
		case 0:
			h.slots[i] = id
			h.len++
			return true
		}
	}
}

func (h *idShard) grow(expected int) {
	old := h.slots
	size := max(idShardMin, 2*len(old))
	if size >= expected/8 {
		size = max(size, expected)
	}
	h.alloc(size)
	touch(h.slots)
	for _, id := range old {
		if id != 0 {
			h.put(id)
		}
	}
}

// touch writes to every page of new memory. Slots are read before they are
// written, and a page that is read first is mapped twice: as the page of zeros
// that all share, and again, with a flush of that mapping on all processors.
func touch(slots []uint64) {
	const page = 4096 / 8
	for i := 0; i < len(slots); i += page {
		slots[i] = 0
	}
}

// remove takes the id out again: the commit that would have counted it did
// not become durable. The ids after it move up, so that no probe breaks off.
func (s *idSet) remove(id uint64) {
	if id == 0 {
		s.zero = false
		return
	}
	h := s.shard(id)
	if len(h.slots) == 0 {
		return
	}
	mask := uint64(len(h.slots) - 1)
	i := h.home(id)
	for ; h.slots[i] != id; i = (i + 1) & mask {
		if h.slots[i] == 0 {
			return
		}
	}
	h.close(i, mask)
	h.len--
	s.len--
}

// close fills the gap at i with the next id whose own slot does not lie
// between the gap and it, and goes on with the gap that leaves.
func (h *idShard) close(i, mask uint64) {
	for j := (i + 1) & mask; h.slots[j] != 0; j = (j + 1) & mask {
		home := h.home(h.slots[j])
		if (j-home)&mask >= (j-i)&mask {
			h.slots[i] = h.slots[j]
			i = j
		}
	}
	h.slots[i] = 0
}

// bytes returns the memory that the set's slots take.
func (s *idSet) bytes() int {
	n := 0
	for i := range s.shards {
		n += 8 * len(s.shards[i].slots)
	}
	return n
}

// all yields the ids, in no order.
func (s *idSet) all() iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		if s.zero && !yield(0) {
			return
		}
		for i := range s.shards {
			for _, id := range s.shards[i].slots {
				if id != 0 && !yield(id) {
					return
				}
			}
		}
	}
}
