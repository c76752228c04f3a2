// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package truth

import (
	"time"

	"github.com/leadline/leadline/bench/payload"
)

// verdict is what an indicator says of an event. Events that a custom
// indicator's `where` leaves out are none of its business: unrelated.
type verdict int

const (
	unrelated verdict = iota
	good
	bad
	excluded
)

// objective repeats one of services/*.yaml in Go.
type objective struct {
	service string
	name    string
	judge   func(payload.Event) verdict
}

func (o objective) count(sum *Counts, e payload.Event, n uint64) {
	switch o.judge(e) {
	case good:
		sum.Good += n
	case bad:
		sum.Bad += n
	case excluded:
		sum.Excluded += n
	}
}

// objectives are those of services/*.yaml, in the order of the files.
var objectives = []objective{
	{"shop-api", "api-up", entry(available)},
	{"shop-api", "cart-opens", of(payload.Cart, available)},
	{"shop-api", "cart-is-fast", of(payload.Cart, within(100*time.Millisecond))},
	{"shop-api", "pay-succeeds", of(payload.Pay, available)},
	{"shop-api", "pay-succeeds-for-every-tier", of(payload.Pay, available)},
	{"shop-api", "pay-is-fast", of(payload.Pay, within(300*time.Millisecond))},
	{"shop-api", "pay-is-never-slow", of(payload.Pay, within(time.Second))},
	{"shop-api", "pay-is-good-and-fast", of(payload.Pay, both(available, within(time.Second)))},
	{"shop-api", "big-baskets-work", of(payload.Pay, bigBasket)},
	{"shop-api", "provider-answers", of(payload.Charge, available)},
	{"shop-api", "provider-is-fast", of(payload.Charge, within(500*time.Millisecond))},

	{"shop-catalog", "catalog-up", entry(available)},
	{"shop-catalog", "product-shows", of(payload.Product, available)},
	{"shop-catalog", "product-is-fast", of(payload.Product, within(50*time.Millisecond))},
	{"shop-catalog", "product-is-never-slow", of(payload.Product, within(250*time.Millisecond))},
	{"shop-catalog", "search-works", of(payload.Search, available)},
	{"shop-catalog", "search-is-fast", of(payload.Search, within(400*time.Millisecond))},
	{"shop-catalog", "search-finds-something", of(payload.Search, findsSomething)},

	{"shop-worker", "parcel-is-shipped", of(payload.Ship, available)},
	{"shop-worker", "parcel-ships-fast", of(payload.Ship, within(2*time.Second))},
}

// of counts one operation only.
func of(operation string, judge func(payload.Event) verdict) func(payload.Event) verdict {
	return func(e payload.Event) verdict {
		if e.Operation != operation {
			return unrelated
		}
		return judge(e)
	}
}

// entry counts every operation but calls to others.
func entry(judge func(payload.Event) verdict) func(payload.Event) verdict {
	return func(e payload.Event) verdict {
		if e.Operation == payload.Charge {
			return unrelated
		}
		return judge(e)
	}
}

// available: the HTTP status decides, else the span's status.
func available(e payload.Event) verdict {
	switch {
	case e.Status >= 500 || e.Status == 429:
		return bad
	case e.Status >= 400:
		return excluded
	case e.Status == 0 && e.Failed:
		return bad
	}
	return good
}

// within: every valid event counts, by its duration alone.
func within(under time.Duration) func(payload.Event) verdict {
	return func(e payload.Event) verdict {
		switch {
		case available(e) == excluded:
			return excluded
		case e.Duration <= under:
			return good
		}
		return bad
	}
}

// both is good only where both are, and excludes what either excludes.
func both(first, second func(payload.Event) verdict) func(payload.Event) verdict {
	return func(e payload.Event) verdict {
		a, b := first(e), second(e)
		if a == good {
			return b
		}
		return a
	}
}

func bigBasket(e payload.Event) verdict {
	if e.Numbers[payload.BasketItems] <= 20 {
		return unrelated
	}
	return holds(e.Status < 500 && e.Duration < 2*time.Second)
}

func findsSomething(e payload.Event) verdict {
	if e.Numbers[payload.SearchTerms] <= 1 {
		return unrelated
	}
	return holds(e.Numbers[payload.SearchResults] > 0)
}

func holds(condition bool) verdict {
	if condition {
		return good
	}
	return bad
}
