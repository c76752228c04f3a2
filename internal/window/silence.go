// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package window

import "github.com/leadline/leadline/internal/slice"

// Silence returns for how many minutes the series has had no valid event now,
// and the longest time without one before, as far back as the ring reaches. It
// reads every cell, and it is as exact as they are: to the minute lately, to
// the hour long ago.
func (r *Ring) Silence() (now, before slice.Minute) {
	now = r.now + 1
	for width, w := range r.layout.widths {
		first := max(floor(r.now+Slack, w.minutes)-slice.Minute(w.cells-1)*w.minutes, floor(r.oldest, w.minutes))
		run, heard := slice.Minute(0), r.oldest < first
		for m := first; m <= r.now; m += w.minutes {
			if r.cell(width, m).Total() == 0 {
				run += w.minutes
				continue
			}
			if heard {
				before = max(before, run)
			}
			run, heard = 0, true
			now = min(now, r.now+1-min(m+w.minutes, r.now+1))
		}
	}
	return now, before
}
