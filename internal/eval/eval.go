// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package eval answers, every few seconds, how each objective stands.
//
// It keeps one window.Ring per objective and series and is told every count as
// it becomes durable, so an evaluation reads sums and computes nothing over
// time: its cost follows the number of objectives and neither traffic nor the
// length of windows. What it publishes is one immutable Snapshot, which every
// surface reads: CLI, API and UI show the same evaluation.
//
// A ring counts from three sources that do not overlap: the series store for
// minutes that it holds, minute records for closed minutes that the store did
// not have yet when we started, and the committer for everything since.
// Additions commute, so they may arrive in any order; until the store's part
// is in, the objective is being restored and shows no numbers of its own.
package eval

import (
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/budget"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// Snapshot is one evaluation of every objective. It does not change.
type Snapshot struct {
	At time.Time
	// Took is how long it was evaluated.
	Took        time.Duration
	Evaluations []Evaluation // worst first, then by service and name
	// Gone are the alerts of objectives that are no longer defined; they have
	// ended.
	Gone []alert.Alert
}

// Find returns the evaluation of an objective.
func (s *Snapshot) Find(k slo.Key) (*Evaluation, bool) {
	for i := range s.Evaluations {
		if s.Evaluations[i].Objective.Key == k {
			return &s.Evaluations[i], true
		}
	}
	return nil, false
}

// Evaluation is how one objective stands at one instant.
type Evaluation struct {
	Objective *slo.Objective
	At        time.Time
	// From and To are the edges of the window: it covers the slices stamped in (From, To].
	From, To time.Time
	Status   slo.Status
	// Known says that Counts are evidence: the window was restored and the
	// indicator has counted something. Without it there are no numbers.
	Known  bool
	Counts slice.Counts
	Budget budget.Budget
	// Former is the period before the one of a calendar window, nil otherwise.
	Former *Standing
	// Corrected are the events that planned exclusions and corrections leave out
	// of the window. Excluding says why nothing is counted now, and until when;
	// empty while it is.
	Corrected slice.Counts
	Excluding string
	// Others are the objective's other windows.
	Others []Standing
	Burn   []Burn
	Groups []Group
	Trust  Trust
	// Dropped are the default alert tiers that do not fit the objective.
	Dropped []alert.Dropped
	// Rules are those of the objective, those first that call somebody sooner.
	// They are shared and do not change.
	Rules []*slo.Rule
	// Heard is what rules about silence know the indicator by; zero without one.
	Heard Heard
	// Pairs are the verdicts of the rules with two burn windows, over all events.
	Pairs []alert.Pair
	// Alerts are those that were ever more than inactive, by group.
	Alerts []alert.Alert
	// OfGroups are what rules saw of the groups whose alerts are pending or fire;
	// see Reading.
	OfGroups map[GroupRule]Reading
	// Frozen says why alerts about burns neither begin nor end; empty while
	// they do.
	Frozen string
}

// Standing is what one window of an objective holds: the slices stamped in
// (From, To].
type Standing struct {
	Window   window.Window
	From, To time.Time
	Counts   slice.Counts
	Budget   budget.Budget
	// Corrected are the events that exclusions and corrections leave out.
	Corrected slice.Counts
	// Former is the period before it, nil of a rolling window.
	Former *Standing
}

// Burn is the burn rate over one alert window.
type Burn struct {
	Window time.Duration
	Counts slice.Counts
	Rate   budget.BurnRate
	Known  bool // the window holds a valid event
}

// Trust says how far the numbers of an evaluation can be believed.
type Trust struct {
	// Coverage is the share of the window's minutes in which intake ran and the
	// service sent anything. Like every share it is negative where it is not known.
	Coverage float64
	// LateShare and RefusedShare are shares of the service's spans: accepted
	// more than a minute after they ended, and refused because their minute
	// was closed.
	LateShare, RefusedShare float64
	// ExcludedShare is the share of the indicator's events that were excluded,
	// health checks and synthetic events apart.
	ExcludedShare float64
	// UnevaluatedShare is the share of events whose expression raised an error.
	UnevaluatedShare float64
	// Sampling is the share of the service's spans that say that others were not
	// sent, because the application samples. When none says so nobody knows.
	Sampling float64
	// Source is how the counts came to be: backfill or mixed when any of the
	// window's were written afterwards; empty when there are none.
	Source slice.Source
	// Writers are the ids of the data directories that counted in the window.
	Writers []string
	// MeasuredSince is when the first event of this generation was counted;
	// zero before it.
	MeasuredSince time.Time
	Notes         []string

	// Doubt says why the number should not be believed; empty when it should.
	Doubt string
}
