// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"slices"

	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
)

// Try begins windows of an objective as it would be with other corrections,
// beside those that are shown; false when it is not evaluated now. What is
// returned counts from now on and is to be restored: then Compare says what the
// corrections do, Renewed shows it, and Renewed with nothing forgets it.
func (e *Engine) Try(o *slo.Objective) (fresh *Fresh, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	t := e.shown(o.Key)
	if t == nil || !t.restored {
		return nil, false
	}
	next := newTrack(o, t.shape, e.minute())
	next.service = t.service
	e.index.add(next)
	e.targets, e.resolved = nil, nil
	return &Fresh{next}, true
}

// shown returns what is kept of an objective, nil of one that is not defined.
func (e *Engine) shown(k slo.Key) *track {
	i := slices.IndexFunc(e.tracks, func(t *track) bool { return t.objective.Key == k })
	if i < 0 {
		return nil
	}
	return e.tracks[i]
}

// Compare returns how an objective stands over its windows, its own first, and
// how it would with what Try began and Restore has filled: both now.
func (e *Engine) Compare(f *Fresh) (before, after []Standing) {
	e.mu.Lock()
	defer e.mu.Unlock()
	f.setRestored()
	next, now := f.counter.(*track), e.minute()
	return e.shown(next.objective.Key).standings(now), next.standings(now)
}

// standings returns how the objective stands over its windows, its own first.
func (t *track) standings(now slice.Minute) []Standing {
	t.advance(now)
	first, last := t.spent().Edges(wholeWindow)
	own := t.standing(t.objective.Window, first, last, t.counted(wholeWindow))
	own.Corrected = t.corrected(wholeWindow, now)
	own.Former = t.former(wholeWindow, 0, t.objective.Window)
	return append([]Standing{own}, t.otherWindows(now)...)
}
