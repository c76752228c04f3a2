// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/leadline/leadline/internal/budget"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// Sentence says what the conditions of a rule see, and what that means for the
// budget: "1h burn 22x, 5m 16x, threshold 13.44x; 96.9% of the budget
// left, exhausted in 31h at this rate".
func Sentence(r *slo.Rule, w *Whole, seen []Seen) string {
	var said []string
	for i := range r.When {
		said = append(said, clause(&r.When[i], w, &seen[i]))
	}
	said = []string{strings.Join(said, " and ")}
	if w.Counts.Total() > 0 {
		of := budget.Of(w.Counts, w.Target)
		still := left(of, w.Unit)
		if pace, ok := PaceOf(r, w, seen); ok && of.Allowed > 0 && !of.Exhausted() {
			still += ", " + forecast(w, pace)
		}
		said = append(said, still)
	}
	return strings.Join(said, "; ")
}

func clause(c *slo.Condition, w *Whole, s *Seen) string {
	switch c.Kind {
	case slo.Burn:
		text := rate(c.Long, "burn ", s.Long, w, c.Milli)
		if c.Short > 0 {
			text += ", " + rate(c.Short, "", s.Short, w, c.Milli)
		}
		return text + fmt.Sprintf(", threshold %.4gx", milli(c.Milli))
	case slo.Spent:
		return taken(w.Counts.Bad, w) + " of the budget spent, threshold " + exact(c.Milli)
	case slo.Drop:
		return fmt.Sprintf("%s took %s of the budget, threshold %s", window.Compact(c.Long), taken(s.Long.Bad, w), exact(c.Milli))
	case slo.Exhausts:
		return rate(c.Long, "burn ", s.Long, w, 0) + ", threshold exhausted within " + window.Compact(c.Within)
	}
	if s.Long.Total() > 0 {
		return "events arrive again"
	}
	return fmt.Sprintf("no event in the last %s, which is unusual", window.Compact(c.Long))
}

// rate says how fast a window burns: "1h burn 22x". A rate that would read as
// the threshold beside it has more digits.
func rate(length time.Duration, word string, c slice.Counts, w *Whole, threshold uint64) string {
	r, known := budget.Rate(c, w.Target)
	if !known {
		return window.Compact(length) + " without events"
	}
	text := times(r)
	if t := budget.BurnRate(milli(threshold)); text == times(t) && r != t {
		text = fmt.Sprintf("%.6gx", float64(r))
	}
	return window.Compact(length) + " " + word + text
}

func milli(n uint64) float64 { return float64(n) / 1000 }

// times prints a burn rate with three digits and never as a power of ten.
func times(r budget.BurnRate) string {
	if r >= 100 {
		return fmt.Sprintf("%.0fx", float64(r))
	}
	return fmt.Sprintf("%.3gx", float64(r))
}

// Share returns which part of the whole budget so many bad events are, and
// false while that allows nothing. It is of the budget as it is shown, in whole
// events, so that all shares of one budget agree.
func Share(bad uint64, w *Whole) (share float64, known bool) {
	of := budget.Of(w.Counts, w.Target)
	return float64(bad) / float64(of.Allowed), of.Allowed > 0
}

// exact prints a share in thousandths as it was written.
func exact(n uint64) string { return fmt.Sprintf("%g%%", float64(n)/10) }

// percent prints a share as the pages do: cut to a tenth and not rounded, so
// that a budget that was touched does not read as whole.
func percent(part, whole uint64) string {
	tenths := math.Floor(1000 * float64(part) / float64(whole))
	if part > 0 && tenths == 0 {
		return "less than 0.1%"
	}
	return strconv.FormatFloat(tenths/10, 'f', -1, 64) + "%"
}

// taken says which part of the budget so many bad events are.
func taken(bad uint64, w *Whole) string {
	if of := budget.Of(w.Counts, w.Target); of.Allowed > 0 {
		return percent(bad, of.Allowed)
	}
	return "an unknown part"
}

// left says what is left of a budget.
func left(of budget.Budget, unit slo.Unit) string {
	switch over := of.Spent - of.Allowed; {
	case of.Allowed == 0 && of.Spent == 0:
		return "no budget yet"
	case of.Allowed == 0:
		return fmt.Sprintf("exhausted: bad %s: %s, none allowed yet", unit.Noun(), unit.Amount(int64(of.Spent)))
	case of.Exhausted():
		return "exhausted, overspent by " + percent(over, of.Allowed)
	}
	return percent(of.Allowed-of.Spent, of.Allowed) + " of the budget left"
}

// forecast says how long what is left lasts, and at whose rate where that is
// not the window named first.
func forecast(w *Whole, p Pace) string {
	pace := "at this rate"
	if p.Short {
		pace = "at the rate of the last " + window.Compact(p.Window)
	}
	left, ever := Exhaustion(w, p.Counts)
	switch {
	case ever && left == 0:
		return "exhausted already"
	case !ever:
		return "not exhausted " + pace
	}
	return "exhausted in " + rough(left) + " " + pace
}

// rough prints a forecast to two digits or so.
func rough(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "less than a minute"
	case d < 2*time.Hour:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d < 72*time.Hour:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return fmt.Sprintf("%dd", d/(24*time.Hour))
}

// Describe says in one line what a rule asks for: "page-1h: page when burn
// above 13.44x over 1h and 5m, from 5 bad events on".
func Describe(r *slo.Rule) string {
	var when []string
	for i := range r.When {
		when = append(when, asks(&r.When[i]))
	}
	text := fmt.Sprintf("%s: %s when %s", r.Name, r.Severity, strings.Join(when, " and "))
	if r.For > 0 {
		text += " for " + window.Compact(r.For)
	}
	if r.Guard > 0 {
		text += fmt.Sprintf(", from %d bad events on", r.Guard)
	}
	if r.ByGroup {
		text += ", for each group"
	}
	return text
}

func asks(c *slo.Condition) string {
	switch c.Kind {
	case slo.Burn:
		text := fmt.Sprintf("burn above %.4gx over %s", milli(c.Milli), window.Compact(c.Long))
		if c.Short > 0 {
			text += " and " + window.Compact(c.Short)
		}
		return text
	case slo.Spent:
		return exact(c.Milli) + " of the budget is spent"
	case slo.Drop:
		return fmt.Sprintf("%s of the budget goes in %s", exact(c.Milli), window.Compact(c.Long))
	case slo.Exhausts:
		return fmt.Sprintf("the budget is exhausted within %s at the rate of the last %s", window.Compact(c.Within), window.Compact(c.Long))
	}
	return "no event arrives for " + window.Compact(c.Long)
}
