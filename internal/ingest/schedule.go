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
//
// What closes never opens again, so a wall clock that runs hours ahead for a
// while must not take the minutes of those hours with it. The schedule knows a
// second time, steady: that of the wall clock when it was last believed, and
// what has passed since on the monotonic clock. A wall clock further than
// Grace from it is in doubt, since nobody knows which of both is right: it may
// have been set wrong, and be set back, or have been set right, or the machine
// has slept. Until it is believed again, minutes close when both say that
// Grace has passed since their end, and events are taken as far as either
// reaches. It is believed when it comes back to the steady time, or after
// doubtFor: minutes that stay open cost memory and log. A jump of up to Grace
// is harmless, because no minute closes before Grace has passed.
type schedule struct {
	grace time.Duration
	ended []ended // in order of minutes and of time
	next  slice.Minute

	believed   time.Time     // what the wall clock said when it was last believed
	believedAt time.Duration // the monotonic time then
	doubt      doubt
	// steadyMinute is the minute of the steady time when it was last observed.
	steadyMinute slice.Minute
}

// doubt is a wall clock that is not believed: how far ahead of the steady time
// it is, and since when, on the monotonic clock. The zero doubt is none.
type doubt struct {
	by    time.Duration
	since time.Duration
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

// doubtFor is for how long a wall clock that jumped is not believed.
const doubtFor = time.Hour

// newSchedule returns the schedule whose first minute to close is next.
func newSchedule(next slice.Minute, grace time.Duration) *schedule {
	return &schedule{grace: grace, next: next}
}

// observe takes the time of the wall clock and the monotonic time, and
// returns the newest minute that may close now; false when there is none.
// Minutes close in order, so it stands for every minute before it as well.
func (s *schedule) observe(wall time.Time, mono time.Duration) (slice.Minute, bool) {
	s.believe(wall, mono)
	s.steadyMinute = slice.MinuteOf(s.steady(mono))
	now := slice.MinuteOf(wall)
	s.forget(now)
	last := s.next - 1
	if n := len(s.ended); n > 0 {
		last = s.ended[n-1].through
	}
	if now-1 > last {
		s.ended = append(s.ended, ended{now - 1, mono})
	}
	through := s.next - 1
	limit := slice.MinuteOf(s.steady(mono).Add(-s.grace)) - 1
	for len(s.ended) > 0 && s.ended[0].at+s.grace <= mono {
		through = max(through, min(s.ended[0].through, limit))
		if s.ended[0].through > limit {
			break
		}
		s.ended = s.ended[1:]
	}
	if through < s.next {
		return 0, false
	}
	s.next = through + 1
	return through, true
}

// steady returns what the time would be had the wall clock only gone on since
// it was last believed.
func (s *schedule) steady(mono time.Duration) time.Time {
	return s.believed.Add(mono - s.believedAt)
}

// believe decides whether the wall clock is in doubt.
func (s *schedule) believe(wall time.Time, mono time.Duration) {
	by := wall.Sub(s.steady(mono))
	switch {
	case s.believed.IsZero(), by.Abs() <= s.grace:
	case s.doubt == doubt{}, (by - s.doubt.by).Abs() > s.grace:
		s.doubt = doubt{by, mono}
		return
	case mono-s.doubt.since < doubtFor:
		return
	}
	s.believed, s.believedAt, s.doubt = wall.Round(0), mono, doubt{}
}

// sure returns the earlier of the wall clock's minute and that of the steady
// time: what has passed for certain.
func (s *schedule) sure(wall slice.Minute) slice.Minute { return min(wall, s.steadyMinute) }

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

// open returns the minutes that take events when the wall clock is in the
// given one: those not closed yet, no further back than maxGap and no further
// ahead than slack. When the clock is in doubt, that is so for either time.
func (s *schedule) open(wall, slack slice.Minute) judged {
	from, to := min(wall, s.steadyMinute), max(wall, s.steadyMinute)
	return judged{
		first: max(s.next, from-maxGap), last: to + slack,
		between: from + slack, beyond: max(to-maxGap, from+slack),
	}
}

// judged says which minutes took events when a request was judged: those from
// first to last, without those that lie between two times far apart.
type judged struct{ first, last, between, beyond slice.Minute }

func (j judged) took(m slice.Minute) bool {
	return m >= j.first && m <= j.last && (m <= j.between || m >= j.beyond)
}
