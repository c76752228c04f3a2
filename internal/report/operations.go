// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/window"
)

// OperationsWindow is the span of time that the list of operations covers when
// nobody asks for another; MaxOperationsWindow is the longest: how long slices
// and merged histograms are kept by default.
const (
	OperationsWindow    = time.Hour
	MaxOperationsWindow = 400 * 24 * time.Hour
)

// Operations is the answer of GET /api/v1/operations.
type Operations struct {
	SchemaVersion int       `json:"schema_version"`
	Window        string    `json:"window"`
	From          time.Time `json:"from"`
	To            time.Time `json:"to"`
	// Backfilled is how many of the events were taken in from history.
	Backfilled uint64      `json:"backfilled"`
	Operations []Operation `json:"operations"`
}

// Operation is what one operation did within the window. Quantiles are of the
// durations of valid events, in milliseconds; null where there were none.
type Operation struct {
	Namespace   string    `json:"namespace"`
	Service     string    `json:"service"`
	Environment string    `json:"environment"`
	Operation   string    `json:"operation"`
	Kind        string    `json:"kind"`
	Good        uint64    `json:"good"`
	Bad         uint64    `json:"bad"`
	Excluded    uint64    `json:"excluded"`
	P50         *float64  `json:"p50_ms"`
	P95         *float64  `json:"p95_ms"`
	P99         *float64  `json:"p99_ms"`
	Versions    []Version `json:"versions"`
	// Bound says that an objective counts it.
	Bound bool `json:"bound"`
}

// Version is what one version of an operation's service did.
type Version struct {
	Version  string `json:"version"`
	Good     uint64 `json:"good"`
	Bad      uint64 `json:"bad"`
	Excluded uint64 `json:"excluded"`
}

// baselines gathers the counts of operations by version.
type baselines struct {
	counts     map[slice.Key]slice.Counts
	histograms map[slice.Key]*slice.Histogram
	backfilled uint64
}

func (b *baselines) add(k slice.Key, c slice.Counts, h *slice.Histogram) {
	if !k.IsBaseline() || k.Service.IsSelf() {
		return
	}
	b.counts[k] = b.counts[k].Plus(c)
	if h == nil {
		return
	}
	if b.histograms[k] == nil {
		b.histograms[k] = &slice.Histogram{}
	}
	b.histograms[k].Merge(h)
}

// Operations returns what every operation did in the window up to now, which
// is of whole minutes. Where durations are kept by the hour only, the hour in
// which the window begins is in it as a whole.
func (r *Report) Operations(ctx context.Context, length time.Duration) (Operations, error) {
	if length < time.Minute || length > MaxOperationsWindow || length%time.Minute != 0 {
		return Operations{}, errs.New(errs.Invalid, "a window of %s is not one", length).
			WithHint("ask for whole minutes, 400d at most, as in 30m, 6h or 28d")
	}
	now := slice.MinuteOf(r.Now())
	from := now - slice.Minute(length/time.Minute) + 1
	b := &baselines{counts: map[slice.Key]slice.Counts{}, histograms: map[slice.Key]*slice.Histogram{}}
	if err := r.gather(ctx, b, from, now+1); err != nil {
		return Operations{}, err
	}
	return Operations{
		SchemaVersion: SchemaVersion, Window: window.Compact(length), From: from.Start(), To: now.Stamp(),
		Backfilled: b.backfilled, Operations: r.operations(b),
	}, nil
}

// gather sums what the store has and what it does not have yet.
func (r *Report) gather(ctx context.Context, b *baselines, from, to slice.Minute) error {
	store, stored, err := r.recent(ctx, (*slice.Key).IsBaseline, func(s slice.Sample) {
		if from <= s.Minute && s.Minute < to {
			b.add(s.Key, s.Counts, s.Histogram)
		}
	})
	if err != nil {
		return err
	}
	return b.read(ctx, store, from, to, stored+1)
}

// read adds what the store has of the range: everything before end, and from
// there on what was back-filled.
func (b *baselines) read(ctx context.Context, store series.Querier, from, to, end slice.Minute) error {
	if from >= to {
		return nil
	}
	q := series.Query{From: from, To: to, Step: int(to - from), Parts: series.Parts{All: true}}
	err := series.SumsUntil(ctx, store, q, end, func(_ *series.Query, rows []series.Row) {
		for _, row := range rows {
			for _, s := range row.Sums {
				b.add(row.Key, s.Counts, nil)
				if row.Source == slice.Backfill && !row.Key.Service.IsSelf() {
					b.backfilled += s.Counts.Good + s.Counts.Bad + s.Counts.Excluded
				}
			}
		}
	})
	if err != nil {
		return err
	}
	return series.HistogramsUntil(ctx, store, q, end, func(_ *series.Query, d *series.Durations) {
		b.add(d.Key, slice.Counts{}, &d.Histogram)
	})
}

// operations adds the versions of each operation up.
func (r *Report) operations(b *baselines) []Operation {
	byOperation, bound := make(map[slice.Key]*Operation), r.indicators()
	durations := make(map[slice.Key]*slice.Histogram)
	for k, c := range b.counts {
		version := k.Version
		k.Version = ""
		o := byOperation[k]
		if o == nil {
			o = &Operation{
				Namespace: k.Service.Namespace, Service: k.Service.Name, Environment: k.Service.Environment,
				Operation: k.Operation, Kind: k.Kind.String(), Bound: bound.counts(k),
			}
			byOperation[k], durations[k] = o, &slice.Histogram{}
		}
		o.Good, o.Bad, o.Excluded = o.Good+c.Good, o.Bad+c.Bad, o.Excluded+c.Excluded
		o.Versions = append(o.Versions, Version{version, c.Good, c.Bad, c.Excluded})
	}
	for k, h := range b.histograms {
		k.Version = ""
		durations[k].Merge(h)
	}
	out := make([]Operation, 0, len(byOperation))
	for k, o := range byOperation {
		o.P50, o.P95, o.P99 = milliseconds(durations[k], 0.5), milliseconds(durations[k], 0.95), milliseconds(durations[k], 0.99)
		slices.SortFunc(o.Versions, func(a, b Version) int { return cmp.Compare(a.Version, b.Version) })
		out = append(out, *o)
	}
	slices.SortFunc(out, func(a, b Operation) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Environment, b.Environment),
			cmp.Compare(b.Good+b.Bad, a.Good+a.Bad), cmp.Compare(a.Operation, b.Operation))
	})
	return out
}

// indicators are those of objectives, by each service that they count.
type indicators map[operation.Service][]*sli.Indicator

func (r *Report) indicators() indicators {
	by, all := make(indicators), r.Evaluations.Snapshot().Evaluations
	for i := range all {
		for _, s := range all[i].Objective.Indicator.Services() {
			by[s] = append(by[s], all[i].Objective.Indicator)
		}
	}
	return by
}

// counts reports whether an objective counts the operation.
func (by indicators) counts(k slice.Key) bool {
	return slices.ContainsFunc(by[k.Service], func(i *sli.Indicator) bool {
		return i.Matches(k.Service, operation.Operation{Name: k.Operation, Kind: k.Kind})
	})
}

func milliseconds(h *slice.Histogram, q float64) *float64 {
	d, ok := h.Quantile(q)
	if !ok {
		return nil
	}
	ms := float64(d) / float64(time.Millisecond)
	return &ms
}
