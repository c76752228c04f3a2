// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// scenario is a story as a value: what goes wrong, what to expect, and what
// ends it. The engine in story.go plays it.
type scenario struct {
	name  string
	title string // completes "A Python shop, ..."
	// objective is the one of shop-api that it burns, and rule the alert that
	// calls; empty of a scenario in which nothing goes wrong.
	objective, rule string
	// healthy is how long customers buy before anything goes wrong.
	healthy time.Duration
	// release is the bad version that is rolled out, or fault what is switched
	// on instead.
	release, fault string
	// breaks and mends say what is done, mend completes "press r to ...", and
	// cause is what the person on call would find out.
	breaks, mends, mend, cause string
	// pageWithin and overWithin are how long the page and its end may take,
	// after the trouble began and after it was mended.
	pageWithin, overWithin time.Duration
}

func scenarios() []scenario {
	return []scenario{
		{
			name: "bad-deploy", title: "a bad deploy, a page, a roll-back",
			objective: "checkout-succeeds", rule: "page-1h", healthy: time.Minute,
			release:    "1.5.0",
			breaks:     "Release 1.5.0 of shop-api goes out. It cannot charge every card: every second checkout fails.",
			mends:      "Rolling back to " + serviceVersion + ".",
			mend:       "roll back to " + serviceVersion,
			cause:      "release 1.5.0 of shop-api, of which every second checkout fails",
			pageWithin: 150 * time.Second, overWithin: 7 * time.Minute,
		},
		{name: "none", title: "and the failures that its customers meet on any day"},
	}
}

// begin does what goes wrong.
func (c scenario) begin(ctx context.Context, s shop) error {
	if c.release != "" {
		return s.release(ctx, c.release, true)
	}
	return s.fault(c.fault, true)
}

// end does what mends it.
func (c scenario) end(ctx context.Context, s shop) error {
	if c.release != "" {
		return s.release(ctx, serviceVersion, false)
	}
	return s.fault(c.fault, false)
}

// scenarioNamed returns the scenario of a name.
func scenarioNamed(name string) (scenario, error) {
	all := scenarios()
	i := slices.IndexFunc(all, func(s scenario) bool { return s.name == name })
	if i < 0 {
		return scenario{}, fmt.Errorf("scenario %q: want one of %s", name, strings.Join(scenarioNames(), ", "))
	}
	return all[i], nil
}

func scenarioNames() (names []string) {
	for _, s := range scenarios() {
		names = append(names, s.name)
	}
	return names
}
