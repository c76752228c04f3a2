// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leadline/leadline/internal/ingest"
	"github.com/leadline/leadline/internal/intakelog"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/testkit/otlpgen"
	"github.com/leadline/leadline/internal/wire"
)

// bubbleClock tells the time of a synctest bubble.
type bubbleClock struct{ start time.Time }

func (c bubbleClock) Now() time.Time         { return time.Now() }
func (c bubbleClock) Elapsed() time.Duration { return time.Since(c.start) }

// slot is one minute of one series; a ledger counts by slots.
type slot struct {
	key    slice.Key
	minute slice.Minute
}

type ledger map[slot]slice.Counts

func (l ledger) add(k slice.Key, m slice.Minute, c slice.Counts) {
	l[slot{k, m}] = l[slot{k, m}].Plus(c)
}

// discard is a Sink that nobody reads.
type discard struct{}

func (discard) Count(*slice.Series, slice.Minute, slice.Counts) {}

// shelf is a series store that keeps what is appended, which is all that a
// projection needs. Appending a minute again must bring the same.
type shelf struct {
	series.Store
	t      *testing.T
	counts ledger
	last   slice.Minute
}

func (s *shelf) Last(context.Context) (slice.Minute, bool, error) { return s.last, s.last > 0, nil }

func (s *shelf) Append(_ context.Context, c slice.Closed) error {
	fresh := c.Minute > s.last
	s.last = max(s.last, c.Minute)
	for _, x := range c.Samples {
		if !fresh && s.counts[slot{x.Key, c.Minute}] != x.Counts {
			s.t.Errorf("%v of minute %d was %+v and came again as %+v", x.Key, c.Minute, s.counts[slot{x.Key, c.Minute}], x.Counts)
		}
		s.counts[slot{x.Key, c.Minute}] = x.Counts
	}
	return nil
}

func shop() operation.Service {
	return operation.Service{Name: "shop-api", Environment: "production"}
}

func indicator(t *testing.T, r sli.Rule) *sli.Indicator {
	t.Helper()
	r.Service = shop()
	i, err := sli.Compile(r)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// node is an engine that runs and projects into a shelf.
type node struct {
	*ingest.Engine
	t    *testing.T
	stop func()
}

type cursors struct{ at int64 }

func (c *cursors) SaveCursor(_ string, minute int64) error { c.at = minute; return nil }

func start(t *testing.T, dir string, b *ingest.Binding, into *shelf, at *cursors) *node {
	t.Helper()
	return startTold(t, dir, b, into, at, discard{}, func(slice.Closed) {})
}

// startTold starts an engine that tells a sink, and restore of the minutes
// that the shelf lacks.
func startTold(t *testing.T, dir string, b *ingest.Binding, into *shelf, at *cursors, sink ingest.Sink, restore func(slice.Closed)) *node {
	t.Helper()
	e, err := ingest.Open(ingest.DefaultConfig(), intakelog.OS(dir), intakelog.Config{ReserveBytes: 1},
		slice.Minute(at.at), b, sink, bubbleClock{time.Now()}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	go func() { ended <- e.Run(ctx) }()
	go func() { ended <- e.Project(ctx, into, at, restore, func() {}) }()
	return &node{e, t, func() {
		cancel()
		for range 2 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	}}
}

func (n *node) send(body []byte) ingest.Result {
	n.t.Helper()
	r, err := n.Consume(n.t.Context(), wire.Traces, body)
	if err != nil {
		n.t.Fatal(err)
	}
	return r
}

// world is the naive model: what was sent in time, counted once.
type world struct {
	available, fast, all *sli.Indicator
	want                 ledger
}

func newWorld(t *testing.T) *world {
	return &world{
		available: indicator(t, sli.Rule{Kind: sli.Availability, Operation: "POST /checkout", GroupBy: []string{"customer.tier"}}),
		fast:      indicator(t, sli.Rule{Kind: sli.Latency, Operation: "GET /items/{id}", Under: 12 * time.Millisecond}),
		all:       indicator(t, sli.Rule{Kind: sli.Availability}),
		want:      ledger{},
	}
}

func (w *world) binding() *ingest.Binding {
	return &ingest.Binding{Indicators: []ingest.Bound{{Indicator: w.available}, {Indicator: w.fast}, {Indicator: w.all}}}
}

func (w *world) count(s otlpgen.Span) {
	switch s.Operation {
	case otlpgen.Checkout:
		w.one(w.available, "", s, s.Bad)
		w.one(w.available, "customer.tier="+s.Tier, s, s.Bad)
		w.one(w.all, "", s, s.Bad)
	case otlpgen.GetItem:
		w.one(w.fast, "", s, s.End.Sub(s.Start) > 12*time.Millisecond)
		w.one(w.all, "", s, s.Bad)
	case otlpgen.GetCart, otlpgen.Ship:
		w.one(w.all, "", s, s.Bad)
	}
}

func (w *world) one(i *sli.Indicator, group string, s otlpgen.Span, bad bool) {
	c := slice.Counts{Good: 1}
	if bad {
		c = slice.Counts{Bad: 1}
	}
	w.want.add(slice.Key{Service: shop(), Indicator: string(i.ID), Group: group}, slice.MinuteOf(s.End), c)
}

// compare holds what the shelf has of the indicators against the model. Zeros
// on the shelf say that nothing happened, which the model says by silence.
func (w *world) compare(t *testing.T, got ledger) {
	t.Helper()
	bad := 0
	for k, c := range got {
		if k.key.Indicator != "" && w.want[k] != c {
			bad++
			t.Logf("%v of minute %d: got %+v, want %+v", k.key, k.minute, c, w.want[k])
		}
	}
	for k, c := range w.want {
		if _, ok := got[k]; !ok {
			bad++
			t.Logf("%v of minute %d: nothing, want %+v", k.key, k.minute, c)
		}
	}
	if bad > 0 {
		t.Errorf("%d of %d slices differ", bad, len(w.want))
	}
}

// TestCountsAgreeWithBruteForce sends a million random events (late, ahead of
// time, out of order, repeated whole, repeated in parts of other requests, and
// across restarts) and compares every closed minute of every series with a
// naive count of the distinct events that were in time.
func TestCountsAgreeWithBruteForce(t *testing.T) {
	events := 1_000_000
	if testing.Short() {
		events = 100_000
	}
	for _, seed := range []uint64{1, 2} {
		synctest.Test(t, func(t *testing.T) { bruteForce(t, seed, events/2) })
	}
}

func bruteForce(t *testing.T, seed uint64, events int) {
	rng := rand.New(rand.NewPCG(seed, 3))
	dir, w := t.TempDir(), newWorld(t)
	at, store := &cursors{}, &shelf{t: t, counts: ledger{}}
	n, started := start(t, dir, w.binding(), store, at), time.Now()
	var recent [][]otlpgen.Span
	for sent := 0; sent < events; {
		now := time.Now()
		o := otlpgen.Options{Environment: "production", ErrorShare: 0.1, From: now.Add(-8 * time.Minute), To: now.Add(9 * time.Minute)}
		spans := otlpgen.Spans(rng.Uint64(), 1+rng.IntN(800), o)
		for _, s := range spans {
			w.count(s)
		}
		sent += len(spans)
		body := otlpgen.Encode(spans, o)
		for range 1 + rng.IntN(3)/2 {
			if r := n.send(body); r.Rejected != 0 {
				t.Fatalf("seed %d: %s", seed, r.Message)
			}
		}
		recent = append(recent[max(0, len(recent)-6):], spans)
		switch rng.IntN(20) {
		case 0:
			if time.Since(started) < 11*time.Minute {
				break // the minutes of the downtime are still open
			}
			late := o
			late.From, late.To = now.Add(-3*time.Hour), now.Add(-13*time.Minute)
			if r := n.send(otlpgen.Traces(rng.Uint64(), 20, late)); r.Rejected != 20 {
				t.Fatalf("seed %d: %d of 20 late events refused", seed, r.Rejected)
			}
		case 1, 2:
			n.send(otlpgen.Encode(mixed(rng, recent), o))
		case 3:
			time.Sleep(time.Duration(rng.IntN(100)) * time.Second)
		}
		if rng.IntN(100) == 0 {
			n.stop()
			time.Sleep(time.Duration(rng.IntN(4*3600)) * time.Second)
			n, started = start(t, dir, w.binding(), store, at), time.Now()
		}
	}
	time.Sleep(25 * time.Minute)
	n.stop()
	w.compare(t, store.counts)
}

// mixed returns parts of earlier requests, in another order.
func mixed(rng *rand.Rand, requests [][]otlpgen.Span) (spans []otlpgen.Span) {
	for _, r := range requests {
		spans = append(spans, r[rng.IntN(len(r)):]...)
	}
	rng.Shuffle(len(spans), func(i, j int) { spans[i], spans[j] = spans[j], spans[i] })
	return spans
}
