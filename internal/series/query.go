// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package series

import (
	"context"
	"slices"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/slice"
)

// Query asks for sums on a grid. The grid's steps are aligned to multiples of
// Step minutes since the epoch, like the edges of windows; where From or To
// are not aligned, the outer steps hold only the part inside the range.
//
// Which series it asks for:
//
//	Indicator             the indicator's total, or the parts that Parts says
//	Indicator and Tally   that tally of the indicator
//	Tally                 that tally of services
//	neither               the baselines of operations, one row for each version
type Query struct {
	Indicator string
	Tally     slice.Tally
	// Service restricts the answer to one service; the zero Service does not.
	Service operation.Service
	// ServiceName restricts it to the services of a name, wherever they run;
	// empty does not.
	ServiceName string
	// Operation restricts baselines to one operation; empty does not.
	Operation string
	Parts     Parts

	From, To slice.Minute // From <= minute < To
	Step     int          // minutes
}

// Parts selects among the parts of a series: the groups of an indicator, the
// versions of a baseline. Tallies have none.
type Parts struct {
	// All asks for every part; for an indicator, also for its total and its
	// tallies.
	All bool
	// Only asks for just the part of this name. Where it is empty and All is
	// unset, that is the total of an indicator and every version of a baseline.
	Only string
}

// Limits of an answer: they bound the memory of one query.
const (
	MaxSteps = 1 << 18 // half a year of minutes
	MaxSums  = 1 << 23 // over all rows
)

// Validate refuses what no store answers.
func (q Query) Validate() error {
	switch {
	case q.Step < 1:
		return errs.New(errs.Invalid, "query series: step of %d minutes is below 1", q.Step)
	case q.From >= q.To:
		return errs.New(errs.Invalid, "query series: range from %s to %s is empty",
			q.From.Start(), q.To.Start())
	case q.Steps() > MaxSteps:
		return errs.New(errs.TooLarge, "query series: %d steps exceed the limit of %d", q.Steps(), MaxSteps).
			WithHint("Ask for a shorter range or a longer step.")
	case q.Parts.All && q.Parts.Only != "":
		return errs.New(errs.Invalid, "query series: both all parts and the part %q are asked for", q.Parts.Only)
	}
	return nil
}

// Steps returns the number of steps on the grid.
func (q Query) Steps() int {
	return int(floorDiv(q.To-1, q.Step)-floorDiv(q.From, q.Step)) + 1
}

// StepOf returns the index of the step that holds minute m.
func (q Query) StepOf(m slice.Minute) int {
	return int(floorDiv(m, q.Step) - floorDiv(q.From, q.Step))
}

// StepStart returns the first minute of step i, which may lie before From for
// the first step.
func (q Query) StepStart(i int) slice.Minute {
	return (floorDiv(q.From, q.Step) + slice.Minute(i)) * slice.Minute(q.Step)
}

// CheckRows refuses an answer of more than MaxSums sums.
func (q Query) CheckRows(rows int) error {
	if rows*q.Steps() <= MaxSums {
		return nil
	}
	return errs.New(errs.TooLarge, "query series: %d rows of %d steps exceed the limit of %d sums", rows, q.Steps(), MaxSums).
		WithHint("Ask for one group, a shorter range or a longer step.")
}

// SumsUntil asks for the sums of a query whose range the store may not have
// whole: of everything before end, and from there on of what was back-filled.
// What was measured since is told by others; what was back-filled is told by
// nobody but the store. Take is given the rows of each part, and the query that
// they answer.
func SumsUntil(ctx context.Context, store Querier, q Query, end slice.Minute, take func(q *Query, rows []Row)) error {
	return q.until(end, func(q *Query, backfilled bool) error {
		rows, err := store.Sums(ctx, *q)
		if err != nil {
			return err
		}
		if backfilled {
			rows = slices.DeleteFunc(rows, func(r Row) bool { return r.Source != slice.Backfill })
		}
		take(q, rows)
		return nil
	})
}

// HistogramsUntil does for histograms what SumsUntil does for sums.
func HistogramsUntil(ctx context.Context, store Querier, q Query, end slice.Minute, take func(q *Query, d *Durations)) error {
	return q.until(end, func(q *Query, backfilled bool) error {
		return store.Histograms(ctx, *q, func(d *Durations) {
			if !backfilled || d.Source == slice.Backfill {
				take(q, d)
			}
		})
	})
}

// until asks for the part of the range before end, and for the rest, of which
// only what was back-filled counts.
func (q Query) until(end slice.Minute, ask func(q *Query, backfilled bool) error) error {
	for _, part := range [...]struct {
		from, to   slice.Minute
		backfilled bool
	}{{q.From, min(q.To, end), false}, {max(q.From, end), q.To, true}} {
		if q.From, q.To = part.from, part.to; q.From >= q.To {
			continue
		}
		if err := ask(&q, part.backfilled); err != nil {
			return err
		}
	}
	return nil
}

// floorDiv rounds towards minus infinity, so that grids do not fold at the epoch.
func floorDiv(m slice.Minute, step int) slice.Minute {
	d := m / slice.Minute(step)
	if m%slice.Minute(step) < 0 {
		d--
	}
	return d
}
