// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package slice holds the unit of everything Leadline counts: one minute of
// one series, as three integers.
//
// A Minute is half open: it holds the events that ended at or after its start
// and before its end. Everywhere a slice is shown or stored it carries the
// stamp of its end, which is the convention of Prometheus: a range (from, to]
// holds the slices whose stamp lies in it.
package slice

import (
	"fmt"
	"time"
)

// Minute numbers the minutes since the Unix epoch: minute m covers the
// nanoseconds [m*60e9, (m+1)*60e9).
type Minute int64

// MinuteOf returns the minute that holds the instant.
func MinuteOf(t time.Time) Minute { return OfUnixNano(t.UnixNano()) }

// OfUnixNano returns the minute that holds the instant, given in nanoseconds
// since the epoch.
func OfUnixNano(ns int64) Minute {
	m := ns / int64(time.Minute)
	if ns < 0 && ns%int64(time.Minute) != 0 {
		m--
	}
	return Minute(m)
}

// Start returns the first instant of the minute, in UTC.
func (m Minute) Start() time.Time { return time.Unix(int64(m)*60, 0).UTC() }

// Stamp returns the instant at which the minute ends, in UTC: the time a
// slice carries in stores and answers.
func (m Minute) Stamp() time.Time { return (m + 1).Start() }

// UnixMilli returns the stamp in milliseconds since the epoch.
func (m Minute) UnixMilli() int64 { return (int64(m) + 1) * 60_000 }

// Counts is the number of good, bad and excluded events.
type Counts struct {
	Good     uint64
	Bad      uint64
	Excluded uint64
}

// Total returns the number of valid events, good and bad.
func (c Counts) Total() uint64 { return c.Good + c.Bad }

// SLI returns the share of good events in the valid ones, and false when there
// were none, which is no evidence of anything.
func (c Counts) SLI() (share float64, known bool) {
	if c.Total() == 0 {
		return 0, false
	}
	return float64(c.Good) / float64(c.Total()), true
}

// IsZero reports whether nothing was counted, not even excluded events.
func (c Counts) IsZero() bool { return c == Counts{} }

// Plus returns the sum of both.
func (c Counts) Plus(d Counts) Counts {
	return Counts{c.Good + d.Good, c.Bad + d.Bad, c.Excluded + d.Excluded}
}

// Minus returns c without d, which must be part of c.
func (c Counts) Minus(d Counts) Counts {
	return Counts{c.Good - d.Good, c.Bad - d.Bad, c.Excluded - d.Excluded}
}

// Text writes a number of events with its thousands apart: 12,480.
func Text(n uint64) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", Text(n/1000), n%1000)
}

// Source says how a slice came to be.
type Source string

// The sources of a slice.
const (
	Live     Source = "live"     // measured as it happened
	Healed   Source = "healed"   // a cumulative metric made good after an outage
	Backfill Source = "backfill" // written afterwards from recorded or generated telemetry
	// Mixed is the source of a sum over slices of several sources.
	Mixed Source = "mixed"
)

// With returns the source of a sum of slices of both sources; the empty
// source is that of nothing.
func (s Source) With(t Source) Source {
	switch {
	case s == "" || s == t:
		return t
	case t == "":
		return s
	}
	return Mixed
}
