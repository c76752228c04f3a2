// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package crashfs

import (
	"maps"
	"math/rand/v2"
	"slices"
)

// sectorBytes is what a disk writes at once or not at all.
const sectorBytes = 512

// Crash returns the disk as the next boot may find it: without limits, faults
// and locks, and with a random part of what was not synced. The same history
// and seed give the same disk. f itself is not changed.
func (f *FS) Crash(seed uint64) *FS {
	f.mu.Lock()
	defer f.mu.Unlock()
	after := New()
	after.inOrder = f.inOrder
	c := crash{rand.New(rand.NewPCG(seed, 0)), f.inOrder, map[*node]*node{}}
	after.root = c.survive(f.root)
	after.root.walk("", func(name string) {
		n, _ := after.find("count", name)
		after.used += int64(len(n.data))
	})
	return after
}

// crash is one loss of power.
type crash struct {
	rng     *rand.Rand
	inOrder bool
	seen    map[*node]*node // a file keeps its identity under two names
}

func (c crash) survive(n *node) *node {
	if after, ok := c.seen[n]; ok {
		return after
	}
	after := &node{}
	c.seen[n] = after
	if n.isDir() {
		*after = *newDir()
		entries := c.entries(n)
		for _, name := range slices.Sorted(maps.Keys(entries)) {
			after.set(name, c.survive(entries[name]))
		}
		return after
	}
	after.data = c.content(n)
	after.durable = slices.Clone(after.data)
	return after
}

// entries returns the names that survive: a prefix of the changes, as on a
// journalling file system, or any of them.
func (c crash) entries(n *node) map[string]*node {
	entries := maps.Clone(n.kept)
	if c.rng.IntN(2) == 0 {
		for _, change := range n.changes[:c.rng.IntN(len(n.changes)+1)] {
			change.apply(entries)
		}
		return entries
	}
	for _, change := range n.changes {
		if c.rng.IntN(2) == 0 {
			change.apply(entries)
		}
	}
	return entries
}

func (c crash) content(n *node) []byte {
	b := slices.Clone(n.durable)
	percent := [...]int{0, 100, c.rng.IntN(101)}[c.rng.IntN(3)]
	for i, w := range n.writes {
		if c.rng.IntN(100) >= percent {
			continue
		}
		last := i == len(n.writes)-1
		if w.data != nil && (last || c.rng.IntN(4) == 0) {
			b = c.tear(b, w)
			continue
		}
		b = w.apply(b)
	}
	return b
}

// tear applies a part of w: all of it, a prefix, some sectors, or only the
// size that it gave the file.
func (c crash) tear(b []byte, w write) []byte {
	ways := 4
	if c.inOrder {
		ways = 3
	}
	switch c.rng.IntN(ways) {
	case 0:
		return w.apply(b)
	case 1:
		return write{w.offset, w.data[:c.rng.IntN(len(w.data)+1)]}.apply(b)
	case 2:
		return resize(b, max(int64(len(b)), w.offset+int64(len(w.data))))
	}
	b = resize(b, max(int64(len(b)), w.offset+int64(len(w.data))))
	for from := w.offset; from < w.offset+int64(len(w.data)); {
		to := min(from/sectorBytes*sectorBytes+sectorBytes, w.offset+int64(len(w.data)))
		if c.rng.IntN(2) == 0 {
			copy(b[from:to], w.data[from-w.offset:to-w.offset])
		}
		from = to
	}
	return b
}
