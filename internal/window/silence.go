// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package window

import "github.com/leadline/leadline/internal/slice"

// Silence returns for how many minutes the series has had no valid event now,
// and the longest time without one before, as far back as the ring reaches. It
// reads every cell, and it is as exact as they are: to the minute lately, to
// the hour long ago, and never too long.
func (r *Ring) Silence() (now, before slice.Minute) {
	for width, w := range r.layout.widths {
		first := max(floor(r.now+Slack, w.minutes)-slice.Minute(w.cells-1)*w.minutes, floor(r.oldest, w.minutes))
		since, heard := first, r.oldest < first // when the run of empty cells began
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
