// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"slices"

	"github.com/leadline/leadline/internal/slice"
)

// untold are the minutes of which the sink is not told everything, because
// they lie too far ahead of the wall clock: it was ahead when they were
// counted, or is back while senders go on. A window that was told of what is
// hours ahead would move on and count nothing until then. Each minute comes
// with what the sink had been told of it before, nil for nothing.
type untold struct {
	reach   slice.Minute // the newest minute that the sink is told of
	minutes map[slice.Minute][]slice.Counts
}

// tell moves the reach with the clock, and tells the sink what minutes hold
// that have come within it.
func (c *committer) tell(now slice.Minute) {
	// Who is told has to know of both times while the clock is in doubt: events
	// are what says which is right.
	c.untold.reach = max(now, c.schedule.steadyMinute) + futureSlack
	for m, told := range c.untold.minutes {
		if m > c.untold.reach {
			continue
		}
		delete(c.untold.minutes, m)
		o := c.minutes.open[m]
		if o == nil {
			continue
		}
		all := c.services.series.All()
		for ref, n := range o.counts {
			if ref < len(told) {
				n = n.Minus(told[ref])
			}
			if !n.IsZero() {
				c.sink.Count(all[ref], m, n)
			}
		}
	}
}

// keeps reports whether what is about to be counted in the minute must wait.
func (c *committer) keeps(m slice.Minute) bool {
	if m <= c.untold.reach {
		return false
	}
	if _, known := c.untold.minutes[m]; !known {
		c.keep(m, slices.Clone(c.minutes.at(m).counts))
	}
	return true
}

func (c *committer) keep(m slice.Minute, told []slice.Counts) {
	if c.untold.minutes == nil {
		c.untold.minutes = make(map[slice.Minute][]slice.Counts)
	}
	c.untold.minutes[m] = told
}

// told returns what the sink was told of the series in the minutes that wait.
func (u *untold) told(wanted []chosen) (all []Counted) {
	for m, told := range u.minutes {
		for _, s := range wanted {
			if ref := int(s.Ref); ref < len(told) && !told[ref].IsZero() {
				all = append(all, Counted{Series: s.Series, Minute: m, Counts: told[ref]})
			}
		}
	}
	return all
}
