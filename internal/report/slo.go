// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"
	"fmt"
	"time"

	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// SLOs is the answer of GET /api/v1/slos.
type SLOs struct {
	SchemaVersion int       `json:"schema_version"`
	EvaluatedAt   time.Time `json:"evaluated_at"`
	SLOs          []SLO     `json:"slos"`
	// Self are the objectives that the server has of itself, worst first.
	Self []SLO `json:"self"`
	// Problems are the mistakes in the service files as they stand: what they
	// define is not measured, or is measured as it was when it was last good.
	Problems []FileProblem `json:"problems"`
}

// FileProblem is a mistake in a service file. Line and Column count from 1,
// and are 0 when the mistake has no place.
type FileProblem struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	What   string `json:"what"`
	Why    string `json:"why"`
	Mend   string `json:"mend"`
}

// SLO is one objective as it stands. Counts are events; null where there is
// no evidence.
type SLO struct {
	Name        string     `json:"name"`
	Namespace   string     `json:"namespace"`
	Service     string     `json:"service"`
	Environment string     `json:"environment"`
	Journey     string     `json:"journey"`
	Description string     `json:"description"`
	Owner       string     `json:"owner"`
	Runbook     string     `json:"runbook"`
	Indicator   Indicator  `json:"indicator"`
	Generation  Generation `json:"generation"`
	Target      string     `json:"target"`
	// Window is the objective's own, whose numbers stand below; Windows are all
	// that it has, that one first.
	Window  string     `json:"window"`
	Windows []Standing `json:"windows"`
	// Budgeting is what the budget counts, and Unit what good, bad, total and
	// budget do; excluded, and groups, are events.
	Budgeting   string    `json:"budgeting"`
	Unit        slo.Unit  `json:"unit"`
	State       slo.State `json:"state"`
	Cause       string    `json:"cause"`
	CauseCode   string    `json:"cause_code"`
	NextStep    string    `json:"next_step"`
	EvaluatedAt time.Time `json:"evaluated_at"`
	From        time.Time `json:"from"`
	To          time.Time `json:"to"`
	Numbers
	// Corrected are the events that planned exclusions and corrections leave out
	// of the window; Excluding says why nothing is counted now, and until when.
	Corrected Counts `json:"excluded_by_correction"`
	Excluding string `json:"excluding"`
	Burn      []Burn `json:"burn"`
	// Verdict is the worst of its pairs of alert windows.
	Verdict Verdict `json:"verdict"`
	Trust   Trust   `json:"trust"`
}

// Indicator is the counting rule of an objective.
type Indicator struct {
	Kind        string `json:"kind"`
	ID          string `json:"id"`
	Description string `json:"description"`
	Rule        string `json:"rule"`
}

// Generation is the span of time in which an objective counts by one indicator.
type Generation struct {
	IndicatorID string     `json:"indicator_id"`
	From        *time.Time `json:"from"`
	To          *time.Time `json:"to"`
}

// Budget is the error budget in events.
type Budget struct {
	Allowed   *uint64 `json:"allowed"`
	Spent     *uint64 `json:"spent"`
	Remaining *int64  `json:"remaining"`
}

// Burn is the burn rate over one alert window.
type Burn struct {
	Window string   `json:"window"`
	Rate   *float64 `json:"rate"`
}

// Trust says how far the numbers can be believed; shares are null where
// nothing was counted.
type Trust struct {
	// Verdict says it in a word, and Reasons why: what limits the numbers, worst
	// first, or what they rest on.
	Verdict          slo.Trusted `json:"verdict"`
	Reasons          []string    `json:"reasons"`
	Coverage         *float64    `json:"coverage"`
	LateShare        *float64    `json:"late_share"`
	RefusedShare     *float64    `json:"refused_share"`
	ExcludedShare    *float64    `json:"excluded_share"`
	UnevaluatedShare *float64    `json:"unevaluated_share"`
	// Sampling is the share of spans that say that others were not sent, null
	// when none does: then it is not known.
	Sampling *float64 `json:"sampling"`
	// Resets are those of cumulative metrics; null, since spans have none.
	Resets        *uint64    `json:"resets"`
	Source        *string    `json:"source"`
	MeasuredSince *time.Time `json:"measured_since"`
	// Writers are the data directories that counted in the window.
	Writers []string `json:"writers"`
	Notes   []string `json:"notes"`
}

// SLOs returns every objective, worst first.
func (r *Report) SLOs(ctx context.Context) SLOs {
	s := r.Evaluations.Snapshot()
	a, lost := r.astray(ctx, s.Evaluations), len(lost(r.Intake.Damage()))
	out := SLOs{SchemaVersion: SchemaVersion, EvaluatedAt: s.At.UTC(), SLOs: make([]SLO, 0, len(s.Evaluations)), Self: []SLO{}}
	for i := range s.Evaluations {
		v := &s.Evaluations[i]
		if v.Objective.Service.IsSelf() {
			out.Self = append(out.Self, a.slo(v, lost))
		} else {
			out.SLOs = append(out.SLOs, a.slo(v, lost))
		}
	}
	out.Problems = r.problems()
	return out
}

func (r *Report) problems() []FileProblem {
	out := []FileProblem{}
	for _, p := range r.Definitions.Problems() {
		out = append(out, FileProblem{p.File, p.Line, p.Column, p.What, p.Why, p.Mend})
	}
	return out
}

// slo returns an objective with what is known beside its evaluation: its
// telemetry that goes astray, and how many ranges of the log were lost.
func (a *astray) slo(v *eval.Evaluation, lost int) SLO {
	s := sloOf(v)
	status := a.status(v)
	s.Cause, s.NextStep = status.Cause, status.NextStep
	s.Trust.Verdict, s.Trust.Reasons = slo.Trust(groundsOf(&v.Trust, lost))
	if lost > 0 {
		s.Trust.Notes = append(s.Trust.Notes, fmt.Sprintf("ranges of the intake log that the last start found damaged: %d; counts of this objective may be lost with them", lost))
	}
	return s
}

func sloOf(v *eval.Evaluation) SLO {
	o := v.Objective
	s := SLO{
		Name: o.Name, Namespace: o.Service.Namespace, Service: o.Service.Name, Environment: o.Service.Environment,
		Journey: o.Journey, Description: o.Description, Owner: o.Owner, Runbook: o.Runbook,
		Indicator: Indicator{
			Kind: string(o.Indicator.Rule.Kind), ID: string(o.Indicator.ID),
			Description: o.Indicator.Describe(), Rule: o.Indicator.Canonical(),
		},
		Generation: Generation{IndicatorID: string(o.Indicator.ID)},
		Target:     o.Target.String(), Window: o.Window.String(), Windows: standingsOf(v),
		Budgeting: o.Budgeting.String(), Unit: o.Budgeting.Unit(), Corrected: countsOf(v.Corrected), Excluding: v.Excluding,
		State: v.Status.State, Cause: v.Status.Cause, CauseCode: v.Status.Code, NextStep: v.Status.NextStep,
		EvaluatedAt: v.At.UTC(), From: v.From, To: v.To,
		Burn: make([]Burn, 0, len(v.Burn)), Verdict: verdictOf(v), Trust: trustOf(v),
	}
	if v.Known {
		s.Numbers = numbersOf(v.Counts, v.Budget)
	}
	if !o.Defined.IsZero() {
		s.Generation.From = &o.Defined
	}
	for _, b := range v.Burn {
		s.Burn = append(s.Burn, burnOf(v, b))
	}
	return s
}

func burnOf(v *eval.Evaluation, b eval.Burn) Burn {
	out := Burn{Window: window.Compact(b.Window)}
	if v.Known && b.Known {
		rate := float64(b.Rate)
		out.Rate = &rate
	}
	return out
}

func trustOf(v *eval.Evaluation) Trust {
	t := v.Trust
	out := Trust{
		Coverage: share(t.Coverage), LateShare: share(t.LateShare), RefusedShare: share(t.RefusedShare),
		ExcludedShare: share(t.ExcludedShare), UnevaluatedShare: share(t.UnevaluatedShare),
		Sampling: share(t.Sampling), Writers: append([]string{}, t.Writers...), Notes: append([]string{}, t.Notes...),
	}
	if source := string(t.Source); source != "" {
		out.Source = &source
	}
	if !t.MeasuredSince.IsZero() {
		out.MeasuredSince = &t.MeasuredSince
	}
	return out
}

// groundsOf returns what trust is decided from.
func groundsOf(t *eval.Trust, damaged int) slo.Grounds {
	return slo.Grounds{
		Distrust: t.Doubt, EverSeen: !t.MeasuredSince.IsZero(), Coverage: t.Coverage,
		Refused: t.RefusedShare, Late: t.LateShare, Unsent: t.Sampling, Failed: t.UnevaluatedShare,
		Source: string(t.Source), Damaged: damaged,
	}
}

// share returns nil for a share of nothing, which eval marks as negative.
func share(x float64) *float64 {
	if x < 0 {
		return nil
	}
	return &x
}
