// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package slo

import "time"

// Severity is whom an alert calls.
type Severity string

// The severities: a page wakes somebody, a ticket waits for the working day.
const (
	Page   Severity = "page"
	Ticket Severity = "ticket"
)

// Alerting is what a service file says of an objective's alerts. Package
// alert makes rules of it: these, and those that follow from target and
// window.
type Alerting struct {
	// WithoutDefaults leaves out the rules that follow from target and window.
	WithoutDefaults bool
	// Rules are those that somebody wrote. One with the name of a default rule
	// takes its place.
	Rules []Rule
}

// Rule says when an alert calls somebody.
type Rule struct {
	Name     string // unique within the objective
	Severity Severity
	When     []Condition // all must hold
	// For is how long they must hold before the alert fires.
	For time.Duration
	// Guard is the number of bad events below which the longest window is too
	// little evidence to call anybody.
	Guard uint64
	// ByGroup makes an alert of each group instead of one of all events.
	ByGroup bool
	// Default says that nobody wrote the rule: it follows from target and window.
	Default bool
}

// MaxConditions bounds the conditions of a rule.
const MaxConditions = 8

// ConditionKind is what a condition looks at.
type ConditionKind string

// The kinds, with the fields that they use.
const (
	// Burn holds while the burn rate is above Milli over Long, and over Short
	// unless that is zero.
	Burn ConditionKind = "burn"
	// Spent holds while Milli or more of the budget is gone.
	Spent ConditionKind = "spent"
	// Drop holds while the bad events of the last Long took Milli or more of
	// the budget.
	Drop ConditionKind = "drop"
	// Exhausts holds while what is left of the budget would be gone within
	// Within at the rate of the last Long, and when it is gone.
	Exhausts ConditionKind = "exhausts"
	// Absent holds while the last Long holds no event, though the indicator
	// is never silent for so long.
	Absent ConditionKind = "absent"
)

// Condition is one thing that must be so for an alert to fire.
type Condition struct {
	Kind        ConditionKind
	Long, Short time.Duration
	Within      time.Duration
	// Milli is a burn rate, or a share of the budget, in thousandths.
	Milli uint64
}
