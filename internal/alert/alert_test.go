// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package alert_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

const day = 24 * time.Hour

func text(tiers []alert.Tier) (lines []string) {
	for _, t := range tiers {
		lines = append(lines, fmt.Sprintf("%s %s %s %g", t.Severity, t.Long, t.Short, t.Threshold()))
	}
	return lines
}

func TestDefaultTiers(t *testing.T) {
	for _, c := range []struct {
		name    string
		window  time.Duration
		target  slo.Target
		want    []string
		dropped []string
	}{
		{"28 days, as the workbook derives them", 28 * day, 999_000_000, []string{
			"page 1h0m0s 5m0s 13.44", "page 6h0m0s 30m0s 5.6", "ticket 24h0m0s 2h0m0s 2.8", "ticket 72h0m0s 6h0m0s 1",
		}, nil},
		{"7 days", 7 * day, 999_000_000, []string{
			"page 15m0s 1m0s 13.44", "page 1h30m0s 7m0s 5.6", "ticket 6h0m0s 30m0s 2.8", "ticket 18h0m0s 1h30m0s 1",
		}, nil},
		{"30 days: on the grid", 30 * day, 999_000_000, []string{
			"page 1h4m0s 5m0s 13.5", "page 6h25m0s 32m0s 5.61", "ticket 25h40m0s 2h8m0s 2.805", "ticket 77h0m0s 6h25m0s 1",
		}, nil},
		{"50 %: an outage burns twice", 28 * day, 500_000_000, []string{"ticket 72h0m0s 6h0m0s 1"}, []string{
			"a total outage burns 2 times, which never exceeds the threshold of 13.44",
			"a total outage burns 2 times, which never exceeds the threshold of 5.6",
			"a total outage burns 2 times, which never exceeds the threshold of 2.8",
		}},
		{"the shortest window", time.Hour, 999_000_000, []string{"ticket 5m0s 1m0s 1.2", "ticket 6m0s 1m0s 1"}, []string{
			"its threshold of 0.24 would fire while the budget lasts",
			"its threshold of 0.6 would fire while the budget lasts",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tiers, dropped := alert.DefaultTiers(c.window, c.target, 0)
			var reasons []string
			for _, d := range dropped {
				reasons = append(reasons, d.Reason)
			}
			if diff := cmp.Diff(c.want, text(tiers)); diff != "" {
				t.Errorf("tiers (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.dropped, reasons); diff != "" {
				t.Errorf("dropped (-want +got):\n%s", diff)
			}
		})
	}
}

// TestTiersOfEveryWindow: four tiers, each on its grid and worth having, or
// dropped with a reason.
func TestTiersOfEveryWindow(t *testing.T) {
	for length := window.Shortest; length <= window.Longest; length += window.Grain(length) {
		for _, target := range []slo.Target{100_000_000, 900_000_000, 990_000_000, 999_000_000, 999_999_999} {
			tiers, dropped := alert.DefaultTiers(length, target, 0)
			if len(tiers)+len(dropped) != 4 {
				t.Fatalf("%s, %s: %d tiers, %d dropped", length, target, len(tiers), len(dropped))
			}
			highest := float64(slo.Billion) / float64(slo.Billion-uint64(target))
			var last time.Duration
			for _, tier := range tiers {
				switch {
				case tier.Long%window.Grain(tier.Long) != 0 || tier.Short%window.Grain(tier.Short) != 0:
					t.Fatalf("%s: windows %s and %s are not on their grid", length, tier.Long, tier.Short)
				case tier.Long <= last || tier.Short < time.Minute || tier.Short > tier.Long || tier.Long > length:
					t.Fatalf("%s: windows %s and %s after %s", length, tier.Long, tier.Short, last)
				case tier.ThresholdMilli < 1000 || tier.Threshold() >= highest:
					t.Fatalf("%s, %s: a threshold of %g", length, target, tier.Threshold())
				}
				last = tier.Long
			}
			for _, d := range dropped {
				if d.Reason == "" {
					t.Fatalf("%s, %s: %+v was dropped without a reason", length, target, d.Tier)
				}
			}
		}
	}
}
