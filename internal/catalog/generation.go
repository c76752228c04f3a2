// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slo"
)

// GenerationStore keeps which rule an objective counted by, and when.
type GenerationStore interface {
	// Reconcile makes the running generations equal to current, which is
	// every objective there is: it opens a generation for an objective that
	// is new or has another indicator, and ends the one that is replaced or
	// whose objective is gone. One that goes on keeps its number and start;
	// its target and window become the current ones. It returns what it
	// changed, in the order of objectives, an end before the opening.
	//
	// An objective that is in current twice is errs.Invalid and changes
	// nothing. A generation never ends before it started, whatever at says.
	Reconcile(ctx context.Context, current []Current, at time.Time) ([]Change, error)
	// Running returns the generations that have not ended, in the order of
	// objectives.
	Running(ctx context.Context) ([]Generation, error)
	// Generations returns all generations of an objective, oldest first.
	Generations(ctx context.Context, objective slo.Key) ([]Generation, error)
}

// Current is an objective as it is defined now.
type Current struct {
	Objective slo.Key
	Indicator sli.ID
	Rule      string // the canonical rule that Indicator is the hash of
	Target    string
	Window    string
}

// Generation is the span of time for which an objective kept one indicator.
// From and To are in UTC; To is zero while it runs.
type Generation struct {
	Current
	Number   int // within the objective, from 1
	From, To time.Time
}

// Running reports whether the generation has not ended.
func (g Generation) Running() bool { return g.To.IsZero() }

// Change is one thing that Reconcile did. Generation is as it is afterwards.
type Change struct {
	Kind       ChangeKind
	Generation Generation
}

// ChangeKind says what happened to a generation.
type ChangeKind string

// The kinds of change.
const (
	Opened     ChangeKind = "opened"
	Ended      ChangeKind = "ended"
	Retargeted ChangeKind = "retargeted" // the same indicator with another target or window
)

// Plan decides what Reconcile does, given the running generations and the
// highest number that each objective has had. It is here because every
// implementation must decide the same; the order of changes is that of sorted
// objectives.
func Plan(running []Generation, numbers map[slo.Key]int, current []Current, at time.Time) ([]Change, error) {
	wanted := make(map[slo.Key]Current, len(current))
	for _, c := range current {
		if _, twice := wanted[c.Objective]; twice {
			return nil, errs.New(errs.Invalid, "reconcile generations: objective %s of %s is defined twice",
				c.Objective.Name, c.Objective.Service)
		}
		wanted[c.Objective] = c
	}
	var changes []Change
	starts := make(map[slo.Key]time.Time) // where one takes over from another
	for _, g := range running {
		c, keep := wanted[g.Objective]
		if keep && c.Indicator == g.Indicator {
			delete(wanted, g.Objective)
			if c.Target != g.Target || c.Window != g.Window {
				g.Target, g.Window = c.Target, c.Window
				changes = append(changes, Change{Retargeted, g})
			}
			continue
		}
		g.To = later(at.UTC(), g.From)
		starts[g.Objective] = g.To
		changes = append(changes, Change{Ended, g})
	}
	for _, c := range wanted {
		from := later(at.UTC(), starts[c.Objective])
		changes = append(changes, Change{Opened, Generation{Current: c, Number: numbers[c.Objective] + 1, From: from}})
	}
	// Numbers put an end before an opening.
	slices.SortFunc(changes, func(a, b Change) int {
		return cmp.Or(a.Generation.Objective.Compare(b.Generation.Objective), cmp.Compare(a.Generation.Number, b.Generation.Number))
	})
	return changes, nil
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}
