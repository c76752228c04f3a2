// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/api"
	"github.com/leadline/leadline/internal/cli"
	"github.com/leadline/leadline/internal/report"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

func of[T any](v T) *T { return &v }

// slos are one objective with numbers, one without, and one that is exhausted
// beyond everything.
func slos() report.SLOs {
	numbers := report.SLO{
		Name: "checkout-succeeds", Namespace: "shop", Service: "shop-api", Environment: "production", Owner: "team-checkout",
		Indicator: report.Indicator{Kind: "availability", ID: "0123456789abcdef", Description: "Each POST /checkout of shop-api is good if it succeeds."},
		Target:    "0.999", Window: "28d", State: "at_risk", Cause: "1d burn 3x, 2h 3x, threshold 2.8x", CauseCode: "ticket_burn",
		NextStep: "find the slow burn in working hours", EvaluatedAt: at("2026-11-23T12:00:30Z"),
		From: at("2026-10-26T12:00:00Z"), To: at("2026-11-23T12:01:00Z"),
		Numbers: report.Numbers{
			SLI: of(0.9999996), Good: of(uint64(2_499_999)), Bad: of(uint64(1)), Total: of(uint64(2_500_000)), Excluded: of(uint64(7)),
			Budget: report.Budget{Allowed: of(uint64(2500)), Spent: of(uint64(1)), Remaining: of(int64(2499))},
		},
		Burn:  []report.Burn{{Window: "1h", Rate: of(0.5)}, {Window: "6h"}},
		Trust: report.Trust{Verdict: slo.WithCare, Reasons: []string{"only 75% of the window was measured"}, Coverage: of(0.75), LateShare: of(0.001), Source: of("live"), Writers: []string{"f3a91c07"}, Notes: []string{"3 spans of this service were refused"}},
	}
	numbers.Windows = []report.Standing{
		{Window: "28d", From: numbers.From, To: numbers.To, Numbers: numbers.Numbers},
		{Window: "month in Europe/Berlin", From: at("2026-10-31T23:00:00Z"), To: numbers.To, Numbers: report.Numbers{SLI: of(1.0), Good: of(uint64(2_000_000)), Bad: of(uint64(0)),
			Total: of(uint64(2_000_000)), Excluded: of(uint64(6)), Budget: report.Budget{Allowed: of(uint64(2000)), Spent: of(uint64(0)), Remaining: of(int64(2000))}}},
		{Window: "month in Europe/Berlin", Former: true, From: at("2026-09-30T22:00:00Z"), To: at("2026-10-31T23:00:00Z"), Numbers: report.Numbers{SLI: of(0.5), Good: of(uint64(1)), Bad: of(uint64(1)),
			Total: of(uint64(2)), Excluded: of(uint64(0)), Budget: report.Budget{Allowed: of(uint64(0)), Spent: of(uint64(1)), Remaining: of(int64(-1))}}},
	}
	none := report.SLO{
		Name: "up", Service: "blog", Environment: "staging", Target: "0.05", Window: "1h", State: "not_measured",
		Cause: "no event of this indicator has arrived yet", NextStep: "send some traffic", Burn: []report.Burn{}, Trust: report.Trust{Verdict: slo.NotProven, Reasons: []string{"no event of this indicator was ever counted"}, Writers: []string{}, Notes: []string{}},
	}
	numbers.Budgeting, numbers.Unit, none.Budgeting, none.Unit = "occurrences", slo.Events, "occurrences", slo.Events
	over := numbers
	over.Name, over.State, over.Cause, over.Target = "checkout-is-fast", "exhausted", "bad events: 3, the target allows 0", "0.999999999"
	over.SLI, over.Bad, over.Budget = of(0.25), of(uint64(3)), report.Budget{Allowed: of(uint64(0)), Spent: of(uint64(3)), Remaining: of(int64(-3))}
	slices := sliced(numbers).SLO.SLO
	slices.Name = "up-most-minutes"
	self := report.SLO{
		Name: "delivery-on-time", Namespace: "leadline", Service: "leadline", Environment: "production", State: "at_risk",
		Cause: "8 % of the budget left", CauseCode: "budget_low", NextStep: "spend no more of it", Target: "0.999", Window: "7d",
	}
	return report.SLOs{SchemaVersion: 1, EvaluatedAt: at("2026-11-23T12:00:30Z"), SLOs: []report.SLO{over, numbers, none, slices}, Self: []report.SLO{self},
		Problems: []report.FileProblem{{File: "cart.yaml", Line: 7, Column: 5, What: "there is no step \"payy\"", Mend: "did you mean \"pay\"?"}}}
}

func detail(s report.SLO) report.Detail {
	d := report.Detail{SchemaVersion: 1, SLO: report.DetailSLO{
		SLO: s, Definition: report.Definition{File: "shop.yaml", Line: 12},
		Corrections: []report.AppliedCorrection{},
		Groups: []report.Group{
			{Group: "customer.tier=gold", Good: 10, Bad: 2, State: report.GroupNotMeasured, Cause: "measured since 2026-11-20 12:00 UTC; before, too many groups were active", MeasuredSince: of(at("2026-11-20T12:00:00Z"))},
			{Group: "(other groups)", Good: 3, Bad: 1, Excluded: 6, SLI: of(0.75), State: report.GroupMeasured},
		},
		Generations: []report.ListedGeneration{
			{Generation: report.Generation{IndicatorID: "fedcba9876543210", From: of(at("2026-10-01T00:00:00Z")), To: of(at("2026-11-01T00:00:00Z"))}, Number: 1, Target: "0.99", Window: "28d"},
			{Generation: report.Generation{IndicatorID: "0123456789abcdef", From: of(at("2026-11-01T00:00:00Z"))}, Number: 2, Target: "0.999", Window: "28d"},
		},
		Dropped: []report.Dropped{{Long: "1h", Short: "5m", Threshold: 13.44, Reason: "a total outage burns 10 times"}},
	}}
	d.Series = report.Series{
		StepSeconds: 7200, From: s.From, To: s.To, Timestamps: []int64{1795399200, 1795406400, 1795413600, 1795420800},
		Good: []*uint64{of(uint64(2_000_000)), nil, of(uint64(0)), of(uint64(499_999))}, Bad: []*uint64{of(uint64(0)), nil, of(uint64(0)), of(uint64(1))},
		Excluded: []*uint64{of(uint64(7)), nil, of(uint64(0)), of(uint64(0))}, Source: []*string{of("backfill"), nil, of("live"), of("live")},
		BudgetRemaining: []*float64{nil, nil, nil, nil}, Burn: []report.BurnRates{{Rule: "page-1h", Severity: alert.Page, Window: "1h", Threshold: 13.44, Rates: []*float64{of(0.0), nil, nil, of(20.0)}}},
	}
	return d
}

// long is an objective with many slices, of which every other has bad events.
func long(s report.SLO) report.Detail {
	d := detail(s)
	d.SLO.Windows = nil
	d.SLO.Good, d.SLO.Bad, d.SLO.Total, d.SLO.Excluded = of(uint64(60_000)), of(uint64(30)), of(uint64(60_030)), of(uint64(60))
	d.SLO.Budget = report.Budget{Allowed: of(uint64(60)), Spent: of(uint64(30)), Remaining: of(int64(30))}
	v := &d.Series
	v.Timestamps, v.Good, v.Bad, v.Excluded, v.Source = nil, nil, nil, nil, nil
	for i := range 60 {
		v.Timestamps = append(v.Timestamps, 1795399200+int64(i)*7200)
		v.Good, v.Bad, v.Excluded = append(v.Good, of(uint64(1000))), append(v.Bad, of(uint64(i%2))), append(v.Excluded, of(uint64(i%3)))
		v.Source = append(v.Source, of("live"))
	}
	return d
}

// deployed is a timeline of a version that began, after many others.
func deployed() report.Timeline {
	v := report.Timeline{SchemaVersion: 1, From: at("2026-10-26T12:00:00Z"), To: at("2026-11-23T12:01:00Z"), VersionsLeftOut: 1}
	for i, version := range []string{"1.0.0", "", "1.2.0", "1.3.0", "1.4.2", "1.5.0"} {
		first := at("2026-11-01T12:00:00Z").AddDate(0, 0, i)
		v.Versions = append(v.Versions, report.SeenVersion{
			Version: version, FirstSeen: first, LastSeen: first.AddDate(0, 0, 1), Began: i > 1, Good: 40_000, Bad: uint64(i), Source: slice.Backfill,
		})
	}
	last := &v.Versions[5]
	last.FirstSeen, last.LastSeen, last.Good, last.Bad, last.Source = at("2026-11-23T11:50:00Z"), v.To, 408, 404, slice.Live
	v.Comparison = &report.Comparison{Newer: "1.5.0", Older: "1.4.2", Sentence: "Since version 1.5.0 began at 11:50 UTC, 49.8% of its 812 events were bad; of version 1.4.2, 0.9% of 40,211 in the hour before."}
	return v
}

// sliced is an objective whose budget counts ratios of slices of time.
func sliced(s report.SLO) report.Detail {
	s.Budgeting, s.Unit, s.Windows = "ratio_timeslices of 5m", slo.Microslices, nil
	s.Good, s.Bad, s.Total = of(uint64(8_062_500_000)), of(uint64(1_500_000)), of(uint64(8_064_000_000))
	s.Budget = report.Budget{Allowed: of(uint64(8_064_000)), Spent: of(uint64(1_500_000)), Remaining: of(int64(6_564_000))}
	d := detail(s)
	d.Series.Unit = slo.Microslices
	d.SLO.Corrected = report.Counts{Good: 70, Bad: 9, Excluded: 1}
	d.SLO.LeftOut = []report.LeftOut{
		{From: at("2026-11-01T02:00:00Z"), To: at("2026-11-01T04:00:00Z"), Reason: "database maintenance"},
		{From: at("2026-11-03T10:00:00Z"), To: at("2026-11-03T10:05:00Z"), Reason: "a drill", Correction: 7},
	}
	d.SLO.Corrections = []report.AppliedCorrection{{Correction: ledger().Corrections[1], LeavesOut: report.Counts{Good: 70, Bad: 9, Excluded: 1}}}
	return d
}

// ledger is two corrections, and the withdrawal of one.
func ledger() report.Corrections {
	effect := report.Effect{Window: "28d", From: at("2026-10-26T12:00:00Z"), To: at("2026-11-23T12:01:00Z"), Unit: slo.Events,
		Before: report.EffectNumbers{Good: 999_000, Bad: 1000, Excluded: 3, Allowed: 1000, Spent: 1000},
		After:  report.EffectNumbers{Good: 990_000, Bad: 100, Excluded: 3, Corrected: report.Counts{Good: 9000, Bad: 900}, Allowed: 990, Spent: 100, Remaining: 890}}
	former := effect
	former.Window, former.Former, former.Unit = "month in UTC", true, slo.Microslices
	bad := report.Correction{ID: 1, Namespace: "shop", Service: "shop-api", Environment: "production", Objective: "checkout-succeeds", Kind: slo.ExcludeBad,
		From: at("2026-11-22T10:00:00Z"), To: at("2026-11-22T11:00:00Z"), Bad: 37, Author: "ada@example.com", Reason: "cards of our own testers",
		CreatedAt: at("2026-11-22T12:00:00Z"), WithdrawnBy: 3, Effects: []report.Effect{}}
	whole := bad
	whole.ID, whole.Kind, whole.Bad, whole.WithdrawnBy, whole.Applies, whole.Effects = 2, slo.ExcludeAll, 0, 0, true, []report.Effect{effect, former}
	whole.Reason, whole.CreatedAt = "the load test ran against production", at("2026-11-23T11:00:00Z")
	end := bad
	end.ID, end.Bad, end.Withdraws, end.WithdrawnBy, end.Reason, end.CreatedAt = 3, 0, 1, 0, "they were customers", at("2026-11-23T12:00:00Z")
	return report.Corrections{SchemaVersion: 1, Corrections: []report.Correction{end, whole, bad}}
}

// server answers as a server with these objectives does, to who has the token.
func server(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	answer := func(path string, v any) {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) { json.NewEncoder(w).Encode(v) })
	}
	all := slos()
	answer("/api/v1/slos", all)
	answer("/api/v1/slos/shop-api/checkout-succeeds", detail(all.SLOs[1]))
	moved := detail(all.SLOs[1])
	moved.Series.Good[0] = of(uint64(2_000_005))
	answer("/api/v1/slos/shop-api/moved", moved)
	answer("/api/v1/slos/shop-api/long", long(all.SLOs[1]))
	answer("/api/v1/slos/shop-api/sliced", sliced(all.SLOs[1]))
	answer("/api/v1/slos/blog/up", detail(all.SLOs[2]))
	burns := detail(all.SLOs[1])
	burns.SLO.Rules, burns.SLO.Alerts = recorded[[]report.Rule](t, "rules"), recorded[report.Alerts](t, "alerts").Alerts
	burns.SLO.Target = "0.99"
	burns.SLO.State, burns.SLO.Verdict = slo.Breaching, report.Verdict{Verdict: alert.Recovering, Life: report.Life{Word: "ending"}, Rule: "page-1h", Sentence: "1h burn 20x, 5m 0.5x, threshold 13.44x"}
	burns.SLO.Cause = burns.SLO.Verdict.Sentence + "; ending: not above both since 11:58:00, ends 12:03:00 UTC if it stays so"
	answer("/api/v1/slos/shop-api/burns", burns)
	answer("/api/v1/slos/shop-api/burns/events", deployed())
	answer("/api/v1/slos/{service}/{name}/events", report.Timeline{SchemaVersion: 1, Versions: deployed().Versions[:1]})
	mux.HandleFunc("GET /api/v1/alerts", func(w http.ResponseWriter, r *http.Request) {
		v := recorded[report.Alerts](t, "alerts")
		states := r.URL.Query()["state"]
		v.Alerts = slices.DeleteFunc(v.Alerts, func(a report.Alert) bool {
			return r.URL.Query().Get("owner") == "nobody" || len(states) > 0 && !slices.Contains(states, string(a.State))
		})
		json.NewEncoder(w).Encode(v)
	})
	silences := recorded[report.Silences](t, "silences")
	silences.Silences[0].Reason = "a\tdrill\n\x1b[31m"
	answer("/api/v1/silences", silences)
	mux.HandleFunc("POST /api/v1/silences", func(w http.ResponseWriter, r *http.Request) {
		var wish report.NewSilence
		if err := json.NewDecoder(r.Body).Decode(&wish); err != nil || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%v of type %s", err, r.Header.Get("Content-Type"))
		}
		w.WriteHeader(http.StatusCreated)
		s := report.Silence{ID: "s3", Matchers: wish.Matchers, Author: wish.Author, Reason: wish.Reason + " for " + wish.Length, Starts: at("2026-11-23T12:00:00Z"), Ends: at("2026-11-23T14:00:00Z")}
		if wish.Ends != nil {
			s.Ends = *wish.Ends
		}
		json.NewEncoder(w).Encode(report.OneSilence{SchemaVersion: 1, Silence: s})
	})
	mux.HandleFunc("DELETE /api/v1/silences/s1", func(w http.ResponseWriter, r *http.Request) {
		json.NewEncoder(w).Encode(report.OneSilence{SchemaVersion: 1, Silence: report.Silence{ID: "s1", Ends: at("2026-11-23T12:00:00Z")}})
	})
	answer("/api/v1/receivers", recorded[report.Receivers](t, "receivers"))
	mux.HandleFunc("POST /api/v1/receivers/{name}/test", func(w http.ResponseWriter, r *http.Request) {
		v := report.TestResult{SchemaVersion: 1, Receiver: r.PathValue("name"), Delivered: r.PathValue("name") == "pager"}
		if !v.Delivered {
			v.Error, v.Hint = "the connection was refused", "see whether it runs"
		}
		json.NewEncoder(w).Encode(v)
	})
	answer("/api/v1/operations", report.Operations{SchemaVersion: 1, Window: "1h", Backfilled: 5, Operations: []report.Operation{
		{Service: "shop-api", Environment: "production", Operation: "POST /checkout", Kind: "http", Good: 10, Bad: 1, Excluded: 2, P50: of(12.3456), P95: of(100.0), P99: of(1234.5), Bound: true, Versions: []report.Version{}},
		{Service: "blog", Operation: "GET /", Kind: "http", Versions: []report.Version{}},
	}})
	answer("/api/v1/corrections", ledger())
	mux.HandleFunc("POST /api/v1/corrections", func(w http.ResponseWriter, r *http.Request) {
		var asked report.CorrectionRequest
		json.NewDecoder(r.Body).Decode(&asked)
		made := ledger().Corrections[1]
		made.Reason, made.Author, made.Kind, made.Bad = asked.Reason, asked.Author, cmp.Or(slo.CorrectionKind(asked.Kind), slo.ExcludeAll), asked.Bad
		made.Service, made.Objective = asked.Service, asked.Objective
		json.NewEncoder(w).Encode(report.CorrectionMade{SchemaVersion: 1, DryRun: asked.DryRun, Correction: made})
	})
	mux.HandleFunc("POST /api/v1/corrections/{id}/withdraw", func(w http.ResponseWriter, r *http.Request) {
		if r.PathValue("id") != "1" {
			w.WriteHeader(http.StatusNotFound)
			json.NewEncoder(w).Encode(api.Problem{Error: api.Fault{Kind: "not_found", Message: "no correction 9", Hint: "leadline correct list lists them"}})
			return
		}
		json.NewEncoder(w).Encode(report.CorrectionMade{SchemaVersion: 1, Correction: ledger().Corrections[0]})
	})
	mux.HandleFunc("GET /api/v1/slos/shop-api/secret", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer 0123456789abcdef" {
			json.NewEncoder(w).Encode(detail(all.SLOs[1]))
			return
		}
		w.WriteHeader(http.StatusUnauthorized)
		json.NewEncoder(w).Encode(api.Problem{Error: api.Fault{Kind: "unauthenticated", Message: "a valid token is needed", Hint: "send it"}})
	})
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s
}

// recorded reads an answer that package report's tests hold.
func recorded[T any](t *testing.T, name string) (v T) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("..", "report", "testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(content, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// ask runs a command line against the server and returns all that it said.
func ask(t *testing.T, s *httptest.Server, args ...string) (code int, out, errOut string) {
	t.Helper()
	t.Setenv("LEADLINE_SERVER", s.URL)
	var o, e bytes.Buffer
	code = cli.Run(context.Background(), args, &o, &e)
	return code, o.String(), e.String()
}

func TestGolden(t *testing.T) {
	s := server(t)
	for name, args := range map[string][]string{
		"status":               {"status"},
		"status.json":          {"status", "-o", "json"},
		"status.yaml":          {"status", "-o", "yaml"},
		"explain":              {"explain", "shop-api/checkout-succeeds"},
		"explain.yaml":         {"explain", "checkout-succeeds", "--output=yaml"},
		"explain-moved":        {"explain", "shop-api/moved"},
		"explain-long":         {"explain", "shop-api/long"},
		"explain-long-all":     {"explain", "shop-api/long", "--slices"},
		"explain-sliced":       {"explain", "shop-api/sliced"},
		"explain-not-measured": {"explain", "up"},
		"explain-burns":        {"explain", "shop-api/burns"},
		"alerts":               {"alerts"},
		"alerts-all":           {"alerts", "--all"},
		"alerts-none":          {"alerts", "--owner", "nobody"},
		"alerts-resolved.yaml": {"alerts", "--state", "resolved,pending", "-o", "yaml"},
		"silence-list":         {"silence", "list"},
		"silence-list-all":     {"silence", "list", "--all"},
		"silence-add":          {"silence", "add", "service=shop-api", "severity=page", "--for", "2h", "--reason", "a drill", "--author", "me"},
		"silence-add.json":     {"silence", "add", "rule=absent", "--until", "2026-11-24T12:00:00Z", "--reason", "a drill", "--author", "me", "-o", "json"},
		"silence-end":          {"silence", "end", "s1"},
		"receivers":            {"receivers"},
		"receivers.json":       {"receivers", "-o", "json"},
		"receivers-test":       {"receivers", "test", "pager"},
		"operations":           {"operations"},
		"operations.json":      {"operations", "-o", "json"},
		"correct-list":         {"correct", "list"},
		"correct-list.yaml":    {"correct", "list", "checkout-succeeds", "-o", "yaml"},
		"correct-add":          {"correct", "add", "shop-api/checkout-succeeds", "--from", "now-2h", "--to", "now-1h", "--author", "ada", "--reason", "ours", "--dry-run"},
		"correct-add-bad":      {"correct", "add", "checkout-succeeds", "--bad", "37", "--from", "now-2h", "--to", "now-1h", "--author", "ada", "--reason", "ours"},
		"correct-withdraw":     {"correct", "withdraw", "1", "--author", "ada", "--reason", "they were customers"},
		"correct-help":         {"correct"},
		"validate":             {"validate", "testdata/services/good.yaml"},
		"validate-broken":      {"validate", "testdata/services"},
		"export":               {"export", "openslo", "--services", "testdata/export"},
		"help":                 {"--help"},
	} {
		t.Run(name, func(t *testing.T) {
			_, out, errOut := ask(t, s, args...)
			file := filepath.Join("testdata", name+".golden")
			got := out + errOut
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if strings.Contains(got, "\x1b") {
				t.Error("there is an escape sequence")
			}
		})
	}
}

func TestExitCodes(t *testing.T) {
	t.Setenv("USER", "grace")
	s := server(t)
	gone := httptest.NewServer(nil)
	gone.Close()
	short := filepath.Join(t.TempDir(), "token")
	long := short + "-long"
	for path, content := range map[string]string{short: "short", long: "0123456789abcdef"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name string
		args []string
		code int
		want string // on standard error
	}{
		{"done, and said what is wrong", []string{"status"}, 0, "service file cart.yaml:7:5: there is no step \"payy\"; did you mean \"pay\"?"},
		{"the version", []string{"version"}, 0, ""},
		{"help", []string{"explain", "--help"}, 0, ""},
		{"an objective that is not", []string{"explain", "nothing"}, 1, "leadline status lists them"},
		{"an objective of a service that is not", []string{"explain", "cart/up"}, 1, "404"},
		{"a token that is too short", []string{"status", "--token-file", short}, 1, "at least 16"},
		{"a server that is none", []string{"status", "--server", "localhost:8484"}, 1, "http://127.0.0.1:8484"},
		{"a data directory that cannot be", []string{"serve", "--services", "/nowhere"}, 1, "does not exist"},
		{"an unknown command", []string{"stats"}, 2, "unknown command"},
		{"an unknown flag", []string{"status", "--wach"}, 2, "unknown flag"},
		{"too few arguments", []string{"explain"}, 2, "an argument is missing: write leadline explain [SERVICE/]OBJECTIVE"},
		{"too many of a command that takes one", []string{"explain", "a", "b"}, 2, "\"b\" is one too many"},
		{"too many", []string{"status", "now"}, 2, ""},
		{"an unknown output, before anybody is asked", []string{"status", "-o", "xml", "--server", gone.URL}, 2, "table, json or yaml"},
		{"a level of logs that is none", []string{"serve", "--log-level", "loud"}, 2, "debug, info, warn or error"},
		{"a bad duration", []string{"status", "--every", "soon"}, 2, "invalid argument"},
		{"a receiver that takes the test", []string{"receivers", "test", "pager"}, 0, ""},
		{"a receiver that does not", []string{"receivers", "test", "team"}, 1, "team did not take the test message: the connection was refused"},
		{"a silence without an end", []string{"silence", "add", "a=b", "--reason", "x"}, 2, "--for, or --until"},
		{"a silence with two", []string{"silence", "add", "a=b", "--reason", "x", "--for", "1h", "--until", "2026-11-24T12:00:00Z"}, 2, "--for, or --until"},
		{"a silence of nobody", []string{"silence", "add", "a=b", "--reason", "x", "--for", "1h", "--author", ""}, 2, "write who: --author is empty"},
		{"a silence for no reason", []string{"silence", "add", "a=b", "--for", "1h", "--author", "ada"}, 2, "write why: --reason is empty"},
		{"a correction for no reason", []string{"correct", "add", "shop-api/up", "--author", ""}, 2, "write who: --author is empty, and why: --reason is empty"},
		{"a silence until no time", []string{"silence", "add", "a=b", "--reason", "x", "--until", "tomorrow"}, 2, "is not a time"},
		{"a silence of everything", []string{"silence", "add", "--for", "1h", "--reason", "x"}, 2, "arg"},
		{"a silence that is not", []string{"silence", "end", "s9"}, 1, "404"},
		{"an objective with a mistake in its name", []string{"correct", "add", "checkout-suceeds", "--from", "now-2h", "--to", "now", "--author", "ada", "--reason", "x"}, 1, `did you mean "checkout-succeeds"?`},
		{"a correction of no number", []string{"correct", "add", "up", "--bad", "some"}, 2, "above zero, or all"},
		{"a correction of no bad events", []string{"correct", "add", "up", "--bad", "0"}, 2, "above zero, or all"},
		{"a withdrawal of nothing", []string{"correct", "withdraw", "9", "--author", "ada", "--reason", "x"}, 1, "leadline correct list"},
		{"a withdrawal of what", []string{"correct", "withdraw"}, 2, "arg"},
		{"a correction that is none", []string{"correct", "edit", "1"}, 2, ""},
		{"files that are valid", []string{"validate", "testdata/services/good.yaml"}, 0, "valid: 1 objective in 1 file"},
		{"files that are not", []string{"validate", "testdata/services"}, 3, "problems in 2 files"},
		{"receivers that are valid", []string{"validate", "--config", "testdata/receivers/good.yaml"}, 0, "valid: 1 receiver in testdata/receivers/good.yaml"},
		{"receivers that are not", []string{"validate", "--config", "testdata/receivers/bad.yaml"}, 3, "testdata/receivers/bad.yaml:2: receiver a: url_file is missing"},
		{"receivers and files", []string{"validate", "--config", "testdata/receivers/good.yaml", "testdata/services/good.yaml"}, 0, "valid: 1 objective in 1 file"},
		{"files that are not there", []string{"validate", "/nowhere"}, 1, "no such file"},
		{"a folder without files", []string{"validate", t.TempDir()}, 1, "holds no service file"},
		{"an export of one service", []string{"export", "openslo", "shop/shop-api", "--services", "testdata/export/shop.yaml"}, 0, "review of metadata: left out"},
		{"an export of a service that is not", []string{"export", "openslo", "blog", "--services", "testdata/export"}, 1, "holds no objective of blog"},
		{"an export of files that are not valid", []string{"export", "openslo", "--services", "testdata/services"}, 3, "problems in 2 files"},
		{"an export of nothing", []string{"export", "openslo"}, 2, "--services"},
		{"no server", []string{"status", "--server", gone.URL}, 4, "start one with leadline serve"},
		{"no token", []string{"explain", "shop-api/secret"}, 4, "a valid token is needed"},
		{"the token", []string{"explain", "shop-api/secret", "--token-file", long}, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, out, errOut := ask(t, s, c.args...)
			if code != c.code || !strings.Contains(errOut, c.want) {
				t.Errorf("got %d, want %d and %q:\n%s", code, c.code, c.want, errOut)
			}
			if code != 0 && code != 3 && (out != "" || !strings.HasPrefix(errOut, "leadline: ")) {
				t.Errorf("standard output %q, standard error %q", out, errOut)
			}
		})
	}
}

// TestSettingsAreCheckedAsAStartChecksThem, and all of their mistakes are said.
func TestSettingsAreCheckedAsAStartChecksThem(t *testing.T) {
	s := server(t)
	t.Chdir(t.TempDir())
	write(t, "leadline.yaml", "recievers: []\nserviecs: s\nretention: 400\nlisten: 0.0.0.0:1\nlog-level: loud\nservices: nowhere\n"+
		"receivers:\n  - {name: a, type: pigeon}\n  - {name: b}\nroutes: [{recevier: a}]\n")
	code, out, errOut := ask(t, s, "validate", "--config", "leadline.yaml")
	if code != 3 || out != "" {
		t.Errorf("exit code %d, standard output %q", code, out)
	}
	for _, want := range []string{
		`unknown setting "recievers"`, `unknown setting "serviecs"`, "retention: invalid", "leadline.yaml:8: receiver a", "leadline.yaml:9: receiver: type is missing",
		"leadline.yaml:10: route 1: recevier", "debug, info, warn or error", "anybody who reaches it", "services folder nowhere does not exist",
	} {
		if strings.Count(errOut, want) != 1 {
			t.Errorf("%q is not once in\n%s", want, errOut)
		}
	}
	var started bytes.Buffer
	if code := cli.Run(context.Background(), []string{"serve"}, &started, &started); code != 1 {
		t.Errorf("a start ends with %d", code)
	}
	for line := range strings.Lines(started.String()) {
		if !strings.Contains(errOut, strings.TrimPrefix(line, "leadline: ")) {
			t.Errorf("a start says more: %s", line)
		}
	}
}

func TestExportTakesTheServersSettings(t *testing.T) {
	files, err := filepath.Abs("testdata/export")
	if err != nil {
		t.Fatal(err)
	}
	s := server(t)
	t.Chdir(t.TempDir())
	write(t, "leadline.yaml", "services: "+files+"\n")
	if code, out, errOut := ask(t, s, "export", "openslo"); code != 0 || !strings.Contains(out, "openslo/v1") {
		t.Errorf("exit code %d: %s", code, errOut)
	}
	write(t, "leadline.yaml", "serviecs: x\n")
	if code, _, errOut := ask(t, s, "export", "openslo"); code != 1 || !strings.Contains(errOut, `unknown setting "serviecs"`) {
		t.Errorf("exit code %d: %s", code, errOut)
	}
}

func TestValidateIsBounded(t *testing.T) {
	dir := t.TempDir()
	head := "apiVersion: leadline/v1\nkind: Service\nmetadata: {name: a}\nspec:\n  objectives:\n"
	for name, objectives := range map[string]int{"a.yaml": 10, "b.yaml": 100} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(head+strings.Repeat("    - {}\n", objectives)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	code, out, errOut := ask(t, server(t), "validate", dir)
	lines := strings.Split(strings.TrimSpace(errOut), "\n")
	// Each objective lacks a name, an indicator, a target and a window.
	want := []string{"and 390 more", "440 problems in 2 files"}
	if code != 3 || out != "" || len(lines) != 52 || !slices.Equal(lines[50:], want) {
		t.Fatalf("got %d and %d lines, ending %q; want 50 and %q", code, len(lines), lines[max(0, len(lines)-2):], want)
	}
	if !strings.Contains(lines[39], "a.yaml:15:") || !strings.Contains(lines[40], "b.yaml:6:") {
		t.Errorf("the files are not in order:\n%s", errOut)
	}
}

// ender ends a context when something is written.
type ender struct {
	bytes.Buffer
	end context.CancelFunc
}

func (e *ender) Write(b []byte) (int, error) {
	e.end()
	return e.Buffer.Write(b)
}

func TestWatchEndsWhenInterrupted(t *testing.T) {
	s := server(t)
	ctx, cancel := context.WithCancel(context.Background())
	out := &ender{end: cancel}
	var errOut bytes.Buffer
	if code := cli.Run(ctx, []string{"status", "--watch", "--every", "1h", "--server", s.URL}, out, &errOut); code != 0 {
		t.Errorf("got %d: %s", code, &errOut)
	}
	if !strings.Contains(out.String(), "checkout-succeeds") {
		t.Errorf("got %q", out)
	}
}

func TestWatchOutlivesItsServer(t *testing.T) {
	s := server(t)
	s.Close()
	ctx, cancel := context.WithCancel(context.Background())
	errOut := &ender{end: cancel}
	var out bytes.Buffer
	if code := cli.Run(ctx, []string{"status", "--watch", "--every", "1h", "--server", s.URL}, &out, errOut); code != 0 {
		t.Errorf("got %d", code)
	}
	if !strings.Contains(errOut.String(), "no server answers") {
		t.Errorf("got %q", errOut)
	}
}

// TestTheServersOwn: objectives of the server itself are called by their names,
// unless somebody else's have them.
func TestTheServersOwn(t *testing.T) {
	for name, c := range map[string]struct {
		args      []string
		own, want string
	}{
		"by name":                        {[]string{"log-commits"}, "log-commits", "/api/v1/slos/leadline/log-commits"},
		"by name and namespace":          {[]string{"log-commits", "--namespace", "leadline"}, "log-commits", "/api/v1/slos/leadline/log-commits?namespace=leadline"},
		"a name that a user's has":       {[]string{"up"}, "up", "/api/v1/slos/blog/up"},
		"that name, and the namespace":   {[]string{"up", "--namespace", "leadline"}, "up", "/api/v1/slos/leadline/up?namespace=leadline"},
		"a name that neither has, close": {[]string{"log-comits"}, "log-commits", ""},
	} {
		t.Run(name, func(t *testing.T) {
			asked := ""
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/api/v1/slos" {
					json.NewEncoder(w).Encode(report.SLOs{SchemaVersion: 1, SLOs: []report.SLO{{Name: "up", Service: "blog"}}, Self: []report.SLO{{Name: c.own, Namespace: "leadline", Service: "leadline"}}})
					return
				}
				asked = r.URL.String()
				http.Error(w, "", http.StatusNotFound)
			}))
			defer s.Close()
			_, _, errOut := ask(t, s, append([]string{"explain"}, c.args...)...)
			if asked != c.want || c.want == "" && !strings.Contains(errOut, `did you mean "log-commits"?`) {
				t.Errorf("asked for %q, want %q: %s", asked, c.want, errOut)
			}
		})
	}
}

// TestWhoAnswersForIt: whoever is at the keyboard, unless somebody is named.
func TestWhoAnswersForIt(t *testing.T) {
	s := server(t)
	t.Setenv("USER", "")
	for _, args := range [][]string{{"silence", "add", "a=b", "--for", "1h"}, {"correct", "add", "shop-api/up"}, {"correct", "withdraw", "1"}} {
		code, _, errOut := ask(t, s, append(args, "--reason", "ours")...)
		if want := "write who: --author is needed, because $USER is empty"; code != 2 || !strings.Contains(errOut, want) || strings.Contains(errOut, "--reason") {
			t.Errorf("%v: got %d, want %q: %s", args, code, want, errOut)
		}
	}
	t.Setenv("USER", "grace")
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"a correction":             {[]string{"correct", "add", "shop-api/up", "--from", "now-2h", "--to", "now", "--reason", "ours", "-o", "json"}, `"author": "grace"`},
		"a correction of somebody": {[]string{"correct", "add", "shop-api/up", "--from", "now-2h", "--to", "now", "--reason", "ours", "--author", "ada", "-o", "json"}, `"author": "ada"`},
	} {
		t.Run(name, func(t *testing.T) {
			if code, out, errOut := ask(t, s, c.args...); code != 0 || !strings.Contains(out, c.want) {
				t.Errorf("got %d, want %s:\n%s%s", code, c.want, out, errOut)
			}
		})
	}
}
