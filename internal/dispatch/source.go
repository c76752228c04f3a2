// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/catalog"
)

// Source is where alerts come from.
type Source interface {
	// Adopt takes alerts as they were persisted: what is evaluated from now on
	// continues from them. Alerts that it knows and that are not named go on.
	Adopt(alerts []alert.Alert)
	// Standing returns how alerts stand at the newest evaluation since the
	// first Adopt; nil before it. It does not change.
	Standing() *Standing
	// Listen returns a channel on which something arrives when there is a new
	// standing, and a function that ends it.
	Listen() (<-chan time.Time, func())
}

// Standing is how all alerts stand at one evaluation.
type Standing struct {
	At time.Time
	// Notices are the alerts that were ever anything but inactive, with what a
	// receiver is told of them. An alert that is missing is not defined any
	// more.
	Notices []Notice
}

// Store is what the engine needs of the catalog.
type Store interface {
	catalog.AlertStore
	catalog.OutboxStore
	catalog.SilenceStore
}
