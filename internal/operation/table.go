// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"sync"
	"sync/atomic"
)

// Entry is one operation of a service, or one reason to ignore a span. There
// is one Entry for each as long as the table lives, so pointers may be kept
// and compared.
type Entry struct {
	Operation
	Ignored Ignored
	// Number counts a table's entries from 0, so that what belongs to an entry
	// elsewhere can lie in a slice.
	Number int
}

// spellings is how many identities a table remembers for each operation of its
// cap. Identities differ where frameworks or callers spell one operation in
// several ways; beyond this many the name is made anew for each event, which
// is slower and counts the same.
const spellings = 4

// Table holds the operations of one service. Looking up a known identity takes
// no lock; everything else does. It is safe for concurrent use.
type Table struct {
	Service Service

	index atomic.Pointer[index]

	mu       sync.Mutex
	limit    int
	counted  int // entries that count towards the limit
	entries  []*Entry
	names    map[string]*Entry
	overflow [kinds]*Entry
	ignored  [ReasonsIgnored]*Entry
}

func newTable(s Service, limit int) *Table {
	t := &Table{Service: s, limit: limit, names: make(map[string]*Entry)}
	t.index.Store(newIndex(16))
	return t
}

// Intern returns the entry of the span with these facts; identity is what
// f.Identity returned.
func (t *Table) Intern(identity uint64, f *Facts) *Entry {
	if e := t.index.Load().find(identity); e != nil {
		return e
	}
	return t.add(identity, f)
}

func (t *Table) add(identity uint64, f *Facts) *Entry {
	op, ignored := f.Identify()
	t.mu.Lock()
	defer t.mu.Unlock()
	e := t.entry(op, ignored)
	t.remember(identity, e)
	return e
}

// Reserve returns the entry of an operation that an indicator names. It is
// there even beyond the cap: whoever fills the table with invented operations
// must not be able to hide one that has an objective.
func (t *Table) Reserve(op Operation) *Entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e := t.names[op.Name]; e != nil {
		return e
	}
	e := t.name(op)
	// Its spans may be known as overflow by now: forget all identities.
	t.index.Store(newIndex(16))
	return e
}

// Entries returns the entries so far, by Number.
func (t *Table) Entries() []*Entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.entries[:len(t.entries):len(t.entries)]
}

func (t *Table) entry(op Operation, ignored Ignored) *Entry {
	if ignored != NotIgnored {
		return t.only(&t.ignored[ignored], Entry{Ignored: ignored})
	}
	if e := t.names[op.Name]; e != nil {
		return e
	}
	if t.counted >= t.limit {
		return t.only(&t.overflow[op.Kind], Entry{Operation: Operation{Overflow.Name, op.Kind}})
	}
	return t.name(op)
}

// only returns the one entry that belongs in slot.
func (t *Table) only(slot **Entry, e Entry) *Entry {
	if *slot == nil {
		*slot = t.push(e)
	}
	return *slot
}

func (t *Table) name(op Operation) *Entry {
	e := t.push(Entry{Operation: op})
	t.names[op.Name] = e
	t.counted++
	return e
}

func (t *Table) push(e Entry) *Entry {
	e.Number = len(t.entries)
	t.entries = append(t.entries, &e)
	return &e
}

func (t *Table) remember(identity uint64, e *Entry) {
	x := t.index.Load()
	if x.used >= spellings*t.limit {
		return
	}
	if x.isFull() {
		x = x.grown()
		x.put(identity, e)
		t.index.Store(x)
		return
	}
	x.put(identity, e)
}

// index is an open-addressing hash table from identity to entry with linear
// probing. Slots are filled once and never changed, so a reader that runs
// beside a writer finds an entry or a free slot; it then asks under the lock.
// A map cannot be read beside a writer, and sync.Map allocates for its keys.
type index struct {
	slots []slot // a power of two
	used  int    // the writer's
}

type slot struct {
	identity uint64                // written before entry is published
	entry    atomic.Pointer[Entry] // nil while the slot is free
}

func newIndex(slots int) *index { return &index{slots: make([]slot, slots)} }

func (x *index) find(identity uint64) *Entry {
	mask := uint64(len(x.slots) - 1)
	for i := spread(identity) & mask; ; i = (i + 1) & mask {
		e := x.slots[i].entry.Load()
		if e == nil || x.slots[i].identity == identity {
			return e
		}
	}
}

// put adds an identity; there must be a free slot. Only one goroutine may put.
func (x *index) put(identity uint64, e *Entry) {
	mask := uint64(len(x.slots) - 1)
	for i := spread(identity) & mask; ; i = (i + 1) & mask {
		s := &x.slots[i]
		switch {
		case s.entry.Load() == nil:
			s.identity = identity
			s.entry.Store(e)
			x.used++
			return
		case s.identity == identity:
			return
		}
	}
}

// isFull keeps half of the slots free, so that probes are short.
func (x *index) isFull() bool { return 2*x.used >= len(x.slots) }

func (x *index) grown() *index {
	g := newIndex(2 * len(x.slots))
	for i := range x.slots {
		if e := x.slots[i].entry.Load(); e != nil {
			g.put(x.slots[i].identity, e)
		}
	}
	return g
}

// spread is for the identities of ignored spans, which are small numbers; the
// others are hashes already.
func spread(identity uint64) uint64 { return identity * 0x9e3779b97f4a7c15 >> 20 }
