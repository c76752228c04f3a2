// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"time"

	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/window"
)

// steady is the time that windows and alerts follow: the wall clock, but for
// jumps. A clock that jumps by an hour would carry every window away from its
// events: what fires would end unseen, and what begins would not be seen. So
// after a jump the time goes on at the pace of a monotonic clock, until it is
// known which of both is right:
//
//   - events that go on at the old time say that the wall clock is wrong;
//   - an event at the new time says that it was wrong before (or that the
//     machine slept), and the time follows it;
//   - when no event says anything for as long as events may be late, the time
//     follows the wall clock, and stays in doubt until the next event.
//
// A clock that comes back to the old time has not jumped at all.
type steady struct {
	now     func() time.Time
	elapsed func() time.Duration // nil: the clock does not jump

	at   time.Time     // when the wall clock was last agreed with
	mono time.Duration // and what elapsed said then

	jumped bool
	// since is when it jumped, or when the newest event came at the old time;
	// believed says that one did lately.
	since    time.Duration
	believed bool
	old      slice.Minute // of the jump, at the old time
	unsure   bool         // it was followed without an event that says so
}

const (
	clockStep  = time.Minute // what a clock that is set may be moved by
	clockDoubt = window.Lateness * time.Minute
	// clockHeard is how long an event at the old time counts, and how long it
	// may take after a jump until one comes.
	clockHeard = time.Minute
)

// Steady makes the engine notice when the clock jumps: elapsed says how long
// something takes, whatever the clock says. It is called before the engine
// runs.
func (e *Engine) Steady(elapsed func() time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.clock.elapsed = elapsed
	e.clock.agree(e.clock.now(), elapsed())
}

func (s *steady) agree(wall time.Time, mono time.Duration) {
	s.at, s.mono, s.jumped, s.believed, s.unsure = wall, mono, false, false, false
}

// waits reports whether the next event says something about the time.
func (s *steady) waits() bool { return s.jumped || s.unsure }

// read returns the time, and after a jump how far the wall clock is off it.
func (s *steady) read() (at time.Time, off time.Duration) {
	wall := s.now()
	if s.elapsed == nil {
		return wall, 0
	}
	wall = wall.Round(0) // or differences of times would be those of a clock that never jumps
	mono := s.elapsed()
	at = s.at.Add(mono - s.mono)
	off = wall.Sub(at)
	switch {
	case off.Abs() <= clockStep:
		unsure := s.unsure && !s.jumped
		s.agree(wall, mono)
		s.unsure = unsure
		return wall, 0
	case !s.jumped:
		s.jumped, s.since, s.old = true, mono, slice.MinuteOf(at)
	case mono-s.since > clockDoubt:
		s.agree(wall, mono)
		s.unsure = true
		return wall, 0
	case mono-s.since > clockHeard:
		s.believed = false
	}
	return at, off
}

// heard takes the minute of an event as evidence of which time is right.
func (s *steady) heard(m slice.Minute) {
	if s.elapsed == nil {
		return
	}
	at, off := s.read()
	if off == 0 {
		late := slice.MinuteOf(at) - m
		s.unsure = s.unsure && (late > window.Lateness || late < -window.Slack)
		return
	}
	switch wall := slice.MinuteOf(at.Add(off)); {
	case m >= s.old && m <= slice.MinuteOf(at)+1:
		s.since, s.believed = s.elapsed(), true
	case !s.believed && m >= wall-window.Lateness && m <= wall+window.Slack:
		s.agree(s.now(), s.elapsed())
	}
}

// doubt says why the time is not certain; empty when it is.
func (s *steady) doubt() string {
	_, off := s.read()
	switch {
	case s.unsure && off == 0:
		return "our clock jumped, and no event came since"
	case off == 0 || s.elapsed()-s.since <= clockHeard:
		return ""
	}
	return "our clock jumped by " + window.Compact(off.Round(time.Minute)) + ", and no event says yet whether it is right"
}
