// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package window_test

import (
	"testing"
	"time"

	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/window"
)

// TestHolds asks for events in stretches that end in and around the cell of
// the only one, which is at minute 12:20 of a whole hour.
func TestHolds(t *testing.T) {
	const noon = slice.Minute(29_000_040) // a multiple of 60, and of a day but for 12 hours
	const event = noon + 20
	minutes, hours, month := window.Span{Length: time.Hour}, window.Span{Length: 28 * 24 * time.Hour}, window.Calendar{Period: window.Month}.Of().Span()
	for _, c := range []struct {
		name     string
		span     window.Span
		from, to slice.Minute
		want     bool
	}{
		{"up to it, to the minute", minutes, noon, event, false},
		{"with it, to the minute", minutes, noon, event + 1, true},
		{"from it on, to the minute", minutes, event, event + 1, true},
		{"after it, to the minute", minutes, event + 1, event + 40, false},
		{"before its hour", hours, noon - 600, noon, false},
		{"a part of its hour is taken for whole", hours, noon - 600, noon + 1, true},
		{"from a later minute of its hour on", hours, noon + 50, noon + 70, true},
		{"after its hour", hours, noon + 60, noon + 600, false},
		{"an empty stretch", hours, noon + 60, noon + 60, false},
		{"beyond what is reached", hours, noon - 90*24*60, noon, false},
		{"before its hour of a month", month, noon - 600, noon, false},
		{"in its hour of a month", month, noon - 600, noon + 1, true},
		{"after all events of a month", month, event + 1, noon + 600, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := window.NewRing(window.NewLayout(c.span), event)
			if r.Holds(0, c.from, c.to) {
				t.Error("it holds something before anything was counted")
			}
			r.Add(event, slice.Counts{Bad: 1})
			r.Advance(event + 30)
			if got := r.Holds(0, c.from, c.to); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}
