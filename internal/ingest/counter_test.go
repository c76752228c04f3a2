// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/ingest"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/testkit/otlpgen"
)

// TestCounterAgreesWithBruteForce counts recordings whose requests reach over
// days in no order, repeat whole and in parts, and are taken in several goes.
func TestCounterAgreesWithBruteForce(t *testing.T) {
	for seed := range uint64(2) {
		rng, w := rand.New(rand.NewPCG(seed, 9)), newWorld(t)
		c := ingest.NewCounter(ingest.DefaultConfig(), w.binding(), 64<<20)
		got := ledger{}
		from := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
		for part := range 2 {
			o := otlpgen.Options{Environment: "production", ErrorShare: 0.1}
			o.From = from.AddDate(0, 0, 3*part)
			o.To = o.From.AddDate(0, 0, 3)
			var recent [][]otlpgen.Span
			for range 25 {
				spans := otlpgen.Spans(rng.Uint64(), 1+rng.IntN(500), o)
				for _, s := range spans {
					w.count(s)
				}
				recent = append(recent, spans)
				body := otlpgen.Encode(spans, o)
				if rng.IntN(2) == 0 {
					body = otlpgen.Encode(append(spans[:len(spans):len(spans)], mixed(rng, recent)...), o)
				}
				if err := c.Count(body); err != nil {
					t.Fatal(err)
				}
			}
			drain(t, c, got)
		}
		w.compare(t, got)
		if r := c.Recorded(); r.Events == 0 || r.Duplicates == 0 || c.Len() != 0 {
			t.Errorf("seed %d: %+v, %d minutes left", seed, r, c.Len())
		}
	}
}

// drain takes the counter's minutes, which must come in order and have every
// baseline's events in its histogram.
func drain(t *testing.T, c *ingest.Counter, into ledger) {
	t.Helper()
	last := slice.Minute(0)
	for m, err := range c.Minutes() {
		if err != nil || m.Minute <= last || m.Source != slice.Backfill {
			t.Fatalf("minute %d from %s after %d: %v", m.Minute, m.Source, last, err)
		}
		last = m.Minute
		for _, s := range m.Samples {
			if _, twice := into[slot{s.Key, m.Minute}]; twice {
				t.Fatalf("%v of minute %d came twice", s.Key, m.Minute)
			}
			into.add(s.Key, m.Minute, s.Counts)
			if s.Key.IsBaseline() && s.Counts.Total() > 0 && (s.Histogram == nil || s.Histogram.Count() != s.Counts.Total()) {
				t.Fatalf("%v of minute %d: %+v events and histogram %+v", s.Key, m.Minute, s.Counts, s.Histogram)
			}
		}
	}
}

func TestCounterMemory(t *testing.T) {
	w := newWorld(t)
	c := ingest.NewCounter(ingest.DefaultConfig(), w.binding(), 256<<10)
	o := otlpgen.Options{From: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 11, 9, 0, 0, 0, 0, time.UTC)}
	err := c.Count(otlpgen.Traces(1, 10_000, o))
	if errs.KindOf(err) != errs.TooLarge || errs.HintOf(err) == "" {
		t.Errorf("got %v, want too large with a hint", err)
	}
}

// TestCounterRefusesWhole expects nothing of a malformed request to count.
func TestCounterRefusesWhole(t *testing.T) {
	w := newWorld(t)
	c := ingest.NewCounter(ingest.DefaultConfig(), w.binding(), 1<<20)
	body := otlpgen.Traces(1, 100, otlpgen.Options{})
	if err := c.Count(body[:len(body)-3]); errs.KindOf(err) != errs.Invalid {
		t.Errorf("got %v, want invalid", err)
	}
	if c.Len() != 0 || c.Recorded().Events != 0 {
		t.Errorf("%d minutes, %+v", c.Len(), c.Recorded())
	}
}

// TestSpansWithoutAnEndAreInvalid sends ends that no clock tells beside others.
func TestSpansWithoutAnEndAreInvalid(t *testing.T) {
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	o := otlpgen.Options{Environment: "production", Mix: []otlpgen.Operation{otlpgen.Checkout}, From: now, To: now.Add(time.Second)}
	for name, end := range map[string]int64{"2^63 ns and later": math.MinInt64 + 7, "2^64-1 ns": -1, "unset": 0} {
		t.Run(name, func(t *testing.T) {
			spans := otlpgen.Spans(1, 30, o)
			for i := range spans[:10] {
				spans[i].Start, spans[i].End = time.Unix(0, end), time.Unix(0, end)
			}
			c := ingest.NewCounter(ingest.DefaultConfig(), newWorld(t).binding(), 1<<20)
			if err := c.Count(otlpgen.Encode(spans, o)); err != nil {
				t.Fatal(err)
			}
			drain(t, c, ledger{})
			if r := c.Recorded(); r.Events != 20 || r.Invalid != 10 {
				t.Errorf("%+v, want 20 events and 10 invalid", r)
			}
		})
	}
}

func TestALiveSpanWithoutAnEndIsInvalid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := start(t, t.TempDir(), newWorld(t).binding(), &shelf{t: t, counts: ledger{}}, &cursors{})
		r := n.send(request(1, "/items", "200", time.Unix(0, math.MinInt64)))
		if got := n.Totals(); r.Rejected != 1 || got.Invalid != 1 || got.Late != 0 {
			t.Errorf("%+v, %d invalid, %d late", r, got.Invalid, got.Late)
		}
		n.stop()
	})
}
