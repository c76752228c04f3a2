// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"cmp"
	"time"

	"github.com/leadline/leadline/internal/slo"
)

// Key names an alert: a rule of an objective, for all of its events or for one
// of its groups. It is the same across restarts and generations.
type Key struct {
	Objective slo.Key
	Rule      string // name of the rule, unique within the objective
	Group     string // empty for all events
}

// Compare is the order of alerts in every answer: objective, rule, group.
func (k Key) Compare(o Key) int {
	return cmp.Or(k.Objective.Compare(o.Objective), cmp.Compare(k.Rule, o.Rule), cmp.Compare(k.Group, o.Group))
}

// Phase is where an alert stands.
type Phase string

// The phases. An alert that was never anything but inactive has no record.
const (
	// Inactive is before the first episode, and after conditions that did not
	// hold for as long as the rule asks.
	Inactive Phase = "inactive"
	// Pending is when the conditions hold, but not for as long as the rule asks.
	Pending Phase = "pending"
	// Firing is when somebody is called.
	Firing Phase = "firing"
	// Resolved is when the conditions stopped holding on evidence.
	Resolved Phase = "resolved"
	// Unmeasured is when an alert ended because nothing was measured for longer
	// than its longest window: nobody knows whether the trouble is over.
	Unmeasured Phase = "no_longer_measured"
)

// Alert is the state of one alert. It is a value: Step returns the next one,
// and the catalog keeps it, so that a restart neither forgets nor repeats.
type Alert struct {
	Key
	Severity Severity
	Phase    Phase
	// Since is when the phase began: in Pending, what the rule's delay is
	// counted from.
	Since time.Time
	// Episode counts how often the alert has begun to fire; Key and Episode
	// name what a receiver sees as one incident. Started is when this one
	// fired, Ended when it was over; zero while it was not.
	Episode        uint64
	Started, Ended time.Time
	// Clear is, while the alert fires, since when its conditions have not held;
	// zero while they do. It is resolved when that has lasted for as long as
	// its shortest window, so that it does not flap. It changes without the
	// sequence, and has to be kept all the same.
	Clear time.Time
	// Sequence counts the changes of phase, from 1. (Key, Sequence) is unique
	// for ever, whoever writes it.
	Sequence uint64
	// Frozen says why the phase is held although the conditions may say
	// otherwise; empty while they decide.
	Frozen string
	// InhibitedBy is the rule of the same objective and group that calls
	// somebody for the same burn sooner; empty when there is none. An
	// inhibited alert changes its phases, and nobody is told.
	InhibitedBy string
	// Sentence is what the conditions say: "1h burn 22x, 5m 16x, threshold
	// 13.44x; 96.9% of the budget left, exhausted in 31h at this rate".
	Sentence string
}

// IsActive reports whether the alert is one that can end.
func (a *Alert) IsActive() bool { return a.Phase == Pending || a.Phase == Firing }

// Calls reports whether the alert wants somebody's attention now.
func (a *Alert) Calls() bool { return a.Phase == Firing && a.InhibitedBy == "" }

// Verdict is what the windows of a burn condition say together.
type Verdict string

// The verdicts, by whether the long and the short window burn faster than the
// threshold.
const (
	Critical   Verdict = "critical"   // both
	Rising     Verdict = "rising"     // the short one only: recent, and not enough yet
	Recovering Verdict = "recovering" // the long one only: it has stopped
	Calm       Verdict = "ok"         // neither
	// NoEvidence is when one of them holds no event.
	NoEvidence Verdict = "no_evidence"
)
