// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/app"
	"github.com/leadline/leadline/internal/backfill"
	"github.com/leadline/leadline/internal/client"
	"github.com/leadline/leadline/internal/config"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/ingest"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/series/seriestest"
	"github.com/leadline/leadline/internal/series/tsdb"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/spec"
)

const serviceFile = `
apiVersion: leadline/v1
kind: Service
metadata: {name: shop-api}
spec:
  objectives:
    - {name: up, availability: {}, target: 99.9%, window: 28d}
    - {name: up-today, availability: {}, target: 99%, window: 1d}
    - {name: fast, latency: {of: {http: POST /checkout}, under: 300ms}, target: 95%, window: 7d}
    - {name: checkout, availability: {of: {http: POST /checkout}}, target: 99.9%, window: 28d, by: [customer.tier]}
`

// settings are those of a server with an empty directory and no fixed port.
func settings(t *testing.T) config.Config {
	t.Helper()
	dir := t.TempDir()
	cfg := config.Config{
		DataDir: filepath.Join(dir, "data"), Services: filepath.Join(dir, "services"),
		Listen: "127.0.0.1:0", OTLPGRPC: "127.0.0.1:0", OTLPHTTP: "127.0.0.1:0", Retention: 400 * 24 * time.Hour,
	}
	if err := os.Mkdir(cfg.Services, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(cfg.Services, "shop.yaml"), []byte(serviceFile), 0o600); err != nil {
		t.Fatal(err)
	}
	return cfg
}

func objectives(t *testing.T) []*slo.Objective {
	t.Helper()
	set := spec.Parse([]spec.Source{{Path: "shop.yaml", Content: []byte(serviceFile)}})
	if len(set.Problems) > 0 {
		t.Fatal(set.Problems[0])
	}
	return set.Objectives
}

// server is a server that runs.
type server struct {
	t    *testing.T
	base string
	stop func()
}

func serve(t *testing.T, cfg config.Config) *server {
	t.Helper()
	a, err := app.New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	s := &server{t: t, base: "http://" + a.Addrs().UI, stop: func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}}
	for a.Ready() != nil {
		select {
		case err := <-ended:
			t.Fatal("the server ended: ", err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	return s
}

// post sends a back-fill and returns its report.
func (s *server) post(contentType, body string) (r backfill.Report) {
	s.t.Helper()
	answer, err := http.Post(s.base+"/api/v1/backfill", contentType, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	s.decode(answer, http.StatusOK, &r)
	return r
}

func (s *server) decode(answer *http.Response, status int, v any) {
	s.t.Helper()
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != status {
		s.t.Fatalf("status %d, want %d: %s %v", answer.StatusCode, status, content, err)
	}
	if err := json.Unmarshal(content, v); err != nil {
		s.t.Fatal(err)
	}
}

// shown is what the API says of one objective.
type shown struct {
	Name             string
	From, To         time.Time
	Good, Bad, Total *uint64
	Trust            struct {
		Source string
		Notes  []string
	}
}

func (o shown) String() string {
	if o.Good == nil {
		return "nothing"
	}
	return fmt.Sprintf("%d good and %d bad from %s to %s", *o.Good, *o.Bad, o.From, o.To)
}

func (s *server) slos() map[string]shown {
	s.t.Helper()
	answer, err := http.Get(s.base + "/api/v1/slos")
	if err != nil {
		s.t.Fatal(err)
	}
	var v struct{ SLOs []shown }
	s.decode(answer, http.StatusOK, &v)
	found := map[string]shown{}
	for _, o := range v.SLOs {
		found[o.Name] = o
	}
	return found
}

// compare holds what the server shows against what the model has of the
// same window.
func (s *server) compare(when string, model series.Querier) {
	s.t.Helper()
	all := s.slos()
	for _, o := range objectives(s.t) {
		got := all[o.Name]
		want := counted(s.t, model, o, slice.MinuteOf(got.From), slice.MinuteOf(got.To))
		if got.Good == nil || *got.Good != want.Good || *got.Bad != want.Bad {
			s.t.Errorf("%s: %s shows %s, want %+v", when, o.Name, got, want)
		}
		if got.Trust.Source != string(slice.Backfill) || len(got.Trust.Notes) == 0 {
			s.t.Errorf("%s: %s is from %s with notes %q", when, o.Name, got.Trust.Source, got.Trust.Notes)
		}
	}
}

// counted adds up what a store has of an objective.
func counted(t *testing.T, q series.Querier, o *slo.Objective, from, to slice.Minute) (c slice.Counts) {
	t.Helper()
	rows, err := q.Sums(t.Context(), series.Query{
		Indicator: string(o.Indicator.ID), Service: o.Indicator.Rule.Service, From: from, To: to, Step: int(to - from),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		for _, s := range r.Sums {
			c = c.Plus(s.Counts)
		}
	}
	return c
}

// model returns a store in memory with what the seed makes up of a range.
func model(t *testing.T, g backfill.Generation, from, to string) *seriestest.Memory {
	t.Helper()
	store, _ := modelled(t, g, from, to)
	return store
}

// modelled returns the model with its report.
func modelled(t *testing.T, g backfill.Generation, from, to string) (*seriestest.Memory, backfill.Report) {
	t.Helper()
	first, err1 := time.Parse(time.RFC3339, from)
	last, err2 := time.Parse(time.RFC3339, to)
	if err1 != nil || err2 != nil {
		t.Fatalf("the report says that %q to %q was stored", from, to)
	}
	g.Length = backfill.Length(last.Sub(first))
	binding, seen := &ingest.Binding{}, map[sli.ID]bool{}
	for _, o := range objectives(t) {
		if !seen[o.Indicator.ID] {
			seen[o.Indicator.ID] = true
			binding.Indicators = append(binding.Indicators, ingest.Bound{Indicator: o.Indicator})
		}
	}
	store := seriestest.NewMemory()
	r, err := backfill.Generate(t.Context(), g, objectives(t), backfill.Target{
		Store: store, Before: slice.MinuteOf(last), Binding: binding, Bytes: backfill.DefaultBytes,
	})
	if err != nil {
		t.Fatal(err)
	}
	return store, r
}

func days(t *testing.T) backfill.Generation {
	t.Helper()
	l, err := backfill.ParseLength("4d")
	if err != nil {
		t.Fatal(err)
	}
	return backfill.Generation{Length: l, Seed: 1, Rate: 3}
}

func TestBackfillOfStoppedDirectory(t *testing.T) {
	cfg, g := settings(t), days(t)
	told := 0
	r, err := app.Backfill(t.Context(), cfg, slog.New(slog.DiscardHandler), app.Generated(g), func(backfill.Report) { told++ })
	if err != nil || told == 0 || r.Samples.Stored == 0 {
		t.Fatalf("%+v, told %d times, %v", r, told, err)
	}
	s := serve(t, cfg)
	want, made := modelled(t, g, r.Samples.From, r.Samples.To)
	s.compare("first start", want)
	if r.Events.Counted != made.Events.Counted || r.Indicators != made.Indicators {
		t.Errorf("%d events of %d indicators, want %d of %d: those of the server itself are not made up", r.Events.Counted, r.Indicators, made.Events.Counted, made.Indicators)
	}
	s.stop()
	s = serve(t, cfg)
	s.compare("second start", model(t, g, r.Samples.From, r.Samples.To))
	_, err = app.Backfill(t.Context(), cfg, slog.New(slog.DiscardHandler), app.Generated(g), nil)
	if err == nil {
		t.Error("the directory of a running server was back-filled")
	}
	s.stop()
}

func TestBackfillOfRunningServer(t *testing.T) {
	cfg, g := settings(t), days(t)
	s := serve(t, cfg)
	before := s.slos()
	if before["up"].Good != nil {
		t.Fatalf("a new server shows %+v", before["up"])
	}
	r := s.post("application/json", `{"generate":"4d","seed":1,"rate":3}`)
	s.compare("at once", model(t, g, r.Samples.From, r.Samples.To))
	// The minutes that have passed meanwhile are stored, the others are there.
	again := s.post("application/json", `{"generate":"3d","seed":1,"rate":3}`)
	if again.Samples.Measured == 0 || again.Samples.Measured < 1000*again.Samples.Stored {
		t.Errorf("a second history over the first: %+v", again.Samples)
	}
	to := r.Samples.To
	if again.Samples.Stored > 0 {
		to = again.Samples.To
	}
	s.stop()
	s = serve(t, cfg)
	defer s.stop()
	s.compare("after a restart", model(t, g, r.Samples.From, to))
}

// checkout is a request with one span.
func checkout(id int, at slice.Minute, status int) string {
	end := at.Start().Add(time.Second).UnixNano()
	return fmt.Sprintf(`{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop-api"}}]},`+
		`"scopeSpans":[{"spans":[{"traceId":"%032x","spanId":"%016x","kind":2,"startTimeUnixNano":"%d","endTimeUnixNano":"%d","attributes":[`+
		`{"key":"http.request.method","value":{"stringValue":"POST"}},{"key":"http.route","value":{"stringValue":"/checkout"}},`+
		`{"key":"http.response.status_code","value":{"intValue":"%d"}}]}]}]}]}`, id, id, end-1e6, end, status)
}

// TestMeasuredMinutesStay back-fills around a minute that was measured, up to
// minutes that may still be.
func TestMeasuredMinutesStay(t *testing.T) {
	cfg := settings(t)
	now := slice.MinuteOf(time.Now())
	measured := now - 30
	up := objectives(t)[0]
	store, err := tsdb.Open(slog.New(slog.DiscardHandler), tsdb.Options{Dir: filepath.Join(cfg.DataDir, "series"), Writer: "w"})
	if err != nil {
		t.Fatal(err)
	}
	key := slice.Key{Service: up.Indicator.Rule.Service, Indicator: string(up.Indicator.ID)}
	err = store.Append(t.Context(), slice.Closed{Minute: measured, Source: slice.Live, Up: true, Samples: []slice.Sample{{Key: key, Minute: measured, Counts: slice.Counts{Good: 5, Bad: 1}}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	s := serve(t, cfg)
	defer s.stop()
	var lines []string
	for id, at := range []slice.Minute{measured - 3000, measured - 1, measured, measured + 1, now - 1} {
		lines = append(lines, checkout(id+1, at, 503), checkout(id+100, at, 200), checkout(id+100, at, 200))
	}
	r := s.post("application/x-ndjson", strings.Join(lines, "\n"))
	if r.Events.Counted != 10 || r.Events.Duplicates != 5 || r.Samples.Measured == 0 || r.Samples.Open == 0 || r.SchemaVersion != 1 {
		t.Errorf("got %+v", r)
	}
	got := s.slos()
	for name, want := range map[string]slice.Counts{"up": {Good: 5 + 2, Bad: 1 + 2}, "up-today": {Good: 5 + 1, Bad: 1 + 1}} {
		if o := got[name]; o.Good == nil || (slice.Counts{Good: *o.Good, Bad: *o.Bad}) != want {
			t.Errorf("%s shows %s, want %+v", name, o, want)
		}
	}
}

func TestBackfillRefused(t *testing.T) {
	s := serve(t, settings(t))
	defer s.stop()
	for _, c := range []struct {
		name, contentType, query, body string
		status                         int
		kind                           string
	}{
		{"content type", "text/plain", "", "{}", 400, "invalid"},
		{"nothing readable", "application/x-ndjson", "", "x\n", 400, "invalid"},
		{"strict", "application/x-ndjson", "?strict=true", checkout(1, 1, 200) + "\nx\n", 400, "invalid"},
		{"no length", "application/json", "", "{}", 400, "invalid"},
		{"unknown member", "application/json", "", `{"generate":"1d","sneed":1}`, 400, "invalid"},
		{"bad length", "application/json", "", `{"generate":"long"}`, 400, "invalid"},
	} {
		t.Run(c.name, func(t *testing.T) {
			answer, err := http.Post(s.base+"/api/v1/backfill"+c.query, c.contentType, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			var problem struct {
				Error struct{ Kind, Message, Hint string }
			}
			s.decode(answer, c.status, &problem)
			if problem.Error.Kind != c.kind || problem.Error.Hint == "" {
				t.Errorf("got %+v", problem.Error)
			}
		})
	}
}

// TestOneBackfillAtATime holds one back-fill open while another is asked for,
// and stops the server in the middle of it.
func TestOneBackfillAtATime(t *testing.T) {
	s := serve(t, settings(t))
	body, feed := io.Pipe()
	first := make(chan error, 1)
	go func() {
		answer, err := http.Post(s.base+"/api/v1/backfill", "application/x-ndjson", body)
		if err == nil {
			answer.Body.Close()
		}
		first <- err
	}()
	// The server reads, so it is at work.
	if _, err := io.WriteString(feed, strings.Repeat("\n", 1<<20)); err != nil {
		t.Fatal(err)
	}
	answer, err := http.Post(s.base+"/api/v1/backfill", "application/json", strings.NewReader(`{"generate":"1d"}`))
	if err != nil {
		t.Fatal(err)
	}
	var problem struct{ Error struct{ Kind string } }
	s.decode(answer, http.StatusConflict, &problem)
	if diff := cmp.Diff("conflict", problem.Error.Kind); diff != "" {
		t.Error(diff)
	}
	var all struct {
		SLOs []struct {
			Code string `json:"cause_code"`
			Next string `json:"next_step"`
		}
	}
	if answer, err = http.Get(s.base + "/api/v1/slos"); err != nil {
		t.Fatal(err)
	}
	s.decode(answer, http.StatusOK, &all)
	for _, o := range all.SLOs {
		if o.Code != "filling" || o.Next != "wait until the back-fill has ended" {
			t.Errorf("while it is open an objective says %+v", o)
		}
	}
	feed.Close()
	if err := <-first; err != nil {
		t.Error(err)
	}
	s.stop()
}

// endless is a sender that never ends its recording.
type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = '\n'
	}
	return len(b), nil
}

// TestRefusalReachesSender refuses a recording in the middle of what is sent.
func TestRefusalReachesSender(t *testing.T) {
	s := serve(t, settings(t))
	defer s.stop()
	c, err := client.New(s.base, "")
	if err != nil {
		t.Fatal(err)
	}
	var r backfill.Report
	err = c.Post(t.Context(), "/api/v1/backfill?strict=true", "application/x-ndjson", io.MultiReader(strings.NewReader("broken\n"), endless{}), &r)
	if errs.KindOf(err) != errs.Invalid || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("got %v, want that line 1 is invalid", err)
	}
}
