// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"maps"
	"slices"

	"github.com/leadline/leadline/internal/slice"
)

// minutes holds what the open minutes have counted. The committer owns it.
type minutes struct {
	open map[slice.Minute]*minute
}

// minute is one open minute: counts by Series.Ref, the histograms of
// baselines, and the ids of the events it has counted.
type minute struct {
	counts     []slice.Counts
	histograms map[*slice.Series]*histogram
	ids        idSet      // use loaded
	loading    *idLoading // nil when ids is made
	up         bool       // intake ran while it passed
	// partial says that the ids of some counted events are not in ids: there
	// was no memory for them.
	partial bool
}

func newMinutes() *minutes { return &minutes{open: make(map[slice.Minute]*minute)} }

// at returns the minute, which it opens when nothing was counted in it yet.
func (t *minutes) at(m slice.Minute) *minute {
	o := t.open[m]
	if o == nil {
		o = &minute{histograms: make(map[*slice.Series]*histogram)}
		if before := t.open[m-1]; before != nil && before.loading == nil {
			o.ids.like(&before.ids)
		}
		t.open[m] = o
	}
	return o
}

// add counts in the series' column.
func (m *minute) add(s *slice.Series, c slice.Counts) {
	if int(s.Ref) >= len(m.counts) {
		m.counts = append(m.counts, make([]slice.Counts, int(s.Ref)+1-len(m.counts))...)
	}
	m.counts[s.Ref] = m.counts[s.Ref].Plus(c)
}

func (m *minute) of(s *slice.Series) slice.Counts {
	if int(s.Ref) >= len(m.counts) {
		return slice.Counts{}
	}
	return m.counts[s.Ref]
}

// empty reports whether nothing was counted.
func (m *minute) empty() bool {
	return !slices.ContainsFunc(m.counts, func(n slice.Counts) bool { return !n.IsZero() })
}

func (m *minute) histogram(s *slice.Series) *histogram {
	h := m.histograms[s]
	if h == nil {
		h = newHistogram()
		m.histograms[s] = h
	}
	return h
}

// folded returns a minute that has counted all of these series as another one.
// It has no ids, and shares what it does not change.
func (m *minute) folded(all []*slice.Series, into *slice.Series) *minute {
	next := &minute{counts: slices.Clone(m.counts), histograms: maps.Clone(m.histograms), up: m.up}
	h := newHistogram()
	if before := m.histograms[into]; before != nil {
		h.merge(before)
	}
	next.histograms[into] = h
	for _, s := range all {
		next.add(into, m.of(s))
		if of := m.histograms[s]; of != nil {
			h.merge(of)
		}
	}
	return next
}

// idMemory returns the bytes that the ids of all open minutes take.
func (t *minutes) idMemory() int {
	n := 0
	for _, m := range t.open {
		n += m.idBytes()
	}
	return n
}
