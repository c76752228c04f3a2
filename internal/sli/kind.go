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
	// judge says what the event is. The standard judgement is that of the
	// default rules, judged is what the rule's statuses made of it. It must not
	// allocate.
	judge(f *operation.Facts, standard operation.Judgement, judged Outcome, attrs []wire.Attr) Outcome
	// describe ends the sentence "Each event is ...".
	describe() string
}
