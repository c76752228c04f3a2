// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package slice

import "sync"

// Series is an interned key: equal keys of one Table are the same pointer,
// and Ref numbers them from zero without gaps, so that per-series state can
// lie in arrays.
type Series struct {
	Key
	Ref uint32
}

// Table interns keys. It holds at most the given number; a key beyond it is
// refused, so that no input can make it grow without end. It is safe for
// concurrent use.
type Table struct {
	limit int
	mu    sync.RWMutex
	byKey map[Key]*Series
	byRef []*Series
}

// NewTable returns an empty table for at most limit series.
func NewTable(limit int) *Table {
	return &Table{limit: limit, byKey: make(map[Key]*Series)}
}

// Intern returns the series of the key, and false when the table is full.
// The strings of a new key are kept.
func (t *Table) Intern(k Key) (*Series, bool) {
	t.mu.RLock()
	s := t.byKey[k]
	t.mu.RUnlock()
	if s != nil {
		return s, true
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if s := t.byKey[k]; s != nil {
		return s, true
	}
	if len(t.byRef) >= t.limit {
		return nil, false
	}
	s = &Series{Key: k, Ref: uint32(len(t.byRef))}
	t.byKey[k] = s
	t.byRef = append(t.byRef, s)
	return s, true
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
