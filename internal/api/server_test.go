// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/leadline/leadline/internal/api"
	"github.com/leadline/leadline/internal/backfill"
	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/catalog/catalogtest"
	"github.com/leadline/leadline/internal/dispatch"
	"github.com/leadline/leadline/internal/errs"
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

var now = time.Date(2026, 11, 23, 12, 0, 30, 0, time.UTC)

// world is the rest of a server.
type world struct {
	engine   *eval.Engine
	store    series.Store
	starting error
	broken   error // of counting
	failure  error // of the catalog
	backfill error
	samples  []slice.Sample
	table    *slice.Table
	delivery *dispatch.Engine
	ledger   []catalog.Entry
	changes  []catalog.Transition
	asked    []string // of the corrector
}

func newWorld() *world {
	w := &world{store: seriestest.NewMemory(), table: slice.NewTable(100)}
	w.engine = eval.New(func() time.Time { return now }, time.Second, slog.New(slog.DiscardHandler))
	id := 0
	var err error
	w.delivery, err = dispatch.Open(context.Background(), dispatch.Config{
		Default: "pager", Receivers: map[string]dispatch.ReceiverPolicy{"pager": {}, "broken": {}},
	}, dispatch.Parts{
		Store: catalogtest.NewMemory(), Source: dispatch.NewEvaluations(w.engine, ""), Now: func() time.Time { return now },
		Channels: map[string]dispatch.Channel{"pager": channel{}, "broken": channel{errs.New(errs.Unavailable, "the connection was refused")}},
		Alive:    func() error { return nil }, NewID: func() string { id++; return fmt.Sprintf("id-%d", id) },
		Random: func() float64 { return 0 }, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		panic(err)
	}
	return w
}

// channel answers as it is told.
type channel struct{ err error }

func (c channel) Send(context.Context, *dispatch.Message) error { return c.err }

// full has one objective, with events in an open minute.
func full(t *testing.T) *world {
	t.Helper()
	w := newWorld()
	shop := operation.Service{Namespace: "shop", Name: "shop-api", Environment: "production"}
	i, err := sli.Compile(sli.Rule{Service: shop, Kind: sli.Availability})
	if err != nil {
		t.Fatal(err)
	}
	o := &slo.Objective{Key: slo.Key{Service: shop, Name: "up"}, Indicator: i, Target: 999_000_000, Window: window.Window{Length: 28 * 24 * time.Hour}}
	c := slo.Correction{ID: 1, Kind: slo.ExcludeAll, From: now.Add(-time.Hour).Truncate(time.Minute), To: now.Truncate(time.Minute), Author: "ada", Reason: "a drill"}
	w.ledger = []catalog.Entry{{Correction: c, Objective: o.Key, Created: now, Effects: []catalog.Effect{{Window: "28d", Unit: slo.Events}}}}
	catalog.Correct([]*slo.Objective{o}, w.ledger)
	w.engine.Restored(w.engine.Install([]*slo.Objective{o}))
	minute := slice.MinuteOf(now)
	w.samples = []slice.Sample{
		{Key: slice.Key{Service: shop, Indicator: string(i.ID)}, Minute: minute, Counts: slice.Counts{Good: 999, Bad: 1}},
		{Key: slice.Key{Service: shop, Operation: "GET /", Kind: operation.HTTP}, Minute: minute, Counts: slice.Counts{Good: 999, Bad: 1}},
		{Key: slice.Key{Service: shop, Tally: slice.Spans}, Minute: minute, Counts: slice.Counts{Good: 1000}},
	}
	for _, s := range w.samples {
		k, _ := w.table.Intern(s.Key)
		w.engine.Count(k, s.Minute, s.Counts)
	}
	w.engine.Evaluate()
	return w
}

func (w *world) Totals() ingest.Totals {
	return ingest.Totals{Ignored: map[string]uint64{"internal": 1}}
}
func (w *world) Health() error      { return w.broken }
func (w *world) Warnings() []string { return nil }

func (w *world) Damage() []intakelog.Damage {
	return []intakelog.Damage{{Segment: "1", Reason: "checksum"}}
}
func (w *world) Waiting(func(slice.Closed)) error { return nil }

func (w *world) Open(_ context.Context, match func(*slice.Series) bool) (open []ingest.Counted, err error) {
	for _, s := range w.samples {
		if k, _ := w.table.Intern(s.Key); match(k) {
			open = append(open, ingest.Counted{Series: k, Minute: s.Minute, Counts: s.Counts})
		}
	}
	return open, nil
}

func (w *world) Generations(_ context.Context, o slo.Key) ([]catalog.Generation, error) {
	return []catalog.Generation{{Current: catalog.Current{Objective: o}, Number: 1, From: now.Add(-time.Hour)}}, w.failure
}

func (w *world) Recording(_ context.Context, r io.Reader, strict bool) (backfill.Report, error) {
	content, err := io.ReadAll(r)
	if strict {
		return backfill.Report{}, errs.New(errs.Invalid, "line 1 cannot be read")
	}
	return backfill.Report{SchemaVersion: 1, Lines: strings.Count(string(content), "\n")}, errors.Join(err, w.backfill)
}

func (w *world) Generate(_ context.Context, g backfill.Generation) (backfill.Report, error) {
	return backfill.Report{SchemaVersion: 1, Minutes: int(time.Duration(g.Length).Minutes())}, w.backfill
}

func (w *world) Transitions(context.Context, slo.Key, int) ([]catalog.Transition, error) {
	return w.changes, w.failure
}

// Ledger is what full has entered.
func (w *world) Ledger(context.Context) ([]catalog.Entry, error) { return w.ledger, w.failure }

// Correct notes what it is asked.
func (w *world) Correct(_ context.Context, which report.Which, c slo.Correction, bad uint64, dryRun bool) (report.Correction, error) {
	w.asked = append(w.asked, fmt.Sprintf("%s/%s: %s %d from %s to %s by %s: %s; dry run %v", which.Service, which.Name, c.Kind, bad,
		c.From.Format(time.RFC3339), c.To.Format(time.RFC3339), c.Author, c.Reason, dryRun))
	return report.CorrectionOf(&w.ledger[0]), w.failure
}

// Withdraw notes what it is asked.
func (w *world) Withdraw(_ context.Context, id int64, author, reason string, dryRun bool) (report.Correction, error) {
	w.asked = append(w.asked, fmt.Sprintf("withdraw %d by %s: %s; dry run %v", id, author, reason, dryRun))
	return report.CorrectionOf(&w.ledger[0]), w.failure
}

const token = "a token that is long enough"

// server returns the API over the world.
func (w *world) server(t *testing.T, token string) *api.Server {
	t.Helper()
	s, err := api.New(api.Config{Addr: "127.0.0.1:0", Token: token}, api.Parts{
		Report: &report.Report{
			Evaluations: w.engine, Intake: w, Generations: w, Transitions: w, Definitions: w, Ledger: w, Delivery: w.delivery, Kinds: map[string]string{"pager": "pagerduty", "broken": "slack"},
			Series: func() series.Store { return w.store }, Now: func() time.Time { return now }, Door: w, Started: now.Add(-time.Hour),
		},
		Events: w.engine, Delivery: w.delivery, Backfill: w, Corrector: w, Ready: func() error { return w.starting }, Logger: slog.New(slog.DiscardHandler),
		Metrics: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "leadline_up 1\n") }),
		UI:      fstest.MapFS{"index.html": {Data: []byte("<title>Leadline</title>")}, "app.js": {Data: []byte("1")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// ask sends a request, which change may alter, and returns the answer.
func ask(s *api.Server, method, target, body string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://localhost"+target, strings.NewReader(body))
	for _, f := range change {
		f(r)
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func (w *world) Endpoints() report.Endpoints {
	return report.Endpoints{GRPC: "127.0.0.1:4317", HTTP: "127.0.0.1:4318"}
}

func (w *world) Refusals() []report.Refusal {
	return []report.Refusal{{Transport: "grpc", Reason: "unauthorized", Requests: 3}}
}

// Problems says that one file has a mistake.
func (w *world) Problems() []*spec.Problem {
	return []*spec.Problem{{File: "b.yaml", Line: 3, Column: 5, What: "an objective has no target"}}
}
