// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/leadline/leadline/examples/shop/stage"
)

// Scenario is a story as a value: what goes wrong, what to expect, and what
// ends it. The engine in story.go plays it.
type Scenario struct {
	name  string
	Title string // completes "A Python shop, ..."
	// Service and objective are what it burns; empty of a scenario in which
	// nothing goes wrong.
	Service, Objective string
	Rule               string // the alert that calls
	// Healthy is how long customers buy before anything goes wrong.
	Healthy time.Duration
	// release is the bad version that is rolled out, or fault what is switched
	// on instead.
	release, fault string
	// breaks and mends say what is done, mend completes "press r to ...", and
	// cause is what the person on call would find out.
	breaks, mends, mend, cause string
	// pageWithin and overWithin are how long the page and its end may take,
	// after the trouble began and after it was mended.
	pageWithin, overWithin time.Duration
	// Loses says that telemetry is lost, so that less is counted than happened.
	Loses bool
}

func scenarios() []Scenario {
	return []Scenario{BadDeploy(), slowDatabase(), providerTimeout(), stuckQueue(), silence(),
		{name: "none", Title: "and the failures that its customers meet on any day"}}
}

func BadDeploy() Scenario {
	return Scenario{
		name: "bad-deploy", Title: "a bad deploy, a page, a roll-back",
		Service: stage.Storefront, Objective: "checkout-succeeds", Rule: "page-1h", Healthy: time.Minute,
		release:    "1.5.0",
		breaks:     "Release 1.5.0 of shop-api goes out. It cannot charge every card: every second checkout fails.",
		mends:      "Rolling back to " + stage.Version + ".",
		mend:       "roll back to " + stage.Version,
		cause:      "release 1.5.0 of shop-api, of which every second checkout fails",
		pageWithin: 150 * time.Second, overWithin: 7 * time.Minute,
	}
}

func slowDatabase() Scenario {
	return Scenario{
		name: "slow-db", Title: "a slow database, a page, a report that is stopped",
		Service: stage.Storefront, Objective: "checkout-good-and-fast", Rule: "page-1h", Healthy: time.Minute,
		fault:      stage.FaultSlowDB,
		breaks:     "Somebody runs a report on the shop's database: each use of it takes 600 ms more.",
		mends:      "Stopping the report.",
		mend:       "stop the report",
		cause:      "a report on the shop's own database, for which every query waited",
		pageWithin: 5 * time.Minute, overWithin: 10 * time.Minute,
	}
}

func providerTimeout() Scenario {
	return Scenario{
		name: "provider-timeout", Title: "a card company that does not answer, pages to two teams, and its return",
		Service: stage.Storefront, Objective: "checkout-succeeds", Rule: "page-1h", Healthy: time.Minute,
		fault:      stage.FaultProviderTimeout,
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
func stuckQueue() Scenario {
	return Scenario{
		name: "stuck-queue", Title: "a queue that is stuck while nothing fails, a page, and the parcels that leave after all",
		Service: stage.Worker, Objective: "parcels-are-shipped", Rule: "absent", Healthy: heardBefore,
		fault:      stage.FaultStuckQueue,
		breaks:     "The carrier does not answer, and the task that ships has no timeout: the worker hangs. Checkouts go on, and nothing fails.",
		mends:      "The carrier answers again.",
		mend:       "have the carrier answer again",
		cause:      "the carrier, and a call to it without a timeout in the task shop.tasks.ship",
		pageWithin: 4 * time.Minute, overWithin: 2 * time.Minute,
	}
}

func silence() Scenario {
	return Scenario{
		name: "silence", Title: "telemetry that stops, and a page although nobody knows of a failure",
		Service: stage.Worker, Objective: "parcels-are-shipped", Rule: "absent", Healthy: heardBefore,
		fault:      stage.FaultSilence,
		breaks:     "The way of the telemetry is cut. The shop serves on, and nobody measures it.",
		mends:      "The way of the telemetry is open again.",
		mend:       "open the way of the telemetry",
		cause:      "the network between the shop and Leadline",
		pageWithin: 4 * time.Minute, overWithin: 2 * time.Minute, Loses: true,
	}
}

// Longest is how long the story takes at most, when somebody is waited for so long.
func (c Scenario) Longest(wait time.Duration) time.Duration {
	longest := c.Healthy + c.pageWithin + wait + c.overWithin
	if c.judged() {
		longest += time.Minute
	}
	return longest
}

// judged reports whether the story is about a version that is to be told from
// the one before it. That is judged by whole minutes, so the bad one begins with
// a minute, and the good one has had a whole one. A story that is hurried
// on has no time for it.
func (c Scenario) judged() bool { return c.release != "" && c.Healthy >= time.Minute }

// Begin does what goes wrong.
func (c Scenario) Begin(ctx context.Context, s stage.Shop) error {
	if c.release != "" {
		return s.Release(ctx, c.release, true)
	}
	return s.Fault(c.fault, true)
}

// End does what mends it.
func (c Scenario) End(ctx context.Context, s stage.Shop) error {
	if c.release != "" {
		return s.Release(ctx, stage.Version, false)
	}
	return s.Fault(c.fault, false)
}

// Named returns the scenario of a name.
func Named(name string) (Scenario, error) {
	all := scenarios()
	i := slices.IndexFunc(all, func(s Scenario) bool { return s.name == name })
	if i < 0 {
		return Scenario{}, fmt.Errorf("scenario %q: want one of %s", name, strings.Join(Names(), ", "))
	}
	return all[i], nil
}

func Names() (names []string) {
	for _, s := range scenarios() {
		names = append(names, s.name)
	}
	return names
}
