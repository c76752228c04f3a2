// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package standin_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/leadline/leadline/examples/shop/standin"
)

// sink collects spans, and gives the answers that it is told to give first.
type sink struct {
	mu      sync.Mutex
	answers []int // status codes to answer with; 0 breaks the connection
	posts   int
	spans   []*tracepb.Span
	scopes  map[string]string // span id to scope

	services map[string]string // span id to service
}

func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.posts++
	if r.URL.Path != "/v1/traces" || r.Header.Get("Content-Type") != "application/x-protobuf" {
		http.Error(w, "not OTLP", http.StatusBadRequest)
		return
	}
	if len(s.answers) > 0 {
		status := s.answers[0]
		s.answers = s.answers[1:]
		if status == 0 {
			panic(http.ErrAbortHandler)
		}
		if status != http.StatusOK {
			w.WriteHeader(status)
			return
		}
	}
	raw, err := io.ReadAll(r.Body)
	var td tracepb.TracesData
	if err == nil {
		err = proto.Unmarshal(raw, &td)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.take(&td)
}

func (s *sink) take(td *tracepb.TracesData) {
	for _, rs := range td.ResourceSpans {
		for _, ss := range rs.ScopeSpans {
			for _, sp := range ss.Spans {
				s.spans = append(s.spans, sp)
				s.scopes[string(sp.SpanId)] = ss.Scope.Name
				for _, a := range rs.Resource.Attributes {
					if a.Key == "service.name" {
						s.services[string(sp.SpanId)] = a.Value.GetStringValue()
					}
				}
			}
		}
	}
}

// start serves a storefront that sends to a sink; flush delivers all spans.
func start(t *testing.T, answers ...int) (url string, s *sink, flush func() error) {
	t.Helper()
	return startWith(t, standin.Config{}, answers...)
}

func startWith(t *testing.T, cfg standin.Config, answers ...int) (url string, s *sink, flush func() error) {
	t.Helper()
	s = &sink{answers: answers, scopes: map[string]string{}, services: map[string]string{}}
	collector := httptest.NewServer(s)
	t.Cleanup(collector.Close)
	var services []standin.Resource
	for _, name := range []string{"shop-api", "shop-payments", "shop-worker"} {
		services = append(services, standin.Resource{Service: name, Namespace: "shop"})
	}
	cfg.Exporter = standin.NewExporter(collector.Client(), collector.URL, services...)
	cfg.Worker = standin.NewWorker(cfg.Exporter, cfg.Switches)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- cfg.Exporter.Run(ctx) }()
	go cfg.Worker.Run(ctx)
	shop := httptest.NewServer(standin.New(cfg))
	t.Cleanup(func() { shop.Close(); cancel() })
	return shop.URL, s, func() error {
		shop.Close()
		drained := cfg.Worker.Drain(t.Context())
		cancel()
		if err := errors.Join(drained, <-ended); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		return cfg.Exporter.Flush(ctx)
	}
}

func ask(t *testing.T, method, url, fault, body string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Customer", "c1")
	req.Header.Set("X-Shop-Fault", fault)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode
}

func TestPagesAndTheirSpans(t *testing.T) {
	const good, declined, outage = `{"card":"4242424242424242"}`, `{"card":"4000000000000002"}`, `{"card":"4000000000000119"}`
	tests := []struct {
		name, method, path, fault, body string
		status                          int
		span                            string // name of the SERVER span
		spans                           int    // all spans of the request
	}{
		{"front page", "GET", "/", "", "", 200, "GET /", 3},
		{"item", "GET", "/items/3", "", "", 200, "GET /items/{item_id}", 3},
		{"unknown item", "GET", "/items/99", "", "", 404, "GET /items/{item_id}", 3},
		{"bad item", "GET", "/items/x", "", "", 422, "GET /items/{item_id}", 3},
		{"empty basket", "POST", "/checkout", "", good, 409, "POST /checkout", 4},
		{"fill", "POST", "/cart/items", "", `{"item_id":3}`, 201, "POST /cart/items", 4},
		{"fill with nothing", "POST", "/cart/items", "", `{"item_id":0}`, 404, "POST /cart/items", 4},
		{"fill with rubbish", "POST", "/cart/items", "", `{`, 422, "POST /cart/items", 4},
		{"basket", "GET", "/cart", "", "", 200, "GET /cart", 3},
		{"declined", "POST", "/checkout", "", declined, 402, "POST /checkout", 7},
		{"outage", "POST", "/checkout", "", outage, 502, "POST /checkout", 7},
		{"error", "POST", "/checkout", "error", good, 500, "POST /checkout", 4},
		{"throttle", "POST", "/checkout", "throttle", good, 429, "POST /checkout", 4},
		{"slow", "POST", "/checkout", "slow=30", good, 201, "POST /checkout", 13},
		{"unknown fault", "GET", "/cart", "fire", "", 400, "GET /cart", 3},
		{"too slow", "GET", "/cart", "slow=5001", "", 400, "GET /cart", 3},
		{"no route", "GET", "/nowhere/1", "", "", 404, "GET", 3},
		{"health", "GET", "/healthz", "error", "", 200, "GET /healthz", 3},
	}
	url, s, flush := start(t)
	for _, tt := range tests {
		if got := ask(t, tt.method, url+tt.path, tt.fault, tt.body); got != tt.status {
			t.Errorf("%s: status %d, want %d", tt.name, got, tt.status)
		}
	}
	if err := flush(); err != nil {
		t.Fatal(err)
	}
	traces := byTrace(s.spans)
	if len(traces) != len(tests) {
		t.Fatalf("%d traces, want %d", len(traces), len(tests))
	}
	for i, tt := range tests {
		server := traces[i].server
		if server.Name != tt.span || len(traces[i].all) != tt.spans {
			t.Errorf("%s: span %q with %d in all; want %q with %d", tt.name, server.Name, len(traces[i].all), tt.span, tt.spans)
		}
		if got := attribute(server, "http.status_code"); got != fmt.Sprint(tt.status) {
			t.Errorf("%s: http.status_code %s, want %d", tt.name, got, tt.status)
		}
		if failed := server.Status.Code == tracepb.Status_STATUS_CODE_ERROR; failed != (tt.status >= 500) {
			t.Errorf("%s: error status %v", tt.name, failed)
		}
		if took := time.Duration(server.EndTimeUnixNano - server.StartTimeUnixNano); tt.name == "slow" && took < 30*time.Millisecond {
			t.Errorf("%s: span of %v, want at least 30ms", tt.name, took)
		}
	}
}

func TestABadReleaseBreaksEverySecondCheckout(t *testing.T) {
	url, s, flush := startWith(t, standin.Config{Bad: true})
	var got []int
	for range 4 {
		got = append(got, ask(t, "POST", url+"/checkout", "", `{"card":"4242424242424242"}`))
	}
	if err := flush(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]int{409, 500, 409, 500}, got); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	if broken := byTrace(s.spans)[1].server; len(broken.Events) != 1 || broken.Status.Code != tracepb.Status_STATUS_CODE_ERROR {
		t.Errorf("span of a broken checkout: %v", broken)
	}
}

// said lists the spans of services by what they say of themselves.
func (s *sink) said() map[string]int {
	all := map[string]int{}
	for _, sp := range s.spans {
		about := attribute(sp, "http.url") + attribute(sp, "celery.task_name")
		if sp.Kind == tracepb.Span_SPAN_KIND_SERVER {
			about = sp.Name
		}
		if sp.Kind != tracepb.Span_SPAN_KIND_INTERNAL {
			all[fmt.Sprintf("%s %s %s %s%s", s.services[string(sp.SpanId)], sp.Kind, about, attribute(sp, "http.status_code"), attribute(sp, "celery.state"))]++
		}
	}
	return all
}

func buy(t *testing.T, url, card string) int {
	t.Helper()
	ask(t, "POST", url+"/cart/items", "", `{"item_id":3}`)
	return ask(t, "POST", url+"/checkout", "", fmt.Sprintf(`{"card":%q}`, card))
}

// TestAnOrderIsFollowedByTelemetryOfThree holds what the services behind the
// storefront send, while the queue is stuck and afterwards.
func TestAnOrderIsFollowedByTelemetryOfThree(t *testing.T) {
	folder := t.TempDir()
	stuck := filepath.Join(folder, "stuck-queue")
	if err := os.WriteFile(stuck, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	url, s, flush := startWith(t, standin.Config{Switches: standin.Switches(folder)})
	if got := buy(t, url, "4242424242424242"); got != 201 {
		t.Fatalf("checkout: %d", got)
	}
	if err := os.Remove(stuck); err != nil {
		t.Fatal(err)
	}
	if err := flush(); err != nil {
		t.Fatal(err)
	}
	want := map[string]int{
		"shop-api SPAN_KIND_SERVER POST /cart/items 201":                              1,
		"shop-api SPAN_KIND_SERVER POST /checkout 201":                                1,
		"shop-api SPAN_KIND_CLIENT http://payments.shop.internal/charges 201":         1,
		"shop-payments SPAN_KIND_SERVER POST /charges 201":                            1,
		"shop-payments SPAN_KIND_CLIENT http://api.harbourpay.example/v1/charges 201": 1,
		"shop-api SPAN_KIND_PRODUCER shop.tasks.ship ":                                1,
		"shop-api SPAN_KIND_PRODUCER shop.tasks.confirm ":                             1,
		"shop-worker SPAN_KIND_CONSUMER shop.tasks.ship SUCCESS":                      1,
		"shop-worker SPAN_KIND_CLIENT http://api.northsea-parcels.example/labels 201": 1,
		"shop-worker SPAN_KIND_CONSUMER shop.tasks.confirm SUCCESS":                   1,
		"shop-worker SPAN_KIND_CLIENT http://api.postboat.example/messages 201":       1,
	}
	if diff := cmp.Diff(want, s.said()); diff != "" {
		t.Errorf("spans (-want +got):\n%s", diff)
	}
}

func TestSwitchedFaults(t *testing.T) {
	for name, tt := range map[string]struct {
		status  int
		atLeast time.Duration
	}{
		"slow-db":          {201, 1200 * time.Millisecond},
		"provider-timeout": {502, 1500 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			if err := os.WriteFile(filepath.Join(folder, name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			url, s, flush := startWith(t, standin.Config{Switches: standin.Switches(folder)})
			if got := buy(t, url, "4242424242424242"); got != tt.status {
				t.Errorf("checkout: %d, want %d", got, tt.status)
			}
			if err := flush(); err != nil {
				t.Fatal(err)
			}
			checkout := byTrace(s.spans)[1].server
			if took := time.Duration(checkout.EndTimeUnixNano - checkout.StartTimeUnixNano); took < tt.atLeast {
				t.Errorf("checkout took %v, want at least %v", took, tt.atLeast)
			}
			if answered := s.said()["shop-payments SPAN_KIND_CLIENT http://api.harbourpay.example/v1/charges "]; (answered == 1) != (name == "provider-timeout") {
				t.Errorf("spans: %v", s.said())
			}
		})
	}
}

// trace is the spans of one request, in the order in which they were served.
type trace struct {
	server *tracepb.Span
	all    []*tracepb.Span
}

func byTrace(spans []*tracepb.Span) []*trace {
	var order []*trace
	byID := map[string]*trace{}
	for _, sp := range spans {
		id := string(sp.TraceId)
		if byID[id] == nil {
			byID[id] = &trace{}
			order = append(order, byID[id])
		}
		byID[id].all = append(byID[id].all, sp)
		if sp.Kind == tracepb.Span_SPAN_KIND_SERVER && len(sp.ParentSpanId) == 0 {
			byID[id].server = sp
		}
	}
	return order
}

func attribute(sp *tracepb.Span, key string) string {
	for _, a := range sp.Attributes {
		if a.Key == key {
			if s := a.Value.GetStringValue(); s != "" {
				return s
			}
			return fmt.Sprint(a.Value.GetIntValue())
		}
	}
	return ""
}

// TestAttributesAreThoseOfFastAPI compares with a request that the real shop
// sent, see testdata/README.md: the same question, the same attributes.
func TestAttributesAreThoseOfFastAPI(t *testing.T) {
	url, s, flush := start(t)
	ask(t, "POST", url+"/checkout", "throttle", "{}")
	if err := flush(); err != nil {
		t.Fatal(err)
	}
	// Where the peer was is no part of what we stand in for.
	left := map[string]bool{"net.host.port": true, "net.peer.ip": true, "net.peer.port": true}
	want := map[string]bool{}
	for _, a := range captured(t).Attributes {
		if !left[a.Key] {
			want[a.Key] = true
		}
	}
	got := map[string]bool{}
	for _, a := range byTrace(s.spans)[0].server.Attributes {
		got[a.Key] = true
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("attributes (-FastAPI +stand-in):\n%s", diff)
	}
}

func TestNothingIsLostOrDoubledWhenTheReceiverFails(t *testing.T) {
	for name, answers := range map[string][]int{
		"unavailable": {503, 503},
		"gateway":     {502, 504},
		"throttled":   {429},
		"connection":  {0, 0},
		"mixed":       {0, 503, 200, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, s, flush := start(t, answers...)
			const requests = 300 // more than one batch
			for range requests {
				ask(t, "GET", url+"/", "", "")
			}
			if err := flush(); err != nil {
				t.Fatal(err)
			}
			ids := map[string]bool{}
			for _, sp := range s.spans {
				ids[string(sp.SpanId)] = true
			}
			if len(s.spans) != 3*requests || len(ids) != 3*requests {
				t.Errorf("%d spans, %d different; want %d", len(s.spans), len(ids), 3*requests)
			}
		})
	}
}

func TestRefusalIsFinal(t *testing.T) {
	url, s, flush := start(t, 400)
	ask(t, "GET", url+"/", "", "")
	err := flush()
	if err == nil || !strings.Contains(err.Error(), "refused with 400") {
		t.Errorf("flush: %v, want the refusal", err)
	}
	if s.posts != 1 {
		t.Errorf("posted %d times, want once", s.posts)
	}
}

// captured returns the real shop's SERVER span of a throttled checkout.
func captured(t *testing.T) *tracepb.Span {
	t.Helper()
	raw, err := os.ReadFile("../testdata/traces.pb")
	if err != nil {
		t.Fatal(err)
	}
	var td tracepb.TracesData
	if err := proto.Unmarshal(raw, &td); err != nil {
		t.Fatal(err)
	}
	s := &sink{scopes: map[string]string{}, services: map[string]string{}}
	s.take(&td)
	for _, sp := range s.spans {
		if sp.Kind == tracepb.Span_SPAN_KIND_SERVER && attribute(sp, "http.status_code") == "429" {
			return sp
		}
	}
	t.Fatal("no throttled checkout in testdata/traces.pb")
	return nil
}
