// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"
	"slices"
	"time"

	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// Ledger is where corrections are read.
type Ledger interface {
	Ledger(ctx context.Context) ([]catalog.Entry, error)
}

// Corrections is the answer of GET /api/v1/corrections, the newest first.
type Corrections struct {
	SchemaVersion int          `json:"schema_version"`
	Corrections   []Correction `json:"corrections"`
}

// Correction is an entry of the ledger: a correction, or the withdrawal of one,
// which repeats what no longer is left out.
type Correction struct {
	ID          int64              `json:"id"`
	Namespace   string             `json:"namespace"`
	Service     string             `json:"service"`
	Environment string             `json:"environment"`
	Objective   string             `json:"objective"`
	Kind        slo.CorrectionKind `json:"kind"`
	// From and To are the span: it holds the slices stamped in (From, To].
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	// Bad is how many bad events are left out, of the kind that leaves out those.
	Bad       uint64    `json:"bad"`
	Author    string    `json:"author"`
	Reason    string    `json:"reason"`
	CreatedAt time.Time `json:"created_at"`
	// Withdraws is the id of the correction that this entry ends, 0 of a
	// correction; WithdrawnBy that of the entry which ended this one.
	Withdraws   int64 `json:"withdraws"`
	WithdrawnBy int64 `json:"withdrawn_by"`
	// Applies says that it is in the numbers that are shown now.
	Applies bool `json:"applies"`
	// Effects say what the entry did to each window when it was made.
	Effects []Effect `json:"effects"`
}

// Effect is what a window held just before and just after an entry, in the unit
// of the budget.
type Effect struct {
	Window string        `json:"window"`
	Former bool          `json:"former"`
	From   time.Time     `json:"from"`
	To     time.Time     `json:"to"`
	Unit   slo.Unit      `json:"unit"`
	Before EffectNumbers `json:"before"`
	After  EffectNumbers `json:"after"`
}

// EffectNumbers are what a window held.
type EffectNumbers struct {
	Good      uint64 `json:"good"`
	Bad       uint64 `json:"bad"`
	Excluded  uint64 `json:"excluded"`
	Corrected Counts `json:"excluded_by_correction"`
	Allowed   uint64 `json:"allowed"`
	Spent     uint64 `json:"spent"`
	Remaining int64  `json:"remaining"`
}

// CorrectionMade is the answer to who makes or withdraws a correction.
type CorrectionMade struct {
	SchemaVersion int `json:"schema_version"`
	// DryRun says that nothing was written: this is what it would be.
	DryRun     bool       `json:"dry_run"`
	Correction Correction `json:"correction"`
}

// AppliedCorrection is a correction that is in the numbers of an objective.
type AppliedCorrection struct {
	Correction
	// LeavesOut are the events that it leaves out of the objective's own window
	// now. What an exclusion or an older correction leaves out is not among them.
	LeavesOut Counts `json:"leaves_out"`
}

// CorrectionRequest is the body of POST /api/v1/corrections. From and To are
// read like those of a range.
type CorrectionRequest struct {
	Namespace   string `json:"namespace,omitempty"`
	Service     string `json:"service,omitempty"`
	Environment string `json:"environment,omitempty"`
	Objective   string `json:"objective"`
	// Kind is exclude unless it says exclude_bad. Bad is how many bad events that
	// leaves out; 0 is all of them.
	Kind   string `json:"kind,omitempty"`
	From   string `json:"from"`
	To     string `json:"to"`
	Bad    uint64 `json:"bad,omitempty"`
	Author string `json:"author"`
	Reason string `json:"reason"`
	DryRun bool   `json:"dry_run,omitempty"`
}

// WithdrawalRequest is the body of POST /api/v1/corrections/{id}/withdraw.
type WithdrawalRequest struct {
	Author string `json:"author"`
	Reason string `json:"reason"`
	DryRun bool   `json:"dry_run,omitempty"`
}

// maxCorrections bounds a list.
const maxCorrections = 1000

// Corrections returns the newest entries of the ledger, those of the objectives
// that are meant: an empty part of w matches every one.
func (r *Report) Corrections(ctx context.Context, w Which) (Corrections, error) {
	out := Corrections{SchemaVersion: SchemaVersion, Corrections: []Correction{}}
	ledger, err := r.Ledger.Ledger(ctx)
	if err != nil {
		return out, err
	}
	s, withdrawn := r.Evaluations.Snapshot(), catalog.Withdrawn(ledger)
	for _, e := range slices.Backward(ledger) {
		if (w.Name == "" || w.Name == e.Objective.Name) && matches(e.Objective.Service, w) && len(out.Corrections) < maxCorrections {
			out.Corrections = append(out.Corrections, correctionOf(s, &e, withdrawn[e.ID]))
		}
	}
	if _, err := r.Find(w); w.Name != "" && len(out.Corrections) == 0 && errs.KindOf(err) == errs.NotFound {
		return out, err
	}
	return out, nil
}

func correctionOf(s *eval.Snapshot, e *catalog.Entry, withdrawnBy int64) Correction {
	c := CorrectionOf(e)
	c.WithdrawnBy = withdrawnBy
	if v, ok := s.Find(e.Objective); ok {
		_, c.Applies = v.Objective.Without(e.ID)
	}
	return c
}

// CorrectionOf returns an entry as it is shown, but for what came of it.
func CorrectionOf(e *catalog.Entry) Correction {
	c := Correction{
		ID: e.ID, Namespace: e.Objective.Service.Namespace, Service: e.Objective.Service.Name, Environment: e.Objective.Service.Environment,
		Objective: e.Objective.Name, Kind: e.Kind, From: e.From.UTC(), To: e.To.UTC(), Bad: e.Left(), Author: e.Author, Reason: e.Reason,
		CreatedAt: e.Created.UTC(), Withdraws: e.Withdraws, Effects: []Effect{},
	}
	for _, x := range e.Effects {
		c.Effects = append(c.Effects, Effect{x.Window, x.Former, x.From.UTC(), x.To.UTC(), x.Unit, numbersThen(x.Before), numbersThen(x.After)})
	}
	return c
}

func numbersThen(n catalog.Numbers) EffectNumbers {
	return EffectNumbers{
		Good: n.Counts.Good, Bad: n.Counts.Bad, Excluded: n.Counts.Excluded, Corrected: countsOf(n.LeftOut),
		Allowed: n.Budget.Allowed, Spent: n.Budget.Spent, Remaining: n.Budget.Remaining(),
	}
}

// applied returns the corrections that are in the numbers of an evaluation,
// with what each leaves out now.
func (r *Report) applied(ctx context.Context, v *eval.Evaluation) ([]AppliedCorrection, error) {
	out := []AppliedCorrection{}
	if len(v.Objective.Corrections) == 0 {
		return out, nil
	}
	ledger, err := r.Ledger.Ledger(ctx)
	if err != nil {
		return nil, err
	}
	entries := make(map[int64]*catalog.Entry, len(ledger))
	for i := range ledger {
		entries[ledger[i].ID] = &ledger[i]
	}
	// An exclusion comes before every correction, and a correction of a whole
	// span before one of bad events: the order in which they are taken off.
	planned := *v.Objective
	planned.Corrections = nil
	in := window.Stretch{From: slice.MinuteOf(v.From), To: slice.MinuteOf(v.To)}
	gone := slo.Minutes(planned.LeftOut(in))
	all := slices.Clone(v.Objective.Corrections)
	slices.SortStableFunc(all, func(a, b slo.Correction) int { return kindOrder(a.Kind) - kindOrder(b.Kind) })
	for i := range all {
		e := entries[all[i].ID]
		if e == nil {
			continue
		}
		a := AppliedCorrection{Correction: CorrectionOf(e)}
		a.Applies = true
		if a.LeavesOut, err = r.leavesOut(ctx, v.Objective, &all[i], in, gone); err != nil {
			return nil, err
		}
		if all[i].Kind == slo.ExcludeAll {
			gone = window.NewMinutes(append(gone, all[i].Stretch())...)
		}
		out = append(out, a)
	}
	slices.SortFunc(out, func(a, b AppliedCorrection) int { return int(a.ID - b.ID) })
	return out, nil
}

func kindOrder(k slo.CorrectionKind) int {
	if k == slo.ExcludeAll {
		return 0
	}
	return 1
}

// leavesOut returns what a correction leaves out of a range of which some
// minutes are gone already.
func (r *Report) leavesOut(ctx context.Context, o *slo.Objective, c *slo.Correction, in window.Stretch, gone window.Minutes) (out Counts, err error) {
	span := c.Stretch()
	span = window.Stretch{From: max(span.From, in.From), To: min(span.To, in.To)}
	if span.From >= span.To {
		return out, nil
	}
	if c.Kind == slo.ExcludeBad {
		for _, b := range c.Bad {
			if span.From <= b.Minute && b.Minute < span.To && !gone.Holds(b.Minute) {
				out.Bad += b.Bad
			}
		}
		return out, nil
	}
	counted, err := r.minutes(ctx, o, span)
	var sum slice.Counts
	for m, n := range counted {
		if !gone.Holds(m) {
			sum = sum.Plus(n)
		}
	}
	return countsOf(sum), err
}
