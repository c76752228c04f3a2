// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"context"
	"time"

	"github.com/leadline/leadline/internal/budget"
	"github.com/leadline/leadline/internal/errs"
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
	// errs.NotFound when it withdraws what is no correction of its objective. An
	// error of any other kind does not say whether the entry was made.
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

// MaxEntries of the ledger may be about one objective.
const MaxEntries = 1000

// Next returns the id that the next entry has. It refuses one too many about an
// objective, and a correction that somebody has made before, for the same reason
// and of a span that meets this one: who did not hear an answer asks again, and
// bad events would be left out twice. The spans differ when their times were told
// from now. A withdrawal is always taken, so that what is wrong can be undone.
func Next(ledger []Entry, e *Entry) (id int64, err error) {
	newest, of, withdrawn := int64(0), 0, Withdrawn(ledger)
	for i := range ledger {
		l := &ledger[i]
		newest = max(newest, l.ID)
		if l.Objective != e.Objective {
			continue
		}
		of++
		if l.Withdraws+e.Withdraws == 0 && withdrawn[l.ID] == 0 && l.says(e) {
			return 0, errs.New(errs.Conflict, "correction %d is of the same time for the same reason, by %s at %s", l.ID, l.Author, l.Created.UTC().Format(time.RFC3339)).
				WithHint("if this is another one, give its own reason")
		}
	}
	if of >= MaxEntries && e.Withdraws == 0 {
		return 0, errs.New(errs.TooLarge, "the ledger has %d entries about this objective, and no more corrections are taken", of).
			WithHint("what happens again and again stands in the service file, below exclude")
	}
	return newest + 1, nil
}

// says reports whether both leave out some of the same, by the same author and
// for the same reason.
func (e *Entry) says(o *Entry) bool {
	return e.Kind == o.Kind && e.From.Before(o.To) && o.From.Before(e.To) && e.Author == o.Author && e.Reason == o.Reason
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
