// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package window

import (
	"time"

	"github.com/leadline/leadline/internal/slice"
)

// Timeslices turns the events of a series into slices of time that a ring
// sums: each slice is judged as a whole, and counted in the minute in which it
// begins, so the edges of windows are those of events.
//
// A slice that still takes events is judged anew with each of them, and the
// ring is told the difference; so its sums are at every moment those of the
// slices judged by what they hold, whatever order events and a store's cells
// arrive in. The slice at hand is judged by what it has.
//
// The events of a slice are kept for as long as any may come: recent. Of older
// slices only the judgement is kept, in the ring's cells. While history is
// read, older ones may be told in parts too; their events are kept until
// Settle.
type Timeslices struct {
	*Ring
	events  *Ring // one cell for each slice
	old     map[slice.Minute]slice.Counts
	settled bool
	width   slice.Minute
	judge   func(slice.Counts) slice.Counts
}

// recent is how long a slice may take events: minutes stay open for ten
// minutes, and after a downtime those of the gap do, up to a day.
const recent = 26 * 60

// NewTimeslices returns an empty ring of slices of so many minutes, which
// judge turns from events into what the ring sums.
func NewTimeslices(l *Layout, wide time.Duration, judge func(slice.Counts) slice.Counts, now slice.Minute) *Timeslices {
	t := &Timeslices{Ring: NewRing(l, now), width: slice.Minute(wide / time.Minute), judge: judge}
	cells := int(recent/t.width) + int(Slack/t.width) + 3
	t.events = NewRing(&Layout{widths: []width{{minutes: t.width, cells: cells, lean: true}}}, now)
	return t
}

// Add counts events of one minute, like Ring.Add.
func (t *Timeslices) Add(m slice.Minute, c slice.Counts) bool {
	if !t.AddSilence(m, c) {
		return false
	}
	if !c.IsZero() {
		t.Note(m)
	}
	return true
}

// AddSilence counts like Add what is no event.
func (t *Timeslices) AddSilence(m slice.Minute, c slice.Counts) bool {
	if m > t.now+Slack {
		return false
	}
	if c.Total() == 0 {
		return true
	}
	start := floor(m, t.width)
	before, after := t.take(start, c)
	// A difference may be below zero: sums and cells wrap, and come out right.
	return t.Ring.AddSilence(start, t.judge(after).Minus(t.judge(before)))
}

// take adds to the events of a slice and returns those before and after it.
func (t *Timeslices) take(start slice.Minute, c slice.Counts) (before, after slice.Counts) {
	switch {
	case t.events.reaches(0, start):
		before = t.events.cell(0, start)
		t.events.AddSilence(start, c)
		return before, t.events.cell(0, start)
	case t.settled:
		return before, after // older than what may come
	case t.old == nil:
		t.old = make(map[slice.Minute]slice.Counts)
	}
	before = t.old[start]
	t.old[start] = before.Plus(slice.Counts{Good: c.Good, Bad: c.Bad})
	return before, t.old[start]
}

// Restore adds the events that a store holds of the slice that begins with a
// minute; whole says that nobody else tells of it.
func (t *Timeslices) Restore(start slice.Minute, c slice.Counts, whole bool) {
	switch {
	case c.Total() == 0:
	case !whole || t.events.reaches(0, start):
		t.AddSilence(start, c)
	default:
		t.Ring.AddSilence(start, t.judge(c))
	}
}

// Settle says that history has been read.
func (t *Timeslices) Settle() { t.old, t.settled = nil, true }

// Advance moves the position to the given minute, like Ring.Advance.
func (t *Timeslices) Advance(now slice.Minute) {
	t.events.Advance(now)
	t.Ring.Advance(now)
}
