// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"fmt"
	"slices"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// track is what the engine keeps of one objective.
//
// Only the total has the layout of all windows: its groups and tallies are
// shown over the objective's own window and the last hour, which takes a third
// of the memory.
type track struct {
	objective *slo.Objective
	*shape
	total    *window.Ring
	groups   map[string]*window.Ring
	tallies  map[slice.Tally]*window.Ring // of the indicator
	service  *serviceTrack
	restored bool
	// unreadable says why the windows cannot be restored.
	unreadable error
	// seenBefore is when the store first counted something; zero when it never
	// did, or when the total knows.
	seenBefore time.Time
	// held are the silent minutes that were told while the history was read,
	// one a minute: until it is, nobody knows whether an event came before them.
	held []slice.Minute
	// backfilled is the newest back-filled minute that was restored; 0 for none.
	backfilled slice.Minute
}

// The windows that both layouts begin with.
const (
	wholeWindow = iota // the objective's
	lastHour
	alertWindows // and on, in the layout of the total
)

// shape is what objectives with the same window and target share.
type shape struct {
	layout  *window.Layout
	small   *window.Layout // of groups and tallies
	whole   *window.Layout // of what the service sends
	tiers   []alert.Tier
	dropped []alert.Dropped
	spans   []window.Span // of layout: the objective's window, the last hour, then the alert windows
}

type shapeKey struct {
	length time.Duration
	target slo.Target
}

func newShape(k shapeKey) *shape {
	s := &shape{}
	s.tiers, s.dropped = alert.DefaultTiers(k.length, k.target)
	s.spans = []window.Span{{Length: k.length}, {Length: time.Hour}}
	s.whole, s.small = window.NewLayout(s.spans[:1]...), window.NewLayout(s.spans...)
	for _, length := range s.burnWindows() {
		s.spans = append(s.spans, window.Span{Length: length, AtNewest: true, ValidOnly: true})
	}
	s.layout = window.NewLayout(s.spans...)
	return s
}

// burnWindows returns the lengths of the alert windows, shortest first.
func (s *shape) burnWindows() (lengths []time.Duration) {
	for _, tier := range s.tiers {
		lengths = append(lengths, tier.Long, tier.Short)
	}
	slices.Sort(lengths)
	return slices.Compact(lengths)
}

// newTrack prepares an objective whose rings are empty.
func newTrack(o *slo.Objective, s *shape, now slice.Minute) *track {
	return &track{objective: o, shape: s, total: window.NewRing(s.layout, now)}
}

// same reports whether the rings of t serve another definition of the objective.
func (t *track) same(o *slo.Objective) bool {
	return t.objective.Indicator.ID == o.Indicator.ID && t.objective.Indicator.Rule.Service == o.Indicator.Rule.Service &&
		t.objective.Window == o.Window && t.objective.Target == o.Target && t.objective.SilentIsBad == o.SilentIsBad
}

// target returns the ring of one of the objective's series, which may be a
// group that appears for the first time.
func (t *track) target(k *slice.Key, now slice.Minute) (target, bool) {
	i := t.objective.Indicator
	switch {
	case k.Indicator != string(i.ID) || k.Service != i.Rule.Service:
		return target{}, false
	case k.Tally == slice.Silent:
		return target{t.total, silenceIsBad, t}, t.objective.SilentIsBad
	case k.Tally != "":
		return target{ring: ringOf(&t.tallies, k.Tally, t.small, now)}, true
	case k.Group != "":
		return target{ring: ringOf(&t.groups, k.Group, t.small, now)}, true
	}
	return target{ring: t.total}, true
}

// ringOf returns the ring of a key, which it makes: most objectives have no
// groups and no tallies.
func ringOf[K comparable](m *map[K]*window.Ring, k K, l *window.Layout, now slice.Minute) *window.Ring {
	if *m == nil {
		*m = make(map[K]*window.Ring)
	}
	r := (*m)[k]
	if r == nil {
		r = window.NewRing(l, now)
		(*m)[k] = r
	}
	return r
}

// tallied returns what a tally of the indicator counted in a window of the
// small layout.
func (t *track) tallied(which slice.Tally, span int, now slice.Minute) uint64 {
	r := t.tallies[which]
	if r == nil {
		return 0
	}
	r.Advance(now)
	return r.Sum(span).Good
}

// since returns when the indicator's first event was counted, as far as we
// know, and false when there was none.
func (t *track) since() (time.Time, bool) {
	if first, ok := t.total.Oldest(); ok && t.seenBefore.IsZero() {
		return first.Start(), true
	}
	return t.seenBefore, !t.seenBefore.IsZero()
}

func (t *track) addressed() []slice.Key {
	i := t.objective.Indicator
	return []slice.Key{address(i.Rule.Service, string(i.ID))}
}

func (t *track) queries() []series.Query {
	i := t.objective.Indicator
	return []series.Query{{Indicator: string(i.ID), Service: i.Rule.Service, Parts: series.Parts{All: true}}}
}

// widths are those of the total: every ring of the small layout has some of them.
func (t *track) widths() []window.Width { return t.layout.Widths() }

func (t *track) rings() []*window.Ring {
	all := []*window.Ring{t.total}
	for _, r := range t.groups {
		all = append(all, r)
	}
	for _, r := range t.tallies {
		all = append(all, r)
	}
	return all
}

func (t *track) setRestored() {
	t.restored = t.unreadable == nil
	held := t.held
	t.held = nil
	for _, m := range held {
		t.silence(m)
	}
}

func (t *track) setUnreadable(err error) { t.unreadable, t.held = err, nil }

// silence counts a minute in which nothing happened as a bad event, if the
// indicator has ever seen one before: an objective that was just written, or
// whose application never started, is not measured, and pages nobody.
func (t *track) silence(m slice.Minute) bool {
	switch first, seen := t.since(); {
	case t.unreadable != nil:
		return true
	case !t.restored:
		t.held = append(t.held, m)
		return true
	case !seen || slice.MinuteOf(first) > m:
		return true
	}
	return t.total.AddSilence(m, slice.Counts{Bad: 1})
}

func (t *track) name() string {
	return fmt.Sprintf("objective %s of %s", t.objective.Name, t.objective.Service)
}
