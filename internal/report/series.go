// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"
	"math"
	"time"

	"github.com/leadline/leadline/internal/budget"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// Series is an objective over time: the slices stamped in (From, To], on a grid
// that is aligned to the epoch. Where the edges cut a step, it holds the part
// inside, so that its counts add up to those of the range whatever the edges.
// The lists have one entry a step; a step that was not measured is null in
// all of them. Timestamps are seconds since the epoch and stand at the end of
// their step. BudgetRemaining is the share that is left of the budget of the
// window ending there; null while it allows nothing.
type Series struct {
	StepSeconds int `json:"step_seconds"`
	// Unit is what good and bad count: the budget's, but events where slices of
	// time would be too many.
	Unit            slo.Unit   `json:"unit"`
	From            time.Time  `json:"from"`
	To              time.Time  `json:"to"`
	Timestamps      []int64    `json:"timestamps"`
	Good            []*uint64  `json:"good"`
	Bad             []*uint64  `json:"bad"`
	Excluded        []*uint64  `json:"excluded"`
	BudgetRemaining []*float64 `json:"budget_remaining"`
	Source          []*string  `json:"source"`
	// Burn are the burn rates of each pair of alert windows, those first that
	// call somebody sooner. It is empty of an earlier generation, whose rules
	// are gone.
	Burn []BurnRates `json:"burn"`
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

// series returns the objective's counts between two instants, and the budget
// that was left of the window ending with each step.
func (r *Report) series(ctx context.Context, v *eval.Evaluation, from, to time.Time) (Series, error) {
	shown, err := minutesOf(from, to)
	if err != nil {
		return Series{}, err
	}
	g := newGrid(shown.From, shown.To, stepFor(shown.To-shown.From), v.Objective.Window, v.Objective.Budgeting)
	g.since = measuredSince(v)
	pairs := pairsOf(v.Rules)
	b := newBurn(g, pairs, v.Objective.Budgeting)
	if err := r.fill(ctx, v.Objective, g, b); err != nil {
		return Series{}, err
	}
	g.judge()
	out := g.series(v)
	out.Burn = b.burnRates(v, pairs, &out)
	return out, nil
}

// minutesOf returns the minutes of a range.
func minutesOf(from, to time.Time) (window.Stretch, error) {
	if !from.Before(to) {
		return window.Stretch{}, errs.New(errs.Invalid, "the range from %s to %s is empty", from.Format(time.RFC3339), to.Format(time.RFC3339)).
			WithHint("ask for a range that ends after it begins")
	}
	return window.Stretch{From: slice.MinuteOf(from), To: slice.MinuteOf(to.Add(-1)) + 1}, nil
}

// measuredSince returns the minute of the first event, after all others when
// there was none.
func measuredSince(v *eval.Evaluation) slice.Minute {
	if v.Trust.MeasuredSince.IsZero() {
		return math.MaxInt64
	}
	return slice.MinuteOf(v.Trust.MeasuredSince)
}

// series returns the steps that are shown, each with the budget that is left
// of the window ending with it.
func (g *grid) series(v *eval.Evaluation) Series {
	out := Series{Unit: g.by.Unit(), StepSeconds: int(g.step) * 60, From: g.first.Start(), To: g.last.Start()}
	until := g.running()
	for start := g.first - g.first%g.step; start < g.last; start += g.step {
		end := min(start+g.step, g.last)
		var sum series.Sum
		var source slice.Source
		for i := g.cell(start); i < g.cell(end); i++ {
			sum = sum.Plus(g.shown[i])
			source = source.With(g.source[i])
		}
		window := until[g.cell(end)].Minus(until[g.cell(g.from(end))])
		share := left(window, v)
		if v.Objective.Budgeting.Sliced() && !g.by.Sliced() {
			share = nil
		}
		out.push(end.Start(), sum, source, share)
	}
	return out
}

// left returns the share of the budget that is left, nil while it allows nothing.
func left(c slice.Counts, v *eval.Evaluation) *float64 {
	share, known := budget.Of(c, v.Objective.Target).Left()
	if !known {
		return nil
	}
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
