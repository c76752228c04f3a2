// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"testing"
	"time"

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
