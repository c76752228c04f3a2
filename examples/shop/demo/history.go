// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"

	"github.com/leadline/leadline/examples/shop/load"
	"github.com/leadline/leadline/internal/backfill"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/spec"
)

const (
	// liveShare is how many times the traffic of the busiest minute of the made-up
	// history the live traffic is at least, and meanShare how many times its mean.
	// The page of a bad deploy needs it: an hour of history must not outweigh two
	// minutes of live traffic. Many more would leave minutes of the night without
	// a parcel, which worker-is-at-work calls bad.
	liveShare = 15
	meanShare = 20
)

// historyRate is the rate of the made-up history, in events a minute of each
// operation: so low that the live traffic of every operation is liveShare times
// the history's busiest minute. An operation that customers never ask for says
// nothing about it.
func historyRate(live map[string]float64, objectives []*slo.Objective) (perMinute float64, err error) {
	lowest := math.Inf(1)
	for _, o := range objectives {
		if rate, known := live[o.Indicator.Rule.Operation]; known {
			lowest = min(lowest, 60*rate)
		}
	}
	if math.IsInf(lowest, 1) {
		return 0, fmt.Errorf("choose the rate of the history: customers ask for no operation that an objective counts")
	}
	return lowest / (liveShare * backfill.Peak), nil
}

// objectivesIn reads a folder of service files.
func objectivesIn(folder string) ([]*slo.Objective, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("list service files: %w", err)
	}
	var sources []spec.Source
	for _, p := range paths {
		text, err := os.ReadFile(p)
		if err != nil {
			return nil, fmt.Errorf("read service file: %w", err)
		}
		sources = append(sources, spec.Source{Path: filepath.Base(p), Content: text})
	}
	return spec.Parse(sources).Objectives, nil
}

// liveRates are the requests a second that a load makes of each operation.
func liveRates(cfg load.Config) map[string]float64 {
	rates := load.Shares(cfg)
	for name := range rates {
		rates[name] *= cfg.Rate
	}
	return rates
}
