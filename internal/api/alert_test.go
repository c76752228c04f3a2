// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/api"
	"github.com/leadline/leadline/internal/report"
)

// burning has an objective that pages.
func burning(t *testing.T) *world {
	t.Helper()
	w := full(t)
	for i := range w.samples {
		w.samples[i].Counts.Bad += 400
		k, _ := w.table.Intern(w.samples[i].Key)
		c := w.samples[i].Counts
		c.Good, c.Bad = 0, 400
		w.engine.Count(k, w.samples[i].Minute, c)
	}
	w.engine.Evaluate()
	return w
}

func decode[T any](t *testing.T, answer *httptest.ResponseRecorder) (v T) {
	t.Helper()
	if err := json.Unmarshal(answer.Body.Bytes(), &v); err != nil {
		t.Fatalf("%s: %v", answer.Body, err)
	}
	return v
}

func TestAlertsAreFiltered(t *testing.T) {
	s := burning(t).server(t, "")
	for query, want := range map[string]int{
		"": 4, "?state=firing": 4, "?state=resolved": 0, "?state=resolved&state=firing": 4, "?severity=page": 2,
		"?service=shop-api": 4, "?service=cart": 0, "?owner=team": 0, "?severity=ticket&service=shop-api&service=cart": 2,
	} {
		if got := decode[report.Alerts](t, ask(s, "GET", "/api/v1/alerts"+query, "")); len(got.Alerts) != want {
			t.Errorf("%q: got %d alerts, want %d", query, len(got.Alerts), want)
		}
	}
}

// TestASilence begins one, sees it, and ends it.
func TestASilence(t *testing.T) {
	s := burning(t).server(t, "")
	const path = "/api/v1/silences"
	asJSON := header("Content-Type", "application/json")
	begun := ask(s, "POST", path, `{"matchers":["service=\"shop-api\""],"author":"me","reason":"a drill","length":"2h"}`, asJSON)
	if begun.Code != http.StatusCreated {
		t.Fatalf("got %d: %s", begun.Code, begun.Body)
	}
	want := report.Silence{
		ID: "id-1", State: report.SilenceActive, Matchers: []string{`service="shop-api"`}, Author: "me", Reason: "a drill",
		Created: now, Starts: now, Ends: now.Add(2 * time.Hour),
	}
	if diff := cmp.Diff(want, decode[report.OneSilence](t, begun).Silence); diff != "" {
		t.Errorf("begun (-want +got):\n%s", diff)
	}
	later := ask(s, "POST", path, `{"matchers":["rule=absent"],"author":"me","reason":"later","starts_at":"2026-11-24T00:00:00Z","ends_at":"2026-11-25T00:00:00Z"}`, asJSON)
	if got := decode[report.OneSilence](t, later).Silence; got.State != report.SilencePending {
		t.Errorf("a later one: %+v", got)
	}
	ended := decode[report.OneSilence](t, ask(s, "DELETE", path+"/id-1", "")).Silence
	want.State, want.Ends = report.SilenceEnded, now
	if diff := cmp.Diff(want, ended); diff != "" {
		t.Errorf("ended (-want +got):\n%s", diff)
	}
	if got := decode[report.Silences](t, ask(s, "GET", path, "")).Silences; len(got) != 2 || got[0].ID != "id-2" || got[1].State != report.SilenceEnded {
		t.Errorf("got %+v", got)
	}
}

func TestSilencesThatAreRefused(t *testing.T) {
	const body = `{"matchers":["service=shop-api"],"author":"me","reason":"a drill","length":"2h"}`
	for _, c := range []struct {
		name, contentType, body string
		status                  int
		want                    string
	}{
		{"no JSON", "application/json", "length: 2h", 400, "read the body"},
		{"a form, as a page elsewhere can send", "application/x-www-form-urlencoded", body, 400, "application/json"},
		{"an unknown field", "application/json", strings.Replace(body, "length", "duration", 1), 400, "duration"},
		{"no end", "application/json", strings.Replace(body, `,"length":"2h"`, "", 1), 400, "needs an end"},
		{"two ends", "application/json", strings.Replace(body, `"2h"`, `"2h","ends_at":"2026-11-24T00:00:00Z"`, 1), 400, "needs an end"},
		{"a length that is none", "application/json", strings.Replace(body, "2h", "long", 1), 400, "is no length"},
		{"a length of less than nothing", "application/json", strings.Replace(body, "2h", "-2h", 1), 400, "is no length"},
		{"an end that is past", "application/json", strings.Replace(body, `"length":"2h"`, `"ends_at":"2026-11-22T00:00:00Z"`, 1), 400, "before it starts or now"},
		{"years", "application/json", strings.Replace(body, "2h", "367d", 1), 400, "longer than a year"},
		{"everything", "application/json", strings.Replace(body, "service=shop-api", "service=~.*", 1), 400, "hold for everything"},
		{"a matcher that is none", "application/json", strings.Replace(body, "service=", "service", 1), 400, "has no operator"},
		{"nobody", "application/json", strings.Replace(body, `"me"`, `" "`, 1), 400, "author and comment"},
		{"too much", "application/json", strings.Replace(body, "a drill", strings.Repeat("a", 100_000), 1), 413, "more than"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := full(t).server(t, "")
			got := ask(s, "POST", "/api/v1/silences", c.body, header("Content-Type", c.contentType))
			if fault := decode[api.Problem](t, got).Error; got.Code != c.status || !strings.Contains(fault.Message, c.want) {
				t.Errorf("got %d: %+v", got.Code, fault)
			}
			if kept := decode[report.Silences](t, ask(s, "GET", "/api/v1/silences", "")).Silences; len(kept) != 0 {
				t.Errorf("kept %+v", kept)
			}
		})
	}
}

func TestReceiversAreTested(t *testing.T) {
	s := full(t).server(t, "")
	for name, want := range map[string]report.TestResult{
		"pager":  {SchemaVersion: 1, Receiver: "pager", Delivered: true},
		"broken": {SchemaVersion: 1, Receiver: "broken", Error: "the connection was refused"},
	} {
		if diff := cmp.Diff(want, decode[report.TestResult](t, ask(s, "POST", "/api/v1/receivers/"+name+"/test", ""))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	kinds := map[string]string{}
	for _, r := range decode[report.Receivers](t, ask(s, "GET", "/api/v1/receivers", "")).Receivers {
		kinds[r.Name] = r.Kind
	}
	if diff := cmp.Diff(map[string]string{"broken": "slack", "pager": "pagerduty"}, kinds); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestWritingNeedsPermission: the token, and no page of another origin.
func TestWritingNeedsPermission(t *testing.T) {
	s := full(t).server(t, token)
	for _, c := range []struct{ method, path string }{
		{"POST", "/api/v1/silences"}, {"DELETE", "/api/v1/silences/x"}, {"POST", "/api/v1/receivers/pager/test"},
		{"GET", "/api/v1/alerts"}, {"GET", "/api/v1/receivers"}, {"GET", "/api/v1/silences"},
	} {
		if got := ask(s, c.method, c.path, "{}"); got.Code != http.StatusUnauthorized {
			t.Errorf("%s %s without a token: got %d", c.method, c.path, got.Code)
		}
		elsewhere := ask(s, c.method, c.path, "{}", header("Authorization", "Bearer "+token), header("Sec-Fetch-Site", "cross-site"))
		if c.method != "GET" && elsewhere.Code != http.StatusForbidden {
			t.Errorf("%s %s from elsewhere: got %d", c.method, c.path, elsewhere.Code)
		}
	}
}

// TestSilencesAreAnnounced listens, silences, and hears of it.
func TestSilencesAreAnnounced(t *testing.T) {
	s := full(t).server(t, "")
	lines := bufio.NewScanner(listen(t, s).Body)
	for lines.Scan() {
		switch lines.Text() {
		case ": listening":
			ask(s, "POST", "/api/v1/silences", `{"matchers":["service=cart"],"author":"me","reason":"a drill","length":"2h"}`, header("Content-Type", "application/json"))
		case "event: alerts":
			if lines.Scan(); lines.Text() != `data: {"changed_at":"2026-11-23T12:00:30Z"}` {
				t.Errorf("got %s", lines.Text())
			}
			return
		}
	}
	t.Error("nothing was heard")
}
