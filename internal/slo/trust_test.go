// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package slo_test

import (
	"strings"
	"testing"

	"github.com/leadline/leadline/internal/slo"
)

func TestTrust(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(*slo.Grounds)
		want string
	}{
		{"all is well", func(*slo.Grounds) {}, "trusted: 99.7% of the window was measured"},
		{"a share is never rounded up to the whole", func(g *slo.Grounds) { g.Coverage = 0.99999 }, "trusted: 99.9% of the window was measured"},
		{"the whole window", func(g *slo.Grounds) { g.Coverage = 1 }, "trusted: 100% of the window was measured"},
		{"shares that are not known limit nothing", func(g *slo.Grounds) { g.Refused, g.Late, g.Unsent, g.Failed = -1, -1, -1, -1 }, "trusted: 99.7% of the window was measured"},
		{"a few are late", func(g *slo.Grounds) { g.Late = 0.001 }, "trusted: 99.7% of the window was measured"},
		{"nothing was ever counted", func(g *slo.Grounds) { g.EverSeen, g.Coverage = false, 0 }, "unknown: no event of this indicator was ever counted"},
		{"nothing is known of the service", func(g *slo.Grounds) { g.Coverage = -1 }, "unknown: it is not known when the service was heard"},
		{"measured for an hour", func(g *slo.Grounds) { g.Coverage = 1. / 672 }, "care: only 0.1% of the window was measured"},
		{"measured for minutes", func(g *slo.Grounds) { g.Coverage = 0.0001 }, "care: less than 0.1% of the window was measured"},
		{"history and more", func(g *slo.Grounds) { g.Source, g.Refused, g.Unsent = "mixed", 0.002, 1 }, "care: part of it is back-filled history; 0.2% of the spans were refused; 100% of the spans say that others were not sent"},
		{"nothing but history", func(g *slo.Grounds) { g.Source = "backfill" }, "care: all of it is back-filled history"},
		{"events and the log", func(g *slo.Grounds) { g.Late, g.Failed, g.Damaged = 0.01, 0.005, 2 }, "care: 1% of the spans came late; 0.5% of the events could not be judged; the intake log was damaged"},
		{"distrust says it first, and once", func(g *slo.Grounds) { g.Distrust, g.Refused, g.Coverage = "2% of the spans were refused", 0.02, 0.5 }, "not: 2% of the spans were refused; only 50% of the window was measured"},
		{"distrust without an event", func(g *slo.Grounds) { g.Distrust, g.EverSeen = "alerts are frozen", false }, "not: alerts are frozen"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := slo.Grounds{EverSeen: true, Coverage: 0.9971, Source: "live"}
			c.set(&g)
			word, why := slo.Trust(g)
			if got := string(word) + ": " + strings.Join(why, "; "); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
