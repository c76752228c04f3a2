// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"strings"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/ingest"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/report"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// TestWhatGoesAstrayIsNamed lets a service send as something else than the
// objective counts, production's POST /checkout of shop/shop-api.
func TestWhatGoesAstrayIsNamed(t *testing.T) {
	type sender struct {
		operation.Service
		spans      uint64 // a minute
		operations []string
		probes     []string // operations that are excluded
	}
	service := func(namespace, name, environment string) operation.Service {
		return operation.Service{Namespace: namespace, Name: name, Environment: environment}
	}
	const usual = "compare the service and operation names"
	for _, c := range []struct {
		name    string
		senders []sender
		want    string
	}{
		{"nobody sends", nil, "start the application with OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4317 and OTEL_SERVICE_NAME=shop-api, and send it a request"},
		{"another environment", []sender{{service("shop", "shop-api", "staging"), 1203, nil, nil}, {service("shop", "shop-api", "test"), 7, nil, nil}},
			"shop-api sends 1,203 spans a minute as environment staging; this objective counts prod, production or no environment: write environments: [staging] in metadata, or set deployment.environment.name=production where it is started"},
		{"another namespace", []sender{{service("", "shop-api", "production"), 10, nil, nil}, {service("web", "front", "production"), 1000, nil, nil}},
			`shop-api sends 10 spans a minute without a namespace; this objective counts it in namespace shop: write namespace: "" in metadata, or change service.namespace where it is started`},
		{"another spelling", []sender{{service("shop", "Shop_API", "production"), 1_000_000, nil, nil}, {service("web", "front", ""), 2_000_000, nil, nil}},
			"nothing arrives from shop-api; Shop_API sends 1,000,000 spans a minute: if it is the one, write name: Shop_API in metadata, or set OTEL_SERVICE_NAME=shop-api where it is started"},
		{"a service that nobody counts", []sender{{service("", "unknown_service", ""), 5, nil, nil}},
			"nothing arrives from shop-api; unknown_service sends 5 spans a minute"},
		{"a service that sends one", []sender{{service("", "unknown_service", ""), 1, nil, nil}},
			"nothing arrives from shop-api; unknown_service sends 1 span a minute"},
		{"another operation", []sender{{shop, 999, []string{"GET /", "GET /cart", "call api.stripe.com", "POST /checkout/", "POST /pay"}, nil}},
			"shop-api sends no POST /checkout, but POST /checkout/, GET /, GET /cart: write the operation as leadline operations lists it"},
		{"health checks only", []sender{{shop, 20, nil, []string{"GET /healthz"}}},
			"of shop-api only GET /healthz arrived so far, which is excluded: send it a request that counts"},
		{"another operation beside health checks", []sender{{shop, 20, []string{"GET /cart"}, []string{"GET /healthz", "POST /checkouts"}}},
			"shop-api sends no POST /checkout, but GET /cart: write"},
		{"the operation, of which nothing is counted yet", []sender{{shop, 999, []string{"POST /checkout"}, nil}}, usual},
		{"no operation at all", []sender{{shop, 999, nil, nil}}, usual},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := objective("up", time.Hour)
			w := newWorld(noon, o)
			now := slice.MinuteOf(noon)
			for _, s := range c.senders {
				for m := now - 4; m < now; m++ {
					w.count(slice.Key{Service: s.Service, Tally: slice.Spans}, m, slice.Counts{Good: s.spans, Bad: 3})
				}
				for _, name := range s.operations {
					w.count(slice.Key{Service: s.Service, Operation: name, Kind: operation.KindOf(name)}, now, slice.Counts{Good: 1})
				}
			}
			for _, s := range c.senders {
				for _, name := range s.probes {
					w.count(slice.Key{Service: s.Service, Operation: name, Kind: operation.KindOf(name)}, now, slice.Counts{Excluded: 1})
				}
			}
			r := w.report(t)
			if got := r.SLOs(t.Context()).SLOs[0].NextStep; !strings.HasPrefix(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// TestNothingHasArrived says so, and why where requests came and were refused.
func TestNothingHasArrived(t *testing.T) {
	for _, c := range []struct {
		name     string
		refusals []report.Refusal
		totals   ingest.Totals
		want     string
	}{
		{"nothing", nil, ingest.Totals{}, "nothing at all has arrived since the server started at 10:00 UTC"},
		{"refused", []report.Refusal{{Requests: 2, Reason: "wrong port"}}, ingest.Totals{}, "every request since the server started at 10:00 UTC was refused: wrong port"},
		{"spans that are no operation", nil, ingest.Totals{Ignored: map[string]uint64{"internal": 1}}, "no event of this indicator has arrived yet"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(noon, objective("up", time.Hour))
			w.refusals, w.totals = c.refusals, c.totals
			if got := w.report(t).SLOs(t.Context()).SLOs[0].Cause; got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestMetricsWithoutTraces has an application that was started with
// OTEL_TRACES_EXPORTER=none.
func TestMetricsWithoutTraces(t *testing.T) {
	for _, c := range []struct {
		name  string
		sends []slice.Tally
		want  string
	}{
		{"metrics and logs", []slice.Tally{slice.Records, slice.Points}, "metrics of shop-api arrive, but no traces"},
		{"logs", []slice.Tally{slice.Records}, "logs of shop-api arrive, but no traces"},
		{"all three", []slice.Tally{slice.Records, slice.Points, slice.Spans}, "no event of this indicator has arrived yet"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(noon, objective("up", time.Hour))
			w.totals.Points = 1
			for _, tally := range c.sends {
				w.count(slice.Key{Service: shop, Tally: tally}, slice.MinuteOf(noon)-1, slice.Counts{Good: 5})
			}
			if got := w.report(t).SLOs(t.Context()).SLOs[0].Cause; got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestAnObjectiveWithNumbersKeepsItsNextStep has both: what it counts, and
// more of it in another environment.
func TestAnObjectiveWithNumbersKeepsItsNextStep(t *testing.T) {
	o := objective("up", time.Hour)
	w := newWorld(noon, o)
	now := slice.MinuteOf(noon)
	staging := shop
	staging.Environment = "staging"
	w.count(totalOf(o), now, slice.Counts{Good: 1, Bad: 1})
	w.count(slice.Key{Service: staging, Tally: slice.Spans}, now, slice.Counts{Good: 1000})
	if s := w.report(t).SLOs(t.Context()).SLOs[0]; strings.Contains(s.NextStep, "staging") {
		t.Errorf("%s says %q", s.State, s.NextStep)
	}
}

// TestAnotherEnvironmentOfTheFileIsNotAstray has an objective in each of two
// environments, of which one sends nothing yet.
func TestAnotherEnvironmentOfTheFileIsNotAstray(t *testing.T) {
	in := func(environment string) *slo.Objective {
		service := shop
		service.Environment = environment
		i, err := sli.Compile(sli.Rule{Service: service, Environments: []string{environment}, Kind: sli.Availability})
		if err != nil {
			t.Fatal(err)
		}
		return &slo.Objective{Key: slo.Key{Service: service, Name: "up"}, Indicator: i, Target: 990_000_000, Window: window.Window{Length: time.Hour}}
	}
	w := newWorld(noon, in("production"), in("staging"))
	w.count(slice.Key{Service: shop, Tally: slice.Spans}, slice.MinuteOf(noon), slice.Counts{Good: 1000})
	for _, s := range w.report(t).SLOs(t.Context()).SLOs {
		if strings.Contains(s.NextStep, "sends") {
			t.Errorf("in %s: %q", s.Environment, s.NextStep)
		}
	}
}

// TestAnswersDoNotWaitForIngest asks while the committer is busy with a disk.
func TestAnswersDoNotWaitForIngest(t *testing.T) {
	w := newWorld(noon, objective("up", time.Hour))
	r := w.report(t)
	w.stuck = true
	if s := r.SLOs(t.Context()).SLOs; len(s) != 1 || s[0].NextStep == "" {
		t.Errorf("got %+v", s)
	}
}
