// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/budget"
	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// BurnRates are the burn rates over the long window of one pair, by the step:
// the highest that evaluations in the minutes of the step saw, so that a short
// burn is seen on a long chart too. Null where no valid event is in any of their
// windows, and where the step was not measured.
type BurnRates struct {
	Rule     string         `json:"rule"`
	Severity alert.Severity `json:"severity"`
	Window   string         `json:"window"`
	// Threshold is the burn rate above which the pair's window burns.
	Threshold float64    `json:"threshold"`
	Rates     []*float64 `json:"rates"`
}

// pair is a burn condition with two windows, about all events.
type pair struct {
	rule *slo.Rule
	burn *slo.Condition
}

// pairsOf returns the pairs of the rules, those first that call sooner.
func pairsOf(rules []*slo.Rule) (pairs []pair) {
	for _, r := range rules {
		for i := range r.When {
			if c := &r.When[i]; c.Kind == slo.Burn && c.Short > 0 && !r.ByGroup {
				pairs = append(pairs, pair{r, c})
			}
		}
	}
	return pairs
}

// burn is what alert windows are summed from: the valid events of minutes, from
// the first one that the first windows reach back to. The windows have the
// edges that an evaluation in each minute gives them: they end with the newest
// event, window.Lateness minutes before at most. That takes minutes, whatever
// the range: a window of up to six hours begins with any of them. They hold no
// more than that, so that 400 days are 10 MB.
type burn struct {
	start, first, last slice.Minute
	since              slice.Minute
	by                 slo.Budgeting
	minutes            []valid
	// quiet is how many minutes before each one the newest event is, and
	// window.Lateness until there is one.
	quiet []uint8
}

// valid are numbers of valid events.
type valid struct{ good, bad uint64 }

func (a valid) minus(b valid) valid { return valid{a.good - b.good, a.bad - b.bad} }

func (a valid) plus(b valid) valid { return valid{a.good + b.good, a.bad + b.bad} }

// newBurn returns empty minutes for a grid's steps; nil without pairs.
func newBurn(g *grid, pairs []pair, by slo.Budgeting) *burn {
	if len(pairs) == 0 {
		return nil
	}
	b := &burn{first: g.first, last: g.last, since: g.since, by: by, start: g.first}
	for _, p := range pairs {
		b.start = min(b.start, windowOf(p).First(g.first-window.Lateness))
	}
	if by.Sliced() {
		b.start -= b.start % b.wide()
	}
	// The first entry of the sums is that of no minute.
	b.minutes = make([]valid, 1+b.last-b.start)
	b.quiet = bytes.Repeat([]byte{window.Lateness}, len(b.minutes))
	return b
}

func windowOf(p pair) window.Window { return window.Window{Length: p.burn.Long} }

// wide is how many minutes a slice of time has.
func (b *burn) wide() slice.Minute { return slice.Minute(b.by.Width / time.Minute) }

// add is that of grid, for valid events.
func (b *burn) add(m slice.Minute, tally slice.Tally, s series.Sum, _ slice.Source) {
	if at := b.minute(m, tally); at != nil {
		*at = at.plus(validOf(tally, s.Counts))
		if tally != slice.Silent && !s.Counts.IsZero() {
			b.quiet[m-b.start] = 0
		}
	}
}

// takeOut is the inverse of add, but that there were events. Counts wrap, and
// come out right.
func (b *burn) takeOut(m slice.Minute, tally slice.Tally, s series.Sum, _ slice.Source) {
	if at := b.minute(m, tally); at != nil {
		*at = at.minus(validOf(tally, s.Counts))
	}
}

// minute returns where a minute is counted, nil if it is not.
func (b *burn) minute(m slice.Minute, tally slice.Tally) *valid {
	if m < b.start || m >= b.last || tally == slice.Silent && m < b.since {
		return nil
	}
	return &b.minutes[1+m-b.start]
}

func validOf(tally slice.Tally, c slice.Counts) valid {
	if tally == slice.Silent {
		return valid{bad: c.Good}
	}
	return valid{c.Good, c.Bad}
}

// running are sums that windows are differences of: of events before each
// minute, and of what the budget counts before each slice of time.
type running struct {
	*burn
	events, slices []valid
}

// running turns the minutes into sums, once.
func (b *burn) running() running {
	for i := 1; i < len(b.minutes); i++ {
		b.minutes[i] = b.minutes[i].plus(b.minutes[i-1])
	}
	for i := 1; i < len(b.quiet); i++ {
		b.quiet[i] = min(b.quiet[i], b.quiet[i-1]+1)
	}
	r := running{burn: b, events: b.minutes}
	if !b.by.Sliced() {
		return r
	}
	wide := int(b.wide())
	r.slices = make([]valid, 1, 1+len(b.minutes)/wide)
	for i := wide; i < len(b.minutes); i += wide {
		r.slices = append(r.slices, r.slices[len(r.slices)-1].plus(b.judge(i-wide, i)))
	}
	return r
}

// judge returns what a slice of time is in the budget.
func (b *burn) judge(from, to int) valid {
	events := b.minutes[to].minus(b.minutes[from])
	c := budget.Timeslice(b.by, slice.Counts{Good: events.good, Bad: events.bad})
	return valid{c.Good, c.Bad}
}

// over returns what the minutes from one up to another hold: of slices of time
// those that begin in them, and the one at hand is judged by what it has.
func (r *running) over(from, to slice.Minute) valid {
	i, j := int(from-r.start), int(to-r.start)
	if r.slices == nil {
		return r.events[j].minus(r.events[i])
	}
	wide := int(r.wide())
	c := r.slices[j/wide].minus(r.slices[(i+wide-1)/wide])
	if j%wide > 0 {
		c = c.plus(r.judge(j-j%wide, j))
	}
	return c
}

// highest returns the highest burn rate that evaluations in the minutes from
// one up to another saw, nil if none had a valid event in its window.
func (r *running) highest(p pair, t slo.Target, from, to slice.Minute) *float64 {
	var worst valid
	share, w := -1.0, windowOf(p)
	for m := from; m < to; m++ {
		last := m - slice.Minute(r.quiet[m-r.start])
		c := r.over(w.First(last), last+1)
		if total := c.good + c.bad; total > 0 && float64(c.bad)/float64(total) > share {
			worst, share = c, float64(c.bad)/float64(total)
		}
	}
	rate, known := budget.Rate(slice.Counts{Good: worst.good, Bad: worst.bad}, t)
	if !known {
		return nil
	}
	highest := float64(rate)
	return &highest
}

// burnRates returns the rates of every pair at the steps of a series.
func (b *burn) burnRates(v *eval.Evaluation, pairs []pair, s *Series) []BurnRates {
	out := make([]BurnRates, 0, len(pairs))
	if b == nil {
		return out
	}
	sums := b.running()
	for _, p := range pairs {
		r := BurnRates{
			Rule: p.rule.Name, Severity: p.rule.Severity, Window: window.Compact(p.burn.Long),
			Threshold: float64(p.burn.Milli) / 1000, Rates: make([]*float64, len(s.Timestamps)),
		}
		from := b.first
		for i, at := range s.Timestamps {
			to := slice.Minute(at / 60)
			if s.Good[i] != nil {
				r.Rates[i] = sums.highest(p, v.Objective.Target, from, to)
			}
			from = to
		}
		out = append(out, r)
	}
	return out
}
