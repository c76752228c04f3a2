// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"context"
	"time"

	"github.com/leadline/leadline/internal/budget"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
)

// CorrectionStore keeps the ledger of corrections. Entries are only ever added:
// none changes, and none goes.
type CorrectionStore interface {
	// Enter adds an entry. It is errs.Conflict, and nothing is done, when the
	// entry's id is not one more than the newest one's, from 1, because another
	// writer was first, or when it withdraws what was withdrawn before; and
	// errs.NotFound when it withdraws what is no correction of its objective.
	Enter(ctx context.Context, e Entry) error
	// Ledger returns every entry, in order of ids.
	Ledger(ctx context.Context) ([]Entry, error)
}

// Entry is a correction in the ledger, or the withdrawal of one.
type Entry struct {
	// Correction is what is left out; of a withdrawal what no longer is, with an
	// id, author and reason of its own.
	slo.Correction
	Objective slo.Key
	// Indicator is the one by which the objective counted. The bad events of one
	// are not those of another.
	Indicator sli.ID
	// Withdraws is the id of the correction that this entry ends, 0 of a correction.
	Withdraws int64
	Created   time.Time
	// Effects say what the entry did to each window when it was made.
	Effects []Effect
}

// Effect is what a window held just before and just after an entry.
type Effect struct {
	Window        string
	Former        bool // the period before the one at hand
	From, To      time.Time
	Unit          slo.Unit
	Before, After Numbers
}

// Numbers are what a window holds. LeftOut are the events that exclusions and
// corrections leave out.
type Numbers struct {
	Counts, LeftOut slice.Counts
	Budget          budget.Budget
}

// Withdrawn returns which entries of a ledger are withdrawn, and by which.
func Withdrawn(ledger []Entry) map[int64]int64 {
	by := make(map[int64]int64)
	for i := range ledger {
		if e := &ledger[i]; e.Withdraws > 0 {
			by[e.Withdraws] = e.ID
		}
	}
	return by
}

// Correct gives the objectives the corrections that a ledger holds for them and
// nobody withdrew, in order of ids. Bad events that were chosen by another
// indicator are not among them.
func Correct(objectives []*slo.Objective, ledger []Entry) {
	withdrawn, by := Withdrawn(ledger), make(map[slo.Key][]*Entry)
	for i := range ledger {
		if e := &ledger[i]; e.Withdraws == 0 && withdrawn[e.ID] == 0 {
			by[e.Objective] = append(by[e.Objective], e)
		}
	}
	for _, o := range objectives {
		o.Corrections = nil
		for _, e := range by[o.Key] {
			if e.Kind == slo.ExcludeAll || e.Indicator == o.Indicator.ID {
				o.Corrections = append(o.Corrections, e.Correction)
			}
		}
	}
}
