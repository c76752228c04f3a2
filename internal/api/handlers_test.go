// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/api"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/report"
)

func TestStatuses(t *testing.T) {
	const one = "/api/v1/slos/shop-api/up"
	for _, c := range []struct {
		name, method, path string
		change             func(*world)
		status             int
		kind               string
	}{
		{"every objective", "GET", "/api/v1/slos", nil, 200, ""},
		{"one", "GET", one, nil, 200, ""},
		{"one of another namespace", "GET", one + "?namespace=blog", nil, 404, "not_found"},
		{"one that is not", "GET", "/api/v1/slos/shop-api/down", nil, 404, "not_found"},
		{"operations", "GET", "/api/v1/operations", nil, 200, ""},
		{"operations of four weeks", "GET", "/api/v1/operations?window=28d", nil, 200, ""},
		{"operations of no window", "GET", "/api/v1/operations?window=long", nil, 400, "invalid"},
		{"operations of nothing", "GET", "/api/v1/operations?window=0h", nil, 400, "invalid"},
		{"operations of half a minute", "GET", "/api/v1/operations?window=90s", nil, 400, "invalid"},
		{"operations of the future", "GET", "/api/v1/operations?window=-1h", nil, 400, "invalid"},
		{"operations of too long ago", "GET", "/api/v1/operations?window=401d", nil, 400, "invalid"},
		{"services", "GET", "/api/v1/services", nil, 200, ""},
		{"a service", "GET", "/api/v1/services/shop-api", nil, 200, ""},
		{"a service of a place", "GET", "/api/v1/services/shop-api?namespace=shop&environment=production", nil, 200, ""},
		{"a service of another place", "GET", "/api/v1/services/shop-api?namespace=shop&environment=", nil, 404, "not_found"},
		{"a service that is not", "GET", "/api/v1/services/shop-app", nil, 404, "not_found"},
		{"a service over weeks", "GET", "/api/v1/services/shop-api?from=now-28d&to=now-1h&operation=GET+%2F", nil, 200, ""},
		{"a service at no time", "GET", "/api/v1/services/shop-api?from=yesterday", nil, 400, "invalid"},
		{"a service until no time", "GET", "/api/v1/services/shop-api?to=tomorrow", nil, 400, "invalid"},
		{"a service backwards", "GET", "/api/v1/services/shop-api?from=now&to=now-1h", nil, 400, "invalid"},
		{"a service for too long", "GET", "/api/v1/services/shop-api?from=now-401d", nil, 400, "invalid"},
		{"starting: services", "GET", "/api/v1/services", func(w *world) { w.store = nil }, 503, "unavailable"},
		{"starting: a service", "GET", "/api/v1/services/shop-api", func(w *world) { w.store = nil }, 503, "unavailable"},
		{"intake", "GET", "/api/v1/intake", nil, 200, ""},
		{"arrivals", "GET", "/api/v1/intake/arrivals?window=6h", nil, 200, ""},
		{"arrivals of no window", "GET", "/api/v1/intake/arrivals?window=1m", nil, 400, "invalid"},
		{"arrivals of what is no window", "GET", "/api/v1/intake/arrivals?window=ever", nil, 400, "invalid"},
		{"metrics", "GET", "/metrics", nil, 200, ""},
		{"an unknown address", "GET", "/api/v1/slo", nil, 404, "not_found"},
		{"a method that an address does not have", "PUT", "/api/v1/slos", nil, 405, "invalid"},
		{"telemetry to the port of the pages", "POST", "/v1/traces", nil, 404, "not_found"},
		{"any method of an unknown address", "POST", "/api/v1/slo", nil, 404, "not_found"},
		{"healthy", "GET", "/healthz", nil, 200, ""},
		{"not healthy", "GET", "/healthz", func(w *world) { w.broken = errors.New("no space") }, 503, ""},
		{"ready", "GET", "/readyz", nil, 200, ""},
		{"not ready", "GET", "/readyz", func(w *world) { w.starting = errors.New("reading") }, 503, ""},
		{"starting: every objective", "GET", "/api/v1/slos", func(w *world) { w.store = nil }, 200, ""},
		{"starting: one", "GET", one, func(w *world) { w.store = nil }, 503, "unavailable"},
		{"starting: operations", "GET", "/api/v1/operations", func(w *world) { w.store = nil }, 503, "unavailable"},
		{"our own fault", "GET", one, func(w *world) { w.failure = errors.New("secret detail") }, 500, "internal"},
		{"an hour", "GET", one + "?from=now-1h&to=now", nil, 200, ""},
		{"days", "GET", one + "?from=now-28d", nil, 200, ""},
		{"times", "GET", one + "?from=2026-11-22T00:00:00Z&to=2026-11-23T01:00:00%2B01:00", nil, 200, ""},
		{"only to", "GET", one + "?to=now-1d", nil, 200, ""},
		{"no time", "GET", one + "?from=yesterday", nil, 400, "invalid"},
		{"a date", "GET", one + "?to=2026-11-23", nil, 400, "invalid"},
		{"the future of now", "GET", one + "?from=now%2B1h", nil, 400, "invalid"},
		{"twice minus", "GET", one + "?from=now--1h", nil, 400, "invalid"},
		{"an empty range", "GET", one + "?from=now&to=now", nil, 400, "invalid"},
		{"backwards", "GET", one + "?from=now&to=now-1h", nil, 400, "invalid"},
		{"too long", "GET", one + "?from=now-401d&to=now", nil, 400, "invalid"},
		{"before all time", "GET", one + "?from=0001-01-01T00:00:00Z", nil, 400, "invalid"},
		{"before all time, from now", "GET", one + "?from=now-1000000h&to=now-999000h", nil, 400, "invalid"},
		{"events before all time", "GET", one + "/events?from=now-1000000h&to=now-999000h", nil, 400, "invalid"},
		{"a service before all time", "GET", "/api/v1/services/shop-api?from=now-1000000h&to=now-999000h", nil, 400, "invalid"},
		{"after all time", "GET", one + "?from=9999-01-01T00:00:00Z&to=9999-01-02T00:00:00Z", nil, 400, "invalid"},
		{"more days than there are", "GET", one + "?from=now-99999999999d", nil, 400, "invalid"},
		{"alerts", "GET", "/api/v1/alerts", nil, 200, ""},
		{"some alerts", "GET", "/api/v1/alerts?state=firing&state=frozen&severity=page&owner=me&service=shop-api", nil, 200, ""},
		{"alerts of no state", "GET", "/api/v1/alerts?state=loud", nil, 400, "invalid"},
		{"alerts of no severity", "GET", "/api/v1/alerts?severity=call", nil, 400, "invalid"},
		{"silences", "GET", "/api/v1/silences", nil, 200, ""},
		{"the end of a silence that is not", "DELETE", "/api/v1/silences/x", nil, 404, "not_found"},
		{"a silence of no type", "POST", "/api/v1/silences", nil, 400, "invalid"},
		{"receivers", "GET", "/api/v1/receivers", nil, 200, ""},
		{"a test of a receiver", "POST", "/api/v1/receivers/pager/test", nil, 200, ""},
		{"a test of one that is broken", "POST", "/api/v1/receivers/broken/test", nil, 200, ""},
		{"a test of one that is not", "POST", "/api/v1/receivers/x/test", nil, 404, "not_found"},
		{"back-fill of nothing known", "POST", "/api/v1/backfill", nil, 400, "invalid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := full(t)
			if c.change != nil {
				c.change(w)
			}
			got := ask(w.server(t, ""), c.method, c.path, "")
			if got.Code != c.status {
				t.Fatalf("got %d, want %d: %s", got.Code, c.status, got.Body)
			}
			if c.path != "/metrics" && (got.Header().Get("Content-Type") != "application/json" || got.Header().Get("X-Content-Type-Options") != "nosniff") {
				t.Errorf("headers %v", got.Header())
			}
			if c.kind == "" {
				return
			}
			var p api.Problem
			if err := json.Unmarshal(got.Body.Bytes(), &p); err != nil || p.Error.Kind != c.kind || p.Error.Message == "" {
				t.Errorf("got %s, %v", got.Body, err)
			}
			if strings.Contains(got.Body.String(), "secret") {
				t.Errorf("the detail of our own fault is shown: %s", got.Body)
			}
			if p.Error.Hint == "" && c.kind != "internal" {
				t.Errorf("no hint: %s", got.Body)
			}
		})
	}
}

func TestAWindowAddsUpWithoutARange(t *testing.T) {
	got := ask(full(t).server(t, ""), "GET", "/api/v1/slos/shop-api/up", "")
	var d report.Detail
	if err := json.Unmarshal(got.Body.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	var good, bad uint64
	for i := range d.Series.Good {
		if d.Series.Good[i] != nil {
			good, bad = good+*d.Series.Good[i], bad+*d.Series.Bad[i]
		}
	}
	if good != *d.SLO.Good || bad != *d.SLO.Bad || !d.Series.From.Equal(d.SLO.From) || !d.Series.To.Equal(d.SLO.To) {
		t.Errorf("slices add up to %d and %d, the number is %d and %d", good, bad, *d.SLO.Good, *d.SLO.Bad)
	}
}

func TestEmptyListsAreLists(t *testing.T) {
	s := newWorld().server(t, "")
	for _, path := range []string{"/api/v1/slos", "/api/v1/operations", "/api/v1/services", "/api/v1/intake", "/api/v1/intake/arrivals"} {
		var v map[string]any
		if err := json.Unmarshal(ask(s, "GET", path, "").Body.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		for field, x := range v {
			if x == nil {
				t.Errorf("%s: %s is null", path, field)
			}
		}
	}
}

func TestBackfill(t *testing.T) {
	for _, c := range []struct {
		name, path, contentType, body string
		err                           error
		status                        int
	}{
		{"a recording", "/api/v1/backfill", "application/x-ndjson", "{}\n", nil, 200},
		{"a recording by its other name", "/api/v1/backfill", "application/jsonl; charset=utf-8", "{}\n", nil, 200},
		{"strictly", "/api/v1/backfill?strict=true", "application/x-ndjson", "{\n", nil, 400},
		{"a wish", "/api/v1/backfill", "application/json", `{"generate":"1d","seed":1}`, nil, 200},
		{"a wish that is none", "/api/v1/backfill", "application/json", `{"generate":"soon"}`, nil, 400},
		{"a wish with an unknown field", "/api/v1/backfill", "application/json", `{"generate":"1d","sed":1}`, nil, 400},
		{"a second at the same time", "/api/v1/backfill", "application/json", `{"generate":"1d"}`, errs.New(errs.Conflict, "one is running"), 409},
		{"another type", "/api/v1/backfill", "text/plain", "x", nil, 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := full(t)
			w.backfill = c.err
			if got := ask(w.server(t, ""), "POST", c.path, c.body, header("Content-Type", c.contentType)); got.Code != c.status {
				t.Errorf("got %d, want %d: %s", got.Code, c.status, got.Body)
			}
		})
	}
}

func TestPages(t *testing.T) {
	s := full(t).server(t, token)
	for _, c := range []struct{ path, want, cache string }{
		{"/", "<title>Leadline</title>", "no-cache"},
		{"/slo/shop-api/up", "<title>Leadline</title>", "no-cache"},
		{"/index.html", "", ""},
		{"/app.js", "1", ""},
	} {
		got := ask(s, "GET", c.path, "")
		h := got.Header()
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; script-src 'self';", "X-Content-Type-Options": "nosniff",
			"Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
		} {
			if !strings.HasPrefix(h.Get(name), want) {
				t.Errorf("%s: %s is %q", c.path, name, h.Get(name))
			}
		}
		if strings.Contains(h.Get("Content-Security-Policy"), "unsafe") {
			t.Errorf("%s: %s", c.path, h.Get("Content-Security-Policy"))
		}
		if c.want != "" && (got.Code != 200 || got.Body.String() != c.want || h.Get("Cache-Control") != c.cache) {
			t.Errorf("%s: got %d, %q, cache %q", c.path, got.Code, got.Body, h.Get("Cache-Control"))
		}
	}
	if got := ask(s, "POST", "/", ""); got.Code != http.StatusMethodNotAllowed || got.Header().Get("Allow") == "" {
		t.Errorf("POST: got %d", got.Code)
	}
}

// listen begins to read the stream of events.
func listen(t *testing.T, s *api.Server) *http.Response {
	t.Helper()
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, "GET", server.URL+"/api/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { answer.Body.Close() })
	return answer
}

// TestEvents listens, evaluates, and hears of it.
func TestEvents(t *testing.T) {
	w := full(t)
	answer := listen(t, w.server(t, ""))
	if got := answer.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("content type %q", got)
	}
	lines := bufio.NewScanner(answer.Body)
	var heard []string
	for len(heard) < 4 && lines.Scan() {
		if lines.Text() == ": listening" {
			w.engine.Evaluate()
		}
		heard = append(heard, lines.Text())
	}
	want := []string{": listening", "", "event: evaluation", `data: {"evaluated_at":"2026-11-23T12:00:30Z"}`}
	if strings.Join(heard, "\n") != strings.Join(want, "\n") {
		t.Errorf("heard %q, want %q", heard, want)
	}
}

// TestStreamsOfEventsAreBounded: who comes when there are too many is told so,
// and who leaves makes room.
func TestStreamsOfEventsAreBounded(t *testing.T) {
	s := full(t).server(t, "")
	first := listen(t, s)
	for i := range 511 {
		if got := listen(t, s); got.StatusCode != http.StatusOK {
			t.Fatalf("stream %d is refused: %s", i+2, got.Status)
		}
	}
	refused := listen(t, s)
	body, _ := io.ReadAll(refused.Body)
	if refused.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(body), "512 streams") {
		t.Errorf("stream 513: %s, %s", refused.Status, body)
	}
	first.Body.Close()
	for listen(t, s).StatusCode != http.StatusOK { // until the server has seen it go
	}
}

// TestMethodsThatAreNotAllowed says which are. A page is one of the
// application's own, and answers so too.
func TestMethodsThatAreNotAllowed(t *testing.T) {
	s := full(t).server(t, token)
	for _, c := range []struct{ method, path, allow string }{
		{"POST", "/api/v1/slos", "GET, HEAD"},
		{"PUT", "/api/v1/slos/shop-api/up", "GET, HEAD"},
		{"DELETE", "/api/v1/operations", "GET, HEAD"},
		{"GET", "/api/v1/backfill", "POST"},
		{"PUT", "/api/v1/silences", "GET, HEAD, POST"},
		{"GET", "/api/v1/silences/x", "DELETE"},
		{"POST", "/api/v1/alerts", "GET, HEAD"},
		{"GET", "/api/v1/receivers/pager/test", "POST"},
		{"PUT", "/api/v1/session", "GET, HEAD, POST, DELETE"},
		{"POST", "/api/openapi.json", "GET, HEAD"},
		{"POST", "/healthz", "GET, HEAD"},
		{"POST", "/metrics", "GET, HEAD"},
	} {
		got := ask(s, c.method, c.path, "")
		if got.Code != http.StatusMethodNotAllowed || got.Header().Get("Allow") != c.allow {
			t.Errorf("%s %s: got %d, allowed are %q; want 405, %q", c.method, c.path, got.Code, got.Header().Get("Allow"), c.allow)
		}
	}
}

// timed notes the deadlines of what is read.
type timed struct {
	*httptest.ResponseRecorder
	deadlines []bool // set, or taken back
}

func (w *timed) SetReadDeadline(at time.Time) error {
	w.deadlines = append(w.deadlines, !at.IsZero())
	return nil
}

// TestBodiesDoNotTakeForever: a body has a deadline until it has arrived, and
// then none, so that an answer may take longer.
func TestBodiesDoNotTakeForever(t *testing.T) {
	s := full(t).server(t, "")
	for name, c := range map[string]struct {
		method, path, kind, body string
		want                     []bool
	}{
		"signing in":              {"POST", "/api/v1/session", "application/json", `{"token":"x"}`, []bool{true, false}},
		"a silence":               {"POST", "/api/v1/silences", "application/json", `{"matchers":["a=b"]}`, []bool{true, false}},
		"a body that nobody asks": {"GET", "/api/v1/slos", "text/plain", "hello", []bool{true}},
		"no body":                 {"GET", "/api/v1/slos", "", "", nil},
		"a recording":             {"POST", "/api/v1/backfill", "application/x-ndjson", "{}", nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, "http://localhost"+c.path, strings.NewReader(c.body))
			if c.body != "" {
				r.Body = io.NopCloser(iotest.DataErrReader(r.Body)) // as a connection ends it
			}
			r.Header.Set("Content-Type", c.kind)
			w := &timed{ResponseRecorder: httptest.NewRecorder()}
			s.Handler().ServeHTTP(w, r)
			if diff := cmp.Diff(c.want, w.deadlines); diff != "" {
				t.Errorf("answered %d; deadlines set and taken back (-want +got):\n%s", w.Code, diff)
			}
		})
	}
}
