// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package crashfs

import "path"

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
