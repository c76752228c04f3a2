// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Command ack measures how long an application waits until Leadline has made
// its spans durable and says so, at a steady rate that does not depend on the
// answers (open loop). Each request is measured from the moment at which it
// was due, so a stall is charged to every request that it held up.
//
// The goal is a p99 of 50 ms at 20,000 spans a second.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"time"

	"github.com/leadline/leadline/bench/command"
	"github.com/leadline/leadline/bench/load"
	"github.com/leadline/leadline/bench/payload"
	"github.com/leadline/leadline/bench/result"
	"github.com/leadline/leadline/bench/target"
)

const goalP99 = 50 * time.Millisecond

type config struct {
	leadline  string
	services  string
	collector string
	conf      string
	results   string
	data      string

	cells       string
	rate        int
	spans       int
	connections int
	lasting     time.Duration
	limit       time.Duration
}

func parse() config {
	var c config
	flag.StringVar(&c.leadline, "leadline", "../bin/leadline", "leadline binary")
	flag.StringVar(&c.services, "services", "services", "folder of service files")
	flag.StringVar(&c.collector, "collector", "", "Collector binary, to measure it instead (not durable)")
	flag.StringVar(&c.conf, "config", "collector/configs/bench.yaml", "configuration of the Collector")
	flag.StringVar(&c.results, "results", "results", "folder to write the result to, empty for none")
	flag.StringVar(&c.data, "data", os.TempDir(), "folder for the data directory, on the disk to be measured")
	flag.StringVar(&c.cells, "cells", "HTTP gzip,gRPC", "ways of sending, of: HTTP, HTTP gzip, gRPC, gRPC gzip")
	flag.IntVar(&c.rate, "rate", 20000, "spans a second")
	flag.IntVar(&c.spans, "spans", 128, "spans of a request")
	flag.IntVar(&c.connections, "connections", 64, "connections")
	flag.DurationVar(&c.lasting, "for", 20*time.Second, "how long to send, in each way")
	flag.DurationVar(&c.limit, "limit", 5*time.Minute, "give up after this time")
	flag.Parse()
	return c
}

func main() {
	cfg := parse()
	command.Main("ack", cfg.limit, func(ctx context.Context) error { return run(ctx, cfg) })
}

// pace is what one way of sending showed.
type pace struct {
	Cell     string        `json:"cell"`
	Requests int           `json:"requests"`
	Spans    int           `json:"spans"`
	P50      time.Duration `json:"p50_ns"`
	P90      time.Duration `json:"p90_ns"`
	P99      time.Duration `json:"p99_ns"`
	Max      time.Duration `json:"max_ns"`
	CPU      time.Duration `json:"cpu_ns"`
	Took     time.Duration `json:"took_ns"`
	// Others is the share of the machine that other processes used meanwhile.
	Others float64 `json:"others_cpu_share"`
}

func run(ctx context.Context, cfg config) (err error) {
	dir, err := os.MkdirTemp(cfg.data, "leadline-bench-")
	if err != nil {
		return fmt.Errorf("create data directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	report, err := result.New("ack", time.Now(), ".", dir)
	if err != nil {
		return err
	}
	server, err := start(ctx, cfg, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	cells, err := load.CellsNamed(cfg.cells)
	if err != nil {
		return err
	}
	var paces []pace
	for _, cell := range cells {
		p, err := measure(ctx, cfg, server, cell)
		if err != nil {
			return fmt.Errorf("%s over %s: %w\n%s", server.Name, cell.Name, err, server.Tail())
		}
		paces = append(paces, p)
	}
	return finish(report, cfg, server, paces)
}

func start(ctx context.Context, cfg config, dir string) (*target.Process, error) {
	if cfg.collector != "" {
		return target.Collector{Binary: cfg.collector, Config: cfg.conf}.Start(ctx)
	}
	return target.Leadline{Binary: cfg.leadline, Services: cfg.services, DataDir: dir}.Start(ctx)
}

func measure(ctx context.Context, cfg config, server *target.Process, cell load.Cell) (p pace, err error) {
	sender, err := cell.Dial(server.OTLP, cfg.connections)
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, sender.Close()) }()
	interval := time.Second * time.Duration(cfg.spans) / time.Duration(cfg.rate)
	requests, err := prepare(cell, cfg, int(cfg.lasting/interval))
	if err != nil {
		return p, err
	}
	warmUp := min(len(requests)/10, 64)
	if _, err := load.Flood(ctx, sender, requests[:warmUp], 2); err != nil {
		return p, err
	}
	runtime.GC() // ours would look like a slow server
	watch, err := target.NewWatch(server)
	if err != nil {
		return p, err
	}
	before, err := server.CPU()
	if err != nil {
		return p, err
	}
	o, err := load.Pace(ctx, sender, requests[warmUp:], interval)
	if err != nil {
		return p, err
	}
	after, err := server.CPU()
	if err != nil {
		return p, err
	}
	others, err := watch.Others()
	return pace{
		Cell: cell.Name, Requests: o.Requests, Spans: o.Spans, CPU: after - before, Took: o.Took, Others: others,
		P50: o.Quantile(0.5), P90: o.Quantile(0.9), P99: o.Quantile(0.99), Max: o.Quantile(1),
	}, err
}

func prepare(cell load.Cell, cfg config, n int) ([]load.Request, error) {
	templates := payload.Shop(1, cfg.spans)
	random := rand.New(rand.NewPCG(2, uint64(time.Now().UnixNano())))
	requests := make([]load.Request, n)
	for i := range requests {
		var err error
		requests[i], err = cell.Prepare(templates[i%len(templates)].Render(random, time.Now()), cfg.spans)
		if err != nil {
			return nil, err
		}
	}
	return requests, nil
}

func finish(report *result.Report, cfg config, server *target.Process, paces []pace) error {
	table := result.Table{
		Title:  fmt.Sprintf("Acknowledgement of %s at %d spans/s", server.Name, cfg.rate),
		Header: []string{"sent over", "requests", "p50", "p90", "p99", "max", "server CPU", "others' CPU", "goal p99"},
	}
	for _, p := range paces {
		table.Rows = append(table.Rows, []string{
			p.Cell, fmt.Sprint(p.Requests), millis(p.P50), millis(p.P90), millis(p.P99), millis(p.Max),
			fmt.Sprintf("%.1f%% of a core", 100*p.CPU.Seconds()/p.Took.Seconds()),
			fmt.Sprintf("%.0f%% of the machine", 100*p.Others), goal(p),
		})
	}
	report.Tables = []result.Table{table}
	report.Data = map[string]any{"server": server.Name, "rate": cfg.rate, "spans": cfg.spans, "paces": paces}
	report.Notes = []string{
		fmt.Sprintf("open loop: a request of %d spans every %s, measured from when it was due, whether or not earlier ones were answered",
			cfg.spans, time.Second*time.Duration(cfg.spans)/time.Duration(cfg.rate)),
		"the sender shares the cores with the server; where other processes used much of the machine, the tail shows them and not the server",
	}
	fmt.Println(report.Markdown())
	if cfg.results == "" {
		return nil
	}
	path, err := report.Write(cfg.results)
	if err == nil {
		fmt.Println("written to", path)
	}
	return err
}

func goal(p pace) string {
	if p.P99 > goalP99 {
		return "<= 50 ms missed"
	}
	return "<= 50 ms met"
}

func millis(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d)/1e6) }
