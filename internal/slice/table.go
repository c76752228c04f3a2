// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package slice

import (
	"math"
	"sync"
)

// Series is an interned key: equal keys of one Table are the same pointer,
// and Ref numbers them from zero without gaps, so that per-series state can
// lie in arrays.
type Series struct {
	Key
	Ref uint32
}

// Table interns keys. From a given number on a new key is refused, so that no
// input can make it grow without end, unless its place is reserved. It is safe
// for concurrent use.
type Table struct {
	limit int
	mu    sync.RWMutex
	byKey map[Key]*Series
	byRef []*Series
}

// NewTable returns an empty table that is full at limit series.
func NewTable(limit int) *Table {
	return &Table{limit: limit, byKey: make(map[Key]*Series)}
}

// Intern returns the series of the key, and false when the table is full.
// The strings of a new key are kept.
func (t *Table) Intern(k Key) (*Series, bool) {
	s := t.intern(k, t.limit)
	return s, s != nil
}

// Reserve returns the series of the key, also when the table is full. It is
// for keys of which something else bounds the number.
func (t *Table) Reserve(k Key) *Series { return t.intern(k, math.MaxInt) }

// intern returns nil for a new key when the table has limit series.
func (t *Table) intern(k Key, limit int) *Series {
	t.mu.RLock()
	s := t.byKey[k]
	t.mu.RUnlock()
	if s != nil {
		return s
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.byKey[k]; s != nil {
		return s
	}
	if len(t.byRef) >= limit {
		return nil
	}
	s = &Series{Key: k, Ref: uint32(len(t.byRef))}
	t.byKey[k] = s
	t.byRef = append(t.byRef, s)
	return s
}

// Len returns the number of series.
func (t *Table) Len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.byRef)
}

// All returns the series in the order of their Ref.
func (t *Table) All() []*Series {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.byRef[:len(t.byRef):len(t.byRef)]
}
