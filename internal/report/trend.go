// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"slices"
	"time"

	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/slo"
)

// Trends is the answer of GET /api/v1/trends: how objectives came to where
// they stand, in no order.
type Trends struct {
	SchemaVersion int       `json:"schema_version"`
	EvaluatedAt   time.Time `json:"evaluated_at"`
	Trends        []Trend   `json:"trends"`
}

// Trend is the window of one objective in about thirty parts, whose good and
// bad add up to those of the window. A part without a valid event is null.
type Trend struct {
	Name        string    `json:"name"`
	Namespace   string    `json:"namespace"`
	Service     string    `json:"service"`
	Environment string    `json:"environment"`
	Unit        slo.Unit  `json:"unit"`
	From        time.Time `json:"from"`
	To          time.Time `json:"to"`
	StepSeconds int       `json:"step_seconds"`
	Good        []*uint64 `json:"good"`
	Bad         []*uint64 `json:"bad"`
	Backfilled  []Stretch `json:"backfilled"`
}

// TrendFilter chooses objectives; what is empty chooses all.
type TrendFilter struct{ Services, Owners []string }

func (f *TrendFilter) takes(o *slo.Objective) bool {
	return (len(f.Services) == 0 || slices.Contains(f.Services, o.Service.Name)) && (len(f.Owners) == 0 || slices.Contains(f.Owners, o.Owner))
}

// Trends returns those of the objectives that the filter chooses.
func (r *Report) Trends(f TrendFilter) Trends {
	all := r.Evaluations.Trends()
	out := Trends{SchemaVersion: SchemaVersion, EvaluatedAt: all.At.UTC(), Trends: make([]Trend, 0, len(all.All))}
	for i := range all.All {
		if t := &all.All[i]; f.takes(t.Objective) {
			out.Trends = append(out.Trends, trendOf(t))
		}
	}
	return out
}

func trendOf(t *eval.Trend) Trend {
	o := t.Objective
	out := Trend{
		Name: o.Name, Namespace: o.Service.Namespace, Service: o.Service.Name, Environment: o.Service.Environment, Unit: o.Budgeting.Unit(),
		From: t.From, To: t.To, StepSeconds: int(t.Width / time.Second), Backfilled: make([]Stretch, len(t.Backfilled)),
	}
	out.Good, out.Bad = make([]*uint64, len(t.Parts)), make([]*uint64, len(t.Parts))
	for i := range t.Parts {
		if c := &t.Parts[i]; c.Total() > 0 {
			out.Good[i], out.Bad[i] = &c.Good, &c.Bad
		}
	}
	for i, s := range t.Backfilled {
		out.Backfilled[i] = Stretch(s)
	}
	return out
}
