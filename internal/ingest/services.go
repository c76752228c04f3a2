// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"sync"
	"sync/atomic"

	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slice"
)

// maxVersions is how many versions of a service are told apart at a time.
const maxVersions = 8

// versionIdle is for how many minutes a version must have been silent before
// another may take its place.
const versionIdle = 60

// service is what the engine knows of one service. It is safe for concurrent use.
type service struct {
	*operation.Table
	spans, points, records, late, heard, unchecked, sampled *slice.Series

	heardAt slice.Minute // the committer's

	ops      atomic.Pointer[[]*op] // by the Number of their entry
	mu       sync.RWMutex
	versions map[string]slice.Minute // when each was last seen
}

// op is what the engine keeps beside an operation's entry.
type op struct {
	*operation.Entry
	service  *service
	versions atomic.Pointer[[]*slice.Series] // baselines, one a version
	bound    atomic.Pointer[bound]
}

// bound is what a binding makes of an operation.
type bound struct {
	binding    *Binding
	indicators []boundIndicator
}

type boundIndicator struct {
	*sli.Indicator
	total       *slice.Series
	unevaluated *slice.Series
	probes      *slice.Series
	groups      *groups // nil when the indicator has none
}

// services is everything the engine has heard of. The maps only grow, up to
// their limits.
type services struct {
	cfg       Config
	series    *slice.Table
	catalogue *operation.Catalogue

	mu      sync.RWMutex
	byTable map[*operation.Table]*service
	groups  map[*slice.Series]*groups // by the indicator's total

	full  atomic.Bool   // the table of series has refused a baseline
	epoch atomic.Uint64 // how often sweep has released series
	// oldest is the first minute that is open; the committer says so.
	oldest atomic.Int64
}

func newServices(cfg Config) *services {
	return &services{
		cfg: cfg, series: slice.NewTable(cfg.Series),
		catalogue: operation.NewCatalogue(operation.Limits{Operations: cfg.Operations, Services: cfg.Services}),
		byTable:   make(map[*operation.Table]*service),
		groups:    make(map[*slice.Series]*groups),
	}
}

// reserve makes the services and operations that a binding names known beyond
// every limit, and says how long groups keep their places.
func (a *services) reserve(b *Binding) {
	for _, i := range b.Indicators {
		if len(i.Indicator.Rule.GroupBy) > 0 {
			a.groupsOf(a.mustIntern(totalKey(i.Indicator))).keep(i.Longest)
		}
		for _, s := range i.Indicator.Services() {
			t := a.catalogue.Reserve(s)
			if op := i.Indicator.Rule.Operation; op != "" {
				t.Reserve(operation.Operation{Name: op, Kind: operation.KindOf(op)})
			}
		}
	}
}

// service returns what is kept of a service.
func (a *services) service(name operation.Service) *service {
	return a.of(a.catalogue.Table(name))
}

func (a *services) of(t *operation.Table) *service {
	a.mu.RLock()
	s := a.byTable[t]
	a.mu.RUnlock()
	if s != nil {
		return s
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if s = a.byTable[t]; s == nil {
		s = a.newService(t)
		a.byTable[t] = s
	}
	return s
}

func (a *services) newService(t *operation.Table) *service {
	tally := func(which slice.Tally) *slice.Series {
		return a.mustIntern(slice.Key{Service: t.Service, Tally: which})
	}
	s := &service{
		Table: t, versions: make(map[string]slice.Minute),
		spans: tally(slice.Spans), points: tally(slice.Points), records: tally(slice.Records),
		late: tally(slice.LateSpans), heard: tally(slice.Heard), unchecked: tally(slice.Unchecked), sampled: tally(slice.Sampled),
	}
	s.ops.Store(new([]*op))
	return s
}

// mustIntern returns the series of any key. Only baselines are refused by a
// full table, since versions come and go for ever: their counts go to one
// series that says so. What objectives and trust need is bounded by their
// number and by the limits on services and groups, and always has its place.
func (a *services) mustIntern(k slice.Key) *slice.Series {
	if !k.IsBaseline() {
		return a.series.Reserve(k)
	}
	if s, ok := a.series.Intern(k); ok {
		return s
	}
	a.full.Store(true)
	return a.series.Reserve(overflowKey)
}

// overflowKey counts the baselines that have no series of their own.
var overflowKey = slice.Key{Service: operation.OverflowService, Operation: "(other series)"}

// op returns what is kept of an entry of the service.
func (s *service) op(e *operation.Entry) *op {
	if ops := *s.ops.Load(); e.Number < len(ops) {
		return ops[e.Number]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ops := append([]*op(nil), *s.ops.Load()...)
	for _, e := range s.Entries()[len(ops):] {
		ops = append(ops, &op{Entry: e, service: s})
	}
	s.ops.Store(&ops)
	return ops[e.Number]
}

// version returns the version under which a resource's events are counted: its
// own, unless maxVersions others are active.
func (s *service) version(v string, now slice.Minute) string {
	s.mu.RLock()
	seen, known := s.versions[v]
	s.mu.RUnlock()
	if known && seen == now {
		return v
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.versions[v]; !known && len(s.versions) >= maxVersions && !s.retire(now) {
		return slice.OtherVersions
	}
	s.versions[v] = now
	return v
}

// retire makes room for a version, if one has been silent for long enough. Its
// counts stay where they are.
func (s *service) retire(now slice.Minute) bool {
	return retire(s.versions, func(seen slice.Minute) slice.Minute { return seen }, now-versionIdle)
}

// retire deletes what has not been seen for longest, unless that was after the
// given minute, and reports whether it did.
func retire[V any](all map[string]V, seen func(V) slice.Minute, last slice.Minute) bool {
	oldest, at, any := "", last, false
	for k, v := range all {
		if m := seen(v); m <= at {
			oldest, at, any = k, m, true
		}
	}
	if any { // the empty text is a key as well
		delete(all, oldest)
	}
	return any
}

// baseline returns the series of one version of the operation.
func (a *services) baseline(o *op, version string) *slice.Series {
	if have := o.versions.Load(); have != nil {
		for _, s := range *have {
			if s.Version == version {
				return s
			}
		}
	}
	return a.remember(o, version)
}

// maxRemembered bounds the series that an operation has at hand.
const maxRemembered = 4 * maxVersions

// remember makes a series and keeps it at hand. That is one step, or sweep
// might release the series in between.
func (a *services) remember(o *op, version string) *slice.Series {
	o.service.mu.Lock()
	defer o.service.mu.Unlock()
	s := a.mustIntern(slice.Key{Service: o.service.Service, Operation: o.Name, Kind: o.Kind, Version: version})
	var next []*slice.Series
	if have := o.versions.Load(); have != nil && len(*have) < maxRemembered {
		next = append(next, *have...)
	}
	next = append(next, s)
	o.versions.Store(&next)
	return s
}

// bind returns the indicators that count the operation under a binding.
func (a *services) bind(o *op, b *Binding) []boundIndicator {
	if have := o.bound.Load(); have != nil && have.binding == b {
		return have.indicators
	}
	next := &bound{binding: b}
	for _, i := range b.Indicators {
		if i.Indicator.Matches(o.service.Service, o.Operation) {
			next.indicators = append(next.indicators, a.boundIndicator(i.Indicator))
		}
	}
	o.bound.Store(next)
	return next.indicators
}

func (a *services) boundIndicator(i *sli.Indicator) boundIndicator {
	k := totalKey(i)
	b := boundIndicator{Indicator: i, total: a.mustIntern(k)}
	k.Tally = slice.Unevaluated
	b.unevaluated = a.mustIntern(k)
	k.Tally = slice.Probes
	b.probes = a.mustIntern(k)
	if len(i.Rule.GroupBy) > 0 {
		b.groups = a.groupsOf(b.total)
	}
	return b
}

// totalKey is the key of an indicator's total.
func totalKey(i *sli.Indicator) slice.Key {
	return slice.Key{Service: i.Rule.Service, Indicator: string(i.ID)}
}

// memberships says of the members of all groups what the record of m does.
func (a *services) memberships(m slice.Minute) map[*slice.Series]membership {
	a.mu.RLock()
	defer a.mu.RUnlock()
	all := make(map[*slice.Series]membership)
	for _, g := range a.groups {
		g.memberships(m, all)
	}
	return all
}

func (a *services) groupsOf(total *slice.Series) *groups {
	a.mu.RLock()
	g := a.groups[total]
	a.mu.RUnlock()
	if g != nil {
		return g
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if g = a.groups[total]; g == nil {
		g = newGroups(total, a.cfg.Groups)
		a.groups[total] = g
	}
	return g
}
