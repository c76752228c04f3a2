// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/leadline/leadline/bench/result"
)

// goals are the ratios to reach, by cell.
var goals = map[string]float64{"HTTP": 5, "HTTP gzip": 4.5, "gRPC": 4, "gRPC gzip": 2.5}

// cellResult is one row of the table: medians over the rounds.
type cellResult struct {
	Cell      string  `json:"cell"`
	Collector summary `json:"collector"`
	Leadline  summary `json:"leadline"`
	Ratio     float64 `json:"ratio"`
	Goal      float64 `json:"goal"`
}

type summary struct {
	NsPerSpan float64       `json:"ns_per_span"`
	Lowest    float64       `json:"ns_per_span_min"`
	Highest   float64       `json:"ns_per_span_max"`
	P50       time.Duration `json:"ack_p50_ns"`
	P99       time.Duration `json:"ack_p99_ns"`
	PerSecond float64       `json:"spans_per_second"`
	Peak      int64         `json:"peak_bytes"`
}

// describe fills the report in.
func (b *bench) describe(report *result.Report, checked error) {
	cells := b.cellResults()
	report.Data = map[string]any{"cells": cells, "whole": b.wholes, "turns": b.turns, "others_cpu_share": b.others, "config": map[string]any{
		"rounds": b.cfg.rounds, "requests": b.cfg.requests, "spans": b.cfg.spans, "senders": b.cfg.senders, "seed": b.cfg.seed,
	}}
	report.Tables = []result.Table{costTable(cells), ackTable(cells), b.wholeTable()}
	report.Notes = append(report.Notes, b.countsNote(checked),
		fmt.Sprintf("a turn: %d requests of %d spans, %d B a span before compression, from %d senders; medians of %d rounds",
			b.cfg.requests, b.cfg.spans, b.bytesPerSpan(), b.cfg.senders, b.cfg.rounds),
		fmt.Sprintf("other processes used %.0f%% of the machine meanwhile", 100*b.others),
		"Leadline: every acknowledgement follows a sync of the log; the Collector keeps its metrics in memory only",
		"acknowledgement times are those of a saturated server sharing its cores with the senders; see ack for a steady rate")
}

func (b *bench) cellResults() []cellResult {
	var all []cellResult
	for _, cell := range b.cells {
		c := cellResult{Cell: cell.Name, Goal: goals[cell.Name]}
		c.Collector = b.summarise(cell.Name, "Collector")
		c.Leadline = b.summarise(cell.Name, "Leadline")
		if c.Leadline.NsPerSpan > 0 {
			c.Ratio = c.Collector.NsPerSpan / c.Leadline.NsPerSpan
		}
		all = append(all, c)
	}
	return all
}

func (b *bench) summarise(cell, server string) summary {
	var cost, p50, p99, rate []float64
	var s summary
	for _, t := range b.turns {
		if t.Cell != cell || t.Server != server {
			continue
		}
		cost = append(cost, t.perSpan())
		p50 = append(p50, float64(t.P50))
		p99 = append(p99, float64(t.P99))
		rate = append(rate, float64(t.Spans)/t.Wall.Seconds())
		s.Peak = max(s.Peak, t.Peak)
	}
	if len(cost) == 0 {
		return s
	}
	s.NsPerSpan, s.Lowest, s.Highest = median(cost), slices.Min(cost), slices.Max(cost)
	s.P50, s.P99, s.PerSecond = time.Duration(median(p50)), time.Duration(median(p99)), median(rate)
	return s
}

// median of at least one value; of an even number, the mean of the middle two.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

func costTable(cells []cellResult) result.Table {
	t := result.Table{
		Title:  "CPU of the server per acknowledged span",
		Header: []string{"sent over", "Collector ns", "min-max", "Leadline ns", "min-max", "Collector / Leadline", "goal"},
	}
	for _, c := range cells {
		t.Rows = append(t.Rows, []string{
			c.Cell, integer(c.Collector.NsPerSpan), spread(c.Collector), integer(c.Leadline.NsPerSpan), spread(c.Leadline),
			ratio(c.Ratio), goal(c),
		})
	}
	return t
}

func ackTable(cells []cellResult) result.Table {
	t := result.Table{
		Title:  "Acknowledgement under saturation, and memory",
		Header: []string{"sent over", "server", "p50", "p99", "spans/s", "peak RSS"},
	}
	for _, c := range cells {
		for _, s := range []struct {
			name string
			summary
		}{{"Collector", c.Collector}, {"Leadline", c.Leadline}} {
			if s.NsPerSpan == 0 {
				continue
			}
			t.Rows = append(t.Rows, []string{
				c.Cell, s.name, millis(s.P50), millis(s.P99), integer(s.PerSecond), fmt.Sprintf("%d MiB", s.Peak>>20),
			})
		}
	}
	return t
}

func (b *bench) wholeTable() result.Table {
	t := result.Table{
		Title:  "The whole run, with everything done between turns",
		Header: []string{"server", "spans", "CPU s", "ns a span"},
	}
	for _, s := range b.servers {
		w := b.wholes[s.Name]
		t.Rows = append(t.Rows, []string{
			s.Name, fmt.Sprint(w.Spans), fmt.Sprintf("%.2f", w.CPU.Seconds()), integer(float64(w.CPU) / float64(w.Spans)),
		})
	}
	return t
}

func (b *bench) countsNote(checked error) string {
	switch {
	case b.leadline() == nil:
		return "Leadline was not measured"
	case checked != nil:
		return "WRONG COUNTS: the costs above are no result"
	}
	return fmt.Sprintf("counts: all %d objectives equal the %d acknowledged spans, to the event", b.ledger.Objectives(), b.ledger.Spans())
}

func (b *bench) bytesPerSpan() int {
	size, spans := 0, 0
	for _, t := range b.templates {
		size += t.Size()
		spans += len(t.Events)
	}
	return size / spans
}

func integer(v float64) string {
	if v == 0 {
		return "-"
	}
	return fmt.Sprintf("%.0f", v)
}

func spread(s summary) string {
	if s.NsPerSpan == 0 {
		return "-"
	}
	return integer(s.Lowest) + "-" + integer(s.Highest)
}

func ratio(v float64) string {
	if v == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2fx", v)
}

func goal(c cellResult) string {
	text := fmt.Sprintf(">= %gx", c.Goal)
	switch {
	case c.Ratio == 0:
		return text
	case c.Ratio < c.Goal:
		return text + " missed"
	}
	return text + " met"
}

func millis(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/1e6) }
