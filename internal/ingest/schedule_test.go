// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"testing"
	"time"

	"github.com/leadline/leadline/internal/slice"
)

func TestSchedule(t *testing.T) {
	type tick struct {
		wall    slice.Minute
		mono    time.Duration
		through slice.Minute // 0: nothing closes
	}
	m := time.Minute
	cases := map[string][]tick{
		"a minute closes ten minutes after it ended": {
			{100, 0, 0}, {101, m, 0}, {110, 10*m - 1, 0}, {110, 10 * m, 99}, {111, 11 * m, 100},
		},
		"a gap closes ten minutes after the start": {
			{400, 0, 0}, {409, 9 * m, 0}, {410, 10 * m, 399},
		},
		"a jump ahead opens a gap": {
			{100, 0, 0}, {160, m, 0}, {169, 10 * m, 99}, {170, 11 * m, 159},
		},
		"a jump ahead that is taken back closes nothing early": {
			{100, 0, 0}, {160, m, 0}, {102, 2 * m, 0}, {110, 10 * m, 99}, {111, 11 * m, 101}, {119, 20*m - 1, 0}, {120, 20 * m, 109},
		},
		"a jump back closes nothing twice": {
			{100, 0, 0}, {110, 10 * m, 99}, {50, 11 * m, 0}, {61, 22 * m, 0}, {111, 72 * m, 0}, {121, 82 * m, 110},
		},
	}
	for name, ticks := range cases {
		t.Run(name, func(t *testing.T) {
			s := newSchedule(95, 10*m)
			for i, k := range ticks {
				through, ok := s.observe(k.wall, k.mono)
				if !ok {
					through = 0
				}
				if through != k.through {
					t.Errorf("tick %d: closes through %d, want %d", i, through, k.through)
				}
			}
		})
	}
}
