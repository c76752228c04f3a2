// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/window"
)

// target is a ring that counts a series, perhaps as something else.
type target struct {
	ring *window.Ring
	of   *track                          // the objective, nil of what a service sends
	as   func(slice.Counts) slice.Counts // nil: as it is
	// silent is the objective whose silence this counts, nil for events.
	silent *track
	// slices counts the same in slices of time, nil where none do.
	slices *window.Timeslices
}

func (t target) counts(c slice.Counts) slice.Counts {
	if t.as != nil {
		return t.as(c)
	}
	return c
}

// add counts in the ring; false says that it does not reach the minute.
func (t target) add(m slice.Minute, c slice.Counts) bool {
	if t.silent != nil {
		return c.IsZero() || t.silent.silence(m)
	}
	if t.of != nil && t.ring == t.of.total && !c.IsZero() {
		t.of.noteLive(m)
	}
	if t.of != nil && t.of.skips(m) {
		return t.of.keepOut(t.ring, m, c)
	}
	if t.of != nil {
		c = t.of.keepBadOut(t.ring, m, c)
	}
	if t.slices != nil && !t.slices.Add(m, c) {
		return false
	}
	return t.ring.Add(m, t.counts(c))
}

// advance moves what counts to the given minute.
func (t target) advance(now slice.Minute) {
	t.ring.Advance(now)
	if t.slices != nil {
		t.slices.Advance(now)
	}
	if t.of != nil {
		t.of.advance(now)
	}
}

// restore adds a cell of the store's. Silence is read from the first event on.
func (t target) restore(width, start slice.Minute, c slice.Counts) {
	if t.silent != nil {
		t.ring.RestoreSilence(width, start, t.counts(c))
		return
	}
	t.ring.Restore(width, start, t.counts(c))
}

// restorePeriod adds a part of a period of calendar windows.
func (t target) restorePeriod(of window.Stretch, start, minutes slice.Minute, c slice.Counts) {
	if t.silent != nil {
		t.ring.RestoreSilentPeriod(of, start, t.counts(c))
		return
	}
	t.ring.RestorePeriod(of, start, minutes, t.counts(c))
}

// silenceIsBad makes each minute that tallies silence one bad event
// (when_silent: bad).
func silenceIsBad(c slice.Counts) slice.Counts { return slice.Counts{Bad: c.Good} }

// counter is what counts series in rings and can be restored: an objective,
// or what a service sends.
type counter interface {
	// target returns the ring of a series; false when it is none of ours. A
	// ring that is missing is made, with its position at now.
	target(k *slice.Key, now slice.Minute) (target, bool)
	// addressed are the keys under which an index finds the counter: without
	// groups, versions and tallies.
	addressed() []slice.Key
	// queries ask the store for every series, without range and step.
	queries() []series.Query
	widths() []window.Width
	periods(now slice.Minute) []window.Stretch
	rings() []*window.Ring
	advance(now slice.Minute)
	setRestored() // unless it is unreadable
	setUnreadable(error)
	name() string
}

// index finds the counters of a series.
type index struct{ by map[slice.Key][]counter }

func newIndex() *index { return &index{make(map[slice.Key][]counter)} }

func (x *index) add(c counter) {
	for _, k := range c.addressed() {
		x.by[k] = append(x.by[k], c)
	}
}

func (x *index) targets(k *slice.Key, now slice.Minute) (found []target) {
	if k.IsBaseline() {
		return nil
	}
	for _, c := range x.by[address(k.Service, k.Indicator)] {
		if t, ok := c.target(k, now); ok {
			found = append(found, t)
		}
	}
	return found
}

// address is the key under which the series of an indicator, or without one
// those of a service, are found.
func address(s operation.Service, indicator string) slice.Key {
	return slice.Key{Service: s, Indicator: indicator}
}
