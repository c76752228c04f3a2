// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"context"
	"time"
)

// SilenceStore keeps silences.
type SilenceStore interface {
	// SaveSilence stores a silence in place of the one with the same id, and adds
	// one to the outbox's revision: what was to be sent without knowing of the
	// silence is a conflict.
	SaveSilence(ctx context.Context, s Silence) error
	// Silences returns every silence that was not pruned, those that end last
	// first.
	Silences(ctx context.Context) ([]Silence, error)
}

// Silence keeps alerts that it matches from being told, from Starts until
// before Ends.
type Silence struct {
	ID string
	// Matchers are those that an alert must all match, as written:
	// `service="shop-api"`, `group=~"eu-.*"`.
	Matchers        []string
	Author, Comment string
	Created         time.Time
	Starts, Ends    time.Time
}

// Active reports whether the silence holds at an instant.
func (s *Silence) Active(at time.Time) bool { return !at.Before(s.Starts) && at.Before(s.Ends) }
