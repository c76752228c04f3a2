// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/leadline/leadline/examples/shop/server"
	"github.com/leadline/leadline/examples/shop/stage"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/otlp"
	"github.com/leadline/leadline/internal/wire"
)

// TestMain lets the test binary play `leadline`, so that the demo is tested as
// a whole: the real receivers, behind them a server that counts spans in the
// plainest way there is.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "serve":
			os.Exit(fakeServe(os.Args[2:]))
		}
	}
	time.Local = time.UTC // as the text cases are
	folder, err := os.MkdirTemp("", "leadline-demo-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	built.folder, built.path = folder, map[string]string{}
	code := m.Run()
	os.RemoveAll(folder)
	os.Exit(code)
}

// fakeServer counts the shop's events by the rules of its service files.
type fakeServer struct {
	refuse int   // answer so many exports with 503 first
	skew   int64 // good events that never were

	mu     sync.Mutex
	seen   map[string]bool
	counts map[string]*server.Counts
}

// objectives are those of the service files, and whose they are.
var objectives = map[string]string{
	"checkout-succeeds": stage.Storefront, "checkout-is-fast": stage.Storefront, "checkout-good-and-fast": stage.Storefront, "app-checkout-answers": stage.Storefront,
	"items-are-shown": stage.Storefront, "front-page-is-fast": stage.Storefront,
	"charges-are-answered": stage.Payments, "card-company-answers": stage.Payments,
	"parcels-are-shipped": stage.Worker, "customers-are-told": stage.Worker,
}

func fakeServe(args []string) int {
	f := flag.NewFlagSet("serve", flag.ExitOnError)
	listen := f.String("listen", "", "")
	cfg := otlp.DefaultConfig()
	f.StringVar(&cfg.GRPCAddr, "otlp-grpc", "", "")
	f.StringVar(&cfg.HTTPAddr, "otlp-http", "", "")
	for _, ignored := range []string{"data-dir", "services", "config"} {
		f.String(ignored, "", "")
	}
	f.Parse(args)
	if os.Getenv("FAKE_DIE") != "" {
		fmt.Println("fake: cannot open the log")
		return 1
	}
	s := &fakeServer{refuse: 2, seen: map[string]bool{}, counts: map[string]*server.Counts{}}
	for name := range objectives {
		s.counts[name] = &server.Counts{}
	}
	if os.Getenv("FAKE_WRONG") != "" {
		s.skew = 1
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /api/v1/slos", s.slos)
	mux.HandleFunc("GET /api/v1/slos/{service}/{name}", s.slo)
	mux.HandleFunc("POST /api/v1/backfill", func(w http.ResponseWriter, r *http.Request) {
		if os.Getenv("FAKE_ENDLESS") != "" {
			<-r.Context().Done()
		}
		io.WriteString(w, "{}")
	})
	receivers, err := otlp.New(cfg, s, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		fmt.Println(err)
		return 1
	}
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	go http.Serve(l, mux)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := receivers.Run(ctx); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

func (s *fakeServer) slos(w http.ResponseWriter, _ *http.Request) {
	type slo struct {
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
		Service   string `json:"service"`
	}
	list := []slo{{Name: "checkout-succeeds", Service: "somebody-else"}}
	for name := range s.counts {
		list = append(list, slo{name, stage.Namespace, objectives[name]})
	}
	json.NewEncoder(w).Encode(map[string]any{"schema_version": 1, "slos": list})
}

// slo answers with a series of one step that was measured and one that was not.
func (s *fakeServer) slo(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.counts[r.PathValue("name")]
	if c == nil || r.PathValue("service") != objectives[r.PathValue("name")] {
		http.NotFound(w, r)
		return
	}
	good := c.Good
	if len(s.seen) > 0 {
		good += s.skew
	}
	json.NewEncoder(w).Encode(map[string]any{"slo": map[string]any{"state": "ok"}, "series": map[string]any{
		"good": []*int64{nil, &good}, "bad": []*int64{nil, &c.Bad}, "excluded": []*int64{nil, &c.Excluded},
	}})
}

// Consume counts the spans of one request. The first ones are refused after
// they were counted, as by a server that dies before its answer: what is sent
// again must not count twice.
func (s *fakeServer) Consume(_ context.Context, signal wire.Signal, body []byte) (otlp.Result, error) {
	if signal != wire.Traces {
		return otlp.Result{}, nil
	}
	var td tracepb.TracesData
	if err := proto.Unmarshal(body, &td); err != nil {
		return otlp.Result{}, errs.New(errs.Invalid, "read traces: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count(&td)
	if s.refuse > 0 {
		s.refuse--
		return otlp.Result{}, errs.New(errs.Unavailable, "not yet")
	}
	return otlp.Result{}, nil
}

func (s *fakeServer) count(td *tracepb.TracesData) {
	for _, rs := range td.ResourceSpans {
		service := attribute(rs.Resource.Attributes, "service.name").GetStringValue()
		for _, ss := range rs.ScopeSpans {
			for _, sp := range ss.Spans {
				if !s.seen[string(sp.SpanId)] {
					s.seen[string(sp.SpanId)] = true
					s.judge(service, sp)
				}
			}
		}
	}
}

func (s *fakeServer) judge(service string, sp *tracepb.Span) {
	status := attribute(sp.Attributes, "http.status_code").GetIntValue()
	took := time.Duration(sp.EndTimeUnixNano - sp.StartTimeUnixNano)
	failed := status >= 500 || status == 429
	refused := status >= 400 && !failed
	switch fmt.Sprint(service, " ", sp.Kind, " ", sp.Name) {
	case "shop-api SPAN_KIND_SERVER POST /checkout":
		s.tally("checkout-succeeds", refused, !failed)
		s.tally("checkout-is-fast", refused, took <= 300*time.Millisecond)
		s.tally("checkout-good-and-fast", refused, !failed && took <= time.Second)
		if attribute(sp.Attributes, "http.user_agent").GetStringValue() == "shop-app/3.1" {
			s.tally("app-checkout-answers", false, !failed && took < time.Second)
		}
	case "shop-api SPAN_KIND_SERVER GET /items/{item_id}":
		s.tally("items-are-shown", refused, !failed)
	case "shop-api SPAN_KIND_SERVER GET /":
		s.tally("front-page-is-fast", refused, took <= 300*time.Millisecond)
	case "shop-payments SPAN_KIND_SERVER POST /charges":
		s.tally("charges-are-answered", refused, !failed)
	case "shop-payments SPAN_KIND_CLIENT POST":
		s.tally("card-company-answers", refused, status < 500 && status > 0)
	case "shop-worker SPAN_KIND_CONSUMER run/shop.tasks.ship":
		s.tally("parcels-are-shipped", false, attribute(sp.Attributes, "celery.state").GetStringValue() == "SUCCESS")
	case "shop-worker SPAN_KIND_CONSUMER run/shop.tasks.confirm":
		s.tally("customers-are-told", false, attribute(sp.Attributes, "celery.state").GetStringValue() == "SUCCESS")
	}
}

func (s *fakeServer) tally(name string, excluded, good bool) {
	c := s.counts[name]
	switch {
	case excluded:
		c.Excluded++
	case good:
		c.Good++
	default:
		c.Bad++
	}
}

func attribute(attrs []*commonpb.KeyValue, key string) *commonpb.AnyValue {
	for _, a := range attrs {
		if a.Key == key {
			return a.Value
		}
	}
	return nil
}
