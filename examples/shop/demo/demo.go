// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/leadline/leadline/examples/shop/load"
	"github.com/leadline/leadline/examples/shop/venv"
)

// Limits of the demo's steps.
const (
	serverStartLimit = 30 * time.Second
	statusTimeout    = 10 * time.Second
	maxStatus        = 64 << 10
	flushLimit       = 30 * time.Second
	// settleEvery is the pause between two looks at the API at the end.
	settleEvery = 500 * time.Millisecond
	// settledLooks is how often the API must agree in a row: an event that is
	// counted twice would show only after the numbers had been right for once.
	settledLooks = 4
)

// demo is one run.
type demo struct {
	options
	out  io.Writer
	crew *crew
	temp string
}

// end ends every process and removes what was temporary.
func (d *demo) end() {
	d.crew.end()
	if d.temp != "" {
		if err := os.RemoveAll(d.temp); err != nil {
			d.say("remove the temporary folder: %v", err)
		}
	}
}

func (d *demo) say(format string, args ...any) { fmt.Fprintf(d.out, format+"\n", args...) }

// run sets everything up, lets the load run until soft ends, and compares.
func (d *demo) run(soft, hard context.Context) error {
	var err error
	if d.temp, err = os.MkdirTemp("", "leadline-demo-"); err != nil {
		return fmt.Errorf("make a temporary folder: %w", err)
	}
	env, python := d.python(soft)
	srv, serve, otlp, err := d.startServer(soft)
	if err != nil {
		return err
	}
	var l *load.Load
	s, err := d.startShop(soft, env, python, otlp, func(ctx context.Context, url string) error { return l.Retarget(ctx, url) })
	if err != nil {
		return err
	}
	cfg := d.config(s.url())
	if l, err = load.New(load.Client(cfg.Concurrency), cfg); err != nil {
		return err
	}
	before, err := srv.counts(soft, serviceName)
	if err != nil {
		return err
	}
	d.say("\nOpen %s in a browser. Ctrl-C ends the demo.\n", srv.url)
	d.say("load: %.0f requests a second, seed %d", cfg.Rate, cfg.Seed)
	if err := d.drive(soft, srv, serve, s, l, before); err != nil {
		return err
	}
	return d.conclude(hard, srv, s, l.Ledger(), before)
}

// python prepares the environment of the real shop, or says why the stand-in
// has to do.
func (d *demo) python(ctx context.Context) (venv.Env, bool) {
	if d.standIn {
		d.say("shop: the Go stand-in, as asked")
		return venv.Env{}, false
	}
	requirements := filepath.Join(d.checkout, "examples", "shop", "requirements.txt")
	env, err := venv.Prepare(ctx, d.checkout, requirements, func(line string) { d.say("python: %s", line) })
	if err != nil && ctx.Err() == nil {
		d.say("python: %v", err)
		d.say("shop: the real Python shop cannot run here, so a STAND-IN IN GO serves the same traffic.")
		d.say("      It sends what FastAPI's instrumentation would send, but it is not Python.")
	}
	return env, err == nil
}

// endpoints are where the server takes telemetry.
type endpoints struct{ grpc, http string }

func (d *demo) startServer(ctx context.Context) (server, *process, endpoints, error) {
	fail := func(err error) (server, *process, endpoints, error) { return server{}, nil, endpoints{}, err }
	var addresses [3]string
	for i, port := range []int{8484, 4317, 4318} {
		address, err := freeAddress(port)
		if err != nil {
			return fail(err)
		}
		addresses[i] = address
	}
	data := d.dataDir
	if data == "" {
		data = filepath.Join(d.temp, "data")
	}
	p, err := d.crew.start(command{
		name: "leadline serve", dir: d.checkout, env: os.Environ(),
		argv: []string{d.binary, "serve", "--data-dir", data,
			"--services", filepath.Join(d.checkout, "examples", "shop", "services"),
			"--listen", addresses[0], "--otlp-grpc", addresses[1], "--otlp-http", addresses[2]},
	})
	if err != nil {
		return fail(err)
	}
	srv := server{"http://" + addresses[0], &http.Client{}}
	if err := srv.waitFor(ctx, "/readyz", p, serverStartLimit); err != nil {
		return fail(err)
	}
	d.say("server: %s (OTLP gRPC %s, OTLP HTTP %s)", srv.url, addresses[1], addresses[2])
	return srv, p, endpoints{"http://" + addresses[1], "http://" + addresses[2]}, nil
}

// startShop starts the shop; moved is told where a new release serves.
func (d *demo) startShop(ctx context.Context, env venv.Env, python bool, otlp endpoints, moved func(context.Context, string) error) (shop, error) {
	cfg := shopConfig{checkout: d.checkout, data: d.temp, otlp: otlp, protocol: d.protocol, version: serviceVersion, moved: moved}
	if !python {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s, err := startStandIn(cfg)
		if err == nil {
			d.say("shop: stand-in on %s, sending OTLP/HTTP", s.url())
		}
		return s, err
	}
	s, err := startPython(ctx, d.crew, env, cfg)
	if err == nil {
		d.say("shop: FastAPI under opentelemetry-instrument on %s, sending OTLP over %s", s.url(), d.protocol)
	}
	return s, err
}

// drive runs the load and shows the status until soft ends, the load has sent
// what was asked for, or somebody dies. The ledger is final then.
func (d *demo) drive(soft context.Context, srv server, serve *process, s shop, l *load.Load, before map[string]counts) error {
	if d.forTime > 0 {
		timed, cancel := context.WithTimeout(soft, d.forTime)
		defer cancel()
		soft = timed
	}
	driving, stop := context.WithCancel(soft)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- l.Run(driving) }()
	tick := time.NewTicker(d.every)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			if err != nil {
				d.say("load: %v", err) // the ledger says so too, and the verdict allows for it
			}
			return nil
		case <-serve.done:
			return serve.ended()
		case <-s.trouble():
			return s.cause()
		case <-tick.C:
			d.showStatus(driving, srv, l.Ledger(), before)
		}
	}
}

// showStatus prints what `leadline status` says and how the counts stand to
// the ledger. A status that cannot be had is said and is no reason to stop.
func (d *demo) showStatus(ctx context.Context, srv server, ledger *load.Ledger, before map[string]counts) {
	text, err := d.status(ctx, srv)
	if ctx.Err() != nil {
		return
	}
	now := time.Now().Format(time.TimeOnly)
	d.say("── %s ── leadline status", now)
	if err != nil {
		d.say("  %v", err)
	}
	fmt.Fprint(d.out, text)
	// The API is asked first: what it shows, the ledger must hold already.
	api, err := srv.counts(ctx, serviceName)
	if err != nil {
		d.say("  ledger: %v", err)
		return
	}
	printRows(d.out, compare(ledger.Snapshot().Objectives, api, before))
}

func (d *demo) status(ctx context.Context, srv server) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, d.binary, "status", "--server", srv.url)
	cmd.WaitDelay = time.Second
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(out) > 0 {
		err = nil // status may say by its exit code that an objective is not OK
	}
	if err != nil {
		err = fmt.Errorf("run leadline status: %w", err)
	}
	return string(out[:min(len(out), maxStatus)]), err
}

// conclude lets the shop send its last spans, waits until the API shows them,
// and prints the verdict.
func (d *demo) conclude(hard context.Context, srv server, s shop, ledger *load.Ledger, before map[string]counts) error {
	d.say("\nload stopped; the shop sends its last spans")
	flushing, cancel := context.WithTimeout(hard, flushLimit)
	defer cancel()
	if err := s.stop(flushing); err != nil {
		d.say("shop: %v", err)
	}
	totals := ledger.Snapshot()
	if err := d.writeLedger(totals); err != nil {
		return err
	}
	rows, err := settle(hard, d.settle, srv, totals, before)
	if err != nil {
		return err
	}
	if !printVerdict(d.out, rows, totals) {
		return errDiffer
	}
	return nil
}

// settle asks until the API has agreed with the ledger for a while, or until
// the limit.
func settle(ctx context.Context, limit time.Duration, srv server, totals load.Totals, before map[string]counts) ([]row, error) {
	deadline := time.Now().Add(limit)
	for agreed := 0; ; {
		api, err := srv.counts(ctx, serviceName)
		if err != nil {
			return nil, err
		}
		rows := compare(totals.Objectives, api, before)
		if agreed++; !allAgree(rows) {
			agreed = 0
		}
		if agreed == settledLooks || time.Now().After(deadline) {
			return rows, nil
		}
		select {
		case <-ctx.Done():
			return rows, nil
		case <-time.After(settleEvery):
		}
	}
}

func (d *demo) writeLedger(totals load.Totals) error {
	if d.ledger == "" {
		return nil
	}
	text, err := json.MarshalIndent(totals, "", "  ")
	if err != nil {
		return fmt.Errorf("encode ledger: %w", err)
	}
	if err := os.WriteFile(d.ledger, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("write ledger: %w", err)
	}
	return nil
}
