// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package crashfs

import (
	"maps"
	"math/rand/v2"
	"path"
	"slices"
)

// sectorBytes is what a disk writes at once or not at all.
const sectorBytes = 512

// node is a file or a directory: what a running program sees, what a crash
// cannot take away, and the changes between the two.
type node struct {
	// Of a file.
	data    []byte
	durable []byte
	writes  []write
	// givenUp is how many of writes a failed sync has marked as clean: no
	// later sync makes them durable.
	givenUp int
	// nameless says that the last name was removed.
	nameless bool

	// Of a directory; entries is nil for a file.
	entries map[string]*node
	kept    map[string]*node
	changes []change
}

// change is what one operation did to the names of a directory; nil removes.
type change map[string]*node

// write is a write at offset, or a cut to offset when data is nil.
type write struct {
	offset int64
	data   []byte
}

func newDir() *node {
	return &node{entries: map[string]*node{}, kept: map[string]*node{}}
}

func (n *node) isDir() bool { return n.entries != nil }

func (n *node) change(c change) {
	c.apply(n.entries)
	n.changes = append(n.changes, c)
}

func (c change) apply(entries map[string]*node) {
	for name, child := range c {
		if child == nil {
			delete(entries, name)
			continue
		}
		entries[name] = child
	}
}

// set gives name a durable entry.
func (n *node) set(name string, child *node) {
	n.entries[name], n.kept[name] = child, child
}

func (n *node) write(b []byte, offset int64) {
	w := write{offset, append([]byte{}, b...)}
	n.data = w.apply(n.data)
	n.writes = append(n.writes, w)
}

func (n *node) truncate(size int64) {
	w := write{offset: size}
	n.data = w.apply(n.data)
	n.writes = append(n.writes, w)
}

func (w write) apply(b []byte) []byte {
	if w.data == nil {
		return resize(b, w.offset)
	}
	if end := w.offset + int64(len(w.data)); end > int64(len(b)) && len(w.data) > 0 {
		b = resize(b, end)
	}
	copy(b[min(w.offset, int64(len(b))):], w.data)
	return b
}

// resize cuts b, or extends it with zeros.
func resize(b []byte, size int64) []byte {
	if size <= int64(len(b)) {
		clear(b[size:])
		return b[:size]
	}
	return append(b, make([]byte, size-int64(len(b)))...)
}

// sync makes durable what was not given up.
func (n *node) sync() {
	for _, w := range n.writes[n.givenUp:] {
		n.durable = w.apply(n.durable)
	}
	n.writes = n.writes[:n.givenUp]
	for _, c := range n.changes {
		c.apply(n.kept)
	}
	n.changes = nil
}

// giveUp marks what is not synced as clean.
func (n *node) giveUp() { n.givenUp = len(n.writes) }

func (n *node) walk(dir string, visit func(name string)) {
	for name, child := range n.entries {
		name = path.Join(dir, name)
		if child.isDir() {
			child.walk(name, visit)
			continue
		}
		visit(name)
	}
}

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
