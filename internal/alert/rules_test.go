// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package alert_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

func defined(length time.Duration, target slo.Target, a slo.Alerting) *slo.Objective {
	return &slo.Objective{Window: window.Window{Length: length}, Target: target, Alerting: a, Indicator: &sli.Indicator{}}
}

func TestRules(t *testing.T) {
	half := slo.Rule{Name: "half", Severity: alert.Ticket, Guard: 5, When: []slo.Condition{{Kind: slo.Spent, Milli: 500}}}
	fast := slo.Rule{Name: "page-1h", Severity: alert.Page, When: []slo.Condition{{Kind: slo.Burn, Milli: 20_000, Long: time.Hour}}}
	silent := defined(28*day, 999_000_000, slo.Alerting{})
	silent.SilentIsBad = true
	tiers := []string{
		"page-1h: page when burn above 13.44x over 1h and 5m, from 5 bad events on",
		"page-6h: page when burn above 5.6x over 6h and 30m, from 5 bad events on",
		"ticket-1d: ticket when burn above 2.8x over 1d and 2h, from 5 bad events on",
		"ticket-3d: ticket when burn above 1x over 3d and 6h, from 5 bad events on",
	}
	for _, c := range []struct {
		name string
		o    *slo.Objective
		want []string
	}{
		{"defaults", defined(28*day, 999_000_000, slo.Alerting{}), append([]string{"absent: page when no event arrives for 5m"}, tiers...)},
		{"silence is bad", silent, tiers},
		{"a target that takes long to miss", defined(28*day, 500_000_000, slo.Alerting{}), []string{
			"absent: page when no event arrives for 6h40m", tiers[3],
		}},
		{"written ones, in the order in which they call", defined(28*day, 999_000_000, slo.Alerting{Rules: []slo.Rule{half, fast}}), []string{
			"absent: page when no event arrives for 5m", "page-1h: page when burn above 20x over 1h", tiers[1], tiers[2], tiers[3],
			"half: ticket when 50% of the budget is spent, from 5 bad events on",
		}},
		{"without defaults", defined(28*day, 999_000_000, slo.Alerting{WithoutDefaults: true, Rules: []slo.Rule{half}}), []string{
			"half: ticket when 50% of the budget is spent, from 5 bad events on",
		}},
		{"none", defined(28*day, 999_000_000, slo.Alerting{WithoutDefaults: true}), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			rules, _ := alert.Rules(c.o)
			for i := range rules {
				got = append(got, alert.Describe(&rules[i]))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestDefaultRulesCanFire holds what follows from every window and target to
// the check of what people write.
func TestDefaultRulesCanFire(t *testing.T) {
	for length := window.Shortest; length <= window.Longest; length += window.Grain(length) {
		for _, target := range []slo.Target{100_000_000, 900_000_000, 990_000_000, 999_000_000, 999_999_999} {
			o := defined(length, target, slo.Alerting{})
			rules, _ := alert.Rules(o)
			names := map[string]bool{}
			for i := range rules {
				if faults := alert.Check(&rules[i], o); len(faults) > 0 {
					t.Fatalf("%s, %s: %s: %+v", length, target, rules[i].Name, faults)
				}
				if names[rules[i].Name] {
					t.Fatalf("%s, %s: two rules are %s", length, target, rules[i].Name)
				}
				names[rules[i].Name] = true
			}
		}
	}
}
