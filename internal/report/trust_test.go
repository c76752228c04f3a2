// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leadline/leadline/internal/ingest"
	"github.com/leadline/leadline/internal/report"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/spec"
	"github.com/leadline/leadline/internal/testkit/otlpgen"
	"github.com/leadline/leadline/internal/wire"
)

// arrival is a line of a payload in testdata/trust: a request in OTLP/JSON as
// a Python application's Collector writes it, and when it arrived.
type arrival struct {
	Arrives time.Time       `json:"arrives"`
	Signal  string          `json:"signal"`
	Body    json.RawMessage `json:"body"`
}

// trusted is a server that is asked 40 minutes after its start.
type trusted struct {
	*server
	before func(*trusted) // before it is asked
}

// trust lets the payload arrive and returns what is shown then.
func (w *trusted) trust(payload string) report.Trust {
	w.t.Helper()
	w.start()
	w.arrive(payload)
	time.Sleep(time.Until(w.began.Add(40 * time.Minute)))
	if w.before != nil {
		w.before(w)
	}
	trust := w.ask().Trust
	w.stop()
	return trust
}

// arrive brings the requests of a payload at their times.
func (w *trusted) arrive(payload string) {
	w.t.Helper()
	for _, a := range recorded(w.t, payload) {
		time.Sleep(time.Until(a.Arrives))
		w.consume(a)
	}
}

func recorded(t *testing.T, payload string) (all []arrival) {
	t.Helper()
	if payload == "" {
		return nil
	}
	content, err := os.ReadFile(filepath.Join("testdata", "trust", payload+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(content) {
		var a arrival
		if err := json.Unmarshal(line, &a); err != nil {
			t.Fatal(err)
		}
		all = append(all, a)
	}
	return all
}

func (w *trusted) consume(a arrival) {
	w.t.Helper()
	signal := map[string]wire.Signal{"traces": wire.Traces, "metrics": wire.Metrics}[a.Signal]
	body, err := wire.FromJSON(signal, nil, a.Body, wire.DefaultLimits)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.intake.Consume(w.t.Context(), signal, body); err != nil {
		w.t.Fatal(err)
	}
}

// What else is true while a payload arrives.

func withLittleMemoryForIDs(w *trusted) { w.cfg.IDBytes = 1 }

func withCustom(w *trusted) {
	i, err := sli.Compile(sli.Rule{Service: shop, Kind: sli.Custom, Operation: "POST /checkout", Good: `attributes["basket.items"] < 5`})
	if err != nil {
		w.t.Fatal(err)
	}
	w.objective.Indicator = i
}

func withWholeService(w *trusted) {
	i, err := sli.Compile(sli.Rule{Service: shop, Kind: sli.Availability})
	if err != nil {
		w.t.Fatal(err)
	}
	w.objective.Indicator = i
}

var nanos = regexp.MustCompile(`UnixNano":"[0-9]+"`)

// earlier is a payload whose spans ended so much before.
func earlier(payload []byte, by time.Duration) []byte {
	return nanos.ReplaceAllFunc(payload, func(at []byte) []byte {
		ns, _ := strconv.ParseInt(string(at[len(`UnixNano":"`):len(at)-1]), 10, 64)
		return fmt.Appendf(nil, `UnixNano":"%d"`, ns-int64(by))
	})
}

// withHistory back-fills what ended in the half hour before the start.
func withHistory(w *trusted) {
	c := ingest.NewCounter(w.cfg, w.binding(), 1<<20)
	for _, a := range recorded(w.t, "steady") {
		body, err := wire.FromJSON(wire.Traces, nil, earlier(a.Body, 35*time.Minute), wire.DefaultLimits)
		if err != nil {
			w.t.Fatal(err)
		}
		if err := c.Count(body); err != nil {
			w.t.Fatal(err)
		}
	}
	if _, err := w.store.Backfill(w.t.Context(), series.Backfill{Minutes: c.Minutes(), Before: slice.MinuteOf(time.Now())}); err != nil {
		w.t.Fatal(err)
	}
}

func corrected(from, to time.Duration) func(*trusted) {
	return func(w *trusted) {
		began := time.Now()
		w.objective.Corrections = []slo.Correction{{ID: 1, Kind: slo.ExcludeAll, From: began.Add(from), To: began.Add(to), Reason: "a drill"}}
	}
}

func withOutage(w *trusted) {
	w.before = func(w *trusted) {
		now := slice.MinuteOf(time.Now())
		w.engine.Unmeasured(now-12, now-8)
	}
}

// withManyAlerts has three rules for each group, and more groups with errors
// than there may be alerts.
func withManyAlerts(groups int) func(*trusted) {
	return func(w *trusted) {
		set := spec.Parse([]spec.Source{{Path: "case.yaml", Content: []byte(`{apiVersion: leadline/v1, kind: Service, metadata: {name: shop-api, namespace: shop}, spec: {objectives: [
{name: up, availability: {of: {http: POST /checkout}}, by: [customer.tier], target: 99%, window: 1d, alerts: {rules: [
{name: a, severity: page, by_group: true, when: {burn: {above: 2, over: 1h}}},
{name: b, severity: page, by_group: true, when: {burn: {above: 3, over: 1h}}},
{name: c, severity: page, by_group: true, when: {burn: {above: 4, over: 1h}}}]}}]}}`)}})
		if len(set.Problems) > 0 {
			w.t.Fatal(set.Problems[0])
		}
		w.objective = set.Objectives[0]
		w.before = func(w *trusted) {
			now := time.Now()
			o := otlpgen.Options{Namespace: shop.Namespace, Environment: "production", Mix: []otlpgen.Operation{otlpgen.Checkout}, From: now.Add(-time.Second), To: now}
			spans := otlpgen.Spans(1, 10*groups, o)
			for i := range spans {
				spans[i].Tier, spans[i].Bad = fmt.Sprint("customer ", i%groups), true
			}
			if r, err := w.intake.Consume(w.t.Context(), wire.Traces, otlpgen.Encode(spans, o)); err != nil || r.Rejected > 0 {
				w.t.Fatalf("%+v, %v", r, err)
			}
		}
	}
}

// forgetful is a store that cannot read what services send.
type forgetful struct{ series.Store }

func (s forgetful) Sums(ctx context.Context, q series.Query) ([]series.Row, error) {
	if q.Tally == slice.Heard {
		return nil, errors.New("block 7: checksum")
	}
	return s.Store.Sums(ctx, q)
}

// moved is a store that another data directory has written before.
type moved struct{ series.Store }

func (s moved) Writers(ctx context.Context, from slice.Minute) (map[string]slice.Minute, error) {
	all, err := s.Store.Writers(ctx, from)
	all["0ld0ne"] = slice.MinuteOf(time.Now()) - 5
	return all, err
}

// recording is a payload and what else is true while it arrives.
type recording struct {
	payload string
	with    func(*trusted)
}

func (r recording) trust(t *testing.T) (trust report.Trust) {
	synctest.Test(t, func(t *testing.T) {
		w := &trusted{server: newServer(t)}
		if r.with != nil {
			r.with(w)
		}
		trust = w.trust(r.payload)
	})
	return trust
}

func (r recording) String() string {
	if r.with == nil {
		return r.payload
	}
	return r.payload + " as this needs it"
}

// show is a share as it is compared: with three digits, or null.
func show(x *float64) string {
	if x == nil {
		return "null"
	}
	return fmt.Sprintf("%.3f", *x)
}

// fieldsOfTrust are the fields as they are compared; each has its rows below.
var fieldsOfTrust = map[string]func(report.Trust) string{
	"verdict":           func(x report.Trust) string { return string(x.Verdict) },
	"reasons":           func(x report.Trust) string { return strings.Join(x.Reasons, "; ") },
	"coverage":          func(x report.Trust) string { return show(x.Coverage) },
	"late_share":        func(x report.Trust) string { return show(x.LateShare) },
	"refused_share":     func(x report.Trust) string { return show(x.RefusedShare) },
	"excluded_share":    func(x report.Trust) string { return show(x.ExcludedShare) },
	"unevaluated_share": func(x report.Trust) string { return show(x.UnevaluatedShare) },
	"sampling":          func(x report.Trust) string { return show(x.Sampling) },
	"writers":           func(x report.Trust) string { return strings.Join(x.Writers, " ") },
	"resets": func(x report.Trust) string {
		if x.Resets == nil {
			return "null"
		}
		return fmt.Sprint(*x.Resets)
	},
	"source": func(x report.Trust) string {
		if x.Source == nil {
			return "null"
		}
		return *x.Source
	},
	"measured_since": func(x report.Trust) string {
		if x.MeasuredSince == nil {
			return "null"
		}
		return x.MeasuredSince.Format("15:04")
	},
}

// TestFieldsOfTrust has for each field a payload that raises it and one that
// does not, both from their bytes through intake and evaluation.
func TestFieldsOfTrust(t *testing.T) {
	reading := func(w *trusted) { w.reading = true }
	for _, c := range []struct {
		field string
		when  recording
		want  string
	}{
		{"verdict", recording{payload: "steady"}, "care"},
		{"verdict", recording{payload: "refused"}, "unknown"},
		{"verdict", recording{payload: "sampled"}, "care"},
		{"verdict", recording{"steady", withOutage}, "not"},
		{"verdict", recording{payload: "neighbour"}, "unknown"},
		{"verdict", recording{"steady", reading}, "unknown"},
		{"reasons", recording{payload: "steady"}, "only 49.1% of the window was measured"},
		{"reasons", recording{"late", withHistory}, "only 34.4% of the window was measured; part of it is back-filled history; 13.5% of the spans came late"},
		{"reasons", recording{"steady", func(w *trusted) { w.damaged = true }}, "only 49.1% of the window was measured; the intake log was damaged"},
		{"reasons", recording{"steady", withOutage}, "alerts are frozen: intake did not run in most of the last 1m; only 49.1% of the window was measured"},
		{"reasons", recording{payload: "neighbour"}, "no event of this indicator was ever counted"},
		// 30 of the 60 minutes before 00:41 that the window has.
		{"coverage", recording{payload: "steady"}, "0.492"},
		{"coverage", recording{payload: "neighbour"}, "0.000"},
		{"coverage", recording{"steady", reading}, "null"},
		{"late_share", recording{payload: "late"}, "1.000"},
		{"late_share", recording{payload: "steady"}, "0.000"},
		{"late_share", recording{payload: "neighbour"}, "null"},
		{"refused_share", recording{payload: "refused"}, "1.000"},
		{"refused_share", recording{payload: "late"}, "0.000"},
		{"refused_share", recording{payload: "neighbour"}, "null"},
		{"excluded_share", recording{payload: "errors"}, "1.000"},
		{"excluded_share", recording{payload: "steady"}, "0.000"},
		{"excluded_share", recording{payload: "neighbour"}, "null"},
		{"excluded_share", recording{"errors", reading}, "null"},
		{"unevaluated_share", recording{"unevaluated", withCustom}, "1.000"},
		{"unevaluated_share", recording{"evaluated", withCustom}, "0.000"},
		{"unevaluated_share", recording{"neighbour", withCustom}, "null"},
		{"sampling", recording{payload: "sampled"}, "1.000"},
		{"sampling", recording{payload: "unsampled"}, "null"},
		{"resets", recording{payload: "reset"}, "null"},
		{"source", recording{payload: "late"}, "live"},
		{"source", recording{"late", withHistory}, "mixed"},
		{"source", recording{"neighbour", withHistory}, "backfill"},
		{"source", recording{payload: "neighbour"}, "null"},
		{"measured_since", recording{payload: "steady"}, "00:01"},
		{"measured_since", recording{payload: "neighbour"}, "null"},
		{"writers", recording{payload: "steady"}, "memory"},
		{"writers", recording{"steady", func(w *trusted) { w.store = moved{w.store} }}, "0ld0ne memory"},
		{"writers", recording{payload: "neighbour"}, ""},
	} {
		t.Run(c.field+" of "+c.when.String(), func(t *testing.T) {
			if got := fieldsOfTrust[c.field](c.when.trust(t)); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// TestNotesOfTrust has for each note a payload that raises it, and one that
// does not.
func TestNotesOfTrust(t *testing.T) {
	for _, c := range []struct {
		note        string
		raises, not recording
	}{
		{"health checks and synthetic events are among the excluded", recording{"probes", withWholeService}, recording{"errors", withWholeService}},
		{"spans of this service were refused", recording{payload: "refused"}, recording{payload: "late"}},
		{"without a look whether they had come before", recording{"steady", withLittleMemoryForIDs}, recording{payload: "steady"}},
		{"say that it samples its traces", recording{payload: "sampled"}, recording{payload: "unsampled"}},
		{"part of this window was back-filled", recording{"late", withHistory}, recording{payload: "late"}},
		{"data directories counted in this window", recording{"steady", func(w *trusted) { w.store = moved{w.store} }}, recording{payload: "steady"}},
		{"events are left out of this window", recording{"steady", corrected(5*time.Minute, 8*time.Minute)}, recording{"steady", corrected(32*time.Minute, 35*time.Minute)}},
		{"corrections that apply to this window", recording{"steady", corrected(5*time.Minute, 8*time.Minute)}, recording{"steady", corrected(-2*time.Hour, -time.Hour)}},
		{"nothing is counted now: a drill", recording{"steady", corrected(35*time.Minute, time.Hour)}, recording{"steady", corrected(5*time.Minute, 35*time.Minute)}},
		{"alerts are frozen", recording{"steady", withOutage}, recording{payload: "steady"}},
		{"alerts: those of further groups do not begin", recording{"", withManyAlerts(90)}, recording{"", withManyAlerts(60)}},
		{"the history of what this service sends is unreadable", recording{"steady", func(w *trusted) { w.store = forgetful{w.store} }}, recording{payload: "steady"}},
		{"ranges of the intake log that the last start found damaged", recording{"steady", func(w *trusted) { w.damaged = true }}, recording{payload: "steady"}},
		{"generation 2 is loading", recording{"steady", func(w *trusted) { w.newer = true }}, recording{payload: "steady"}},
	} {
		t.Run(c.note, func(t *testing.T) {
			said := func(r recording) (bool, []string) {
				notes := r.trust(t).Notes
				return slices.ContainsFunc(notes, func(n string) bool { return strings.Contains(n, c.note) }), notes
			}
			if yes, notes := said(c.raises); !yes {
				t.Errorf("%s: got %q", c.raises, notes)
			}
			if yes, notes := said(c.not); yes {
				t.Errorf("%s: got %q", c.not, notes)
			}
		})
	}
}
