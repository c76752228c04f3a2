// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package seriestest

import (
	"cmp"
	"context"
	"iter"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
)

// Memory is the naive store: every sample in one map. It is the model that
// other stores are compared with, and a stand-in for tests of store users. It
// keeps everything; Close does nothing, so that a closed Memory can be used
// like a store that was opened again.
type Memory struct {
	mu      sync.Mutex
	minutes map[slice.Minute]map[id]slice.Sample
	up      map[slice.Minute]bool
	last    slice.Minute
}

type id struct {
	key    slice.Key
	source slice.Source
}

// scope is what a backfill treats as measured together.
type scope struct {
	service              operation.Service
	indicator, operation string
	tally                slice.Tally
}

var _ series.Store = (*Memory)(nil)

// NewMemory returns an empty store.
func NewMemory() *Memory {
	return &Memory{minutes: make(map[slice.Minute]map[id]slice.Sample), up: make(map[slice.Minute]bool), last: math.MinInt64}
}

// Close implements series.Store.
func (s *Memory) Close() error { return nil }

// Last implements series.Store.
func (s *Memory) Last(context.Context) (slice.Minute, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last, len(s.up) > 0, nil
}

// Append implements series.Store.
func (s *Memory) Append(_ context.Context, c slice.Closed) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, stored := s.up[c.Minute]; stored {
		return nil
	}
	if c.Minute < s.last {
		return errs.New(errs.Conflict, "append minute %s: a later one is stored", c.Minute.Start())
	}
	for _, sm := range c.Samples {
		if max(sm.Counts.Good, sm.Counts.Bad, sm.Counts.Excluded) > 1<<53 {
			return errs.New(errs.Invalid, "append minute %s: a count exceeds 2^53", c.Minute.Start())
		}
	}
	for _, sm := range c.Samples {
		s.put(c.Minute, c.Source, sm)
	}
	s.up[c.Minute], s.last = c.Up, c.Minute
	return nil
}

func (s *Memory) put(m slice.Minute, src slice.Source, sm slice.Sample) {
	k := sm.Key
	for _, t := range []*string{
		&k.Service.Namespace, &k.Service.Name, &k.Service.Environment,
		&k.Indicator, &k.Group, &k.Operation, &k.Version, (*string)(&k.Tally),
	} {
		*t = strings.ToValidUTF8(*t, "\uFFFD")
	}
	if s.minutes[m] == nil {
		s.minutes[m] = make(map[id]slice.Sample)
	}
	stored := s.minutes[m][id{k, src}]
	sum := slice.Sample{Key: k, Minute: m, Counts: stored.Counts.Plus(sm.Counts)}
	for _, h := range []*slice.Histogram{stored.Histogram, sm.Histogram} {
		if h == nil {
			continue
		}
		if sum.Histogram == nil {
			sum.Histogram = new(slice.Histogram)
		}
		sum.Histogram.Merge(h)
	}
	s.minutes[m][id{k, src}] = sum
}

// wanted reports whether q asks for the series k.
func wanted(q series.Query, k slice.Key) bool {
	if k.Indicator != q.Indicator || q.Service != (operation.Service{}) && q.Service != k.Service {
		return false
	}
	if q.ServiceName != "" && q.ServiceName != k.Service.Name {
		return false
	}
	switch {
	case q.Tally != "":
		return k.Tally == q.Tally
	case q.Indicator == "":
		return k.IsBaseline() && (q.Operation == "" || q.Operation == k.Operation) &&
			(q.Parts.Only == "" || q.Parts.Only == k.Version)
	}
	return q.Parts.All || k.Tally == "" && k.Group == q.Parts.Only
}

// wanted yields the samples that q asks for.
func (s *Memory) wanted(q series.Query) iter.Seq2[id, slice.Sample] {
	return func(yield func(id, slice.Sample) bool) {
		for m := q.From; m < q.To; m++ {
			for at, sm := range s.minutes[m] {
				if wanted(q, at.key) && !yield(at, sm) {
					return
				}
			}
		}
	}
}

// Sums implements series.Store.
func (s *Memory) Sums(_ context.Context, q series.Query) ([]series.Row, error) {
	if err := q.Validate(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	rows := make(map[id]*series.Row)
	for at, sm := range s.wanted(q) {
		if rows[at] == nil {
			rows[at] = &series.Row{Key: at.key, Source: at.source, Sums: make([]series.Sum, q.Steps())}
		}
		step := &rows[at].Sums[q.StepOf(sm.Minute)]
		*step = step.Plus(series.Sum{Counts: sm.Counts, Minutes: 1})
	}
	var out []series.Row
	for _, r := range rows {
		out = append(out, *r)
	}
	return out, q.CheckRows(len(out))
}

// Histograms implements series.Store.
func (s *Memory) Histograms(_ context.Context, q series.Query, take func(*series.Durations)) error {
	q.Indicator, q.Tally = "", ""
	if err := q.Validate(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for at, sm := range s.wanted(q) {
		if sm.Histogram != nil {
			take(&series.Durations{Key: at.key, Source: at.source, Step: q.StepOf(sm.Minute), Histogram: *sm.Histogram, Minutes: 1})
		}
	}
	return nil
}

// Durations adds the pieces of an answer up, in an order of its own.
func Durations(ctx context.Context, store series.Querier, q series.Query) (all []series.Durations, err error) {
	type place struct {
		id
		step int
	}
	at := make(map[place]int)
	err = store.Histograms(ctx, q, func(d *series.Durations) {
		p := place{id{d.Key, d.Source}, d.Step}
		i, ok := at[p]
		if !ok {
			i = len(all)
			at[p] = i
			all = append(all, series.Durations{Key: d.Key, Source: d.Source, Step: d.Step})
		}
		all[i].Histogram.Merge(&d.Histogram)
		all[i].Minutes += d.Minutes
	})
	slices.SortFunc(all, func(a, b series.Durations) int {
		return cmp.Or(compare(a.Key, a.Source, b.Key, b.Source), cmp.Compare(a.Step, b.Step))
	})
	return all, err
}

// WholeDurations asks for a range in one step.
func WholeDurations(ctx context.Context, store series.Querier, q series.Query) ([]series.Durations, error) {
	q.Step = max(1, int(q.To)) // its first step holds every minute before To
	return Durations(ctx, store, q)
}

// Up implements series.Store.
func (s *Memory) Up(_ context.Context, from, to slice.Minute) (int, error) {
	q := series.Query{From: from, To: to, Step: max(1, int(to-from))}
	if err := q.Validate(); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for m, up := range s.up {
		if up && from <= m && m < to {
			n++
		}
	}
	return n, nil
}

// MemoryWriter is who appends to a Memory.
const MemoryWriter = "memory"

// Writers implements series.Store.
func (s *Memory) Writers(_ context.Context, from slice.Minute) (map[string]slice.Minute, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	writers := map[string]slice.Minute{}
	if len(s.up) > 0 && s.last >= from {
		writers[MemoryWriter] = s.last
	}
	return writers, nil
}

// Backfill implements series.Store.
func (s *Memory) Backfill(_ context.Context, b series.Backfill) (r series.Report, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := b.Before
	if len(s.up) > 0 {
		before = min(before, s.last+1)
	}
	prev := slice.Minute(math.MinInt64)
	for c, err := range b.Minutes {
		if err != nil {
			return r, err
		}
		if c.Minute <= prev {
			return r, errs.New(errs.Invalid, "backfill: minute %s comes after %s", c.Minute.Start(), prev.Start())
		}
		prev = c.Minute
		if c.Minute >= before {
			r.Open += len(c.Samples)
			continue
		}
		s.fill(c, &r)
	}
	if b.Progress != nil && r.Stored > 0 {
		b.Progress(r)
	}
	return r, nil
}

// fill stores one backfilled minute, except the scopes that are measured in it.
func (s *Memory) fill(c slice.Closed, r *series.Report) {
	measured := make(map[scope]bool)
	for at := range s.minutes[c.Minute] {
		measured[scopeOf(at.key)] = true
	}
	for _, sm := range c.Samples {
		if measured[scopeOf(sm.Key)] || s.up[c.Minute] && sm.Key.Indicator == "" {
			r.Measured++
			continue
		}
		if r.Stored == 0 {
			r.From = c.Minute
		}
		r.To = c.Minute + 1
		r.Stored++
		s.put(c.Minute, slice.Backfill, sm)
	}
}

func scopeOf(k slice.Key) scope {
	sc := scope{service: k.Service, indicator: k.Indicator, operation: k.Operation}
	if k.Indicator == "" {
		sc.tally = k.Tally
	}
	return sc
}
