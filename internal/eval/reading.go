// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"slices"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
)

// Reading is what the conditions of a rule saw at an evaluation: of all
// events, or of one group.
type Reading struct {
	Whole alert.Whole
	// Seen are the windows, by condition. Those of a condition about silence are
	// empty: it does not look at the events that a burn looks at.
	Seen []alert.Seen
}

// GroupRule names an alert of a group within its objective.
type GroupRule struct{ Rule, Group string }

// note keeps what a rule sees of a group that has an alert.
func (v *Evaluation) note(k GroupRule, w *alert.Whole, seen []alert.Seen) {
	if v.OfGroups == nil {
		v.OfGroups = make(map[GroupRule]Reading)
	}
	v.OfGroups[k] = Reading{*w, slices.Clone(seen)}
}

// Reading returns what a rule saw of all events, or of a group. It is false of
// a group without an alert that is pending or fires, and where there is no
// evidence.
func (v *Evaluation) Reading(r *slo.Rule, group string) (Reading, bool) {
	if group != "" {
		in, known := v.OfGroups[GroupRule{r.Name, group}]
		return in, known
	}
	o := v.Objective
	in := Reading{
		Whole: alert.Whole{Target: o.Target, Length: o.Window.Length, Counts: v.Counts, Unit: o.Budgeting.Unit()},
		Seen:  make([]alert.Seen, len(r.When)),
	}
	for i, c := range r.When {
		if c.Kind != slo.Absent {
			in.Seen[i] = alert.Seen{Long: v.over(c.Long), Short: v.over(c.Short)}
		}
	}
	return in, v.Known
}

// Sentence says what a rule sees of all events now, whether it fires or not. A
// rule about silence says what it waits for, and why it cannot call yet.
func (v *Evaluation) Sentence(r *slo.Rule) string {
	if alert.IsAbsent(r) {
		text := alert.Describe(r)
		if why := v.unarmed(r); why != "" && v.Known {
			text += "; " + why
		}
		return text
	}
	in, _ := v.Reading(r, "")
	return alert.Sentence(r, &in.Whole, in.Seen)
}

// over returns what an alert window holds.
func (v *Evaluation) over(length time.Duration) (c slice.Counts) {
	for _, b := range v.Burn {
		if b.Window == length {
			c = b.Counts
		}
	}
	return c
}
