// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package backfill_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/backfill"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/ingest"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/series/seriestest"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slice"
)

// start is the first minute of the tests' history, end is where live
// telemetry begins.
var (
	start = slice.MinuteOf(time.Date(2026, 10, 5, 9, 0, 0, 0, time.UTC))
	end   = start + 24*60
)

// span is one event of a recording.
type span struct {
	id       int
	service  string
	route    string
	at       slice.Minute
	second   int
	millis   int // duration
	status   int
	tier     string
	internal bool // no operation
}

func (s span) json() string {
	kind := 2
	if s.internal {
		kind = 1
	}
	ended := s.at.Start().Add(time.Duration(s.second) * time.Second).UnixNano()
	return fmt.Sprintf(`{"traceId":"%032x","spanId":"%016x","name":"GET %s","kind":%d,"startTimeUnixNano":"%d","endTimeUnixNano":"%d","attributes":[`+
		`{"key":"http.request.method","value":{"stringValue":"GET"}},{"key":"http.route","value":{"stringValue":"%s"}},`+
		`{"key":"http.response.status_code","value":{"intValue":%d}},{"key":"customer.tier","value":{"stringValue":"%s"}}]}`,
		s.id+1, s.id+1, s.route, kind, ended-int64(s.millis)*1e6, ended, s.route, s.status, s.tier)
}

// line is a request with the spans, which are of one service.
func line(spans ...span) string {
	all := make([]string, len(spans))
	for i, s := range spans {
		all[i] = s.json()
	}
	return fmt.Sprintf(`{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"%s"}},`+
		`{"key":"service.version","value":{"stringValue":"1.0"}},{"key":"deployment.environment.name","value":{"stringValue":"production"}}]},`+
		`"scopeSpans":[{"spans":[%s]}]}]}`, spans[0].service, strings.Join(all, ","))
}

func service(name string) operation.Service {
	return operation.Service{Name: name, Environment: "production"}
}

func compile(t testing.TB, r sli.Rule) *sli.Indicator {
	t.Helper()
	i, err := sli.Compile(r)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// indicators are what the tests' recordings are counted for.
type indicators struct{ up, fast, grouped, other *sli.Indicator }

func newIndicators(t testing.TB) indicators {
	return indicators{
		up:      compile(t, sli.Rule{Service: service("shop"), Kind: sli.Availability}),
		fast:    compile(t, sli.Rule{Service: service("shop"), Kind: sli.Latency, Operation: "GET /items", Under: 100 * time.Millisecond}),
		grouped: compile(t, sli.Rule{Service: service("shop"), Kind: sli.Availability, Operation: "GET /cart", GroupBy: []string{"customer.tier"}}),
		other:   compile(t, sli.Rule{Service: service("mail"), Kind: sli.Availability}),
	}
}

func (i indicators) binding() *ingest.Binding {
	return &ingest.Binding{Indicators: []ingest.Bound{
		{Indicator: i.up}, {Indicator: i.fast}, {Indicator: i.grouped}, {Indicator: i.other, CountSilence: true},
	}}
}

// slot is one minute of one series.
type slot struct {
	key    slice.Key
	minute slice.Minute
}

// model counts spans naively.
type model struct {
	indicators
	seen   map[int]bool
	counts map[slot]slice.Counts
	heard  map[string]map[slice.Minute]bool
}

func newModel(i indicators) *model {
	return &model{i, map[int]bool{}, map[slot]slice.Counts{}, map[string]map[slice.Minute]bool{}}
}

func (m *model) count(s span) {
	if m.seen[s.id] || s.internal {
		return
	}
	m.seen[s.id] = true
	if m.heard[s.service] == nil {
		m.heard[s.service] = map[slice.Minute]bool{}
	}
	m.heard[s.service][s.at] = true
	failed := s.status >= 500
	switch s.service {
	case "mail":
		m.one(m.other, "", s.at, failed)
	case "shop":
		m.one(m.up, "", s.at, failed)
		if s.route == "/items" {
			m.one(m.fast, "", s.at, s.millis > 100)
		}
		if s.route == "/cart" {
			m.one(m.grouped, "", s.at, failed)
			m.one(m.grouped, "customer.tier="+s.tier, s.at, failed)
		}
	}
}

func (m *model) one(i *sli.Indicator, group string, at slice.Minute, bad bool) {
	k := slot{slice.Key{Service: i.Rule.Service, Indicator: string(i.ID), Group: group}, at}
	c := m.counts[k]
	if bad {
		c.Bad++
	} else {
		c.Good++
	}
	m.counts[k] = c
}

// zeros are the minutes in which an indicator's service was heard and the
// indicator counted nothing.
func (m *model) zeros() {
	for _, i := range []*sli.Indicator{m.up, m.fast, m.grouped, m.other} {
		for at := range m.heard[i.Rule.Service.Name] {
			k := slot{slice.Key{Service: i.Rule.Service, Indicator: string(i.ID)}, at}
			m.counts[k] = m.counts[k].Plus(slice.Counts{})
		}
	}
}

// stored reads every total and group of the indicators, minute by minute. The
// zeros of groups are left out.
func stored(t *testing.T, store series.Querier, i indicators) map[slot]slice.Counts {
	t.Helper()
	counts := map[slot]slice.Counts{}
	for _, ind := range []*sli.Indicator{i.up, i.fast, i.grouped, i.other} {
		rows, err := store.Sums(t.Context(), series.Query{
			Indicator: string(ind.ID), Service: ind.Rule.Service, Parts: series.Parts{All: true}, From: start, To: end, Step: 1,
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			for step, s := range r.Sums {
				if s.Minutes == 0 || r.Key.Tally != "" || r.Key.Group != "" && s.Counts.IsZero() {
					continue
				}
				if r.Source != slice.Backfill {
					t.Fatalf("%v came from %s", r.Key, r.Source)
				}
				counts[slot{r.Key, start + slice.Minute(step)}] = s.Counts
			}
		}
	}
	return counts
}

func target(store series.Backfiller, i indicators) backfill.Target {
	return backfill.Target{Store: store, Before: end, Binding: i.binding(), Bytes: backfill.DefaultBytes}
}

// recording returns random spans of three services as lines, in an order that
// is far from that of time, some of them twice.
func recording(rng *rand.Rand, n int) (text string, spans []span) {
	for id := range n {
		spans = append(spans, span{
			id: id, service: []string{"shop", "shop", "mail", "unbound"}[rng.IntN(4)],
			route: []string{"/items", "/cart", "/other"}[rng.IntN(3)], tier: []string{"gold", "free"}[rng.IntN(2)],
			at: start + slice.Minute(rng.IntN(100)*rng.IntN(14)), second: rng.IntN(60), millis: rng.IntN(200),
			status: []int{200, 200, 200, 503}[rng.IntN(4)], internal: rng.IntN(20) == 0,
		})
	}
	again := append(append([]span{}, spans...), spans[:n/10]...)
	rng.Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
	var b strings.Builder
	for len(again) > 0 {
		k := 1
		for k < min(len(again), 30) && again[k].service == again[0].service {
			k++
		}
		b.WriteString(line(again[:k]...) + "\n")
		again = again[k:]
	}
	return b.String(), spans
}

func TestRecordingAgreesWithNaiveCount(t *testing.T) {
	for seed := range uint64(2) {
		text, spans := recording(rand.New(rand.NewPCG(seed, 1)), 8_000)
		i := newIndicators(t)
		m := newModel(i)
		for _, s := range spans {
			m.count(s)
		}
		m.zeros()
		store := seriestest.NewMemory()
		r, err := backfill.Recording(t.Context(), strings.NewReader(text), true, target(store, i))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(m.counts, stored(t, store, i)); diff != "" {
			t.Errorf("seed %d: naive count and store differ (-want +got):\n%s", seed, diff)
		}
		if int(r.Events.Counted) != len(m.seen) {
			t.Errorf("seed %d: %d events counted, want %d", seed, r.Events.Counted, len(m.seen))
		}
		if r.Events.Duplicates == 0 || r.Events.Ignored["internal"] == 0 {
			t.Errorf("seed %d: the recording had duplicates and internal spans, the report has %+v", seed, r.Events)
		}
		again, err := backfill.Recording(t.Context(), strings.NewReader(text), true, target(store, i))
		if err != nil || again.Samples.Stored != 0 || again.Samples.Measured != r.Samples.Stored {
			t.Errorf("seed %d: again: %+v, %v; want nothing stored and %d measured", seed, again.Samples, err, r.Samples.Stored)
		}
	}
}

// TestSilence expects a silent minute where the service was heard and the
// indicator's operation was not.
func TestSilence(t *testing.T) {
	i := newIndicators(t)
	ind := compile(t, sli.Rule{Service: service("mail"), Kind: sli.Availability, Operation: "GET /send"})
	store, to := seriestest.NewMemory(), target(nil, i)
	to.Store, to.Binding = store, &ingest.Binding{Indicators: []ingest.Bound{{Indicator: ind, CountSilence: true}}}
	text := line(span{id: 1, service: "mail", route: "/send", at: start, status: 200}) + "\n" +
		line(span{id: 2, service: "mail", route: "/list", at: start + 1, status: 200}) + "\n" +
		line(span{id: 3, service: "shop", route: "/list", at: start + 2, status: 200}) + "\n"
	if _, err := backfill.Recording(t.Context(), strings.NewReader(text), true, to); err != nil {
		t.Fatal(err)
	}
	rows, err := store.Sums(t.Context(), series.Query{Indicator: string(ind.ID), Service: ind.Rule.Service, Tally: slice.Silent, From: start, To: start + 10, Step: 1})
	if err != nil || len(rows) != 1 {
		t.Fatalf("got %d rows, %v", len(rows), err)
	}
	for step, s := range rows[0].Sums {
		if got, want := s.Counts.Good, uint64(0); step != 1 && got != want || step == 1 && got != 1 {
			t.Errorf("minute %d has %d silences", step, got)
		}
	}
}

func TestBrokenLines(t *testing.T) {
	good := line(span{id: 1, service: "shop", route: "/items", at: start, status: 200})
	text := strings.Join([]string{
		"", good, "not json", `{"resourceMetrics":[{}]}`, `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"xyz"}]}]}]}`,
		`{"resourceLogs":[]}`, `{}`, `[1]`, `{"a":1}`, good[:len(good)/2], "\x00\xff", `{"resourceSpans":` + strings.Repeat("[", 100_000), good,
	}, "\r\n")
	i := newIndicators(t)
	store := seriestest.NewMemory()
	r, err := backfill.Recording(t.Context(), strings.NewReader(text), false, target(store, i))
	if err != nil {
		t.Fatal(err)
	}
	if r.Lines != 13 || r.Traces != 3 || r.Skipped != (backfill.Skipped{Metrics: 1, Logs: 1}) || r.Broken != 7 || r.Events.Counted != 1 || r.Events.Duplicates != 1 {
		t.Errorf("got %+v", r)
	}
	var at []int
	for _, p := range r.Problems {
		at = append(at, p.Line)
		if p.Error == "" {
			t.Errorf("line %d has no reason", p.Line)
		}
	}
	if diff := cmp.Diff([]int{3, 5, 8, 9, 10, 11, 12}, at); diff != "" {
		t.Errorf("broken lines differ (-want +got):\n%s", diff)
	}
	if len(stored(t, store, i)) == 0 {
		t.Error("nothing was stored of the lines that are whole")
	}

	store = seriestest.NewMemory()
	_, err = backfill.Recording(t.Context(), strings.NewReader(text), true, target(store, i))
	if errs.KindOf(err) != errs.Invalid || !strings.Contains(err.Error(), "line 3") || errs.HintOf(err) == "" {
		t.Errorf("strict: got %v, want an invalid line 3 with a hint", err)
	}
	if n := len(stored(t, store, i)); n != 0 {
		t.Errorf("strict: %d slices were stored", n)
	}
}

func TestRefused(t *testing.T) {
	good := line(span{id: 1, service: "shop", route: "/items", at: start, status: 200})
	var compressed bytes.Buffer
	z := gzip.NewWriter(&compressed)
	io.WriteString(z, good)
	z.Close()
	var wide strings.Builder
	for id := range 10_000 {
		wide.WriteString(line(span{id: id, service: "shop", route: "/items", at: start + slice.Minute(id), status: 200}) + "\n")
	}
	for _, c := range []struct {
		name string
		from io.Reader
		kind errs.Kind
		text string
	}{
		{"no request at all", strings.NewReader("one\ntwo\n"), errs.Invalid, "none of the 2 lines"},
		{"cut gzip", bytes.NewReader(compressed.Bytes()[:compressed.Len()-5]), errs.Invalid, "line 1"},
		{"gzip of nothing", bytes.NewReader([]byte{0x1f, 0x8b, 9, 9}), errs.Invalid, "recording"},
		{"zstd", bytes.NewReader([]byte{0x28, 0xb5, 0x2f, 0xfd, 0, 0}), errs.Unsupported, "zstd"},
		{"broken pipe", iotest.ErrReader(io.ErrUnexpectedEOF), errs.Invalid, "recording"},
		{"too many minutes", strings.NewReader(wide.String()), errs.TooLarge, "more than 1 MiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			store := seriestest.NewMemory()
			to := target(store, newIndicators(t))
			to.Bytes = 1 << 20
			r, err := backfill.Recording(t.Context(), c.from, false, to)
			if errs.KindOf(err) != c.kind || !strings.Contains(fmt.Sprint(err), c.text) {
				t.Errorf("got %v of kind %s, want %s with %q", err, errs.KindOf(err), c.kind, c.text)
			}
			if r.Samples.Stored != 0 {
				t.Errorf("%d samples were stored", r.Samples.Stored)
			}
		})
	}
}

func TestGzip(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	io.WriteString(z, line(span{id: 1, service: "shop", route: "/items", at: start, status: 200})+"\n")
	z.Close()
	r, err := backfill.Recording(t.Context(), &b, true, target(seriestest.NewMemory(), newIndicators(t)))
	if err != nil || r.Events.Counted != 1 {
		t.Errorf("got %+v, %v", r.Events, err)
	}
}

// TestLongLine expects a line beyond the limit to be passed over without being
// held in memory.
func TestLongLine(t *testing.T) {
	good := line(span{id: 1, service: "shop", route: "/items", at: start, status: 200}) + "\n"
	long := io.MultiReader(io.LimitReader(endless{}, backfill.MaxLine+10), strings.NewReader("\n"))
	r, err := backfill.Recording(t.Context(), io.MultiReader(long, strings.NewReader(good)), false, target(seriestest.NewMemory(), newIndicators(t)))
	if err != nil || r.Broken != 1 || r.Problems[0].Line != 1 || r.Events.Counted != 1 || r.Lines != 2 {
		t.Errorf("got %+v, %v", r, err)
	}
}

type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = ' '
	}
	return len(b), nil
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := backfill.Recording(ctx, strings.NewReader("{}\n"), false, target(seriestest.NewMemory(), newIndicators(t)))
	if err != context.Canceled {
		t.Errorf("got %v, want the context's error", err)
	}
}

// FuzzRecording reads arbitrary bytes: every line is accounted for, and what
// is stored was counted.
func FuzzRecording(f *testing.F) {
	f.Add([]byte(line(span{id: 1, service: "shop", route: "/items", at: start, status: 200})))
	f.Add([]byte("{}\n\n{\"resourceMetrics\":[]}\r\n{\"resourceLogs\":[]}\n{\"x\":{}}"))
	f.Add([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1, 0, 0, 0xff, 0xff})
	i := newIndicators(f)
	f.Fuzz(func(t *testing.T, content []byte) {
		store := seriestest.NewMemory()
		r, err := backfill.Recording(t.Context(), bytes.NewReader(content), false, target(store, i))
		if errs.KindOf(err) == errs.Internal && err != nil {
			t.Fatalf("an error that nobody classified: %v", err)
		}
		if bytes.HasPrefix(content, []byte{0x1f, 0x8b}) || err != nil {
			return
		}
		lines, blank := 0, 0
		for part := range bytes.Lines(content) {
			lines++
			if len(bytes.TrimSpace(part)) == 0 {
				blank++
			}
		}
		if r.Lines != lines || r.Traces+r.Skipped.Metrics+r.Skipped.Logs+r.Broken+blank != lines {
			t.Errorf("%d lines, %d of them blank: got %+v", lines, blank, r)
		}
	})
}
