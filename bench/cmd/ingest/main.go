// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Command ingest measures what a span costs Leadline and the OpenTelemetry
// Collector, side by side, in CPU time of the server process.
//
// Both servers run at once and take turns: for every round and every way of
// sending, one set of requests is prepared and the same bytes go to both, the
// order changing from round to round. The cost of a turn is the server's CPU
// clock after it minus before, settle time included so that work put off until
// after the acknowledgement counts too. Ratios of such turns hold on a busy
// machine, where absolute times do not.
//
// A fast wrong answer is no result: afterwards every objective's counts, read
// over the API, must be those of the acknowledged spans.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/leadline/leadline/bench/command"
	"github.com/leadline/leadline/bench/load"
	"github.com/leadline/leadline/bench/payload"
	"github.com/leadline/leadline/bench/result"
	"github.com/leadline/leadline/bench/target"
)

type config struct {
	leadline  string
	services  string
	collector string
	conf      string
	results   string
	data      string
	only      string
	cells     string

	rounds   int
	requests int
	spans    int
	senders  int
	seed     uint64
	settle   time.Duration
	limit    time.Duration
}

func parse() config {
	var c config
	flag.StringVar(&c.leadline, "leadline", "../bin/leadline", "leadline binary")
	flag.StringVar(&c.services, "services", "services", "folder of service files")
	flag.StringVar(&c.collector, "collector", "../bin/otelcol", "Collector binary")
	flag.StringVar(&c.conf, "config", "collector/configs/bench.yaml", "configuration of the Collector")
	flag.StringVar(&c.results, "results", "results", "folder to write the result to, empty for none")
	flag.StringVar(&c.data, "data", os.TempDir(), "folder for the data directory, on the disk to be measured")
	flag.StringVar(&c.only, "only", "", "measure only this server: leadline or collector")
	flag.StringVar(&c.cells, "cells", "HTTP,HTTP gzip,gRPC,gRPC gzip", "ways of sending")
	flag.IntVar(&c.rounds, "rounds", 5, "rounds after the one for warming up")
	flag.IntVar(&c.requests, "requests", 600, "requests of a turn")
	flag.IntVar(&c.spans, "spans", 512, "spans of a request (512 is the batch of a Python SDK)")
	flag.IntVar(&c.senders, "senders", 8, "concurrent senders, each with a connection")
	flag.Uint64Var(&c.seed, "seed", 1, "seed of the payloads")
	flag.DurationVar(&c.settle, "settle", 300*time.Millisecond, "wait after a turn before its cost is read")
	flag.DurationVar(&c.limit, "limit", 10*time.Minute, "give up after this time")
	flag.Parse()
	return c
}

func main() {
	cfg := parse()
	command.Main("ingest", cfg.limit, func(ctx context.Context) error { return run(ctx, cfg) })
}

// run measures, reports, and checks the counts last: a report with wrong
// counts is printed but not kept.
func run(ctx context.Context, cfg config) (err error) {
	cells, err := load.CellsNamed(cfg.cells)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(cfg.data, "leadline-bench-")
	if err != nil {
		return fmt.Errorf("create data directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	report, err := result.New("ingest", time.Now(), ".", dir)
	if err != nil {
		return err
	}
	servers, err := start(ctx, cfg, dir)
	defer func() { err = errors.Join(err, stopAll(servers)) }()
	if err != nil {
		return err
	}
	b := newBench(cfg, cells, servers, payload.Shop(cfg.seed, cfg.spans))
	if err := b.measure(ctx); err != nil {
		return err
	}
	checked := b.verify(ctx)
	b.describe(report, checked)
	fmt.Println(report.Markdown())
	if checked != nil || cfg.results == "" {
		return checked
	}
	path, err := report.Write(cfg.results)
	if err == nil {
		fmt.Println("written to", path)
	}
	return err
}

// start starts what is to be measured. What it returns must be stopped, even
// beside an error.
func start(ctx context.Context, cfg config, dir string) ([]*target.Process, error) {
	var all []*target.Process
	if cfg.only != "leadline" {
		p, err := target.Collector{Binary: cfg.collector, Config: cfg.conf}.Start(ctx)
		if err != nil {
			return all, err
		}
		all = append(all, p)
	}
	if cfg.only != "collector" {
		p, err := target.Leadline{Binary: cfg.leadline, Services: cfg.services, DataDir: dir}.Start(ctx)
		if err != nil {
			return all, err
		}
		all = append(all, p)
	}
	return all, nil
}

func stopAll(servers []*target.Process) error {
	var err error
	for _, s := range servers {
		err = errors.Join(err, s.Stop())
	}
	return err
}
