// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"time"

	"github.com/leadline/leadline/internal/slice"
)

// schedule says when minutes close: Grace after they were first seen to have
// ended. "Seen" is what the wall clock says, "after" is measured on the
// monotonic clock, so a wall clock that jumps cannot close a minute early,
// and the minutes of our own downtime, all first seen at the start, stay open
// until Grace after it. That one rule is the lateness limit and the gap rule;
// hold applies it to the time in which a full disk makes us refuse.
type schedule struct {
	grace time.Duration
	ended []ended // in order of minutes and of time
	next  slice.Minute
}

// ended says that the minutes up to through, and after the entry before, were
// first seen to have ended at the monotonic instant.
type ended struct {
	through slice.Minute
	at      time.Duration
}

// maxGap is how far back minutes are opened after a downtime or a jump of the
// wall clock. What is older was not measured.
const maxGap = 24 * 60

// newSchedule returns the schedule whose first minute to close is next.
func newSchedule(next slice.Minute, grace time.Duration) *schedule {
	return &schedule{grace: grace, next: next}
}

// observe takes the minute of the wall clock and the monotonic time, and
// returns the newest minute that may close now; false when there is none.
// Minutes close in order, so it stands for every minute before it as well.
func (s *schedule) observe(wall slice.Minute, mono time.Duration) (slice.Minute, bool) {
	s.forget(wall)
	last := s.next - 1
	if n := len(s.ended); n > 0 {
		last = s.ended[n-1].through
	}
	if wall-1 > last {
		s.ended = append(s.ended, ended{wall - 1, mono})
	}
	through, any := slice.Minute(0), false
	for len(s.ended) > 0 && s.ended[0].at+s.grace <= mono {
		through, any = s.ended[0].through, true
		s.next = through + 1
		s.ended = s.ended[1:]
	}
	return through, any
}

// hold keeps the minutes that have ended open until Grace after now: while we
// refuse what senders bring, nothing that they hold for us is late.
func (s *schedule) hold(mono time.Duration) {
	for i := range s.ended {
		s.ended[i].at = mono
	}
}

// forget drops what a wall clock that went back says has not ended yet.
func (s *schedule) forget(wall slice.Minute) {
	for n := len(s.ended); n > 0 && s.ended[n-1].through >= wall; n-- {
		if n > 1 && s.ended[n-2].through < wall-1 || n == 1 && s.next < wall {
			s.ended[n-1].through = wall - 1
			return
		}
		s.ended = s.ended[:n-1]
	}
}

// open returns the minutes that take events at a wall clock minute: those not
// closed yet, no further back than maxGap and no further ahead than slack.
func (s *schedule) open(wall slice.Minute, slack slice.Minute) (first, last slice.Minute) {
	return max(s.next, wall-maxGap), wall + slack
}
