// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/dispatch"
	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/ingest"
	"github.com/leadline/leadline/internal/intakelog"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/report"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/series/seriestest"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/spec"
	"github.com/leadline/leadline/internal/window"
)

var shop = operation.Service{Namespace: "shop", Name: "shop-api", Environment: "production"}

// world is a server's state as report sees it: minutes through stored are in
// the store, those through closed are on their way, later ones are open.
type world struct {
	now            time.Time
	stored, closed slice.Minute
	samples        map[slice.Minute][]slice.Sample
	health         error
	engine         *eval.Engine
	fresh          []*eval.Fresh // until its history has been counted
	table          *slice.Table
	store          series.Store
	generations    []catalog.Generation
	ledger         []catalog.Entry
	changes        []catalog.Transition // the newest first
	stuck          bool                 // nobody can be asked for open minutes
	status         dispatch.Status
	silences       []catalog.Silence
	totals         ingest.Totals
	refusals       []report.Refusal
}

func newWorld(now time.Time, objectives ...*slo.Objective) *world {
	w := &world{now: now, samples: map[slice.Minute][]slice.Sample{}, table: slice.NewTable(1000)}
	w.closed = slice.MinuteOf(now) - 11
	w.stored = w.closed - 3
	w.engine = eval.New(func() time.Time { return w.now }, time.Second, slog.New(slog.DiscardHandler))
	w.fresh = w.engine.Install(objectives)
	return w
}

// count counts in a minute, everywhere.
func (w *world) count(k slice.Key, m slice.Minute, c slice.Counts, durations ...time.Duration) {
	s, _ := w.table.Intern(k)
	w.engine.Count(s, m, c)
	sample := slice.Sample{Key: k, Minute: m, Counts: c}
	if len(durations) > 0 {
		sample.Histogram = &slice.Histogram{}
		for _, d := range durations {
			sample.Histogram.Add(d)
		}
	}
	w.samples[m] = append(w.samples[m], sample)
}

// report returns what is shown of the world as it is now.
func (w *world) report(t *testing.T) *report.Report {
	t.Helper()
	store := seriestest.NewMemory()
	oldest := w.stored
	for m := range w.samples {
		oldest = min(oldest, m)
	}
	for m := oldest; m <= w.stored; m++ {
		if err := store.Append(context.Background(), slice.Closed{Minute: m, Source: slice.Live, Up: true, Samples: w.samples[m]}); err != nil {
			t.Fatal(err)
		}
	}
	w.store = store
	w.engine.Restored(w.fresh)
	w.engine.Evaluate()
	return w.starting()
}

// starting returns what is shown while the store is being opened.
func (w *world) starting() *report.Report {
	return &report.Report{
		Definitions: w, Delivery: w, Kinds: map[string]string{"pager": "pagerduty", "team": "slack"},
		Evaluations: w.engine, Intake: w, Generations: w, Transitions: w, Ledger: w,
		Series: func() series.Store { return w.store }, Now: func() time.Time { return w.now },
		Door: w, Started: w.now.Add(-2 * time.Hour),
	}
}

// detail asks for one objective as the API does.
func detail(r *report.Report, w report.Which, from, to time.Time) (report.Detail, error) {
	v, err := r.Find(w)
	if err != nil {
		return report.Detail{}, err
	}
	return r.SLO(context.Background(), v, w.Generation, from, to)
}

func (w *world) Endpoints() report.Endpoints { return report.Endpoints{GRPC: "127.0.0.1:4317"} }
func (w *world) Refusals() []report.Refusal  { return w.refusals }

func (w *world) Totals() ingest.Totals { return w.totals }
func (w *world) Health() error         { return w.health }

func (w *world) Warnings() []string { return []string{"the wall clock jumped"} }

func (w *world) Damage() []intakelog.Damage {
	return []intakelog.Damage{
		{Segment: "intake-1", Offset: 10, Length: 20, Reason: "checksum"},
		{Segment: "intake-2", Torn: true},
	}
}

func (w *world) Open(ctx context.Context, match func(*slice.Series) bool) (open []ingest.Counted, err error) {
	if w.stuck {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	for m, samples := range w.samples {
		for _, s := range samples {
			if k, _ := w.table.Intern(s.Key); m > w.closed && match(k) {
				open = append(open, ingest.Counted{Series: k, Minute: m, Counts: s.Counts, Histogram: s.Histogram})
			}
		}
	}
	return open, nil
}

// Waiting repeats a minute that is stored, as happens while one is appended.
func (w *world) Waiting(each func(slice.Closed)) error {
	for m := w.stored; m <= w.closed; m++ {
		each(slice.Closed{Minute: m, Source: slice.Live, Up: true, Samples: w.samples[m]})
	}
	return nil
}

func (w *world) Generations(context.Context, slo.Key) ([]catalog.Generation, error) {
	if w.generations == nil {
		return nil, errors.New("read generations: disk on fire")
	}
	return w.generations, nil
}

func (w *world) Transitions(context.Context, slo.Key, int) ([]catalog.Transition, error) {
	return w.changes, nil
}

func (w *world) Ledger(context.Context) ([]catalog.Entry, error) { return w.ledger, nil }

func objective(name string, length time.Duration) *slo.Objective {
	i, err := sli.Compile(sli.Rule{Service: shop, Kind: sli.Availability, Operation: "POST /checkout"})
	if err != nil {
		panic(err)
	}
	return &slo.Objective{
		Key: slo.Key{Service: shop, Name: name}, Indicator: i, Target: 990_000_000,
		Window: window.Window{Length: length}, File: "shop.yaml", Line: 7,
	}
}

func totalOf(o *slo.Objective) slice.Key {
	return slice.Key{Service: o.Indicator.Rule.Service, Indicator: string(o.Indicator.ID)}
}

func (w *world) Status() *dispatch.Status { return &w.status }

func (w *world) Silences(context.Context) ([]catalog.Silence, error) { return w.silences, nil }

// Problems says that one file has a mistake.
func (w *world) Problems() []*spec.Problem {
	return []*spec.Problem{{File: "b.yaml", Line: 3, Column: 5, What: "an objective has no target", Mend: "add target: 99.9%"}}
}
