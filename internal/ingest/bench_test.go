// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/ingest"
	"github.com/leadline/leadline/internal/intakelog"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/testkit/otlpgen"
	"github.com/leadline/leadline/internal/wire"
)

// BenchmarkConsume counts requests of 512 spans under 20 indicators, through
// the real log on a real disk: what one span costs from bytes to acknowledged.
func BenchmarkConsume(b *testing.B) {
	const spans, bodies = 512, 400
	e, err := ingest.Open(ingest.DefaultConfig(), intakelog.OS(b.TempDir()), intakelog.Config{ReserveBytes: 1},
		0, twenty(b), discard{}, bubbleClock{time.Now()}, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	now := time.Now()
	o := otlpgen.Options{Environment: "production", ErrorShare: 0.01, From: now.Add(-30 * time.Second), To: now}
	sent := make([][]byte, bodies)
	for i := range sent {
		sent[i] = otlpgen.Traces(uint64(i), spans, o)
	}
	n := 0
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		if n%bodies == 0 && n > 0 {
			b.StopTimer()
			for i := range sent {
				sent[i] = otlpgen.Traces(uint64(n+i), spans, o)
			}
			b.StartTimer()
		}
		if _, err := e.Consume(ctx, wire.Traces, sent[n%bodies]); err != nil {
			b.Fatal(err)
		}
		n++
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n)/spans, "ns/span")
	cancel()
	if err := <-ended; err != nil {
		b.Error(err)
	}
}

// twenty binds 9 availability, 8 latency, 1 success and 2 custom indicators
// over six operations.
func twenty(b *testing.B) *ingest.Binding {
	var bound ingest.Binding
	add := func(r sli.Rule) {
		r.Service = shop()
		i, err := sli.Compile(r)
		if err != nil {
			b.Fatal(err)
		}
		bound.Indicators = append(bound.Indicators, ingest.Bound{Indicator: i})
	}
	operations := []string{"POST /checkout", "GET /items/{id}", "GET /cart", "task shop.tasks.ship", "call api.stripe.com", "db sqlite"}
	for i, op := range operations {
		add(sli.Rule{Kind: sli.Availability, Operation: op})
		add(sli.Rule{Kind: sli.Latency, Operation: op, Under: time.Duration(100*(i+1)) * time.Millisecond})
	}
	add(sli.Rule{Kind: sli.Availability})
	add(sli.Rule{Kind: sli.Availability, Statuses: map[string]sli.Outcome{"4xx": sli.Bad}})
	add(sli.Rule{Kind: sli.Availability, Operation: "POST /checkout", GroupBy: []string{"customer.tier"}})
	add(sli.Rule{Kind: sli.Latency, Operation: "POST /checkout", Under: time.Second})
	add(sli.Rule{Kind: sli.Latency, Operation: "GET /cart", Under: time.Second})
	add(sli.Rule{Kind: sli.Success, Operation: "POST /checkout", Under: time.Second})
	for _, text := range []string{`status_code < 500 && duration < duration("2s")`, `attributes["customer.tier"] != "free" || !error`} {
		add(sli.Rule{Kind: sli.Custom, Operation: "POST /checkout", Good: text})
	}
	if n := len(bound.Indicators); n != 20 {
		panic(fmt.Sprintf("BUG: %d indicators", n))
	}
	return &bound
}
