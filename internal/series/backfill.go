// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package series

import (
	"context"
	"iter"

	"github.com/leadline/leadline/internal/slice"
)

// Backfiller takes minutes that were not measured as they happened.
type Backfiller interface {
	// Backfill stores the minutes of b, in strictly ascending order, with the
	// source backfill. It skips what is not its to write and says so in the
	// report: series that were measured in that minute (live, healed or
	// backfilled before), minutes that may still be measured, and minutes
	// beyond retention. Running it again after an interruption completes it.
	// The report is valid with an error too: it says what was stored.
	Backfill(ctx context.Context, b Backfill) (Report, error)
}

// Backfill is one run of backfilling.
type Backfill struct {
	// Minutes yields the minutes to store; an error ends the run. The Source
	// and Up of a minute are not used.
	Minutes iter.Seq2[slice.Closed, error]
	// Before is the oldest minute that may still be measured: the minutes
	// from it on are left to live telemetry. So are the minutes after Last,
	// when the store has one, whatever Before says.
	Before slice.Minute
	// Progress, if set, is called now and then with the report so far.
	Progress func(Report)
}

// Report says what became of a backfill. One sample is one series in one minute.
type Report struct {
	Stored   int // samples written
	Measured int // samples skipped because the minute of that series was measured
	Open     int // samples skipped because the minute may still be measured
	Expired  int // samples skipped because they are beyond retention

	From, To slice.Minute // the range of what was stored, From <= minute < To
}
