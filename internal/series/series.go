// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package series is the contract of the store that keeps closed slices for
// years.
//
// A store is a projection of the intake log: it is told each closed minute
// once, in order, and answers with sums of minutes on a grid. It never hands
// out raw samples, and it owns nothing that the log could not write again.
//
// The invariants that every implementation keeps, and that package seriestest
// checks:
//
//   - The counts of a minute are stored whole or not at all, for readers and
//     across crashes. Up to Last, so are its histograms.
//   - A minute never changes once it is stored. Appending it again changes
//     nothing, so a retry after a crash is exact.
//   - What was measured as zero is stored as zero. What is absent was not
//     measured; a Sum says so with Minutes, which counts the minutes measured.
//   - Sums are sums of integers.
//   - A minute of an indicator that was measured is never backfilled over. Of
//     operations and services every minute was measured in which intake ran.
//   - Strings that are not valid UTF-8 come back with U+FFFD in the place of
//     the invalid bytes; keys that become equal by that are added up.
//
// Minutes are half open: a range From, To holds the minutes m with
// From <= m < To, whose stamps lie in (From.Start, To.Start].
package series

import (
	"context"

	"github.com/leadline/leadline/internal/slice"
)

// Store keeps closed minutes. It is safe for concurrent use, with one caller
// of Append at a time.
type Store interface {
	Appender
	Querier
	Backfiller
	// Close writes what is open and releases the directory. It waits for a
	// running Backfill, whose context the caller ends first. No other method
	// may be called after it.
	Close() error
}

// Appender takes closed minutes as they come.
type Appender interface {
	// Append stores one closed minute, zeros included. Minutes arrive in
	// ascending order, with gaps where nothing ran. A minute that is stored
	// already is left as it is and Append returns nil; a minute that is older
	// than the newest one and not stored is refused as errs.Conflict. Keys
	// within a minute are distinct, and a group or tally of an indicator comes
	// with the indicator's total. Append keeps no reference to c.
	//
	// A nil error means the minute survives the death of the process. It may
	// be lost with the machine's power, and then Last says so: the log keeps
	// minute records long enough to append it again.
	Append(ctx context.Context, c slice.Closed) error
	// Last returns the newest minute that Append stored; false when there is
	// none. It is the only cursor of this projection.
	Last(ctx context.Context) (slice.Minute, bool, error)
}

// Querier reads sums. Rows come in no particular order.
type Querier interface {
	// Sums returns one row for each series and source that was measured in
	// the range of q.
	Sums(ctx context.Context, q Query) ([]Row, error)
	// Histograms hands over the durations of baselines on the grid of q, whose
	// Indicator and Tally are not used. Those of one series, source and step may
	// come in several pieces, in any order, which add up; a piece belongs to the
	// callee until it returns. So the memory of an answer is what the callee
	// makes of it, however many series and steps it has.
	//
	// Histograms are kept by the minute for a shorter time than by the hour.
	// Where the minutes are gone, an hour belongs as a whole to the step that
	// holds its last minute, if the range does: whole hours are exact at any age,
	// and steps and ranges that follow each other have every minute once.
	Histograms(ctx context.Context, q Query, take func(*Durations)) error
	// Up returns how many minutes of the range intake ran in.
	Up(ctx context.Context, from, to slice.Minute) (int, error)
	// Writers returns the ids of those who appended a minute from the given one
	// on, each with the newest that it appended.
	Writers(ctx context.Context, from slice.Minute) (map[string]slice.Minute, error)
}

// Row holds the sums of one series and source on the grid of the query.
type Row struct {
	Key    slice.Key
	Source slice.Source
	Sums   []Sum // one per step: Query.Steps of them
}

// Sum adds up the slices of one step. Minutes is how many of the step's
// minutes were measured: 0 says that nothing is known, not that nothing
// happened.
type Sum struct {
	Counts  slice.Counts
	Minutes int
}

// Plus returns the sum of both.
func (s Sum) Plus(o Sum) Sum {
	return Sum{Counts: s.Counts.Plus(o.Counts), Minutes: s.Minutes + o.Minutes}
}

// Durations are those of one baseline in one step, or a part of them; Minutes
// is how many minutes had a histogram. A part may have either without the other.
type Durations struct {
	Key       slice.Key
	Source    slice.Source
	Step      int
	Histogram slice.Histogram
	Minutes   int
}
