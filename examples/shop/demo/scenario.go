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
	// service and objective are what it burns; empty of a scenario in which
	// nothing goes wrong.
	service, objective string
	rule               string // the alert that calls
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
	// loses says that telemetry is lost, so that less is counted than happened.
	loses bool
}

func scenarios() []scenario {
	return []scenario{badDeploy(), slowDatabase(), providerTimeout(), stuckQueue(), silence(),
		{name: "none", title: "and the failures that its customers meet on any day"}}
}

func badDeploy() scenario {
	return scenario{
		name: "bad-deploy", title: "a bad deploy, a page, a roll-back",
		service: serviceName, objective: "checkout-succeeds", rule: "page-1h", healthy: time.Minute,
		release:    "1.5.0",
		breaks:     "Release 1.5.0 of shop-api goes out. It cannot charge every card: every second checkout fails.",
		mends:      "Rolling back to " + serviceVersion + ".",
		mend:       "roll back to " + serviceVersion,
		cause:      "release 1.5.0 of shop-api, of which every second checkout fails",
		pageWithin: 150 * time.Second, overWithin: 7 * time.Minute,
	}
}

func slowDatabase() scenario {
	return scenario{
		name: "slow-db", title: "a slow database, a page, a report that is stopped",
		service: serviceName, objective: "checkout-good-and-fast", rule: "page-1h", healthy: time.Minute,
		fault:      faultSlowDB,
		breaks:     "Somebody runs a report on the shop's database: each use of it takes 600 ms more.",
		mends:      "Stopping the report.",
		mend:       "stop the report",
		cause:      "a report on the shop's own database, for which every query waited",
		pageWithin: 5 * time.Minute, overWithin: 10 * time.Minute,
	}
}

func providerTimeout() scenario {
	return scenario{
		name: "provider-timeout", title: "a card company that does not answer, pages to two teams, and its return",
		service: serviceName, objective: "checkout-succeeds", rule: "page-1h", healthy: time.Minute,
		fault:      faultProviderTimeout,
		breaks:     "The card company takes charges and never answers: payments give up after 1.5 s, and no checkout succeeds.",
		mends:      "The card company answers again.",
		mend:       "have the card company answer again",
		cause:      "the card company, which shop-payments waits for; see card-company-answers",
		pageWithin: 150 * time.Second, overWithin: 11 * time.Minute,
	}
}

// heardBefore is how long customers buy before something falls silent: twelve
// minutes of parcels have to show that two without any are unusual.
const heardBefore = 13 * time.Minute

// stuckQueue fails nothing, so no budget burns: what calls is the rule of the
// warehouse about parcels that do not leave.
func stuckQueue() scenario {
	return scenario{
		name: "stuck-queue", title: "a queue that is stuck while nothing fails, a page, and the parcels that leave after all",
		service: workerName, objective: "parcels-are-shipped", rule: "absent", healthy: heardBefore,
		fault:      faultStuckQueue,
		breaks:     "The carrier does not answer, and the task that ships has no timeout: the worker hangs. Checkouts go on, and nothing fails.",
		mends:      "The carrier answers again.",
		mend:       "have the carrier answer again",
		cause:      "the carrier, and a call to it without a timeout in the task shop.tasks.ship",
		pageWithin: 4 * time.Minute, overWithin: 2 * time.Minute,
	}
}

func silence() scenario {
	return scenario{
		name: "silence", title: "telemetry that stops, and a page although nobody knows of a failure",
		service: workerName, objective: "parcels-are-shipped", rule: "absent", healthy: heardBefore,
		fault:      faultSilence,
		breaks:     "The way of the telemetry is cut. The shop serves on, and nobody measures it.",
		mends:      "The way of the telemetry is open again.",
		mend:       "open the way of the telemetry",
		cause:      "the network between the shop and Leadline",
		pageWithin: 4 * time.Minute, overWithin: 2 * time.Minute, loses: true,
	}
}

// longest is how long the story takes at most, when somebody is waited for so long.
func (c scenario) longest(wait time.Duration) time.Duration {
	return c.healthy + c.pageWithin + wait + c.overWithin
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
