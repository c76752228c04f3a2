// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/leadline/leadline/bench/load"
	"github.com/leadline/leadline/bench/payload"
	"github.com/leadline/leadline/bench/target"
	"github.com/leadline/leadline/bench/truth"
)

// turn is one server's part of one round in one cell.
type turn struct {
	Server string        `json:"server"`
	Cell   string        `json:"cell"`
	Round  int           `json:"round"`
	Spans  int           `json:"spans"`
	CPU    time.Duration `json:"cpu_ns"`
	Wall   time.Duration `json:"wall_ns"`
	P50    time.Duration `json:"ack_p50_ns"`
	P99    time.Duration `json:"ack_p99_ns"`
	target.Memory
}

// perSpan returns the CPU nanoseconds of one acknowledged span.
func (t turn) perSpan() float64 { return float64(t.CPU) / float64(t.Spans) }

// whole is everything a server used from its first turn to its last, with what
// it did between its turns: closing minutes, evaluating, flushing.
type whole struct {
	Spans int           `json:"spans"`
	CPU   time.Duration `json:"cpu_ns"`
	Took  time.Duration `json:"took_ns"`
}

type bench struct {
	cfg       config
	cells     []load.Cell
	servers   []*target.Process
	templates []*payload.Template
	random    *rand.Rand
	next      int // template of the next request

	ledger *truth.Ledger
	turns  []turn
	wholes map[string]whole
	others float64 // share of the machine that other processes used
}

func newBench(cfg config, cells []load.Cell, servers []*target.Process, templates []*payload.Template) *bench {
	return &bench{
		cfg: cfg, cells: cells, servers: servers, templates: templates,
		// Ids must differ from those of any earlier run against the same data.
		random: rand.New(rand.NewPCG(cfg.seed, uint64(time.Now().UnixNano()))),
		ledger: truth.NewLedger(templates),
		wholes: map[string]whole{},
	}
}

// measure runs a round that only warms up, then the rounds that count.
func (b *bench) measure(ctx context.Context) error {
	if err := b.round(ctx, 0); err != nil {
		return err
	}
	before := make([]time.Duration, len(b.servers))
	for i, s := range b.servers {
		var err error
		if before[i], err = s.CPU(); err != nil {
			return err
		}
	}
	watch, err := target.NewWatch(b.servers...)
	if err != nil {
		return err
	}
	start := time.Now()
	b.turns = nil
	for r := range b.cfg.rounds {
		if err := b.round(ctx, r+1); err != nil {
			return err
		}
	}
	if b.others, err = watch.Others(); err != nil {
		return err
	}
	return b.total(before, time.Since(start))
}

func (b *bench) total(before []time.Duration, took time.Duration) error {
	for i, s := range b.servers {
		after, err := s.CPU()
		if err != nil {
			return err
		}
		spans := len(b.cells) * b.cfg.rounds * b.cfg.requests * b.cfg.spans
		b.wholes[s.Name] = whole{Spans: spans, CPU: after - before[i], Took: took}
	}
	return nil
}

// round sends one set of requests per cell to every server. Every other round
// begins with the other server.
func (b *bench) round(ctx context.Context, number int) error {
	order := slices.Clone(b.servers)
	if number%2 == 1 {
		slices.Reverse(order)
	}
	for _, cell := range b.cells {
		requests, used, err := b.prepare(cell)
		if err != nil {
			return err
		}
		runtime.GC() // ours must not fall into a turn
		for _, s := range order {
			t, err := b.turn(ctx, s, cell, requests)
			if err != nil {
				return fmt.Errorf("%s over %s, round %d: %w\n%s", s.Name, cell.Name, number, err, s.Tail())
			}
			t.Round = number
			b.turns = append(b.turns, t)
			fmt.Fprintf(os.Stderr, "round %d  %-9s  %-9s  %6.0f ns/span\n", number, cell.Name, s.Name, t.perSpan())
		}
		for _, template := range used {
			b.ledger.Add(template)
		}
	}
	return nil
}

// prepare returns the requests of a turn and the templates they were made from.
func (b *bench) prepare(cell load.Cell) ([]load.Request, []int, error) {
	requests := make([]load.Request, b.cfg.requests)
	used := make([]int, b.cfg.requests)
	for i := range requests {
		used[i] = b.next
		t := b.templates[b.next]
		b.next = (b.next + 1) % len(b.templates)
		var err error
		if requests[i], err = cell.Prepare(t.Render(b.random, time.Now()), len(t.Events)); err != nil {
			return nil, nil, err
		}
	}
	return requests, used, nil
}

func (b *bench) turn(ctx context.Context, s *target.Process, cell load.Cell, requests []load.Request) (t turn, err error) {
	sender, err := cell.Dial(s.OTLP, b.cfg.senders)
	if err != nil {
		return t, err
	}
	defer func() { err = errors.Join(err, sender.Close()) }()
	before, err := s.CPU()
	if err != nil {
		return t, err
	}
	o, err := load.Flood(ctx, sender, requests, b.cfg.senders)
	if err != nil {
		return t, err
	}
	time.Sleep(b.cfg.settle)
	after, err := s.CPU()
	if err != nil {
		return t, err
	}
	memory, err := s.Memory()
	return turn{
		Server: s.Name, Cell: cell.Name, Spans: o.Spans, CPU: after - before, Wall: o.Took,
		P50: o.Quantile(0.5), P99: o.Quantile(0.99), Memory: memory,
	}, err
}

// leadline returns Leadline, or nil if only its peer is measured.
func (b *bench) leadline() *target.Process {
	for _, s := range b.servers {
		if s.API != "" {
			return s
		}
	}
	return nil
}

// verify returns an error if Leadline's counts are not those that it
// acknowledged.
func (b *bench) verify(ctx context.Context) error {
	if s := b.leadline(); s != nil {
		return b.ledger.Verify(ctx, s.API)
	}
	return nil
}
