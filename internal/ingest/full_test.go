// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leadline/leadline/internal/ingest"
	"github.com/leadline/leadline/internal/intakelog"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/testkit/otlpgen"
	"github.com/leadline/leadline/internal/wire"
)

// limited starts an engine under limits of its own, which tells a view.
func limited(t *testing.T, cfg ingest.Config, b *ingest.Binding, told *view, log *slog.Logger) *ingest.Engine {
	t.Helper()
	e, err := ingest.Open(cfg, intakelog.OS(t.TempDir()), intakelog.Config{ReserveBytes: 1}, 0, b, told, bubbleClock{time.Now()}, log)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return e
}

// TestAFullTableOfSeriesCostsBaselinesOnly fills the table with the baselines
// of many versions. What an objective needs that is defined afterwards, and
// the tallies of a service that comes afterwards, have their place all the same.
func TestAFullTableOfSeriesCostsBaselinesOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, w, told, log := ingest.DefaultConfig(), newWorld(t), &view{counts: ledger{}}, bytes.Buffer{}
		cfg.Series = 20
		e := limited(t, cfg, &ingest.Binding{}, told, slog.New(slog.NewTextHandler(&log, nil)))
		send := func(o otlpgen.Options, spans []otlpgen.Span) {
			if r, err := e.Consume(t.Context(), wire.Traces, otlpgen.Encode(spans, o)); err != nil || r.Rejected > 0 {
				t.Fatalf("%+v, %v", r, err)
			}
		}
		now := time.Now()
		o := otlpgen.Options{Environment: "staging", From: now.Add(-time.Second), To: now}
		for v := range 8 {
			o.Version = fmt.Sprint(v)
			send(o, otlpgen.Spans(uint64(v), 200, o))
		}
		if err := e.Rebind(t.Context(), w.binding(), func([]ingest.Counted, slice.Minute) {}); err != nil {
			t.Fatal(err)
		}
		o.Environment = "production"
		spans := otlpgen.Spans(99, 200, o)
		for _, s := range spans {
			w.count(s)
		}
		send(o, spans)
		time.Sleep(3 * time.Second)
		got := ledger{}
		for k, c := range told.counts {
			if k.key.Indicator != "" && k.key.Tally == "" {
				got[k] = c
			}
		}
		w.compare(t, got)
		if n := told.counts[slot{slice.Key{Service: shop(), Tally: slice.Spans}, slice.MinuteOf(now)}].Good; n != 200 {
			t.Errorf("%d spans are tallied of the service, 200 were sent", n)
		}
		if !e.Totals().SeriesFull {
			t.Error("the totals do not say that the table is full")
		}
		if all := strings.Join(e.Warnings(), "\n"); !strings.Contains(all, "more than 20 series") || !strings.Contains(all, "What objectives count is not touched") {
			t.Errorf("the warnings are %q", all)
		}
		if n := strings.Count(log.String(), "series"); n != 1 {
			t.Errorf("the log says %d times that the table is full:\n%s", n, log.String())
		}
		if err := e.Health(); err != nil {
			t.Errorf("health: %v", err)
		}
	})
}

// TestAnObjectiveBringsItsServiceBack binds an indicator of a service that was
// beyond the limit of services: its next event counts.
func TestAnObjectiveBringsItsServiceBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, w, told := ingest.DefaultConfig(), newWorld(t), &view{counts: ledger{}}
		cfg.Services = 1
		e := limited(t, cfg, &ingest.Binding{}, told, slog.New(slog.DiscardHandler))
		now := time.Now()
		send := func(seed uint64, environment string) []otlpgen.Span {
			o := otlpgen.Options{Environment: environment, From: now.Add(-time.Second), To: now}
			spans := otlpgen.Spans(seed, 200, o)
			if r, err := e.Consume(t.Context(), wire.Traces, otlpgen.Encode(spans, o)); err != nil || r.Rejected > 0 {
				t.Fatalf("%+v, %v", r, err)
			}
			return spans
		}
		send(1, "staging")
		send(2, "production") // beyond the limit
		if err := e.Rebind(t.Context(), w.binding(), func([]ingest.Counted, slice.Minute) {}); err != nil {
			t.Fatal(err)
		}
		for _, s := range send(3, "production") {
			w.count(s)
		}
		got := ledger{}
		for k, c := range told.counts {
			if k.key.Indicator != "" && k.key.Tally == "" {
				got[k] = c
			}
		}
		w.compare(t, got)
	})
}
