// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package slo_test

import (
	"testing"
	"time"

	"github.com/leadline/leadline/internal/slo"
)

func TestUnits(t *testing.T) {
	for _, c := range []struct {
		unit slo.Unit
		n    int64
		want string
	}{
		{"", 7, "7 events"}, {slo.Events, -7, "-7 events"}, {slo.Slices, 7, "7 slices"},
		{slo.Microslices, 7_000_000, "7 slices"}, {slo.Microslices, 7_250_000, "7.25 slices"},
		{slo.Microslices, 1, "0.000001 slices"}, {slo.Microslices, -1_500_000, "-1.5 slices"}, {slo.Microslices, 0, "0 slices"},
	} {
		if got := c.unit.Amount(c.n) + " " + c.unit.Noun(); got != c.want {
			t.Errorf("%d %s: got %s, want %s", c.n, c.unit, got, c.want)
		}
	}
}

func TestBudgetingSaysWhatItIs(t *testing.T) {
	for _, c := range []struct {
		b      slo.Budgeting
		want   string
		unit   slo.Unit
		sliced bool
	}{
		{slo.Budgeting{}, "occurrences", slo.Events, false},
		{slo.Budgeting{Method: slo.Timeslices, Width: time.Minute, Target: 950_000_000}, "timeslices of 1m, good from 95%", slo.Slices, true},
		{slo.Budgeting{Method: slo.Timeslices, Width: time.Hour, Target: slo.Billion}, "timeslices of 1h, good from 100%", slo.Slices, true},
		{slo.Budgeting{Method: slo.RatioTimeslices, Width: 5 * time.Minute}, "ratio_timeslices of 5m", slo.Microslices, true},
	} {
		if got := c.b.String(); got != c.want || c.b.Unit() != c.unit || c.b.Sliced() != c.sliced {
			t.Errorf("got %s in %s, sliced %v; want %s in %s", got, c.b.Unit(), c.b.Sliced(), c.want, c.unit)
		}
	}
}

func TestParseShare(t *testing.T) {
	for text, want := range map[string]slo.Target{"100%": slo.Billion, "1": slo.Billion, "95%": 950_000_000, "0%": 0, "100.0000001%": 0, "101%": 0} {
		if got, err := slo.ParseShare(text); got != want || (err == nil) != (want > 0) {
			t.Errorf("%s: got %d, %v, want %d", text, got, err, want)
		}
	}
}
