// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/proposal"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/window"
)

// ProposalsWindow is the span of time that drafts of service files are made
// from: that of the objectives in them.
const ProposalsWindow = 28 * 24 * time.Hour

// Proposals is the answer of GET /api/v1/proposals.
type Proposals struct {
	SchemaVersion int        `json:"schema_version"`
	Window        string     `json:"window"`
	Services      []Proposal `json:"services"`
}

// Proposal is the draft of the service file of a service.
type Proposal struct {
	Namespace   string `json:"namespace"`
	Service     string `json:"service"`
	Environment string `json:"environment"`
	// Events are valid ones of entry operations, Minutes those in which
	// telemetry came.
	Events  uint64 `json:"events"`
	Minutes int    `json:"minutes"`
	// Objectives is how many objectives the service has already.
	Objectives int `json:"objectives"`
	// Missing says what a draft waits for, empty when there is one.
	Missing string `json:"missing"`
	// FileName and File are the draft.
	FileName string `json:"file_name"`
	File     string `json:"file"`
}

// measured is what is known of all services: by service, with its environment.
type measured struct {
	baselines
	minutes map[operation.Service]map[slice.Minute]bool // that the store does not have
	heard   map[operation.Service]uint64                // minutes of the store
}

// Proposals drafts a service file for each service, from what it did in the
// last weeks.
func (r *Report) Proposals(ctx context.Context) (Proposals, error) {
	now := slice.MinuteOf(r.Now())
	from := now - slice.Minute(ProposalsWindow/time.Minute) + 1
	m := &measured{
		baselines{counts: map[slice.Key]slice.Counts{}, histograms: map[slice.Key]*slice.Histogram{}},
		map[operation.Service]map[slice.Minute]bool{}, map[operation.Service]uint64{},
	}
	if err := r.measure(ctx, m, from, now+1); err != nil {
		return Proposals{}, err
	}
	answer := Proposals{SchemaVersion: SchemaVersion, Window: window.Compact(ProposalsWindow), Services: []Proposal{}}
	for _, e := range m.evidence(from.Start(), now.Stamp()) {
		answer.Services = append(answer.Services, r.proposal(&e))
	}
	return answer, nil
}

// measure sums what the store has and what it does not have yet.
func (r *Report) measure(ctx context.Context, m *measured, from, to slice.Minute) error {
	store, stored, err := r.recent(ctx, (*slice.Key).IsBaseline, func(s slice.Sample) {
		if from <= s.Minute && s.Minute < to {
			m.add(s.Key, s.Counts, s.Histogram)
			m.note(s)
		}
	})
	if err != nil {
		return err
	}
	// Behind the newest minute of the store there is only what was back-filled.
	if err := m.read(ctx, store, from, to, stored+1); err != nil {
		return err
	}
	rows, err := store.Sums(ctx, series.Query{Tally: slice.Heard, From: from, To: to, Step: int(to - from)})
	if err != nil {
		return err
	}
	for _, row := range rows {
		for _, s := range row.Sums {
			m.heard[row.Key.Service] += s.Counts.Good
		}
	}
	return nil
}

// note remembers that events of the service ended in the minute.
func (m *measured) note(s slice.Sample) {
	if s.Counts.Total() == 0 {
		return
	}
	if m.minutes[s.Key.Service] == nil {
		m.minutes[s.Key.Service] = map[slice.Minute]bool{}
	}
	m.minutes[s.Key.Service][s.Minute] = true
}

// evidence returns what was measured of each service that was asked anything,
// by name.
func (m *measured) evidence(from, to time.Time) (all []proposal.Evidence) {
	services := map[operation.Service]map[operation.Service]bool{}
	for k := range m.counts {
		s := k.Service
		s.Environment = ""
		if services[s] == nil {
			services[s] = map[operation.Service]bool{}
		}
		services[s][k.Service] = true
	}
	for s, in := range services {
		e := proposal.Evidence{Service: s, From: from, To: to}
		counted := m.choose(&e, in)
		e.Operations = m.operationsOf(counted)
		for _, o := range e.Operations {
			if o.Kind.Entry() {
				e.Minutes = m.minutesOf(counted)
				all = append(all, e)
				break
			}
		}
	}
	slices.SortFunc(all, func(a, b proposal.Evidence) int {
		return cmp.Or(cmp.Compare(a.Service.Namespace, b.Service.Namespace), cmp.Compare(a.Service.Name, b.Service.Name))
	})
	return all
}

// choose says which environments of a service the evidence is about: those
// that a service file counts by default, or else the busiest.
func (m *measured) choose(e *proposal.Evidence, in map[operation.Service]bool) (counted map[operation.Service]bool) {
	valid, busiest := map[operation.Service]uint64{}, operation.Service{}
	counted = map[operation.Service]bool{}
	for k, c := range m.counts {
		if in[k.Service] && k.Kind.Entry() {
			valid[k.Service] += c.Total()
		}
	}
	ordered := slices.SortedFunc(maps.Keys(in), func(a, b operation.Service) int {
		return cmp.Or(cmp.Compare(valid[b], valid[a]), cmp.Compare(a.Environment, b.Environment))
	})
	for _, s := range ordered {
		if slices.Contains(sli.DefaultEnvironments(), s.Environment) {
			counted[s] = true
		}
	}
	if len(counted) == 0 {
		busiest = ordered[0]
		e.Environment = busiest.Environment
		counted[busiest] = true
	}
	for _, s := range ordered {
		if !counted[s] {
			e.Elsewhere = append(e.Elsewhere, s.Environment)
		}
	}
	return counted
}

// operationsOf adds up what the services' operations did, over environments and
// versions.
func (m *measured) operationsOf(services map[operation.Service]bool) []proposal.Operation {
	by := map[operation.Operation]*proposal.Operation{}
	for k, c := range m.counts {
		if !services[k.Service] {
			continue
		}
		op := operation.Operation{Name: k.Operation, Kind: k.Kind}
		if by[op] == nil {
			by[op] = &proposal.Operation{Operation: op, Durations: &slice.Histogram{}}
		}
		by[op].Counts = by[op].Counts.Plus(c)
		if h := m.histograms[k]; h != nil {
			by[op].Durations.Merge(h)
		}
	}
	all := make([]proposal.Operation, 0, len(by))
	for _, o := range by {
		all = append(all, *o)
	}
	slices.SortFunc(all, func(a, b proposal.Operation) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Kind, b.Kind))
	})
	return all
}

// minutesOf returns in how many minutes the services sent anything: of the
// environment that did so most, and of what is not stored yet in any.
func (m *measured) minutesOf(services map[operation.Service]bool) int {
	recent, stored := map[slice.Minute]bool{}, uint64(0)
	for s := range services {
		stored = max(stored, m.heard[s])
		for minute := range m.minutes[s] {
			recent[minute] = true
		}
	}
	return int(stored) + len(recent)
}

func (r *Report) proposal(e *proposal.Evidence) Proposal {
	p := Proposal{
		Namespace: e.Service.Namespace, Service: e.Service.Name, Environment: e.Environment,
		Events: e.Valid().Total(), Minutes: e.Minutes, Missing: e.Missing(), FileName: proposal.FileName(e.Service), File: e.File(),
	}
	if p.Missing == "" && p.File == "" {
		p.Missing = "events that are good: what was measured supports no target"
	}
	snapshot := r.Evaluations.Snapshot()
	for i := range snapshot.Evaluations {
		if s := snapshot.Evaluations[i].Objective.Key.Service; s.Namespace == e.Service.Namespace && s.Name == e.Service.Name {
			p.Objectives++
		}
	}
	return p
}
