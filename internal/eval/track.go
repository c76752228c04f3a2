// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"slices"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// track is what the engine keeps of one objective.
type track struct {
	objective *slo.Objective
	layout    *window.Layout
	tiers     []alert.Tier
	dropped   []alert.Dropped
	spans     []window.Span // of layout: the objective's window, then the alert windows
	rings     map[slice.Key]*window.Ring
	tallies   map[slice.Tally]*window.Ring // of the indicator
	restored  bool
}

// wholeWindow is the index of the objective's own window in a layout.
const wholeWindow = 0

// newTrack prepares an objective whose rings are empty.
func newTrack(o *slo.Objective, now slice.Minute) *track {
	t := &track{objective: o, rings: make(map[slice.Key]*window.Ring), tallies: make(map[slice.Tally]*window.Ring)}
	t.tiers, t.dropped = alert.DefaultTiers(o.Window.Length, o.Target)
	t.spans = []window.Span{{Length: o.Window.Length}}
	for _, length := range t.burnWindows() {
		t.spans = append(t.spans, window.Span{Length: length, AtNewest: true})
	}
	t.layout = window.NewLayout(t.spans...)
	t.rings[t.key()] = window.NewRing(t.layout, now)
	return t
}

// burnWindows returns the lengths of the alert windows, shortest first.
func (t *track) burnWindows() (lengths []time.Duration) {
	for _, tier := range t.tiers {
		lengths = append(lengths, tier.Long, tier.Short)
	}
	slices.Sort(lengths)
	return slices.Compact(lengths)
}

// key is the key of the indicator's total.
func (t *track) key() slice.Key {
	i := t.objective.Indicator
	return slice.Key{Service: i.Rule.Service, Indicator: string(i.ID)}
}

// counts reports whether the series is one of the objective's.
func (t *track) counts(k *slice.Key) bool {
	return k.Indicator == string(t.objective.Indicator.ID) && k.Service == t.objective.Indicator.Rule.Service
}

// ring returns the ring of one of the objective's series, which may be a
// group that appears for the first time.
func (t *track) ring(k slice.Key, now slice.Minute) *window.Ring {
	if k.Tally != "" {
		return ringOf(t.tallies, k.Tally, t.layout, now)
	}
	return ringOf(t.rings, k, t.layout, now)
}

func ringOf[K comparable](m map[K]*window.Ring, k K, l *window.Layout, now slice.Minute) *window.Ring {
	r := m[k]
	if r == nil {
		r = window.NewRing(l, now)
		m[k] = r
	}
	return r
}

// total returns the ring over all groups.
func (t *track) total() *window.Ring { return t.rings[t.key()] }

// same reports whether the rings of t serve another definition of the objective.
func (t *track) same(o *slo.Objective) bool {
	return t.objective.Indicator.ID == o.Indicator.ID && t.objective.Indicator.Rule.Service == o.Indicator.Rule.Service &&
		t.objective.Window == o.Window && t.objective.Target == o.Target
}
