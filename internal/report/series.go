// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"
	"time"

	"github.com/leadline/leadline/internal/budget"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
)

// Series is an objective over time. The lists have one entry a step; a step
// that was not measured is null in all of them. Timestamps are seconds since
// the epoch and stand at the end of their step.
type Series struct {
	StepSeconds     int        `json:"step_seconds"`
	From            time.Time  `json:"from"`
	To              time.Time  `json:"to"`
	Timestamps      []int64    `json:"timestamps"`
	Good            []*uint64  `json:"good"`
	Bad             []*uint64  `json:"bad"`
	Excluded        []*uint64  `json:"excluded"`
	BudgetRemaining []*float64 `json:"budget_remaining"`
	Source          []*string  `json:"source"`
}

// The number of steps that a chart has about, and the steps to choose from.
const aboutSteps = 400

var stepsMinutes = [...]slice.Minute{1, 2, 5, 10, 15, 30, 60, 120, 360, 720, 1440}

// stepFor returns the width of a step for a range.
func stepFor(minutes slice.Minute) slice.Minute {
	for _, s := range stepsMinutes {
		if minutes/s <= aboutSteps {
			return s
		}
	}
	return stepsMinutes[len(stepsMinutes)-1]
}

// grid is the sums of one indicator on a grid, with what came of each source.
type grid struct {
	start  slice.Minute
	step   slice.Minute
	sums   []series.Sum
	source []slice.Source
}

// series returns the objective's counts between two instants, and the budget
// that was left of the window ending with each step.
func (r *Report) series(ctx context.Context, v *eval.Evaluation, from, to time.Time) (Series, error) {
	first, last := slice.MinuteOf(from), slice.MinuteOf(to)
	if first >= last {
		return Series{}, errs.New(errs.Invalid, "the range from %s to %s is empty", from.Format(time.RFC3339), to.Format(time.RFC3339))
	}
	step := stepFor(last - first)
	span := slice.Minute(v.Objective.Window.Length / time.Minute)
	g, err := r.grid(ctx, v, first-span, last+1, step)
	if err != nil {
		return Series{}, err
	}
	return g.shown(v, first), nil
}

// grid sums the store, the closed minutes on their way to it and the open
// ones, which do not overlap.
func (r *Report) grid(ctx context.Context, v *eval.Evaluation, from, to, step slice.Minute) (*grid, error) {
	i := v.Objective.Indicator
	key := slice.Key{Service: i.Rule.Service, Indicator: string(i.ID)}
	q := series.Query{Indicator: string(i.ID), Service: i.Rule.Service, From: from - from%step, To: to, Step: int(step)}
	g := &grid{start: q.From, step: step, sums: make([]series.Sum, q.Steps()), source: make([]slice.Source, q.Steps())}
	store := r.Series()
	if store == nil {
		return nil, errs.New(errs.Unavailable, "the series store is still being opened").WithHint("try again in some seconds")
	}
	// Read in this order, a minute that closes or is stored meanwhile is seen
	// twice and never missed; what is seen again further on is left out.
	open, err := r.Intake.Open(ctx, func(s *slice.Series) bool { return s.Key == key })
	if err != nil {
		return nil, err
	}
	waiting := r.Intake.Waiting()
	stored, _, err := store.Last(ctx)
	if err != nil {
		return nil, err
	}
	closed := stored
	for _, c := range waiting {
		closed = max(closed, c.Minute)
		for _, s := range c.Samples {
			if s.Key == key && c.Minute > stored {
				g.at(c.Minute, s.Counts)
			}
		}
	}
	for _, c := range open {
		if c.Minute > closed {
			g.at(c.Minute, c.Counts)
		}
	}
	if q.To = min(q.To, stored+1); q.To <= q.From {
		return g, nil
	}
	rows, err := store.Sums(ctx, q)
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		for i, s := range row.Sums {
			g.add(i, s, row.Source)
		}
	}
	return g, nil
}

// at adds the counts of one minute, if the grid reaches it.
func (g *grid) at(m slice.Minute, c slice.Counts) {
	if i := int((m - g.start) / g.step); m >= g.start && i < len(g.sums) {
		g.add(i, series.Sum{Counts: c, Minutes: 1}, slice.Live)
	}
}

func (g *grid) add(i int, s series.Sum, source slice.Source) {
	if s.Minutes == 0 {
		return
	}
	g.sums[i] = g.sums[i].Plus(s)
	if g.source[i] == "" || source != slice.Live {
		g.source[i] = source
	}
}

// shown returns the steps from the first minute on, each with the budget left
// of the window that ends with it.
func (g *grid) shown(v *eval.Evaluation, first slice.Minute) Series {
	out := Series{StepSeconds: int(g.step) * 60, To: (g.start + slice.Minute(len(g.sums))*g.step).Start()}
	back := int(slice.Minute(v.Objective.Window.Length/time.Minute) / g.step)
	var sum slice.Counts
	for i, s := range g.sums {
		sum = sum.Plus(s.Counts)
		if i >= back {
			sum = sum.Minus(g.sums[i-back].Counts)
		}
		end := g.start + slice.Minute(i+1)*g.step
		if end <= first {
			continue
		}
		if out.From.IsZero() {
			out.From = (end - g.step).Start()
		}
		out.push(end.Start(), s, g.source[i], left(sum, v))
	}
	return out
}

// left returns the share of the budget that is left, nil while it allows nothing.
func left(c slice.Counts, v *eval.Evaluation) *float64 {
	b := budget.Of(c, v.Objective.Target)
	if b.Allowed == 0 {
		return nil
	}
	share := float64(b.Remaining()) / float64(b.Allowed)
	return &share
}

func (s *Series) push(at time.Time, sum series.Sum, source slice.Source, left *float64) {
	s.Timestamps = append(s.Timestamps, at.Unix())
	if sum.Minutes == 0 {
		s.Good, s.Bad, s.Excluded = append(s.Good, nil), append(s.Bad, nil), append(s.Excluded, nil)
		s.BudgetRemaining, s.Source = append(s.BudgetRemaining, left), append(s.Source, nil)
		return
	}
	c, from := sum.Counts, string(source)
	s.Good, s.Bad, s.Excluded = append(s.Good, &c.Good), append(s.Bad, &c.Bad), append(s.Excluded, &c.Excluded)
	s.BudgetRemaining, s.Source = append(s.BudgetRemaining, left), append(s.Source, &from)
}
