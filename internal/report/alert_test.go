// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/dispatch"
	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/report"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares the JSON of an answer with a file.
func golden(t *testing.T, name string, v any) {
	t.Helper()
	content, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(file, append(content, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(content)+"\n"); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

const gold = "customer.tier=gold"

// burning has an objective that burns for everybody and for a group, with
// alerts in every state.
func burning(t *testing.T) (*world, *report.Report) {
	t.Helper()
	o := objective("checkout-succeeds", 28*24*time.Hour)
	o.Journey, o.Owner, o.Runbook = "checkout", "team-checkout", "runbooks/checkout.md"
	o.Alerting.Rules = []slo.Rule{
		{Name: "tier", Severity: slo.Ticket, ByGroup: true, Guard: 5, When: []slo.Condition{{Kind: slo.Burn, Milli: 2000, Long: time.Hour}}},
		{Name: "worn", Severity: slo.Ticket, For: time.Hour, When: []slo.Condition{{Kind: slo.Spent, Milli: 150}, {Kind: slo.Drop, Long: time.Hour, Milli: 100}}},
		{Name: "soon", Severity: slo.Page, When: []slo.Condition{{Kind: slo.Exhausts, Long: time.Hour, Within: 48 * time.Hour}}},
	}
	w := newWorld(noon, o)
	w.count(totalOf(o), slice.MinuteOf(noon)-7200, slice.Counts{Good: 100_000})
	grouped := totalOf(o)
	grouped.Group = gold
	for m := slice.Minute(0); m < 10; m++ {
		w.count(totalOf(o), slice.MinuteOf(noon)-m, slice.Counts{Good: 80, Bad: 20})
		w.count(grouped, slice.MinuteOf(noon)-m, slice.Counts{Good: 10, Bad: 10})
	}
	r := w.report(t)
	s := *w.engine.Snapshot()
	s.Evaluations = append([]eval.Evaluation{}, s.Evaluations...)
	v := &s.Evaluations[0]
	v.Alerts = append([]alert.Alert{}, v.Alerts...)
	for i := range v.Alerts {
		switch a := &v.Alerts[i]; a.Rule {
		case "page-6h":
			a.Frozen = "intake did not run in most of the last 30m"
		case "ticket-3d":
			a.Phase, a.Since, a.Ended = alert.Unmeasured, noon.Add(-time.Hour), noon.Add(-time.Hour)
		case "ticket-1d":
			a.Phase, a.Since, a.Ended, a.InhibitedBy = alert.Resolved, noon.Add(-time.Minute), noon.Add(-time.Minute), ""
		}
	}
	v.Alerts = append(v.Alerts, alert.Alert{Key: alert.Key{Objective: o.Key, Rule: "never"}, Phase: alert.Inactive})
	gone := alert.Key{Objective: slo.Key{Service: shop, Name: "gone"}, Rule: "page-1h"}
	s.Gone = []alert.Alert{{Key: gone, Severity: alert.Page, Phase: alert.Unmeasured, Since: noon.Add(-2 * time.Hour), Episode: 1,
		Started: noon.Add(-3 * time.Hour), Ended: noon.Add(-2 * time.Hour), Sequence: 2, Sentence: "its objective is no longer defined"}}
	r.Evaluations = fixed{&s}
	w.deliver(o.Key)
	return w, r
}

// fixed is an evaluation that stays.
type fixed struct{ snapshot *eval.Snapshot }

func (f fixed) Snapshot() *eval.Snapshot { return f.snapshot }
func (f fixed) Trends() *eval.Trends     { return &eval.Trends{At: f.snapshot.At} }

// deliver says what receivers have been told of the objective's alerts.
func (w *world) deliver(o slo.Key) {
	page := alert.Key{Objective: o, Rule: "page-1h"}
	w.status.Told = map[alert.Key][]dispatch.Telling{
		page: {
			{Receiver: "pager", Episode: 1, State: catalog.Delivered, At: noon, Attempts: 1, DeliveryID: "d1"},
			{Receiver: "team", Episode: 1, State: catalog.Waiting, At: noon, Attempts: 3, Error: "the connection was refused", DeliveryID: "d2"},
		},
		{Objective: o, Rule: "ticket-1d"}: {
			{Receiver: "pager", Episode: 1, Over: true, State: catalog.GivenUp, At: noon, Attempts: 1, Error: "400", DeliveryID: "d3"},
			{Receiver: "team", Episode: 9, State: catalog.Delivered, At: noon},
		},
	}
	w.status.Silenced = map[alert.Key]string{{Objective: o, Rule: "tier", Group: gold}: "s1"}
}

func TestAlerts(t *testing.T) {
	_, r := burning(t)
	golden(t, "alerts", r.Alerts(report.AlertFilter{}))
}

func TestAlertsOfADetail(t *testing.T) {
	w, r := burning(t)
	s := r.SLOs(t.Context()).SLOs[0]
	if s.Verdict.Verdict != alert.Critical || s.Verdict.Rule != "page-1h" || s.Verdict.Sentence != s.Cause {
		t.Errorf("the verdict is %+v, the state says %s", s.Verdict, s.Cause)
	}
	w.generations = []catalog.Generation{{Number: 1, From: noon}}
	d, err := detail(r, report.Which{Name: "checkout-succeeds"}, noon.Add(-time.Hour), noon)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "rules", d.SLO.Rules)
	if len(d.SLO.Alerts) != 7 {
		t.Errorf("got %d alerts", len(d.SLO.Alerts))
	}
}

func TestFilters(t *testing.T) {
	_, r := burning(t)
	for _, c := range []struct {
		name string
		f    report.AlertFilter
		want string
	}{
		{"firing", report.AlertFilter{States: []report.AlertState{report.AlertFiring}}, "page-1h soon tier"},
		{"frozen or pending", report.AlertFilter{States: []report.AlertState{report.AlertFrozen, report.AlertPending}}, "page-6h worn"},
		{"what has ended", report.AlertFilter{States: []report.AlertState{report.AlertResolved, report.AlertUnmeasured}}, "ticket-3d page-1h ticket-1d"},
		{"tickets of a team", report.AlertFilter{Severities: []alert.Severity{alert.Ticket}, Owners: []string{"team-checkout"}}, "tier worn ticket-3d ticket-1d"},
		{"nobody's", report.AlertFilter{Owners: []string{""}}, "page-1h"},
		{"of another service", report.AlertFilter{Services: []string{"cart"}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, a := range r.Alerts(c.f).Alerts {
				got = append(got, a.Rule)
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestReceivers(t *testing.T) {
	w := newWorld(noon)
	w.status = dispatch.Status{
		Receivers: []dispatch.ReceiverStatus{
			{Name: "pager", Delivered: noon.Add(-time.Hour), Failed: noon.Add(-2 * time.Hour), Failure: "no answer within 10s", Counts: dispatch.Counts{Delivered: 7, Failed: 1}},
			{Name: "team", Waiting: 3, Oldest: noon.Add(-time.Minute), Attempting: noon, Next: noon.Add(24 * time.Second), Failed: noon, Failure: "the connection was refused", LastError: "the connection was refused"},
		},
		Trouble: errors.New("the disk is full"), NotAlive: errors.New("the disk is full"), Unrouted: 2,
	}
	golden(t, "receivers", w.report(t).Receivers())
}

func TestSilences(t *testing.T) {
	w, r := burning(t)
	w.silences = []catalog.Silence{
		{ID: "s2", Matchers: []string{"rule=absent"}, Author: "ben", Comment: "a drill", Created: noon, Starts: noon.Add(time.Hour), Ends: noon.Add(2 * time.Hour)},
		{ID: "s1", Matchers: []string{`service="shop-api"`}, Author: "ana", Comment: "migration", Created: noon.Add(-time.Hour), Starts: noon.Add(-time.Hour), Ends: noon.Add(time.Hour)},
		{ID: "s0", Matchers: []string{"severity=ticket"}, Author: "ana", Comment: "night", Created: noon.Add(-time.Hour), Starts: noon.Add(-time.Hour), Ends: noon},
	}
	got, err := r.Silences(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "silences", got)
}

func TestExclusions(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	o := objective("up", 7*24*time.Hour)
	for _, x := range []struct {
		begin          time.Time
		length         time.Duration
		repeat, reason string
	}{
		{time.Date(2026, 1, 5, 2, 0, 0, 0, berlin), 2 * time.Hour, "FREQ=WEEKLY;BYDAY=MO", "maintenance"},
		{time.Date(2026, 11, 25, 2, 0, 0, 0, time.UTC), time.Hour, "", "a move"},
		{time.Date(2026, 1, 1, 3, 0, 0, 0, time.UTC), time.Hour, "FREQ=DAILY", "backup"},
	} {
		e, err := slo.NewExclusion(x.begin, x.length, x.repeat, x.reason)
		if err != nil {
			t.Fatal(err)
		}
		o.Exclusions = append(o.Exclusions, e)
	}
	w := newWorld(noon, o)
	w.generations = []catalog.Generation{{Number: 1, From: noon}}
	d, err := detail(w.report(t), report.Which{Name: "up"}, noon.Add(-time.Hour), noon)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "exclusions", d.SLO.Exclusions)
}

// TestOneAnswerHasOneBurnRate evaluates twice within a minute: cause, verdict
// and alerts say what the newest evaluation saw.
func TestOneAnswerHasOneBurnRate(t *testing.T) {
	o := objective("up", 28*24*time.Hour)
	w := newWorld(noon, o)
	w.count(totalOf(o), slice.MinuteOf(noon), slice.Counts{Good: 900, Bad: 300})
	r := w.report(t)
	told := r.SLOs(t.Context()).SLOs[0].Cause
	w.now = noon.Add(10 * time.Second)
	w.count(totalOf(o), slice.MinuteOf(noon), slice.Counts{Bad: 300})
	w.engine.Evaluate()
	s, alerts := r.SLOs(t.Context()).SLOs[0], r.Alerts(report.AlertFilter{}).Alerts
	if s.Cause == told || s.Cause != s.Verdict.Sentence {
		t.Errorf("cause %q, verdict %q; ten seconds before %q", s.Cause, s.Verdict.Sentence, told)
	}
	if len(alerts) == 0 || alerts[0].Sentence != s.Cause {
		t.Errorf("cause %q, alerts %+v", s.Cause, alerts)
	}
}

// TestAnAlertSaysWhenItEnds follows a burn that stops: the page waits for five
// minutes, and the slower one is quiet for half an hour after it.
func TestAnAlertSaysWhenItEnds(t *testing.T) {
	o := objective("up", 28*24*time.Hour)
	w := newWorld(noon, o)
	w.count(totalOf(o), slice.MinuteOf(noon), slice.Counts{Good: 900, Bad: 900})
	r := w.report(t)
	after := func(d time.Duration, good uint64) (s report.SLO, of map[string]report.Alert) {
		w.now = noon.Add(d)
		w.count(totalOf(o), slice.MinuteOf(w.now), slice.Counts{Good: good})
		w.engine.Evaluate()
		of = map[string]report.Alert{}
		for _, a := range r.Alerts(report.AlertFilter{}).Alerts {
			of[a.Rule] = a
		}
		return r.SLOs(t.Context()).SLOs[0], of
	}
	s, of := after(7*time.Minute, 100)
	if a := of["page-1h"]; a.EndsAt == nil || !a.EndsAt.Equal(w.now.Add(5*time.Minute)) || s.State != slo.Breaching || !strings.Contains(s.Cause, "; ending: not above both since 12:07:30") {
		t.Errorf("a page that is clear: %s, %q, ends at %v", s.State, s.Cause, a.EndsAt)
	}
	if a := of["page-6h"]; a.InhibitedBy != "page-1h" || a.InhibitedUntil != nil || a.EndsAt != nil {
		t.Errorf("while page-1h fires: %+v", a)
	}
	_, of = after(12*time.Minute, 100)
	if a := of["page-6h"]; of["page-1h"].State != report.AlertResolved || a.InhibitedUntil == nil || !a.InhibitedUntil.Equal(w.now.Add(30*time.Minute)) {
		t.Errorf("when page-1h has ended (%s): quiet until %v", of["page-1h"].State, a.InhibitedUntil)
	}
}
