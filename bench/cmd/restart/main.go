// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Command restart measures how long Leadline is deaf: the time from exec until
// the first request is acknowledged, after the intake log was read. Nothing is
// acknowledged before everything is read that it could repeat.
//
// The log is filled by really sending spans, then the process is killed, which
// leaves the log as a power cut would. Each start is killed again, so every
// one reads the same log, and after each the counts must be those of all spans
// ever acknowledged. The goal is two seconds.
//
// Two sizes are measured. 135 MiB is what 20,000 spans a second leave open,
// since a minute's part is dropped once it has closed, twelve minutes later. A
// gigabyte that is all open is the worst that the goal speaks of: 150,000 spans
// a second, or a burst.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leadline/leadline/bench/command"
	"github.com/leadline/leadline/bench/result"
	"github.com/leadline/leadline/bench/target"
)

const goal = 2 * time.Second

type config struct {
	leadline string
	services string
	results  string
	data     string

	logMiB []int64
	spans  int
	starts int
	limit  time.Duration
}

func parse() config {
	var c config
	flag.StringVar(&c.leadline, "leadline", "../bin/leadline", "leadline binary")
	flag.StringVar(&c.services, "services", "services", "folder of service files")
	flag.StringVar(&c.results, "results", "results", "folder to write the result to, empty for none")
	flag.StringVar(&c.data, "data", os.TempDir(), "folder for the data directory, on the disk to be measured")
	c.logMiB = []int64{135, 1024}
	flag.Func("log", "sizes of the intake log in MiB, smallest first, with commas (default 135,1024)", c.setSizes)
	flag.IntVar(&c.spans, "spans", 512, "spans of a request")
	flag.IntVar(&c.starts, "starts", 5, "starts to measure")
	flag.DurationVar(&c.limit, "limit", 15*time.Minute, "give up after this time")
	flag.Parse()
	return c
}

func (c *config) setSizes(text string) error {
	c.logMiB = nil
	for size := range strings.SplitSeq(text, ",") {
		n, err := strconv.ParseInt(size, 10, 64)
		if err != nil || n <= 0 || len(c.logMiB) > 0 && n <= c.logMiB[len(c.logMiB)-1] {
			return fmt.Errorf("size %q: must be a number of MiB above the one before", size)
		}
		c.logMiB = append(c.logMiB, n)
	}
	return nil
}

func main() {
	cfg := parse()
	command.Main("restart", cfg.limit, func(ctx context.Context) error { return run(ctx, cfg) })
}

// filled says what the log took to become that large.
type filled struct {
	Spans    int           `json:"spans"`
	LogBytes int64         `json:"log_bytes"`
	Grown    int64         `json:"grown_bytes"` // by these spans
	Took     time.Duration `json:"took_ns"`
}

// started is one start.
type started struct {
	LogBytes int64         `json:"log_bytes"`
	Accepted time.Duration `json:"accepted_ns"` // the first acknowledgement
	CPU      time.Duration `json:"cpu_ns"`      // used until then
	Peak     int64         `json:"peak_bytes"`
}

func run(ctx context.Context, cfg config) (err error) {
	dir, err := os.MkdirTemp(cfg.data, "leadline-bench-")
	if err != nil {
		return fmt.Errorf("create data directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	report, err := result.New("restart", time.Now(), ".", dir)
	if err != nil {
		return err
	}
	server := target.Leadline{Binary: cfg.leadline, Services: cfg.services, DataDir: dir}
	requests := newSource(cfg.spans)
	var fills []filled
	var starts []started
	for _, size := range cfg.logMiB {
		f, err := fill(ctx, size<<20, server, requests)
		if err != nil {
			return err
		}
		fills = append(fills, f)
		for range cfg.starts {
			s, err := start(ctx, server, requests)
			if err != nil {
				return err
			}
			starts = append(starts, s)
		}
	}
	describe(report, fills, starts, requests)
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

func describe(report *result.Report, fills []filled, starts []started, requests *source) {
	f := fills[len(fills)-1]
	table := result.Table{
		Title:  "From exec to the first acknowledgement",
		Header: []string{"start", "intake log", "accepted after", "CPU until then", "peak RSS"},
	}
	var accepted []time.Duration
	for i, s := range starts {
		accepted = append(accepted, s.Accepted)
		table.Rows = append(table.Rows, []string{
			fmt.Sprint(i + 1), mebibytes(s.LogBytes), seconds(s.Accepted), seconds(s.CPU), mebibytes(s.Peak),
		})
	}
	worst := slices.Max(accepted)
	verdict := "met"
	if worst > goal {
		verdict = "missed"
	}
	report.Tables = []result.Table{table}
	report.Data = map[string]any{"filled": fills, "starts": starts}
	report.Notes = []string{
		fmt.Sprintf("slowest start %s, goal %s %s", seconds(worst), seconds(goal), verdict),
		fmt.Sprintf("intake log: %.1f B a span (the last %d spans in %s); all of it is open, no minute has closed", float64(f.Grown)/float64(f.Spans), f.Spans, seconds(f.Took)),
		fmt.Sprintf("after every start all %d objectives equalled the acknowledged spans, %d at the end, to the event",
			requests.ledger.Objectives(), requests.ledger.Spans()),
		"ids are remembered in 512 MiB of memory, some 50 million; what a larger log holds beyond is recognised by whole requests only, before the kill as after it, and its spans are tallied as unchecked",
		"the page cache is warm: after a power cut add the time to read the log from disk",
	}
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.2f s", d.Seconds()) }

func mebibytes(n int64) string { return fmt.Sprintf("%d MiB", n>>20) }
