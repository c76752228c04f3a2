// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"testing"
	"time"

	"github.com/leadline/leadline/internal/slice"
)

// TestSchedule says which minute is the newest closed one while the wall clock
// jumps. Between the ticks it goes on, and is observed every minute.
func TestSchedule(t *testing.T) {
	type tick struct {
		mono   time.Duration
		wall   slice.Minute
		closed slice.Minute
	}
	const m, day = time.Minute, 24 * 60
	cases := map[string][]tick{
		"a minute closes ten minutes after it ended": {
			{0, 100, 94}, {9 * m, 109, 94}, {10*m - 1, 109, 94}, {10 * m, 110, 99}, {11 * m, 111, 100},
		},
		"a gap closes ten minutes after the start": {
			{0, 400, 94}, {9 * m, 409, 94}, {10 * m, 410, 399},
		},
		"an hour ahead closes at the steady time until it is believed": {
			{0, 100, 94}, {1 * m, 161, 94}, {10 * m, 170, 99}, {11 * m, 171, 100}, {60 * m, 220, 149}, {61 * m, 221, 210},
		},
		"a day ahead that is believed": {
			{0, 100, 94}, {1 * m, 101 + day, 94}, {60 * m, 160 + day, 149}, {61 * m, 161 + day, 150 + day}, {62 * m, 162 + day, 151 + day},
		},
		"ahead and back at once": {
			{0, 100, 94}, {1 * m, 160, 94}, {2 * m, 102, 94}, {10 * m, 110, 99}, {11 * m, 111, 100}, {20 * m, 120, 109},
		},
		"an hour ahead for half an hour": {
			{0, 100, 94}, {1 * m, 161, 94}, {30 * m, 190, 119}, {31 * m, 131, 120}, {41 * m, 141, 130}, {42 * m, 142, 131},
		},
		"a day ahead for an hour less a minute": {
			{0, 100, 94}, {1 * m, 101 + day, 94}, {60 * m, 160, 149}, {70 * m, 170, 159}, {100 * m, 200, 189},
		},
		"an hour ahead, then a day: doubted anew": {
			{0, 100, 94}, {1 * m, 161, 94}, {50 * m, 150 + day, 139}, {62 * m, 162 + day, 151}, {109 * m, 209 + day, 198}, {110 * m, 210 + day, 199 + day},
		},
		"ten minutes ahead close nothing that has not ended": {
			{0, 100, 94}, {1 * m, 111, 94}, {15 * m, 125, 114}, {16 * m, 116, 114}, {26 * m, 126, 115},
		},
		"an hour back closes nothing twice": {
			{0, 100, 94}, {10 * m, 110, 99}, {11 * m, 51, 99}, {61 * m, 101, 99}, {71 * m, 111, 100}, {72 * m, 112, 101}, {81 * m, 121, 110},
		},
		"back and ahead again": {
			{0, 100, 94}, {10 * m, 110, 99}, {11 * m, 51, 99}, {22 * m, 122, 99}, {32 * m, 132, 121},
		},
		"a start a day ahead has closed what was ahead": {
			{0, 100 + day, 94}, {10 * m, 110 + day, 99 + day}, {11 * m, 111, 99 + day}, {72 * m, 172, 99 + day}, {1440*m + 10*m, 110 + day, 99 + day}, {1440*m + 11*m, 111 + day, 100 + day},
		},
		"a start in 1970, then the right time": {
			{0, 1, 94}, {1 * m, 400, 94}, {60 * m, 459, 94}, {61 * m, 460, 449},
		},
	}
	for name, ticks := range cases {
		t.Run(name, func(t *testing.T) {
			s := newSchedule(95, 10*m)
			for i, k := range ticks {
				s.observe(k.wall.Start(), k.mono)
				if got := s.next - 1; got != k.closed {
					t.Errorf("tick %d: closed through %d, want %d", i, got, k.closed)
				}
				for at := m; i+1 < len(ticks) && k.mono+at < ticks[i+1].mono; at += m {
					s.observe(k.wall.Start().Add(at), k.mono+at)
				}
			}
		})
	}
}

// TestOpenMinutes says which minutes take events after a jump.
func TestOpenMinutes(t *testing.T) {
	const m, day = time.Minute, 24 * 60
	cases := map[string]struct {
		wall    slice.Minute // after a minute at 1000
		open    []slice.Minute
		refused []slice.Minute
	}{
		"no jump":             {1001, []slice.Minute{990, 1000, 1011}, []slice.Minute{989, 1012}},
		"an hour ahead":       {1061, []slice.Minute{990, 1001, 1030, 1071}, []slice.Minute{989, 1072}},
		"an hour back":        {941, []slice.Minute{990, 1001, 1011}, []slice.Minute{941, 989, 1012}},
		"ten days ahead":      {1001 + 10*day, []slice.Minute{990, 1011, 1001 + 9*day, 1011 + 10*day}, []slice.Minute{989, 1012, 1000 + 9*day, 1012 + 10*day}},
		"ten days back":       {1001 - 10*day, []slice.Minute{990, 1001, 1011}, []slice.Minute{1001 - 10*day, 989, 1012}},
		"a little to and fro": {1005, []slice.Minute{990, 1015}, []slice.Minute{989, 1016}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := newSchedule(990, 10*m)
			s.observe(slice.Minute(1000).Start(), 0)
			s.observe(c.wall.Start(), m)
			j := s.open(max(c.wall, s.next), futureSlack)
			for _, at := range c.open {
				if !j.took(at) {
					t.Errorf("minute %d is refused", at)
				}
			}
			for _, at := range c.refused {
				if j.took(at) {
					t.Errorf("minute %d is open", at)
				}
			}
		})
	}
}
