// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package payload_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/leadline/leadline/bench/payload"
)

const spansPerRequest = 512

func spansOf(t *testing.T, request []byte) []*trace.Span {
	t.Helper()
	var decoded collector.ExportTraceServiceRequest
	if err := proto.Unmarshal(request, &decoded); err != nil {
		t.Fatalf("decode request: %v", err)
	}
	var all []*trace.Span
	for _, rs := range decoded.ResourceSpans {
		for _, ss := range rs.ScopeSpans {
			all = append(all, ss.Spans...)
		}
	}
	return all
}

func TestRenderNeverRepeatsASpan(t *testing.T) {
	random, now := rand.New(rand.NewPCG(1, 1)), time.Now()
	seen := map[string]bool{}
	for range 3 {
		for _, template := range payload.Shop(7, spansPerRequest) {
			for _, s := range spansOf(t, template.Render(random, now)) {
				id := string(s.TraceId) + string(s.SpanId)
				if len(id) != 24 || seen[id] {
					t.Fatalf("span %x is malformed or repeated", id)
				}
				seen[id] = true
			}
		}
	}
	if want := 3 * 12 * spansPerRequest; len(seen) != want {
		t.Errorf("got %d spans, want %d", len(seen), want)
	}
}

func TestRenderedSpansAreCompleteTracesThatJustEnded(t *testing.T) {
	random, now := rand.New(rand.NewPCG(2, 1)), time.Now()
	for _, template := range payload.Shop(7, spansPerRequest) {
		spans := spansOf(t, template.Render(random, now))
		byID := map[string]*trace.Span{}
		for _, s := range spans {
			byID[string(s.SpanId)] = s
		}
		for _, s := range spans {
			end := time.Unix(0, int64(s.EndTimeUnixNano))
			if age := now.Sub(end); age < 0 || age > 6*time.Second {
				t.Fatalf("%s ended %s before now", s.Name, age)
			}
			for _, e := range s.Events {
				if e.TimeUnixNano != s.EndTimeUnixNano {
					t.Errorf("%s has an event at another time than its end", s.Name)
				}
			}
			if s.Kind == trace.Span_SPAN_KIND_CLIENT {
				checkParent(t, s, byID[string(s.ParentSpanId)])
			}
		}
	}
}

func checkParent(t *testing.T, child, parent *trace.Span) {
	t.Helper()
	if parent == nil {
		t.Fatalf("%s has a parent that is not in the request", child.Name)
	}
	if string(parent.TraceId) != string(child.TraceId) {
		t.Errorf("%s and its parent are of two traces", child.Name)
	}
	if child.StartTimeUnixNano < parent.StartTimeUnixNano || child.EndTimeUnixNano > parent.EndTimeUnixNano {
		t.Errorf("%s does not lie within its parent", child.Name)
	}
}

// fact is what an Event says, in a form that can be counted.
type fact struct {
	Status   int
	Failed   bool
	Duration time.Duration
	Items    int64
}

// TestEventsAreTheTruth compares what a template says of its spans with what
// a reader finds in the bytes.
func TestEventsAreTheTruth(t *testing.T) {
	random, now := rand.New(rand.NewPCG(3, 1)), time.Now()
	for _, template := range payload.Shop(7, spansPerRequest) {
		got, want := map[fact]int{}, map[fact]int{}
		for _, s := range spansOf(t, template.Render(random, now)) {
			got[factOf(s)]++
		}
		for _, e := range template.Events {
			want[fact{e.Status, e.Failed, e.Duration, e.Numbers[payload.BasketItems]}]++
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-events +bytes):\n%s", template.Service, diff)
		}
	}
}

func factOf(s *trace.Span) fact {
	f := fact{
		Failed:   s.Status.GetCode() == trace.Status_STATUS_CODE_ERROR,
		Duration: time.Duration(s.EndTimeUnixNano - s.StartTimeUnixNano),
	}
	for _, a := range s.Attributes {
		switch a.Key {
		case "http.status_code", "http.response.status_code":
			f.Status = int(a.Value.GetIntValue())
		case payload.BasketItems:
			f.Items = a.Value.GetIntValue()
		}
	}
	return f
}
