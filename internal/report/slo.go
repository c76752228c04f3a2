// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/spec"
	"github.com/leadline/leadline/internal/window"
)

// SLOs is the answer of GET /api/v1/slos.
type SLOs struct {
	SchemaVersion int       `json:"schema_version"`
	EvaluatedAt   time.Time `json:"evaluated_at"`
	SLOs          []SLO     `json:"slos"`
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

// ListedGeneration is a generation with what the objective was while it ran;
// Number counts the objective's generations from 1.
type ListedGeneration struct {
	Generation
	Number int    `json:"number"`
	Rule   string `json:"rule"`
	Target string `json:"target"`
	Window string `json:"window"`
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
	Coverage         *float64   `json:"coverage"`
	LateShare        *float64   `json:"late_share"`
	RefusedShare     *float64   `json:"refused_share"`
	ExcludedShare    *float64   `json:"excluded_share"`
	UnevaluatedShare *float64   `json:"unevaluated_share"`
	Source           string     `json:"source"`
	MeasuredSince    *time.Time `json:"measured_since"`
	Notes            []string   `json:"notes"`
}

// SLOs returns every objective, worst first.
func (r *Report) SLOs(ctx context.Context) SLOs {
	s := r.Evaluations.Snapshot()
	a, lost := r.astray(ctx, s.Evaluations), len(lost(r.Intake.Damage()))
	out := SLOs{SchemaVersion: SchemaVersion, EvaluatedAt: s.At.UTC(), SLOs: make([]SLO, 0, len(s.Evaluations))}
	for i := range s.Evaluations {
		out.SLOs = append(out.SLOs, a.slo(&s.Evaluations[i], lost))
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
	s.NextStep = a.nextStep(v)
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
		Source: string(t.Source), Notes: append([]string{}, t.Notes...),
	}
	if !t.MeasuredSince.IsZero() {
		out.MeasuredSince = &t.MeasuredSince
	}
	return out
}

// share returns nil for a share of nothing, which eval marks as negative.
func share(x float64) *float64 {
	if x < 0 {
		return nil
	}
	return &x
}

// Detail is the answer of GET /api/v1/slos/{service}/{name}.
type Detail struct {
	SchemaVersion int       `json:"schema_version"`
	SLO           DetailSLO `json:"slo"`
	Series        Series    `json:"series"`
}

// DetailSLO is an objective with what only its own page shows.
type DetailSLO struct {
	SLO
	Groups      []Group            `json:"groups"`
	Generations []ListedGeneration `json:"generations"`
	Definition  Definition         `json:"definition"`
	Dropped     []Dropped          `json:"dropped_tiers"`
	// Rules are those of its alerts, those first that call somebody sooner, and
	// Alerts those that were ever more than inactive.
	Rules  []Rule  `json:"rules"`
	Alerts []Alert `json:"alerts"`
	// Exclusions are planned.
	Exclusions []Exclusion `json:"exclusions"`
	// LeftOut is what is not counted of the range that is shown.
	LeftOut []LeftOut `json:"left_out"`
	// Corrections are those that are in the numbers.
	Corrections []AppliedCorrection `json:"corrections"`
}

// Group is what one group of the indicator counted in the window. Some of its
// events may be in the group of the others: then it is not measured, SLI is
// null, and the counts are those that it had by itself, so that those of all
// groups still add up to the total.
type Group struct {
	Group    string   `json:"group"`
	Good     uint64   `json:"good"`
	Bad      uint64   `json:"bad"`
	Excluded uint64   `json:"excluded"`
	SLI      *float64 `json:"sli"`
	// State is measured or not_measured, and Cause says why; MeasuredSince is
	// from when on all of its events are its own, null when that is the whole
	// window, or never.
	State         GroupState `json:"state"`
	Cause         string     `json:"cause"`
	MeasuredSince *time.Time `json:"measured_since"`
}

// GroupState says whether all events of a group are known to be its own.
type GroupState string

// The states of groups.
const (
	GroupMeasured    GroupState = "measured"
	GroupNotMeasured GroupState = "not_measured"
)

// Definition says where an objective is written.
type Definition struct {
	File string `json:"file"`
	Line int    `json:"line"`
}

// Dropped is a default alert tier that does not fit the objective.
type Dropped struct {
	Long      string  `json:"long"`
	Short     string  `json:"short"`
	Threshold float64 `json:"threshold"`
	Reason    string  `json:"reason"`
}

// Which names an objective as a user does: parts that are empty match the one
// there is.
type Which struct {
	Namespace, Service, Environment, Name string
	// Generation is the id of the indicator of an earlier generation, whose
	// series is wanted; empty for the one that runs.
	Generation string
}

// Find returns the evaluation of the objective that is meant.
func (r *Report) Find(w Which) (*eval.Evaluation, error) {
	s := r.Evaluations.Snapshot()
	var found []*eval.Evaluation
	for i := range s.Evaluations {
		k := s.Evaluations[i].Objective.Key
		if k.Name == w.Name && matches(k.Service, w) {
			found = append(found, &s.Evaluations[i])
		}
	}
	switch {
	case len(found) == 0:
		return nil, errs.New(errs.NotFound, "no objective %q of service %q", w.Name, w.Service).WithHint(meant(s, w))
	case len(found) > 1:
		return nil, errs.New(errs.Invalid, "%d objectives are called %q", len(found), w.Name).WithHint("add namespace and environment, or the service")
	}
	return found[0], nil
}

// meant says which objective was most likely meant.
func meant(s *eval.Snapshot, w Which) string {
	var all []string
	for i := range s.Evaluations {
		k := &s.Evaluations[i].Objective.Key
		all = append(all, k.Service.Name+"/"+k.Name)
	}
	if near := spec.Nearest(w.Service+"/"+w.Name, all); near != "" {
		return fmt.Sprintf("did you mean %q? leadline status lists all", near)
	}
	return "leadline status lists them"
}

func matches(s operation.Service, w Which) bool {
	return (w.Service == "" || w.Service == s.Name) && (w.Namespace == "" || w.Namespace == s.Namespace) &&
		(w.Environment == "" || w.Environment == s.Environment)
}

// SLO returns one objective with its series between two instants. All of it is
// of the evaluation that Find returned, and so of one generation; with the id
// of another one's indicator the series is of that.
func (r *Report) SLO(ctx context.Context, v *eval.Evaluation, generation string, from, to time.Time) (Detail, error) {
	a := r.astray(ctx, r.Evaluations.Snapshot().Evaluations)
	d := Detail{SchemaVersion: SchemaVersion, SLO: DetailSLO{
		SLO: a.slo(v, len(lost(r.Intake.Damage()))), Groups: groupsOf(v), Dropped: droppedOf(v), Generations: []ListedGeneration{},
		Definition: Definition{v.Objective.File, v.Objective.Line},
		Rules:      rulesOf(v), Alerts: alertsOf(v, r.Delivery.Status()), Exclusions: exclusionsOf(v),
	}}
	generations, err := r.Generations.Generations(ctx, v.Objective.Key)
	if err != nil {
		return Detail{}, err
	}
	d.SLO.generations(generations)
	if d.SLO.Corrections, err = r.applied(ctx, v); err != nil {
		return Detail{}, err
	}
	if v, err = ofGeneration(v, generation, d.SLO.Generations); err != nil {
		return Detail{}, err
	}
	d.SLO.LeftOut = leftOutShown(v.Objective, from, to)
	d.Series, err = r.series(ctx, v, from, to)
	return d, err
}

// generations lists the generations up to the one that was evaluated. The
// catalog knows of a newer one some moments before anything is evaluated by it.
func (s *DetailSLO) generations(all []catalog.Generation) {
	evaluated := len(all)
	for i, g := range all {
		if string(g.Indicator) == s.Generation.IndicatorID && (s.Generation.From == nil || g.From.Equal(*s.Generation.From)) {
			evaluated = i + 1
		}
	}
	for _, g := range all[:evaluated] {
		shown := ListedGeneration{
			Generation: Generation{IndicatorID: string(g.Indicator), From: &g.From},
			Number:     g.Number, Rule: g.Rule, Target: g.Target, Window: g.Window,
		}
		if !g.Running() {
			shown.To = &g.To
		}
		s.Generations = append(s.Generations, shown)
	}
	if evaluated == len(all) {
		return
	}
	s.Generations[evaluated-1].To = nil
	s.Trust.Notes = append(s.Trust.Notes, fmt.Sprintf("generation %d is loading: everything shown is still of generation %d",
		all[len(all)-1].Number, all[evaluated-1].Number))
}

// ofGeneration returns the evaluation with the indicator by which the objective
// counted in an earlier generation, to read what was counted then. Its target
// and window are those of today.
func ofGeneration(v *eval.Evaluation, id string, generations []ListedGeneration) (*eval.Evaluation, error) {
	if id == "" || id == string(v.Objective.Indicator.ID) {
		return v, nil
	}
	if !slices.ContainsFunc(generations, func(g ListedGeneration) bool { return g.IndicatorID == id }) {
		return nil, errs.New(errs.NotFound, "objective %q has no generation %q", v.Objective.Name, id).
			WithHint("leadline explain lists its generations")
	}
	indicator, objective, old := *v.Objective.Indicator, *v.Objective, *v
	indicator.ID = sli.ID(id)
	// When its first event came is not kept: all of its silence is shown.
	old.Trust.MeasuredSince = time.Unix(0, 0)
	objective.Indicator, old.Objective = &indicator, &objective
	return &old, nil
}

func groupsOf(v *eval.Evaluation) []Group {
	out := make([]Group, 0, len(v.Groups))
	for _, g := range v.Groups {
		shown := Group{Group: g.Name, Good: g.Counts.Good, Bad: g.Counts.Bad, Excluded: g.Counts.Excluded, State: GroupMeasured, Cause: g.NotMeasured}
		if !g.MeasuredSince.IsZero() {
			shown.MeasuredSince = &g.MeasuredSince
		}
		if g.NotMeasured != "" {
			shown.State = GroupNotMeasured
		} else if sli, known := g.Counts.SLI(); known {
			shown.SLI = &sli
		}
		out = append(out, shown)
	}
	return out
}

func droppedOf(v *eval.Evaluation) []Dropped {
	out := make([]Dropped, 0, len(v.Dropped))
	for _, d := range v.Dropped {
		out = append(out, Dropped{window.Compact(d.Tier.Long), window.Compact(d.Tier.Short), d.Tier.Threshold(), d.Reason})
	}
	return out
}
