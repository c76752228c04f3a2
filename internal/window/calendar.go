// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package window

import (
	"time"

	"github.com/leadline/leadline/internal/slice"
)

// Period is a span of the calendar.
type Period string

// The periods. Weeks begin on Monday, as in ISO 8601.
const (
	Week    Period = "week"
	Month   Period = "month"
	Quarter Period = "quarter"
	Year    Period = "year"
)

// Periods are all periods, shortest first.
var Periods = [...]Period{Week, Month, Quarter, Year}

// Nominal returns how long the period is for what must not change from one to
// the next, such as the thresholds of alerts; 0 for what is no period.
func (p Period) Nominal() time.Duration {
	const day = 24 * time.Hour
	return map[Period]time.Duration{Week: 7 * day, Month: 30 * day, Quarter: 90 * day, Year: 365 * day}[p]
}

// Calendar is a period as the clocks of a zone show it. The zero Calendar is none.
type Calendar struct {
	Period Period
	Zone   *time.Location // nil: UTC
}

// IsZero reports whether it is no calendar.
func (c Calendar) IsZero() bool { return c.Period == "" }

func (c Calendar) zone() *time.Location {
	if c.Zone == nil {
		return time.UTC
	}
	return c.Zone
}

// String says which period, and in which zone.
func (c Calendar) String() string { return string(c.Period) + " in " + c.zone().String() }

// Around returns the period that holds the instant: [from, to).
func (c Calendar) Around(at time.Time) (from, to time.Time) {
	day := c.first(date(at.In(c.zone())))
	// Where a clock was set back over midnight, a date was left and came again:
	// then the instant belongs to the period that had begun before.
	for to = c.begin(c.next(day)); !at.Before(to); to = c.begin(c.next(day)) {
		day = c.next(day)
	}
	return c.begin(day), to
}

// Before returns the period that ends where the one that begins at from does.
func (c Calendar) Before(from time.Time) time.Time {
	begins, _ := c.Around(from.Add(-time.Nanosecond))
	return begins
}

// date returns the date that a clock shows, as its midnight in UTC.
func date(at time.Time) time.Time {
	y, m, d := at.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// first returns the first date of the period that holds a date.
func (c Calendar) first(day time.Time) time.Time {
	y, m, d := day.Date()
	switch c.Period {
	case Week:
		return day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
	case Month:
		d = 1
	case Quarter:
		m, d = m-(m-1)%3, 1
	case Year:
		m, d = 1, 1
	}
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// next returns the first date of the period after the one with this first date.
func (c Calendar) next(first time.Time) time.Time {
	switch c.Period {
	case Week:
		return first.AddDate(0, 0, 7)
	case Month:
		return first.AddDate(0, 1, 0)
	case Quarter:
		return first.AddDate(0, 3, 0)
	}
	return first.AddDate(1, 0, 0)
}

// begin returns the first instant at which clocks show the date or a later
// one. time.Date would not do: where clocks are set forward at midnight there
// is no midnight, and it may answer with the day before; where they are set
// back over it, there are two.
func (c Calendar) begin(day time.Time) time.Time {
	// No zone is further than this from UTC.
	at := day.Add(-26 * time.Hour).In(c.zone())
	for {
		_, offset := at.Zone()
		shows := day.Add(-time.Duration(offset) * time.Second)
		_, end := at.ZoneBounds()
		if shows.Before(at) {
			shows = at
		}
		if end.IsZero() || shows.Before(end) {
			return shows.UTC()
		}
		at = end
	}
}

// minutes returns the minutes of the period that holds one: [from, to). Zones
// differ from UTC by whole minutes since 1972; before, a minute belongs to the
// period in which it begins.
func (c Calendar) minutes(m slice.Minute) (from, to slice.Minute) {
	begins, ends := c.Around(m.Start())
	return minuteFrom(begins), minuteFrom(ends)
}

// minuteFrom returns the first minute that begins at or after the instant.
func minuteFrom(at time.Time) slice.Minute {
	return slice.MinuteOf(at.Add(time.Minute - time.Nanosecond))
}
