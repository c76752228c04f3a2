// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"
)

// Loss is requests that had no answer for one reason, in one phase of the load.
type Loss struct {
	// Reason completes "the requests ...", and says whether the shop can have
	// served them.
	Reason string `json:"reason"`
	// Phase says what was going on; empty when nothing special was.
	Phase    string    `json:"phase,omitempty"`
	Requests int64     `json:"requests"`
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
}

// Phases in which an answer is more likely lost than in others.
const (
	phaseMove = "while customers moved to another release"
	phaseEnd  = "in flight when the load ended"
)

// moveTail is how long after customers began to move a loss counts as of the
// move: somewhat longer than the old release takes to end.
const moveTail = 10 * time.Second

// reason says why there was no answer, and what that means.
func reason(err error, timeout time.Duration) string {
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "were refused, so the shop has not served them"
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("timed out after %s; the shop may have served them later", timeout)
	}
	return "lost their connection; the shop may have served them"
}

// phase says what goes on now.
func (l *Load) phase(now time.Time) string {
	switch {
	case l.ending.Load():
		return phaseEnd
	case now.Sub(time.Unix(0, l.movedAt.Load())) < moveTail:
		return phaseMove
	}
	return ""
}

// lose adds a request to those of its reason and phase; both are few.
func (t *Totals) lose(reason, phase string, now time.Time) {
	for i, l := range t.Losses {
		if l.Reason == reason && l.Phase == phase {
			t.Losses[i].Requests++
			t.Losses[i].Last = now
			return
		}
	}
	t.Losses = append(t.Losses, Loss{Reason: reason, Phase: phase, Requests: 1, First: now, Last: now})
}
