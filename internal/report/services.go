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
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
)

// Services is the answer of GET /api/v1/services: every service that an
// objective counts or that was heard of in the last 30 days, with what it did
// in the last hour.
type Services struct {
	SchemaVersion int              `json:"schema_version"`
	From          time.Time        `json:"from"`
	To            time.Time        `json:"to"`
	Services      []ServiceSummary `json:"services"`
}

// ServiceSummary is a service as it stands. State is the worst of its
// objectives', null when it has none. LastSeen is when it last sent telemetry,
// to the minute of the last hour and else to the hour; null when it was not
// heard of. The counts are of its entry operations, of all operations where it
// has none.
type ServiceSummary struct {
	Namespace   string       `json:"namespace"`
	Service     string       `json:"service"`
	Environment string       `json:"environment"`
	Owners      []string     `json:"owners"`
	State       *slo.State   `json:"state"`
	States      []StateCount `json:"states"`
	Good        uint64       `json:"good"`
	Bad         uint64       `json:"bad"`
	Excluded    uint64       `json:"excluded"`
	LastSeen    *time.Time   `json:"last_seen"`
	// Versions are those of the last hour, the busiest first. Those of back-filled
	// history are told where nothing was measured.
	Versions []string `json:"versions"`
}

// StateCount is how many objectives are in a state.
type StateCount struct {
	State      slo.State `json:"state"`
	Objectives int       `json:"objectives"`
}

// Services lists the services, worst first.
func (r *Report) Services(ctx context.Context) (Services, error) {
	now := slice.MinuteOf(r.Now())
	from, to := now-slice.Minute(OperationsWindow/time.Minute)+1, now+1
	all := seen{}
	store, stored, err := r.recent(ctx, func(k *slice.Key) bool { return k.IsBaseline() || k.Tally == slice.Heard }, func(s slice.Sample) {
		if from <= s.Minute && s.Minute < to {
			all.count(&s.Key, s.Counts, s.Minute, slice.Live)
		}
	})
	if err != nil {
		return Services{}, err
	}
	if err := all.read(ctx, store, from, to, stored+1); err != nil {
		return Services{}, err
	}
	return Services{SchemaVersion: SchemaVersion, From: from.Start(), To: to.Start(), Services: r.summaries(all)}, nil
}

// seen is what is known of each service.
type seen map[operation.Service]*sighting

type sighting struct {
	entry, all slice.Counts
	entries    bool // it has entry operations
	versions   map[string]uint64
	madeUp     map[string]uint64 // versions of back-filled history
	last       slice.Minute      // heard of
	heard      bool
}

func (all seen) of(s operation.Service) *sighting {
	if all[s] == nil {
		all[s] = &sighting{versions: make(map[string]uint64), madeUp: make(map[string]uint64)}
	}
	return all[s]
}

// count adds what a series counted until the end of a minute.
func (all seen) count(k *slice.Key, c slice.Counts, last slice.Minute, from slice.Source) {
	if c.IsZero() || k.Service.IsSelf() {
		return
	}
	s := all.of(k.Service)
	s.last, s.heard = max(s.last, last), true
	if !k.IsBaseline() {
		return
	}
	s.all = s.all.Plus(c)
	versions := s.versions
	if !isLive(from) {
		versions = s.madeUp
	}
	versions[k.Version] += c.Total() + c.Excluded
	if k.Kind.Entry() {
		s.entry, s.entries = s.entry.Plus(c), true
	}
}

// read adds what the store has of the last hour, and who was heard of before.
func (all seen) read(ctx context.Context, store series.Querier, from, to, end slice.Minute) error {
	add := func(q *series.Query, rows []series.Row) {
		for _, row := range rows {
			for i, sum := range row.Sums {
				all.count(&row.Key, sum.Counts, min(q.StepStart(i+1), q.To)-1, row.Source)
			}
		}
	}
	for _, q := range []series.Query{
		{From: from, To: to, Step: 1, Parts: series.Parts{All: true}},
		{Tally: slice.Heard, From: from, To: to, Step: 1},
		{Tally: slice.Heard, From: to - known, To: from, Step: 60},
	} {
		if err := series.SumsUntil(ctx, store, q, end, add); err != nil {
			return err
		}
	}
	return nil
}

// summaries puts together what was seen and what is promised.
func (r *Report) summaries(all seen) []ServiceSummary {
	evaluations := r.Evaluations.Snapshot().Evaluations
	for i := range evaluations {
		if s := evaluations[i].Objective.Service; !s.IsSelf() && !all.anywhere(evaluations[i].Objective) {
			all.of(s)
		}
	}
	out := make([]ServiceSummary, 0, len(all))
	for s, seen := range all {
		sum := seen.summary(s)
		states := map[slo.State]int{}
		for i := range evaluations {
			v := &evaluations[i]
			if !countsService(v.Objective, s) {
				continue
			}
			states[v.Status.State]++
			if o := v.Objective.Owner; o != "" && !slices.Contains(sum.Owners, o) {
				sum.Owners = append(sum.Owners, o)
			}
		}
		for _, state := range slices.SortedFunc(maps.Keys(states), worstFirst) {
			sum.States = append(sum.States, StateCount{state, states[state]})
		}
		if len(sum.States) > 0 {
			sum.State = &sum.States[0].State
		}
		out = append(out, sum)
	}
	slices.SortFunc(out, ServiceSummary.compare)
	return out
}

// anywhere reports whether a service that the objective counts was seen.
func (all seen) anywhere(o *slo.Objective) bool {
	return all[o.Service] != nil || slices.ContainsFunc(o.Indicator.Services(), func(s operation.Service) bool { return all[s] != nil })
}

func worstFirst(a, b slo.State) int {
	switch {
	case a == b:
		return 0
	case a.Worse(b):
		return -1
	}
	return 1
}

func (s *sighting) summary(of operation.Service) ServiceSummary {
	c := s.all
	if s.entries {
		c = s.entry
	}
	versions := s.versions
	if len(versions) == 0 {
		versions = s.madeUp
	}
	sum := ServiceSummary{
		Namespace: of.Namespace, Service: of.Name, Environment: of.Environment, Owners: []string{}, States: []StateCount{},
		Good: c.Good, Bad: c.Bad, Excluded: c.Excluded,
		Versions: append([]string{}, slices.SortedFunc(maps.Keys(versions), func(a, b string) int {
			return cmp.Or(cmp.Compare(versions[b], versions[a]), cmp.Compare(a, b))
		})...),
	}
	if s.heard {
		at := s.last.Stamp()
		sum.LastSeen = &at
	}
	return sum
}

// compare orders worst first; services without objectives come last.
func (s ServiceSummary) compare(o ServiceSummary) int {
	switch {
	case (s.State == nil) != (o.State == nil):
		if s.State == nil {
			return 1
		}
		return -1
	case s.State != nil && *s.State != *o.State:
		return worstFirst(*s.State, *o.State)
	}
	return cmp.Or(cmp.Compare(s.Service, o.Service), cmp.Compare(s.Namespace, o.Namespace), cmp.Compare(s.Environment, o.Environment))
}
