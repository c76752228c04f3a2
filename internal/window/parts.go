// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package window

import (
	"time"

	"github.com/leadline/leadline/internal/slice"
)

// maxParts is into how many parts a window is cut at most: the days of a month.
const maxParts = 31

// partWidths are how wide a part of less than a day may be: each divides a
// day, so that the parts of a window of days begin at the same hours.
var partWidths = [...]time.Duration{
	time.Minute, 2 * time.Minute, 3 * time.Minute, 4 * time.Minute, 5 * time.Minute, 10 * time.Minute, 12 * time.Minute,
	15 * time.Minute, 20 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 3 * time.Hour, 4 * time.Hour,
	6 * time.Hour, 8 * time.Hour, 12 * time.Hour,
}

// partWidth returns how wide the parts of so many minutes are, in whole grains.
func partWidth(length, grain slice.Minute) slice.Minute {
	for _, d := range partWidths {
		if w := slice.Minute(d / time.Minute); w%grain == 0 && length <= maxParts*w {
			return w
		}
	}
	const day = 24 * 60
	return (length + maxParts*day - 1) / (maxParts * day) * day
}

// Parts cuts what the i-th window holds into parts of equal width, oldest
// first, and appends them: they add up to Sum. The first one begins in the
// minute from. The last ends where a rolling window does, with the minutes of
// the grain at hand, and where the period of a calendar window will; what has
// not come yet is empty.
//
// It reads every cell of the window once.
func (r *Ring) Parts(i int, into []slice.Counts) (parts []slice.Counts, from, width slice.Minute) {
	p, s := &r.layout.spans[i], &r.sums[i]
	if s.period != nil {
		return append(into, s.period.parts...), floor(s.from, 60), s.period.width
	}
	step := r.layout.widths[p.width].minutes
	width = partWidth(p.minutes, step)
	n := int((p.minutes + width - 1) / width)
	first := len(into)
	parts = append(into, make([]slice.Counts, n)...)
	cut := parts[first:]
	w, at := &r.layout.widths[p.width], r.place(p.width, s.from)
	for m := s.from; m <= s.end; m += step {
		c := counts(r.at(at))
		if r.carry != nil {
			c = c.Plus(r.carry[at])
		}
		part := &cut[min(int((m-s.from)/width), n-1)]
		*part = part.Plus(p.of(c))
		if at.cell++; at.cell == w.cells {
			at.cell = 0
		}
	}
	// The last cell holds events that lie ahead of the position too.
	for m := s.end + 1; m < floor(s.end, step)+step; m++ {
		cut[n-1] = cut[n-1].Minus(p.of(r.cell(0, m)))
	}
	return parts, s.from, width
}

// cut makes the empty parts of a period. Stores tell of periods by the hour,
// so the parts begin with whole ones, the first up to an hour before the period.
// The hours by which clocks are set back or forward belong to the last part.
func (p *period) cut(from slice.Minute) {
	const clocks = 2 * 60
	length := p.next - from - clocks
	p.width = partWidth(length, 60)
	p.parts = make([]slice.Counts, (length+p.width-1)/p.width)
}

// addPart counts in the part of the period that holds the minute.
func (p *period) addPart(from, m slice.Minute, c slice.Counts) {
	n := int((m - floor(from, 60)) / p.width)
	part := &p.parts[min(n, len(p.parts)-1)]
	*part = part.Plus(c)
}
