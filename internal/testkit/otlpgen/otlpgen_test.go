// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlpgen_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/testkit/otlpgen"
	"github.com/leadline/leadline/internal/wire"
)

func TestTracesAreDeterministic(t *testing.T) {
	o := otlpgen.Options{ErrorShare: 0.1}
	if !bytes.Equal(otlpgen.Traces(7, 100, o), otlpgen.Traces(7, 100, o)) {
		t.Error("same seed, different bytes")
	}
	if bytes.Equal(otlpgen.Traces(7, 100, o), otlpgen.Traces(8, 100, o)) {
		t.Error("different seeds, same bytes")
	}
}

// ledger is what a test counts by, read back from the bytes.
type ledger struct {
	TraceID, SpanID, Tier string
	Start, End            uint64
	Bad                   bool
}

func TestEncodeKeepsTheLedger(t *testing.T) {
	for name, o := range map[string]otlpgen.Options{
		"old names":    {ErrorShare: 0.2},
		"stable names": {ErrorShare: 0.2, StableNames: true, Namespace: "shops"},
	} {
		t.Run(name, func(t *testing.T) {
			want := map[string]ledger{}
			spans := otlpgen.Spans(1, 500, o)
			for _, s := range spans {
				want[string(s.SpanID[:])] = ledger{
					string(s.TraceID[:]), string(s.SpanID[:]), s.Tier,
					uint64(s.Start.UnixNano()), uint64(s.End.UnixNano()), s.Bad,
				}
			}
			if diff := cmp.Diff(want, read(t, otlpgen.Encode(spans, o))); diff != "" {
				t.Errorf("ledger (-want +got):\n%s", diff)
			}
		})
	}
}

func read(t *testing.T, body []byte) map[string]ledger {
	t.Helper()
	got := map[string]ledger{}
	r := wire.NewTraceReader(body, wire.DefaultLimits)
	for r.NextResource() {
		for r.NextScope() {
			for r.NextSpan() {
				s := r.Span()
				l := ledger{s.TraceID, s.SpanID, "", s.StartUnixNano, s.EndUnixNano, s.Status == wire.Error}
				for _, a := range s.Attrs {
					if a.Key == "customer.tier" {
						l.Tier = a.Value.Str()
					}
				}
				got[s.SpanID] = l
			}
		}
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return got
}

func TestSpansEndInTheirRange(t *testing.T) {
	from := time.Unix(1_800_000_000, 0)
	to := from.Add(5 * time.Second)
	bad := 0
	for _, s := range otlpgen.Spans(3, 2000, otlpgen.Options{From: from, To: to, ErrorShare: 0.5}) {
		if s.End.Before(from) || !s.End.Before(to) || !s.Start.Before(s.End) {
			t.Fatalf("span from %v to %v, want an end in [%v, %v)", s.Start, s.End, from, to)
		}
		if s.Bad {
			bad++
		}
	}
	if bad < 800 || bad > 1200 {
		t.Errorf("%d of 2000 spans failed, want about half", bad)
	}
}
