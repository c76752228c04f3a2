// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"net/http"
	"time"
)

// Objective is what the ledger must know of one objective of the shop's
// service files. It is written here a second time, by hand and in other words,
// so that the ledger does not inherit a mistake of the product's own reader.
type Objective struct {
	Service   string
	Name      string
	Operation string // of the service, as the file names it
	// Errors says that a 5xx or a 429 is bad whatever it took.
	Errors bool
	// Under is the longest duration that is good; 0 means that none is asked.
	Under time.Duration
	// Agent narrows the objective to requests with this User-Agent.
	Agent string
	// Declined says that the customer's own errors, such as a declined card,
	// are answers like any other instead of being excluded.
	Declined bool
	// behind is for operations that customers do not see.
	behind behind
}

// behind says what must have happened behind a checkout for the customer to get
// the answer with this status; no entry means that nothing did.
type behind map[int]outcome

var (
	// A card is charged, once, unless the checkout broke before. A storefront that
	// had no answer of payments does not know whether it was.
	charge = behind{http.StatusCreated: good, http.StatusPaymentRequired: excluded, http.StatusBadGateway: bad, http.StatusGatewayTimeout: unknown}
	// What follows an order, sooner or later.
	followUp = behind{http.StatusCreated: good}
)

// Objectives returns the objectives of the service files that count events.
func Objectives() []Objective {
	const (
		pay      = "POST /checkout"
		shop     = "shop-api"
		payments = "shop-payments"
		worker   = "shop-worker"
	)
	return []Objective{
		{Service: shop, Name: "checkout-succeeds", Operation: pay, Errors: true},
		{Service: shop, Name: "checkout-is-fast", Operation: pay, Under: 300 * time.Millisecond},
		{Service: shop, Name: "checkout-good-and-fast", Operation: pay, Errors: true, Under: time.Second},
		{Service: shop, Name: "app-checkout-answers", Operation: pay, Errors: true, Under: time.Second, Agent: AppAgent, Declined: true},
		{Service: shop, Name: "items-are-shown", Operation: "GET /items/{item_id}", Errors: true},
		{Service: shop, Name: "front-page-is-fast", Operation: "GET /", Under: 300 * time.Millisecond},
		{Service: payments, Name: "charges-are-answered", Operation: "POST /charges", Errors: true, behind: charge},
		{Service: payments, Name: "card-company-answers", Operation: "call api.harbourpay.example", Errors: true, behind: charge},
		{Service: worker, Name: "parcels-are-shipped", Operation: "task shop.tasks.ship", Errors: true, behind: followUp},
		{Service: worker, Name: "customers-are-told", Operation: "task shop.tasks.confirm", Errors: true, behind: followUp},
	}
}

// outcome is how a request counts.
type outcome uint8

const (
	good outcome = iota
	bad
	excluded
	uncertain // good or bad, but nobody can tell from outside
	unknown   // an event of any kind, or none
	foreign   // not an event of this objective
)

// nearness is how far below a threshold an answer's time, as the client saw it,
// must be before we call it fast: the server's span may end a little after
// the client has its answer. An answer is called slow only for the time that
// the shop itself says it worked on it, which its span contains for certain.
const nearness = 100 * time.Millisecond

// judge says how the objective must count a request.
func (o Objective) judge(r request, a answer) outcome {
	if o.behind != nil {
		return o.behind.judge(r, a)
	}
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
	return judgeTime(o.Under, a)
}

func (b behind) judge(r request, a answer) outcome {
	if r.operation != "POST /checkout" {
		return foreign
	}
	if a.status == 0 {
		return unknown
	}
	if o, happened := b[a.status]; happened {
		return o
	}
	return foreign
}

// judgeTime says how an answer stands to the threshold.
func judgeTime(under time.Duration, a answer) outcome {
	switch {
	case a.worked > under:
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
