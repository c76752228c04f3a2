// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/leadline/leadline/examples/shop/crew"
	"github.com/leadline/leadline/examples/shop/load"
	"github.com/leadline/leadline/examples/shop/screen"
	"github.com/leadline/leadline/examples/shop/server"
	"github.com/leadline/leadline/examples/shop/stage"
	"github.com/leadline/leadline/examples/shop/venv"
)

// prepare starts the server, and then at the same time makes its past up and
// opens the shop. It tells each on a line of its own.
func (d *demo) prepare(ctx context.Context) (*world, error) {
	b := screen.NewBoard(d.screen, [2]string{"server", "bin/leadline serve"},
		[2]string{"history", "30 days, made up"}, [2]string{"python", "the shop's environment"},
		[2]string{"shop", "release " + stage.Version}, [2]string{"traffic", "customers"})
	leave := b.Run()
	defer leave()
	r := &world{}
	otlp, err := d.startServer(ctx, b.Task("server"), r)
	if err != nil {
		return nil, err
	}
	objectives, err := objectivesIn(d.folder.services())
	if err != nil {
		return nil, err
	}
	rate, err := historyRate(liveRates(d.load("")), objectives)
	if err != nil {
		return nil, err
	}
	// Customers need not wait for the past: it ends before they come. They
	// outlive the group, so they come under the context that was given.
	both, starting := errgroup.WithContext(ctx)
	both.Go(func() error { return d.makeHistory(starting, b.Task("history"), r, rate) })
	both.Go(func() error {
		if err := d.startShop(starting, b, r, otlp); err != nil {
			return err
		}
		return d.openShop(ctx, b.Task("traffic"), r, rate)
	})
	if err := both.Wait(); err != nil {
		if r.close != nil {
			r.close()
		}
		return nil, err
	}
	return r, nil
}

// usualAddresses are where the server listens by default, and the settings of
// the environment that say otherwise.
var usualAddresses = [3]struct{ setting, address string }{
	{"LEADLINE_LISTEN", "127.0.0.1:8484"}, {"LEADLINE_OTLP_GRPC", "127.0.0.1:4317"}, {"LEADLINE_OTLP_HTTP", "127.0.0.1:4318"},
}

// startServer starts the server on the usual ports, or on others where those
// are taken.
func (d *demo) startServer(ctx context.Context, t *screen.Task, r *world) (stage.Endpoints, error) {
	t.Begin("starting")
	var addresses [3]string
	other := ""
	for i, usual := range usualAddresses {
		wanted := cmp.Or(os.Getenv(usual.setting), usual.address)
		address, err := crew.FreeOr(wanted)
		if err != nil {
			return stage.Endpoints{}, err
		}
		if wanted == usual.address && address != wanted {
			other = "; usual ports are taken"
		}
		addresses[i] = address
	}
	r.server = server.New("http://" + addresses[0])
	if err := d.folder.linkRunbooks(d.desk.Runbook); err != nil {
		return stage.Endpoints{}, err
	}
	if err := d.folder.writeSettings(r.server.URL, d.desk.Hook()); err != nil {
		return stage.Endpoints{}, err
	}
	p, err := d.crew.Start(crew.Command{
		Name: "leadline serve", Dir: d.folder.path, Env: os.Environ(),
		Argv: []string{d.binary, "serve", "--config", d.folder.settings(), "--data-dir", d.data(), "--services", d.folder.services(),
			"--listen", addresses[0], "--otlp-grpc", addresses[1], "--otlp-http", addresses[2]},
	})
	if err != nil {
		return stage.Endpoints{}, err
	}
	r.serve = p
	if err := p.Answers(ctx, r.server.URL+"/readyz", serverStartLimit); err != nil {
		t.Failed("%s", ended(ctx, "it did not start"))
		return stage.Endpoints{}, err
	}
	t.Done("%s  OTLP on %s and %s%s", d.screen.Ink.Link(r.server.URL), port(addresses[1]), port(addresses[2]), other)
	d.openBrowser(r.server.URL)
	return stage.Endpoints{GRPC: "http://" + addresses[1], HTTP: "http://" + addresses[2]}, nil
}

// data is the folder of the server's data.
func (d *demo) data() string {
	if d.dataDir != "" {
		return d.dataDir
	}
	return d.folder.data()
}

// makeHistory has the past made up, and says that it is.
func (d *demo) makeHistory(ctx context.Context, t *screen.Task, r *world, perMinute float64) error {
	t.Begin("making up 30 days before today; it takes 15 s to a minute")
	h, err := r.server.MakeHistory(ctx, perMinute)
	if err != nil {
		t.Failed("%s", ended(ctx, "there is none"))
		return err
	}
	t.Done("30 days, made up and labelled so on every chart: %s events, %d incidents", screen.Thousands(h.Events), h.Incidents)
	return nil
}

// startShop starts the real shop, or the stand-in where there is no Python.
func (d *demo) startShop(ctx context.Context, b *screen.Board, r *world, otlp stage.Endpoints) error {
	env, python := d.python(ctx, b.Task("python"))
	if err := ctx.Err(); err != nil {
		return err
	}
	t := b.Task("shop")
	t.Begin("starting release %s", stage.Version)
	cfg := stage.Config{
		Checkout: d.checkout, Data: d.folder.shop(), OTLP: otlp, Protocol: d.protocol, Version: stage.Version,
		Moved: func(ctx context.Context, url string) error { return r.load.Retarget(ctx, url) },
	}
	var err error
	r.python = python
	kind := "the stand-in in Go, sending OTLP over HTTP"
	if python {
		kind = "FastAPI under opentelemetry-instrument, sending OTLP over " + d.protocol
		r.shop, err = stage.StartPython(ctx, d.crew, env, cfg)
	} else {
		r.shop, err = stage.StartStandIn(cfg)
	}
	if err != nil {
		t.Failed("%s", ended(ctx, "it did not start"))
		return err
	}
	t.Done("%s  release %s, %s", d.screen.Ink.Link(r.shop.URL()), stage.Version, kind)
	return nil
}

// python prepares the environment of the real shop, or says why the stand-in
// has to do.
func (d *demo) python(ctx context.Context, t *screen.Task) (venv.Env, bool) {
	if d.standIn {
		t.Begin("")
		t.Done("not needed: the stand-in in Go, as asked")
		return venv.Env{}, false
	}
	t.Begin("looking for Python 3.11 or newer")
	requirements := filepath.Join(d.checkout, "examples", "shop", "requirements.txt")
	env, err := venv.Prepare(ctx, d.checkout, requirements, func(line string) { t.Tell("%s", line) })
	if err == nil {
		t.Done("the packages that requirements.txt pins")
		return env, true
	}
	if ctx.Err() == nil {
		t.Failed("%v; a STAND-IN IN GO serves the same traffic: it sends what FastAPI's instrumentation would, but it is not Python", err)
	}
	return env, false
}

// load is the load that the options and the scenario ask for.
func (d *demo) load(storefront string) load.Config {
	c := load.DefaultConfig(storefront)
	c.Rate, c.Requests, c.Mishaps = d.rate, d.requests, d.mishaps
	return c
}

// openShop lets customers come, and makes sure that they outweigh the past.
func (d *demo) openShop(ctx context.Context, t *screen.Task, r *world, perMinute float64) (err error) {
	t.Begin("")
	cfg := d.load(r.shop.URL())
	if r.load, err = load.New(load.Client(cfg.Concurrency), cfg); err != nil {
		return err
	}
	live := 60 * liveRates(cfg)[checkout]
	if live < meanShare*perMinute {
		return errors.New("BUG: the live traffic does not outweigh the made-up history")
	}
	if err := r.open(ctx, d.forTime); err != nil {
		return err
	}
	t.Done("%.0f requests a second; %.0f checkouts a minute, %.0f times the history's", cfg.Rate, live, live/perMinute)
	return nil
}

// ended says why a task did not come to its end: because everything ended, or
// what else it was.
func ended(ctx context.Context, otherwise string) string {
	if ctx.Err() != nil {
		return "not done: the demo was ended"
	}
	return otherwise
}
