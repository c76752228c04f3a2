// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package series_test

import (
	"testing"

	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
)

func TestGrid(t *testing.T) {
	for _, c := range []struct {
		name         string
		from, to     slice.Minute
		step         int
		steps        int
		first        slice.Minute
		minute       slice.Minute
		stepOfMinute int
	}{
		{"one minute", 7, 8, 1, 1, 7, 7, 0},
		{"aligned", 60, 180, 60, 2, 60, 179, 1},
		{"from inside a step", 61, 180, 60, 2, 60, 61, 0},
		{"to inside a step", 60, 181, 60, 3, 60, 180, 2},
		{"inside one step", 61, 62, 60, 1, 60, 61, 0},
		{"before the epoch", -61, -1, 60, 2, -120, -60, 1},
		{"across the epoch", -1, 1, 60, 2, -60, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := series.Query{From: c.from, To: c.to, Step: c.step}
			if got := q.Steps(); got != c.steps {
				t.Errorf("steps: got %d, want %d", got, c.steps)
			}
			if got := q.StepStart(0); got != c.first {
				t.Errorf("first step: got %d, want %d", got, c.first)
			}
			if got := q.StepOf(c.minute); got != c.stepOfMinute {
				t.Errorf("step of minute %d: got %d, want %d", c.minute, got, c.stepOfMinute)
			}
		})
	}
}
