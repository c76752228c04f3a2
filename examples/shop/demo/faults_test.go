// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/leadline/leadline/examples/shop/crew"
	"github.com/leadline/leadline/examples/shop/load"
	"github.com/leadline/leadline/examples/shop/server"
	"github.com/leadline/leadline/examples/shop/stage"
	"github.com/leadline/leadline/examples/shop/verdict"
)

// Limits of what the tests wait for, on a machine that does other work too.
const (
	agreeWithin = 60 * time.Second
	// quietFor is longer than an exporter that could send would wait.
	quietFor = 3 * time.Second
)

// rehearsal is a shop, a server that measures it, and what customers have seen
// in it so far.
type rehearsal struct {
	shop   stage.Shop
	server server.Server
	began  time.Time
	seen   map[string]load.Counts
	days   uint64

	now *load.Load // the load that runs, which releases move
}

// TestTheLedgerEqualsTheAPIInEveryFault takes each shop through a healthy
// while, every fault and a bad release, and holds what the API counts against
// what customers saw, of storefront, payments and worker.
func TestTheLedgerEqualsTheAPIInEveryFault(t *testing.T) {
	leadline := build(t, "../../../cmd/leadline")
	for name, start := range map[string]func(*testing.T, *crew.Crew, stage.Config) (stage.Shop, error){
		"stand-in": func(_ *testing.T, _ *crew.Crew, cfg stage.Config) (stage.Shop, error) { return stage.StartStandIn(cfg) },
		"Python": func(t *testing.T, c *crew.Crew, cfg stage.Config) (stage.Shop, error) {
			return stage.StartPython(t.Context(), c, requirePython(t), cfg)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rehearse(t, leadline, start)
			t.Run("usual failures", r.usual)
			t.Run(stage.FaultSlowDB, r.slowDB)
			t.Run(stage.FaultProviderTimeout, r.providerTimeout)
			t.Run(stage.FaultStuckQueue, r.stuckQueue)
			t.Run(stage.FaultSilence, r.silence)
			t.Run("bad release", r.badRelease)
			if err := r.shop.Stop(t.Context()); err != nil {
				t.Error(err)
			}
			r.agree(t)
		})
	}
}

// rehearse starts a server with the shop's service files, and a shop.
func rehearse(t *testing.T, leadline string, start func(*testing.T, *crew.Crew, stage.Config) (stage.Shop, error)) *rehearsal {
	t.Helper()
	c := crew.New()
	t.Cleanup(func() { c.End(context.Background()) })
	checkout, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	r := &rehearsal{seen: map[string]load.Counts{}, began: time.Now()}
	otlp := r.serve(t, c, leadline, filepath.Join(checkout, "examples", "shop", "services"))
	r.shop, err = start(t, c, stage.Config{
		Checkout: checkout, Data: t.TempDir(), OTLP: otlp, Protocol: "http/protobuf", Version: stage.Version,
		Moved: func(ctx context.Context, url string) error { return r.now.Retarget(ctx, url) },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("server and shop were open after %s", time.Since(r.began).Round(100*time.Millisecond))
	return r
}

func (r *rehearsal) serve(t *testing.T, c *crew.Crew, leadline, services string) stage.Endpoints {
	t.Helper()
	at := threeAddresses(t)
	p, err := c.Start(crew.Command{Name: "leadline serve", Env: os.Environ(), Argv: []string{
		leadline, "serve", "--data-dir", t.TempDir(), "--services", services,
		"--listen", at[0], "--otlp-grpc", at[1], "--otlp-http", at[2],
	}})
	if err != nil {
		t.Fatal(err)
	}
	r.server = server.New("http://" + at[0])
	if err := p.Answers(t.Context(), r.server.URL+"/readyz", serverStartLimit); err != nil {
		t.Fatal(err)
	}
	return stage.Endpoints{GRPC: "http://" + at[1], HTTP: "http://" + at[2]}
}

// customers lets so many requests come and returns what this load saw. While
// they come, meanwhile is called when some of them have been answered.
func (r *rehearsal) customers(t *testing.T, requests int, mishaps float64, meanwhile func()) load.Totals {
	t.Helper()
	r.days++
	cfg := load.DefaultConfig(r.shop.URL())
	cfg.Requests, cfg.Mishaps, cfg.Seed, cfg.Rate, cfg.Day = requests, mishaps, r.days, 60, 0
	var err error
	if r.now, err = load.New(load.Client(cfg.Concurrency), cfg); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- r.now.Run(t.Context()) }()
	if meanwhile != nil {
		for r.now.Ledger().Snapshot().Requests < int64(requests/4) {
			time.Sleep(10 * time.Millisecond)
		}
		meanwhile()
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	totals := r.now.Ledger().Snapshot()
	for name, c := range totals.Objectives {
		r.seen[name] = r.seen[name].Plus(c)
	}
	return totals
}

func (r *rehearsal) counts(t *testing.T) map[string]server.Counts {
	t.Helper()
	all, err := r.server.Counts(t.Context(), r.began)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// agree waits until the API shows what customers saw since the beginning.
func (r *rehearsal) agree(t *testing.T) {
	t.Helper()
	began := time.Now()
	for {
		rows := verdict.Compare(r.seen, r.counts(t), nil)
		if verdict.AllAgree(rows) {
			t.Logf("the API agreed after %s", time.Since(began).Round(100*time.Millisecond))
			return
		}
		if time.Since(began) > agreeWithin {
			var text testWriter
			verdict.PrintRows(&text, rows)
			t.Fatalf("the ledger and the API differ:\n%s", text)
		}
		select {
		case <-r.shop.Trouble():
			t.Fatal(r.shop.Cause())
		case <-time.After(200 * time.Millisecond):
		}
	}
}

type testWriter []byte

func (w *testWriter) Write(b []byte) (int, error) { *w = append(*w, b...); return len(b), nil }
func (w testWriter) String() string               { return string(w) }

func (r *rehearsal) switchFault(t *testing.T, name string, on bool) {
	t.Helper()
	if err := r.shop.Fault(name, on); err != nil {
		t.Fatal(err)
	}
}

func (r *rehearsal) usual(t *testing.T) {
	saw := r.customers(t, 400, 20, nil)
	if saw.Surprises != 0 || saw.Objectives["checkout-succeeds"].Bad == 0 || saw.Objectives["parcels-are-shipped"].Good == 0 {
		t.Errorf("customers saw %+v", saw)
	}
	r.agree(t)
}

func allBad(t *testing.T, saw load.Totals, names ...string) {
	t.Helper()
	for _, name := range names {
		if c := saw.Objectives[name]; c.Bad == 0 || c.Good != 0 {
			t.Errorf("%s: customers saw %+v, want none of it good", name, c)
		}
	}
}

func allGood(t *testing.T, saw load.Totals, name string) {
	t.Helper()
	if c := saw.Objectives[name]; c.Bad != 0 || c.Good == 0 {
		t.Errorf("%s: customers saw %+v, want none of it bad", name, c)
	}
}

func (r *rehearsal) slowDB(t *testing.T) {
	r.switchFault(t, stage.FaultSlowDB, true)
	saw := r.customers(t, 100, 0, nil)
	r.switchFault(t, stage.FaultSlowDB, false)
	allBad(t, saw, "checkout-is-fast", "front-page-is-fast", "checkout-good-and-fast")
	allGood(t, saw, "checkout-succeeds")
	r.agree(t)
}

func (r *rehearsal) providerTimeout(t *testing.T) {
	r.switchFault(t, stage.FaultProviderTimeout, true)
	saw := r.customers(t, 150, 0, nil)
	r.switchFault(t, stage.FaultProviderTimeout, false)
	allBad(t, saw, "checkout-succeeds", "charges-are-answered", "card-company-answers")
	allGood(t, saw, "items-are-shown")
	r.agree(t)
}

// stuckQueue lets customers order what nobody ships until the fault is over.
func (r *rehearsal) stuckQueue(t *testing.T) {
	shipped := r.counts(t)["parcels-are-shipped"]
	r.switchFault(t, stage.FaultStuckQueue, true)
	saw := r.customers(t, 150, 0, nil)
	if saw.Surprises != 0 || saw.Objectives["parcels-are-shipped"].Good == 0 {
		t.Errorf("customers saw %+v, want orders", saw)
	}
	time.Sleep(quietFor)
	if now := r.counts(t)["parcels-are-shipped"]; now != shipped {
		t.Errorf("the worker has done %+v, and %+v before", now, shipped)
	}
	r.switchFault(t, stage.FaultStuckQueue, false)
	r.agree(t)
}

// silence lets customers buy while nothing is heard of it, and expects all of it
// to be told late: the exporters keep what they cannot send.
func (r *rehearsal) silence(t *testing.T) {
	before := r.counts(t)
	r.switchFault(t, stage.FaultSilence, true)
	saw := r.customers(t, 100, 0, nil)
	if saw.Surprises != 0 {
		t.Errorf("customers saw %+v", saw)
	}
	time.Sleep(quietFor)
	if now := r.counts(t); !maps.Equal(now, before) {
		t.Errorf("counted %+v in the silence, and %+v before", now, before)
	}
	r.switchFault(t, stage.FaultSilence, false)
	r.agree(t)
}

// badRelease rolls out and back while customers buy.
func (r *rehearsal) badRelease(t *testing.T) {
	release := func(version string, bad bool) func() {
		return func() {
			if err := r.shop.Release(t.Context(), version, bad); err != nil {
				t.Error(err)
			}
		}
	}
	first := r.shop.URL()
	r.customers(t, 200, 0, release("1.5.0", true))
	if r.shop.URL() == first {
		t.Error("the storefront was not moved")
	}
	if saw := r.customers(t, 200, 0, release(stage.Version, false)); saw.Surprises == 0 {
		t.Errorf("customers saw %+v, want failures", saw)
	}
	if saw := r.customers(t, 100, 0, nil); saw.Surprises != 0 || saw.Unanswered != 0 {
		t.Errorf("after the roll-back customers saw %+v", saw)
	}
	r.agree(t)
}
