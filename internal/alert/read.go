// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"slices"
	"time"

	"github.com/leadline/leadline/internal/budget"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
)

// Whole is the budget that a rule is about: what the objective's window holds
// of all events, or of one group.
type Whole struct {
	Target slo.Target
	Length time.Duration
	Counts slice.Counts
	// Unit is what Counts, and those of the windows, count.
	Unit slo.Unit
}

// Seen is what the windows of one condition hold.
type Seen struct {
	Long, Short slice.Counts
	// Unusual says, of a condition about silence, that the indicator was never
	// silent for so long before.
	Unusual bool
}

// Answer says whether conditions hold.
type Answer int

// The answers. Unknown is when no event says so: a window is empty that could
// have said no.
const (
	No Answer = iota
	Unknown
	Yes
)

// Reading is what the conditions of a rule say at one instant.
type Reading struct {
	Answer Answer
	// Empty says that the longest window holds no event.
	Empty bool
	// Doubt says why nothing may be concluded from the reading: its counts are
	// not whole, or their time is not certain. Empty when all is well.
	Doubt string
}

// Read decides the conditions of a rule; seen are the windows of each.
// Conditions that somebody could do again by hand are decided in integers.
func Read(r *slo.Rule, w *Whole, seen []Seen) Reading {
	out := Reading{Answer: Yes, Empty: true}
	var bad uint64
	for i := range r.When {
		c, s := &r.When[i], &seen[i]
		out.Answer = both(out.Answer, Decide(c, w, s))
		of := s.Long
		if c.Kind == slo.Spent || c.Kind == slo.Absent {
			of = w.Counts
		}
		bad = max(bad, of.Bad)
		out.Empty = out.Empty && of.Total() == 0
	}
	if bad < r.Guard*w.Unit.One() {
		out.Answer = both(out.Answer, No)
	}
	return out
}

// both is the answer when two must hold. Unknown wins over no: a window that
// only loses old events is no evidence that trouble is over.
func both(a, b Answer) Answer {
	if a == Unknown || b == Unknown {
		return Unknown
	}
	return min(a, b)
}

// Decide answers one condition.
func Decide(c *slo.Condition, w *Whole, s *Seen) Answer {
	switch c.Kind {
	case slo.Burn:
		answer := burns(s.Long, w.Target, c.Milli)
		if c.Short > 0 {
			answer = both(answer, burns(s.Short, w.Target, c.Milli))
		}
		return answer
	case slo.Spent:
		return known(w.Counts, budget.Takes(w.Counts.Bad, w.Counts.Total(), w.Target, c.Milli))
	case slo.Drop:
		return known(s.Long, budget.Takes(s.Long.Bad, w.Counts.Total(), w.Target, c.Milli))
	case slo.Exhausts:
		left, ever := Exhaustion(w, s.Long)
		return known(s.Long, ever && left <= c.Within)
	case slo.Absent:
		switch {
		case s.Long.Total() > 0:
			return No
		case s.Unusual:
			return Yes
		}
		return Unknown
	}
	panic("BUG: no condition is a " + string(c.Kind))
}

func burns(c slice.Counts, t slo.Target, milli uint64) Answer {
	return known(c, budget.Burns(c, t, milli))
}

// known is the answer of a window: an empty one has none.
func known(c slice.Counts, holds bool) Answer {
	switch {
	case c.Total() == 0:
		return Unknown
	case holds:
		return Yes
	}
	return No
}

// Exhaustion returns how long what is left of a budget lasts at the rate of a
// window's counts,
//
//	(1 - spent share) * window / burn rate,
//
// 0 when it is gone, and false when it lasts: a rolling window that burns
// at 1 or less is never exhausted by it. It is a forecast, so it is not exact
// to the event.
func Exhaustion(w *Whole, now slice.Counts) (left time.Duration, ever bool) {
	spent, known := budget.Rate(w.Counts, w.Target)
	if known && spent > 1 {
		return 0, true
	}
	rate, _ := budget.Rate(now, w.Target)
	if rate <= 1 {
		return 0, false
	}
	return time.Duration((1 - float64(spent)) * float64(w.Length) / float64(rate)), true
}

// Pace is the window at whose rate a rule forecasts the end of the budget.
type Pace struct {
	Window time.Duration
	Counts slice.Counts
	// Short says that it is the short window of a pair.
	Short bool
}

// PaceOf returns the pace of a rule, and false when it looks at no window with
// a rate. It is the long window of its first condition about bad events. Of a
// pair that recovers it is the short one: the long window still holds what is
// over, and its rate would end a budget that nobody spends any more.
func PaceOf(r *slo.Rule, w *Whole, seen []Seen) (p Pace, ok bool) {
	i := slices.IndexFunc(r.When, func(c slo.Condition) bool { return c.Long > 0 && c.Kind != slo.Absent })
	if i < 0 {
		return Pace{}, false
	}
	c, s := &r.When[i], &seen[i]
	if c.Kind == slo.Burn && c.Short > 0 && judge(c, w, s) == Recovering {
		return Pace{c.Short, s.Short, true}, true
	}
	return Pace{c.Long, s.Long, false}, true
}

// Pair is what the two windows of a burn condition say.
type Pair struct {
	Rule    *slo.Rule
	Burn    *slo.Condition
	Verdict Verdict
}

// Judge returns the verdict of the rule's first burn condition with two
// windows, and false when it has none.
func Judge(r *slo.Rule, w *Whole, seen []Seen) (p Pair, ok bool) {
	i := HasPair(r)
	if i < 0 {
		return Pair{}, false
	}
	c, s := &r.When[i], &seen[i]
	return Pair{r, c, judge(c, w, s)}, true
}

// HasPair returns which condition of the rule looks at a burn over two
// windows, -1 when none does.
func HasPair(r *slo.Rule) int {
	return slices.IndexFunc(r.When, func(c slo.Condition) bool { return c.Kind == slo.Burn && c.Short > 0 })
}

// judge compares the two windows of a burn condition.
func judge(c *slo.Condition, w *Whole, s *Seen) Verdict {
	return verdict(burns(s.Long, w.Target, c.Milli), burns(s.Short, w.Target, c.Milli))
}

func verdict(long, short Answer) Verdict {
	switch {
	case long == Unknown || short == Unknown:
		return NoEvidence
	case long == Yes && short == Yes:
		return Critical
	case short == Yes:
		return Rising
	case long == Yes:
		return Recovering
	}
	return Calm
}
