// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package sli holds indicators: rules that call each event of an operation
// good, bad or excluded.
package sli

import (
	"time"

	"github.com/leadline/leadline/internal/operation"
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
type Outcome uint8

// The outcomes. Unevaluated events raised an error in a custom expression:
// they are counted beside the others and never as good.
const (
	Excluded Outcome = iota
	Good
	Bad
	Unevaluated
)

// Rule is the counting rule of an indicator as a service file states it.
type Rule struct {
	// Service is the service whose events are counted, which may differ from
	// the service that owns the objective. Its Environment is the canonical
	// one; Environments lists those that match.
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

// Indicator is a compiled rule.
type Indicator struct {
	ID   ID
	Rule Rule
}
