// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"time"

	"github.com/leadline/leadline/internal/budget"
	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/slice"
)

// Standing is what an objective counted over one of its windows, in the slices
// stamped in (From, To].
type Standing struct {
	Window string `json:"window"`
	// Former says that this is the period before the one at hand.
	Former bool      `json:"former"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Numbers
	// Corrected are the events that planned exclusions and corrections leave out.
	Corrected Counts `json:"excluded_by_correction"`
}

// Numbers are what a window counted; null where there is no evidence.
type Numbers struct {
	SLI      *float64 `json:"sli"`
	Good     *uint64  `json:"good"`
	Bad      *uint64  `json:"bad"`
	Total    *uint64  `json:"total"`
	Excluded *uint64  `json:"excluded"`
	Budget   Budget   `json:"budget"`
}

// standingsOf returns every window of an objective, its own first. A calendar
// window is followed by the period before it, if anything is known of that.
func standingsOf(v *eval.Evaluation) (all []Standing) {
	own := eval.Standing{Window: v.Objective.Window, From: v.From, To: v.To, Counts: v.Counts, Budget: v.Budget, Corrected: v.Corrected, Former: v.Former}
	for _, s := range append([]eval.Standing{own}, v.Others...) {
		all = append(all, standingOf(&s, v.Known))
		if s.Former != nil && v.Known && !s.Former.Counts.IsZero() {
			former := standingOf(s.Former, true)
			former.Former = true
			all = append(all, former)
		}
	}
	return all
}

func standingOf(s *eval.Standing, known bool) (out Standing) {
	if known {
		out.Numbers = numbersOf(s.Counts, s.Budget)
	}
	out.Window, out.From, out.To, out.Corrected = s.Window.String(), s.From, s.To, countsOf(s.Corrected)
	return out
}

// numbersOf returns the numbers of a window that has evidence.
func numbersOf(c slice.Counts, b budget.Budget) Numbers {
	total, remaining := c.Total(), b.Remaining()
	n := Numbers{
		Good: &c.Good, Bad: &c.Bad, Excluded: &c.Excluded, Total: &total,
		Budget: Budget{Allowed: &b.Allowed, Spent: &b.Spent, Remaining: &remaining},
	}
	if sli, known := c.SLI(); known {
		n.SLI = &sli
	}
	return n
}
