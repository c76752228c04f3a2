// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package join is for indicators that need several events to judge one:
// journeys of several steps, and the delay between sending and handling a
// message.
//
// No indicator of this version does, so the engine remembers nothing. What
// stands is its place: facts are records of the intake log, committed in the
// same group as the counts of the request that brought them, replayed before
// telemetry is accepted, and dropped when the minute that they wait for has
// closed. A log that holds facts was written by a later version and is not
// opened: counting on without them would give wrong numbers.
package join

import (
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/slice"
)

// Engine remembers the facts of open minutes.
type Engine struct{}

// Replay takes the facts that the log kept of a minute.
func (Engine) Replay(m slice.Minute, payload []byte) error {
	return errs.New(errs.Unsupported, "the log holds %d bytes of facts of minute %s, which this version cannot join", len(payload), m.Stamp()).
		WithHint("a later version wrote this data directory; start that one, or another data directory")
}
