// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/spec"
)

// ServicePage is the answer of GET /api/v1/services/{service}: what the service
// did in the slices stamped in (From, To], as everything below adds up to.
type ServicePage struct {
	SchemaVersion int       `json:"schema_version"`
	Namespace     string    `json:"namespace"`
	Service       string    `json:"service"`
	Environment   string    `json:"environment"`
	From          time.Time `json:"from"`
	To            time.Time `json:"to"`
	// Others are the places in which a service of this name is known, too.
	Others []Place `json:"others"`
	// State is the worst of its objectives, null when it has none.
	State      *slo.State         `json:"state"`
	Owners     []string           `json:"owners"`
	Objectives []ServiceObjective `json:"objectives"`
	// Operation is the one that series, distribution and versions are of; empty
	// for those that Scope says.
	Operation    string             `json:"operation"`
	Scope        Scope              `json:"scope"`
	Operations   []ServiceOperation `json:"operations"`
	Series       ServiceSeries      `json:"series"`
	Distribution Distribution       `json:"distribution"`
	Versions     []ServiceVersion   `json:"versions"`
}

// Place is where a service of a name runs.
type Place struct {
	Namespace   string `json:"namespace"`
	Environment string `json:"environment"`
}

// Scope says which operations are added up.
type Scope string

// The scopes. What a service asks of others is not its traffic, unless it does
// nothing else.
const (
	ScopeOne   Scope = "operation"
	ScopeEntry Scope = "entry"
	ScopeAll   Scope = "all"
)

// ServiceObjective is an objective that counts events of the service, with the
// numbers of its window. Under is its threshold in milliseconds, null when it
// has none.
type ServiceObjective struct {
	Namespace   string    `json:"namespace"`
	Service     string    `json:"service"`
	Environment string    `json:"environment"`
	Name        string    `json:"name"`
	Journey     string    `json:"journey"`
	Operation   string    `json:"operation"`
	State       slo.State `json:"state"`
	Target      string    `json:"target"`
	Window      string    `json:"window"`
	Unit        slo.Unit  `json:"unit"`
	Under       *float64  `json:"under_ms"`
	Numbers
}

// ServiceOperation is what one operation did within the range.
type ServiceOperation struct {
	Operation string   `json:"operation"`
	Kind      string   `json:"kind"`
	Entry     bool     `json:"entry"`
	Good      uint64   `json:"good"`
	Bad       uint64   `json:"bad"`
	Excluded  uint64   `json:"excluded"`
	Rate      float64  `json:"rate"` // valid events a second
	P50       *float64 `json:"p50_ms"`
	P95       *float64 `json:"p95_ms"`
	P99       *float64 `json:"p99_ms"`
	// Objectives are the names of those that count it.
	Objectives []string `json:"objectives"`
}

// ServiceSeries is a service over time, on a grid like that of Series. Where
// durations are kept by the hour only, the quantiles of an hour stand in the
// step that has its last minute.
type ServiceSeries struct {
	StepSeconds int        `json:"step_seconds"`
	Timestamps  []int64    `json:"timestamps"`
	Good        []*uint64  `json:"good"`
	Bad         []*uint64  `json:"bad"`
	Excluded    []*uint64  `json:"excluded"`
	P50         []*float64 `json:"p50_ms"`
	P95         []*float64 `json:"p95_ms"`
	P99         []*float64 `json:"p99_ms"`
	Source      []*string  `json:"source"`
}

// Distribution is how long the valid events took.
type Distribution struct {
	Count   uint64   `json:"count"`
	Mean    *float64 `json:"mean_ms"`
	P50     *float64 `json:"p50_ms"`
	P95     *float64 `json:"p95_ms"`
	P99     *float64 `json:"p99_ms"`
	Buckets []Bucket `json:"buckets"`
}

// Bucket holds the durations in (Over, UpTo]; both are zero for those of zero.
type Bucket struct {
	Over  float64 `json:"over_ms"`
	UpTo  float64 `json:"up_to_ms"`
	Count uint64  `json:"count"`
}

// ServiceVersion is what one version did within the range. FirstSeen and LastSeen
// are the edges of the steps in which it counted; so are its own series, null
// where it was not seen.
type ServiceVersion struct {
	Version   string    `json:"version"`
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
	Good      uint64    `json:"good"`
	Bad       uint64    `json:"bad"`
	Excluded  uint64    `json:"excluded"`
	P95       *float64  `json:"p95_ms"`
	SeriesBad []*uint64 `json:"series_bad"`
	Series    []*uint64 `json:"series_valid"`
}

// WhichService names a service. Namespace and Environment may be nil, for that
// place of this name which was heard of most.
type WhichService struct {
	Service                string
	Namespace, Environment *string
	// Operation is the one that the series are of; empty for all.
	Operation string
}

func (w *WhichService) matches(s operation.Service) bool {
	return s.Name == w.Service && (w.Namespace == nil || *w.Namespace == s.Namespace) && (w.Environment == nil || *w.Environment == s.Environment)
}

// known is how long ago a service may have been heard of to be known.
const known = 30 * 24 * 60

// Service returns what a service did between two instants.
func (r *Report) Service(ctx context.Context, which WhichService, from, to time.Time) (ServicePage, error) {
	now := r.Now()
	g, err := newServiceGrid(from, to, now)
	if err != nil {
		return ServicePage{}, err
	}
	var samples []slice.Sample
	store, stored, err := r.recent(ctx, func(k *slice.Key) bool {
		return k.Service.Name == which.Service && (k.IsBaseline() || k.Tally == slice.Heard)
	}, func(s slice.Sample) { samples = append(samples, s) })
	if err != nil {
		return ServicePage{}, err
	}
	evaluations := r.Evaluations.Snapshot().Evaluations
	at, err := places(ctx, store, which, evaluations, samples, min(g.first, slice.MinuteOf(now)-known), max(g.last, slice.MinuteOf(now)+1))
	if err != nil {
		return ServicePage{}, err
	}
	page := ServicePage{SchemaVersion: SchemaVersion, Operation: which.Operation, From: g.first.Start(), To: g.last.Start()}
	s := at.choose(&page, which)
	page.objectives(s, evaluations)
	if err := g.read(ctx, store, s, stored+1, samples, which.Operation); err != nil {
		return ServicePage{}, err
	}
	if !at.known(s) && g.isEmpty() {
		return ServicePage{}, errs.New(errs.NotFound, "no service %q is known", which.named()).WithHint(at.hint(which, evaluations))
	}
	g.show(&page, evaluations, s)
	return page, nil
}

// named is the service as far as it is named.
func (w *WhichService) named() operation.Service {
	return operation.Service{Namespace: text(w.Namespace), Name: w.Service, Environment: text(w.Environment)}
}

// heardIn is in how many minutes something was heard of the services of one
// name; it is zero of those that only an objective names.
type heardIn map[operation.Service]uint64

func places(ctx context.Context, store series.Querier, which WhichService, all []eval.Evaluation, samples []slice.Sample, from, to slice.Minute) (heardIn, error) {
	heard := heardIn{}
	for i := range all {
		for _, s := range []operation.Service{all[i].Objective.Service, all[i].Objective.Indicator.Rule.Service} {
			if s.Name == which.Service {
				heard[s] += 0
			}
		}
	}
	for _, s := range samples {
		if s.Key.Tally == slice.Heard {
			heard[s.Key.Service] += s.Counts.Good
		}
	}
	rows, err := store.Sums(ctx, series.Query{Tally: slice.Heard, ServiceName: which.Service, From: from, To: to, Step: int(to)})
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		heard[row.Key.Service] += row.Sums[0].Counts.Good
	}
	return heard, nil
}

func (heard heardIn) known(s operation.Service) bool { _, ok := heard[s]; return ok }

// choose writes to the page which service it is of, and where else there is one.
func (heard heardIn) choose(page *ServicePage, which WhichService) (s operation.Service) {
	all := make([]operation.Service, 0, len(heard))
	for s := range heard {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b operation.Service) int {
		return cmp.Or(cmp.Compare(heard[b], heard[a]), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Environment, b.Environment))
	})
	s = which.named()
	if i := slices.IndexFunc(all, which.matches); i >= 0 {
		s = all[i]
	}
	page.Namespace, page.Service, page.Environment, page.Others = s.Namespace, s.Name, s.Environment, []Place{}
	for _, o := range all {
		if o != s {
			page.Others = append(page.Others, Place{o.Namespace, o.Environment})
		}
	}
	return s
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func (heard heardIn) hint(which WhichService, all []eval.Evaluation) string {
	for s := range heard {
		return fmt.Sprintf("there is %s; GET /api/v1/services lists all", s)
	}
	var names []string
	for i := range all {
		names = append(names, all[i].Objective.Service.Name)
	}
	if near := spec.Nearest(which.Service, names); near != "" {
		return fmt.Sprintf("did you mean %q? GET /api/v1/services lists all", near)
	}
	return "GET /api/v1/services lists them"
}

// countsService reports whether events of the service may be the objective's.
func countsService(o *slo.Objective, s operation.Service) bool {
	return o.Service == s || slices.Contains(o.Indicator.Services(), s)
}

// objectives writes those of the service to the page; evaluations come worst first.
func (p *ServicePage) objectives(s operation.Service, all []eval.Evaluation) {
	p.Owners, p.Objectives = []string{}, []ServiceObjective{}
	for i := range all {
		v := &all[i]
		o := v.Objective
		if !countsService(o, s) {
			continue
		}
		if p.State == nil {
			p.State = &v.Status.State
		}
		if o.Owner != "" && !slices.Contains(p.Owners, o.Owner) {
			p.Owners = append(p.Owners, o.Owner)
		}
		p.Objectives = append(p.Objectives, serviceObjectiveOf(v))
	}
}

func serviceObjectiveOf(v *eval.Evaluation) ServiceObjective {
	o := v.Objective
	s := ServiceObjective{
		Namespace: o.Service.Namespace, Service: o.Service.Name, Environment: o.Service.Environment, Name: o.Name, Journey: o.Journey,
		Operation: o.Indicator.Rule.Operation, State: v.Status.State, Target: o.Target.String(), Window: o.Window.String(),
		Unit: o.Budgeting.Unit(), Under: under(o.Indicator),
	}
	if v.Known {
		s.Numbers = numbersOf(v.Counts, v.Budget)
	}
	return s
}

// under returns the longest duration that is still good, if durations matter.
func under(i *sli.Indicator) *float64 {
	if i.Rule.Under == 0 {
		return nil
	}
	ms := float64(i.Rule.Under) / float64(time.Millisecond)
	return &ms
}
