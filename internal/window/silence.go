// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package window

import "github.com/leadline/leadline/internal/slice"

// Silence returns for how many minutes the series has had no valid event now,
// and the longest time without one before, since the minute from and as far
// back as the ring reaches. It reads every cell, and it is as exact as they
// are: to the minute lately, to the hour long ago, and never too long.
func (r *Ring) Silence(from slice.Minute) (now, before slice.Minute) {
	from = max(from, r.oldest)
	for width, w := range r.layout.widths {
		first := max(r.first(w), floor(from, w.minutes))
		since, heard := first, from < first // when the run of empty cells began
		for m := first; m <= r.now; m += w.minutes {
			if r.cell(width, m).Total() == 0 {
				continue
			}
			if heard {
				before = max(before, m-since)
			}
			since, heard = m+w.minutes, true
		}
		now = max(now, r.now+1-since)
	}
	return now, before
}

// Since returns the number of valid events since the minute from: at least,
// since a cell that began before it counts for nothing.
func (r *Ring) Since(from slice.Minute) (events uint64) {
	for width, w := range r.layout.widths {
		n := uint64(0)
		for m := max(r.first(w), -floor(-from, w.minutes)); m <= r.now; m += w.minutes {
			n += r.cell(width, m).Total()
		}
		events = max(events, n)
	}
	return events
}

// first returns the first minute of the oldest cell of a width.
func (r *Ring) first(w width) slice.Minute {
	return floor(r.now+Slack, w.minutes) - slice.Minute(w.cells-1)*w.minutes
}
