// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package slice

import (
	"fmt"
	"math"
	"slices"
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
//
// The number of a baseline that is released goes to another baseline: who
// keeps state by Ref keeps the same of all of them, or none.
type Table struct {
	limit int
	mu    sync.RWMutex
	byKey map[Key]*Series
	byRef []*Series
	free  []uint32 // numbers of released baselines
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
	if n := len(t.free); n > 0 && k.IsBaseline() {
		s = &Series{Key: k, Ref: t.free[n-1]}
		t.free = t.free[:n-1]
		t.byKey[k], t.byRef[s.Ref] = s, s
		return s
	}
	if len(t.byRef)-len(t.free) >= limit {
		return nil
	}
	s = &Series{Key: k, Ref: uint32(len(t.byRef))}
	t.byKey[k] = s
	t.byRef = append(t.byRef, s)
	return s
}

// Release forgets a baseline, which must have counted nothing that is not
// written: its number may be another's from now on.
func (t *Table) Release(s *Series) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !s.IsBaseline() || t.byKey[s.Key] != s {
		panic(fmt.Sprintf("BUG: release of series %d, %v", s.Ref, s.Key))
	}
	delete(t.byKey, s.Key)
	t.free = append(t.free, s.Ref)
}

// Holds reports whether the series has not been released.
func (t *Table) Holds(s *Series) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.byKey[s.Key] == s
}

// Len returns the number of series.
func (t *Table) Len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.byRef) - len(t.free)
}

// All returns the series in the order of their Ref. Where one was released and
// its number is free, it is still there.
func (t *Table) All() []*Series {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return slices.Clone(t.byRef)
}
