// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package sli holds indicators: rules that call each event of an operation
// good, bad or excluded.
//
// It owns the rule, its canonical text and the id made of it, the judgement of
// one event, and the text of the group that an event belongs to. It does not
// own counting, targets or windows.
//
// The default judgement of an event (package operation) comes first. Statuses
// of the rule may replace it; then the kind decides, one file each:
//
//	availability  good and bad as judged
//	latency       every event that is not excluded counts; good is fast enough
//	success       good as judged, and fast enough
//	custom        "where" says which events count, "good" which of them are good
//
// Health checks, synthetic traffic and attempts that will be retried are
// excluded by every kind; no rule brings them back.
//
// # Canonical text and id
//
// An indicator's id is the hash of [Rule.Canonical]. History belongs to the
// id, so the canonical text must never change for a rule that has not changed:
// a field that is added later writes no line while it is empty, and a change
// to what an existing rule counts raises operation.NormaliserVersion. A test
// pins the ids.
package sli

import (
	"errors"
	"fmt"
	"time"

	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/wire"
)

// ID is the hash of an indicator's canonical rule, 16 hexadecimal digits.
// Equal rules have equal ids, so history belongs to the rule and not to the
// name somebody gave it.
type ID string

// Kind is how an indicator judges an event.
type Kind string

// The kinds of indicator.
const (
	Availability Kind = "availability"
	Latency      Kind = "latency"
	Success      Kind = "success"
	Custom       Kind = "custom"
)

// Outcome is what an indicator says of one event.
type Outcome = operation.Outcome

// The outcomes. Unevaluated events raised an error in a custom expression:
// they are counted beside the others and never as good. Unmatched events are
// not the indicator's, because its where does not hold: they are not counted
// at all.
const (
	Excluded    = operation.Excluded
	Good        = operation.Good
	Bad         = operation.Bad
	Unevaluated = operation.Unevaluated
	Unmatched   = operation.Unmatched
)

// Rule is the counting rule of an indicator as a service file states it.
type Rule struct {
	// Service is the service whose events are counted, which may differ from
	// the service that owns the objective. Its Environment is the canonical
	// one; Environments lists those that match, "" for events that name none.
	// No Environments stands for DefaultEnvironments.
	Service      operation.Service
	Environments []string
	// Operation is the normalised name of the operation that is counted; empty
	// means every entry operation of the service.
	Operation string
	Kind      Kind
	// Under is the longest duration that is still good (latency and success).
	Under time.Duration
	// Where and Good are CEL expressions of a custom indicator; an empty Where holds for all.
	Where string
	Good  string
	// Statuses overrides how HTTP status codes are judged, by "429", "4xx", "404".
	Statuses map[string]Outcome
	// GroupBy lists the attributes whose values split the count.
	GroupBy []string
}

// DefaultEnvironments are the environments that an objective covers when its
// service file names none.
func DefaultEnvironments() []string { return []string{"production", "prod", ""} }

// Indicator is a compiled rule. It does not change and is safe for concurrent use.
type Indicator struct {
	ID   ID
	Rule Rule // as canonical made it

	counting counting
	statuses *statuses // nil without overrides
	// Every answer about an objective has both.
	canonical, description string
}

// Compile checks a rule and makes it an indicator. Its Rule is in canonical
// form: environments and groups sorted, expressions without surrounding space.
// The error joins a *FieldError for everything that is wrong; that of an
// expression wraps an *expr.Error.
func Compile(r Rule) (*Indicator, error) {
	r = r.canonical()
	compile := kinds[r.Kind]
	if compile == nil {
		return nil, &FieldError{"kind", fmt.Errorf("no indicator is of kind %q", string(r.Kind))}
	}
	c, err := compile(r)
	s, wrong := compileStatuses(r.Statuses)
	if err := errors.Join(r.check(), err, wrong); err != nil {
		return nil, err
	}
	i := &Indicator{Rule: r, counting: c, statuses: s, canonical: r.Canonical()}
	i.ID, i.description = idOf(i.canonical), describe(i)
	return i, nil
}

// Matches reports whether the events of an operation are the indicator's.
func (i *Indicator) Matches(s operation.Service, op operation.Operation) bool {
	if s.Name != i.Rule.Service.Name || s.Namespace != i.Rule.Service.Namespace || !i.covers(s.Environment) {
		return false
	}
	if i.Rule.Operation == "" {
		return op.Kind.Entry()
	}
	return op.Name == i.Rule.Operation
}

// Services returns every service whose events may be the indicator's: the
// rule's, once in each of its environments.
func (i *Indicator) Services() []operation.Service {
	all := make([]operation.Service, 0, len(i.Rule.Environments))
	for _, e := range i.Rule.Environments {
		s := i.Rule.Service
		s.Environment = e
		all = append(all, s)
	}
	return all
}

func (i *Indicator) covers(environment string) bool {
	for _, e := range i.Rule.Environments {
		if e == environment {
			return true
		}
	}
	return false
}

// Judge says what the indicator calls an event. j is the default judgement,
// f.Outcome(); attrs are the span's.
func (i *Indicator) Judge(f *operation.Facts, j operation.Judgement, attrs []wire.Attr) Outcome {
	judged := j.Outcome
	if i.statuses != nil && !j.Final() {
		judged = i.statuses.judge(f.HTTPStatus, judged)
	}
	return i.counting.judge(f, j, judged, attrs)
}

// Describe returns the counting rule as one plain sentence.
func (i *Indicator) Describe() string { return i.description }

// Canonical returns the canonical text of the rule, of which the id is made.
func (i *Indicator) Canonical() string { return i.canonical }
