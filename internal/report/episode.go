// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"
	"fmt"
	"slices"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/slo"
)

// Transitions is where the changes of an objective's alerts are read.
type Transitions interface {
	Transitions(ctx context.Context, objective slo.Key, limit int) ([]catalog.Transition, error)
}

// maxTransitions bounds how many changes of alerts are read, the newest.
const maxTransitions = 2000

// episode is one time that an alert fired: as it stood then, and as it stands.
type episode struct {
	began, is alert.Alert
}

type episodeKey struct {
	rule, group string
	episode     uint64
}

// episodes returns every time that an alert of the objective fired, as far as
// that is kept. What was evaluated is newer than what was persisted.
func (r *Report) episodes(ctx context.Context, v *eval.Evaluation) (map[episodeKey]*episode, error) {
	changes, err := r.Transitions.Transitions(ctx, v.Objective.Key, maxTransitions)
	all := make(map[episodeKey]*episode)
	note := func(a *alert.Alert) {
		if a.Phase == alert.Inactive || a.Phase == alert.Pending || a.Started.IsZero() { // of these the episode is the one before
			return
		}
		k := episodeKey{a.Rule, a.Group, a.Episode}
		e := all[k]
		if e == nil {
			e = &episode{began: *a}
			all[k] = e
		}
		e.is = *a
	}
	for _, t := range slices.Backward(changes) {
		note(&t.Alert)
	}
	for i := range v.Alerts {
		note(&v.Alerts[i])
	}
	return all, err
}

// episodeEvents tells when alerts fired.
func (r *Report) episodeEvents(ctx context.Context, v *eval.Evaluation) (out []Event, err error) {
	all, err := r.episodes(ctx, v)
	for k, e := range all {
		event := Event{
			Kind: AlertEvent, At: e.is.Started.UTC(), To: instant(e.is.Ended), Title: k.rule + " fired", Detail: e.began.Sentence,
			Severity: EventSeverity(e.is.Severity), ID: fmt.Sprintf("%s/%s/%d", k.rule, k.group, k.episode),
		}
		if k.group != "" {
			event.Title += " for " + k.group
		}
		if e.began.InhibitedBy != "" {
			event.Detail += "; quiet, because " + e.began.InhibitedBy + " called for it"
		}
		if e.is.Phase == alert.Unmeasured {
			event.Detail += "; it ended because nothing was measured any longer"
		}
		out = append(out, event)
	}
	return out, err
}
