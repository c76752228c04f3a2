// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"fmt"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/testkit/otlpgen"
)

// TestPooledScansStaySmall scans requests of many sizes: those that senders
// put together leave a scan that is kept, and a huge one leaves none.
func TestPooledScansStaySmall(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		spans int
		keep  bool
	}{
		"a batch of the SDK":       {512, true},
		"a batch of the Collector": {8192, true},
		"a hundred thousand spans": {100_000, false},
	} {
		t.Run(name, func(t *testing.T) {
			x := scanner{services: newServices(DefaultConfig()), resources: newResources()}
			s := newScan()
			s.reset()
			body := otlpgen.Traces(1, c.spans, otlpgen.Options{Environment: "production", From: now.Add(-time.Minute), To: now})
			if err := x.traces(s, body, &Binding{}, now); err != nil {
				t.Fatal(err)
			}
			if len(s.events) < c.spans/2 {
				t.Fatalf("%d events of %d spans", len(s.events), c.spans)
			}
			if keep := s.bytes() <= maxPooledBytes; keep != c.keep {
				t.Errorf("a scan of %d bytes is kept: %v", s.bytes(), keep)
			}
		})
	}
}

// TestTalliesOfManyServices reads one request in which the resources of many
// services take turns: each has one tally, with all that it sent.
func TestTalliesOfManyServices(t *testing.T) {
	const services, turns, spans = 50, 3, 20
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	e := openLog(t, t.TempDir())
	t.Cleanup(func() {
		if err := e.log.Close(); err != nil {
			t.Error(err)
		}
	})
	var body []byte
	for i := range services * turns {
		o := otlpgen.Options{Service: fmt.Sprint("service ", i%services), Mix: []otlpgen.Operation{otlpgen.Checkout}, From: now.Add(-time.Second), To: now}
		body = append(body, otlpgen.Traces(uint64(i), spans, o)...)
	}
	s := newScan()
	for range 2 { // a scan that is used again has forgotten the first request
		s.reset()
		if err := e.scanner.traces(s, body, e.binding.Load(), now); err != nil {
			t.Fatal(err)
		}
	}
	e.closer.schedule = newSchedule(slice.MinuteOf(now)-1, e.cfg.Grace)
	e.closer.schedule.observe(now, 0)
	e.closer.commit([]*scan{s}, now)
	if r := <-s.reply; r.err != nil || r.late+r.ahead > 0 {
		t.Fatalf("%+v", r)
	}
	if len(s.tallies) != services {
		t.Fatalf("%d tallies of %d services", len(s.tallies), services)
	}
	arrival := e.closer.minutes.at(slice.MinuteOf(now))
	for _, x := range s.tallies {
		if got := arrival.of(x.service.spans); got != (slice.Counts{Good: turns * spans}) {
			t.Errorf("%s: tallied %+v, want %d accepted", x.service.Service, got, turns*spans)
		}
	}
}
