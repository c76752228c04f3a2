// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package window says which slices a window covers and sums them in constant
// time.
//
// A rolling window follows the clock: its start moves on a grid (see Grain). A
// calendar window is a week, a month, a quarter or a year as the clocks of a
// zone show it: it begins at the first instant of its first date and grows
// until the next one begins, so a day of it may have 23 or 25 hours. A Ring
// sums both, the first from cells, the second as it goes.
package window

import (
	"fmt"
	"strings"
	"time"

	"github.com/leadline/leadline/internal/slice"
)

// Window is a span of time over which an objective holds.
type Window struct {
	// Length of a rolling window; of a calendar one it is nominal, and what is
	// derived from it stays the same from one period to the next.
	Length time.Duration
	// Calendar makes it a calendar window, unless it is zero.
	Calendar Calendar
}

// Of returns the calendar window.
func (c Calendar) Of() Window { return Window{Length: c.Period.Nominal(), Calendar: c} }

// String returns a rolling window's length, or a calendar window's period and zone.
func (w Window) String() string {
	if w.Calendar.IsZero() {
		return Compact(w.Length)
	}
	return w.Calendar.String()
}

// Longest returns how long the window can become: a leap year has a day more.
func (w Window) Longest() time.Duration {
	if w.Calendar.IsZero() {
		return w.Length
	}
	return w.Length + 3*24*time.Hour
}

// Equal reports whether both are the same.
func (w Window) Equal(o Window) bool { return w.String() == o.String() }

// The shortest and the longest window of an objective.
const (
	Shortest = time.Hour
	Longest  = 90 * 24 * time.Hour
)

// Grain returns the grid on which a window's start moves: one minute up to
// 6 hours, five minutes up to 3 days, one hour beyond.
func Grain(length time.Duration) time.Duration {
	switch {
	case length <= 6*time.Hour:
		return time.Minute
	case length <= 72*time.Hour:
		return 5 * time.Minute
	}
	return time.Hour
}

// Range returns the edges of the window at an instant: it covers the slices
// whose stamps lie in (from, to]. A rolling window's start lies on its grid, a
// calendar window's where its period begins; the end is the stamp of the
// minute that holds the instant.
func (w Window) Range(at time.Time) (from, to time.Time) {
	m := slice.MinuteOf(at)
	return w.First(m).Start(), m.Stamp()
}

// First returns the first minute of the window whose last one is given.
func (w Window) First(last slice.Minute) slice.Minute {
	if !w.Calendar.IsZero() {
		from, _ := w.Calendar.minutes(last)
		return from
	}
	return floor(last, slice.Minute(Grain(w.Length)/time.Minute)) - slice.Minute(w.Length/time.Minute)
}

// Compact prints a duration with the largest units that divide it: 1h, 28d, 90m is 1h30m.
func Compact(d time.Duration) string {
	if d > 0 && d%(24*time.Hour) == 0 {
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}
