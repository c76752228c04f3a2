// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leadline/leadline/internal/ingest"
	"github.com/leadline/leadline/internal/intakelog"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/testkit/otlpgen"
	"github.com/leadline/leadline/internal/wire"
)

// placesWorld is a process that has places for two groups of checkouts, over
// windows of an hour.
type placesWorld struct {
	*world
	t    *testing.T
	dir  string
	shop *shelf
	at   cursors
	*ingest.Engine
	stop func()
	seed uint64
}

func newPlacesWorld(t *testing.T) *placesWorld {
	w := &placesWorld{world: newWorld(t), t: t, dir: t.TempDir(), shop: &shelf{t: t, counts: ledger{}}}
	w.begin()
	return w
}

func (w *placesWorld) begin() {
	cfg := ingest.DefaultConfig()
	cfg.Groups = 2
	b := &ingest.Binding{Indicators: []ingest.Bound{{Indicator: w.available, Longest: time.Hour}}}
	e, err := ingest.Open(cfg, intakelog.OS(w.dir), intakelog.Config{ReserveBytes: 1}, slice.Minute(w.at.at), b, discard{}, bubbleClock{time.Now()}, slog.New(slog.DiscardHandler))
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(w.t.Context())
	ended := make(chan error, 2)
	go func() { ended <- e.Run(ctx) }()
	go func() { ended <- e.Project(ctx, w.shop, &w.at, func(slice.Closed) {}, func() {}) }()
	w.Engine, w.stop = e, func() {
		cancel()
		for range 2 {
			if err := <-ended; err != nil {
				w.t.Error(err)
			}
		}
	}
}

func (w *placesWorld) restart() {
	w.stop()
	w.begin()
}

// buy sends a checkout of each customer.
func (w *placesWorld) buy(tiers ...string) {
	w.t.Helper()
	w.seed++
	now := time.Now()
	o := otlpgen.Options{Environment: "production", Mix: []otlpgen.Operation{otlpgen.Checkout}, From: now.Add(-time.Second), To: now}
	spans := otlpgen.Spans(w.seed, len(tiers), o)
	for i := range spans {
		spans[i].Tier = tiers[i]
	}
	if r, err := w.Consume(w.t.Context(), wire.Traces, otlpgen.Encode(spans, o)); err != nil || r.Rejected > 0 {
		w.t.Fatalf("%+v, %v", r, err)
	}
}

// want checks since when a customer's checkouts are measured; never says that
// they have no place.
func (w *placesWorld) want(when, tier string, since slice.Minute) {
	w.t.Helper()
	got, member := w.Since(slice.Key{Service: shop(), Indicator: string(w.available.ID)}, "customer.tier="+tier)
	if member != (since != never) || member && got != since {
		w.t.Errorf("%s, %s is measured since minute %d (a place: %v), want %d", when, tier, got, member, since)
	}
}

const never = slice.Minute(-1)

// TestSinceWhenAGroupIsMeasured follows three groups that share two places,
// across restarts in each of the ways in which membership is known again.
func TestSinceWhenAGroupIsMeasured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newPlacesWorld(t)
		began := slice.MinuteOf(time.Now()) - 10
		began -= began % 60 // the first hour that was open then
		first := func(when string) {
			t.Helper()
			w.want(when, "gold", began)
			w.want(when, "silver", began)
			w.want(when, "bronze", never)
		}
		w.buy("gold", "silver")
		time.Sleep(5 * time.Minute)
		w.buy("bronze")
		first("when there is no place left")
		w.restart()
		first("restarted, nothing is closed")
		time.Sleep(12 * time.Minute)
		w.restart()
		first("restarted from the record of a closed minute")
		for range 26 { // hours: one more than a group that is silent keeps its place
			time.Sleep(time.Hour)
			w.buy("silver")
		}
		first("silent for long, but nobody needs the place")
		w.buy("bronze")
		came := slice.MinuteOf(time.Now()) + 11
		second := func(when string) {
			t.Helper()
			w.want(when, "gold", never)
			w.want(when, "silver", began)
			w.want(when, "bronze", came)
		}
		second("another has the place")
		w.restart()
		second("restarted, nothing of the other is closed")
		time.Sleep(12 * time.Minute)
		w.restart()
		second("restarted from the record of a closed minute, again")
		w.buy("gold")
		second("returned, without a place")
		w.stop()
		w.dir = t.TempDir()
		w.at.at = 0
		w.begin()
		w.want("the log is lost, nobody has come", "silver", never)
		lost := slice.MinuteOf(time.Now()) - 10
		w.buy("silver", "gold")
		w.want("the log is lost", "silver", lost-lost%60)
		w.want("the log is lost", "gold", lost-lost%60)
		w.stop()
	})
}
