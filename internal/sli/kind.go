// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package sli

import (
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/wire"
)

// A new kind of indicator is one file with a counting and a function that
// compiles it, one line in this table, and one case in testdata.
var kinds = map[Kind]func(Rule) (counting, error){
	Availability: compileAvailability,
	Latency:      compileLatency,
	Success:      compileSuccess,
	Custom:       compileCustom,
}

// counting is what differs between the kinds of indicator.
type counting interface {
	// judge says what the event is. It must not allocate for events that it
	// does not have to look at closely.
	judge(event) Outcome
	// describe ends the sentence "Each event is ...".
	describe() string
}

// event is one event as the kinds see it.
type event struct {
	facts    *operation.Facts
	standard operation.Judgement
	judged   Outcome // the default judgement after the rule's statuses
	attrs    []wire.Attr
}
