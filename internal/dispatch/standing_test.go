// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch_test

import (
	"encoding/json"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/dispatch"
	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// burning is an engine with one objective, of which half the events are bad.
func burning(t *testing.T, now time.Time) (*eval.Engine, *slo.Objective) {
	t.Helper()
	service := operation.Service{Namespace: "web", Name: "shop api", Environment: "production"}
	i, err := sli.Compile(sli.Rule{Service: service, Kind: sli.Availability})
	if err != nil {
		t.Fatal(err)
	}
	o := &slo.Objective{
		Key: slo.Key{Service: service, Name: "up"}, Indicator: i, Target: 990_000_000, Window: window.Window{Length: 28 * 24 * time.Hour},
		Owner: "team-a", Journey: "checkout", Description: "It is up.", Runbook: "runbooks/up.md",
	}
	e := eval.New(func() time.Time { return now }, time.Second, slog.New(slog.DiscardHandler))
	e.Restored(e.Install([]*slo.Objective{o}))
	s, _ := slice.NewTable(10).Intern(slice.Key{Service: service, Indicator: string(i.ID)})
	e.Count(s, slice.MinuteOf(now), slice.Counts{Good: 60, Bad: 40})
	return e, o
}

func TestNoticesOfEvaluations(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 30, 0, time.UTC)
	e, _ := burning(t, now)
	s := dispatch.NewEvaluations(e, "https://lead.example")
	e.Evaluate()
	standing := s.Standing()
	if again := s.Standing(); again != standing {
		t.Error("the standing changes although nothing was evaluated")
	}
	var page *dispatch.Notice
	for i := range standing.Notices {
		if n := &standing.Notices[i]; n.Severity == alert.Page && n.Calls() {
			page = n
		}
	}
	if page == nil {
		t.Fatalf("nothing pages: %+v", standing.Notices)
	}
	want := dispatch.Notice{
		Alert: page.Alert, Description: "It is up.", Owner: "team-a", Runbook: "runbooks/up.md", Journey: "checkout",
		URL:    "https://lead.example/slos/shop%20api/up?environment=production&namespace=web",
		Target: "99%", Window: "28d", SLI: "0.6", BudgetLeft: "-39", NextStep: page.NextStep, At: now,
	}
	if diff := cmp.Diff(want, *page); diff != "" || page.NextStep == "" || page.Sentence == "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// The objective goes, and its alerts are over.
	e.Install(nil)
	e.Evaluate()
	for range 2 {
		for _, n := range s.Standing().Notices {
			if n.Calls() {
				t.Errorf("%s of an objective that is gone still calls", n.Rule)
			}
			// A receiver knows the alert by its labels, and ends none with others.
			if n.Owner != "team-a" || n.Journey != "checkout" || n.SLI+n.BudgetLeft+n.NextStep != "" {
				t.Errorf("%s of an objective that is gone: %+v", n.Rule, n)
			}
		}
		e.Evaluate()
	}
	if len(s.Standing().Notices) == 0 {
		t.Error("alerts of an objective that is gone are missing")
	}
}

// TestACalendarWindowIsNamed as everywhere else.
func TestACalendarWindowIsNamed(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 30, 0, time.UTC)
	e, o := burning(t, now)
	monthly := *o
	monthly.Window = window.Calendar{Period: window.Month}.Of()
	e.Restored(e.Install([]*slo.Objective{&monthly}))
	table := slice.NewTable(10)
	series, _ := table.Intern(slice.Key{Service: o.Service, Indicator: string(o.Indicator.ID)})
	e.Count(series, slice.MinuteOf(now), slice.Counts{Good: 60, Bad: 40})
	e.Evaluate()
	all := dispatch.NewEvaluations(e, "").Standing().Notices
	if len(all) == 0 {
		t.Error("nothing burns")
	}
	for _, n := range all {
		if n.Window != monthly.Window.String() {
			t.Errorf("%s is over %q, want %q", n.Rule, n.Window, monthly.Window)
		}
	}
}

// TestNoticesOnDisk: what was written by this version must be read by the next.
func TestNoticesOnDisk(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 30, 0, time.UTC)
	n := dispatch.Notice{
		Alert: alert.Alert{
			Key:      alert.Key{Objective: slo.Key{Service: operation.Service{Namespace: "web", Name: "shop", Environment: "production"}, Name: "up"}, Rule: "fast", Group: "eu"},
			Severity: alert.Page, Phase: alert.Firing, Since: at, Episode: 3, Started: at, Ended: at, Clear: at, Sequence: 7,
			Frozen: "frozen", InhibitedBy: "other", Sentence: "1h burn 22x",
		},
		Description: "d", Owner: "o", Runbook: "r", Journey: "j", URL: "u", Target: "99%", Window: "28d", SLI: "0.9", BudgetLeft: "0.1", NextStep: "n", At: at,
	}
	content, err := os.ReadFile("testdata/notice.json")
	if err != nil {
		t.Fatal(err)
	}
	var got dispatch.Notice
	if err := json.Unmarshal(content, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(n, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("read (-want +got):\n%s", diff)
	}
	written, err := json.MarshalIndent(n, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(content), string(written)+"\n"); diff != "" {
		t.Errorf("written (-want +got):\n%s", diff)
	}
}
