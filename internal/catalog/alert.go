// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"context"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/slo"
)

// AlertStore keeps alerts as they last changed their phase, and how they came
// there. They are written by OutboxStore.Commit, together with the deliveries
// that the change causes.
type AlertStore interface {
	// Alerts returns every alert as it was persisted last, in order of keys.
	Alerts(ctx context.Context) ([]alert.Alert, error)
	// Transitions returns the newest changes of an objective's alerts, newest
	// first, limit at most.
	Transitions(ctx context.Context, objective slo.Key, limit int) ([]Transition, error)
}

// Transition is one change of an alert's phase.
type Transition struct {
	// Alert is the alert after the change; its key and Sequence name the
	// change, for ever and whoever writes it.
	Alert alert.Alert
	// At is when the change was persisted.
	At time.Time
	// Silence is the id of the silence because of which nobody was told of the
	// change; empty when there was none.
	Silence string
}
