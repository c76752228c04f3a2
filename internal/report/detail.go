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
	"github.com/leadline/leadline/internal/spec"
	"github.com/leadline/leadline/internal/window"
)

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
	// Exhaustion is the one answer to when the budget is gone.
	Exhaustion Exhaustion `json:"exhaustion"`
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

// ListedGeneration is a generation with what the objective was while it ran;
// Number counts the objective's generations from 1.
type ListedGeneration struct {
	Generation
	Number int    `json:"number"`
	Rule   string `json:"rule"`
	Target string `json:"target"`
	Window string `json:"window"`
}

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
	d.SLO.Exhaustion = exhaustionOf(v, d.SLO.Rules)
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
// and window are those of today, and it has no rules.
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
	objective.Indicator, old.Objective, old.Rules = &indicator, &objective, nil
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
