// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"net/http"
	"time"
)

// Objective is what the ledger must know of one objective of the shop's
// service file. It is written here a second time, by hand and in other words,
// so that the ledger does not inherit a mistake of the product's own reader.
type Objective struct {
	Name      string
	Operation string
	// Errors says that a 5xx or a 429 is bad whatever it took.
	Errors bool
	// Under is the longest duration that is good; 0 means that none is asked.
	Under time.Duration
	// Agent narrows the objective to requests with this User-Agent.
	Agent string
	// Declined says that the customer's own errors, such as a declined card,
	// are answers like any other instead of being excluded.
	Declined bool
}

// Objectives returns the objectives of services/shop.yaml.
func Objectives() []Objective {
	const pay = "POST /checkout"
	return []Objective{
		{Name: "checkout-succeeds", Operation: pay, Errors: true},
		{Name: "checkout-is-fast", Operation: pay, Under: 300 * time.Millisecond},
		{Name: "checkout-good-and-fast", Operation: pay, Errors: true, Under: time.Second},
		{Name: "app-checkout-answers", Operation: pay, Errors: true, Under: time.Second, Agent: AppAgent, Declined: true},
	}
}

// outcome is how a request counts.
type outcome uint8

const (
	good outcome = iota
	bad
	excluded
	uncertain // good or bad, but nobody can tell from outside
	foreign   // not an event of this objective
)

// nearness is how far an answer's time, as the client saw it, must be from a
// threshold before we call it fast: the server's span may end a little after
// the client has its answer. An answer is called slow only for the time that
// the shop was asked to sleep, which its span contains for certain.
const nearness = 100 * time.Millisecond

// judge says how the objective must count a request.
func (o Objective) judge(r request, a answer) outcome {
	if r.operation != o.Operation || o.Agent != "" && r.agent != o.Agent {
		return foreign
	}
	byStatus := judgeStatus(r.operation, a.status)
	switch {
	case byStatus == excluded && !o.Declined:
		return excluded
	case o.Errors && byStatus == bad:
		return bad
	case o.Under == 0:
		return good
	}
	return judgeTime(o.Under, r.slept, a)
}

// judgeTime says how an answer stands to the threshold. The time asked for
// counts only where the shop did sleep, which a failure before it would skip.
func judgeTime(under, slept time.Duration, a answer) outcome {
	switch {
	case slept >= under+nearness && a.took >= slept:
		return bad
	case a.took <= under-nearness:
		return good
	}
	return uncertain
}

// judgeStatus says how an operation counts an answer: health checks and the
// customer's own errors are no measure of the shop.
func judgeStatus(operation string, status int) outcome {
	switch {
	case operation == "GET /healthz":
		return excluded
	case status >= http.StatusInternalServerError || status == http.StatusTooManyRequests:
		return bad
	case status >= http.StatusBadRequest:
		return excluded
	}
	return good
}
