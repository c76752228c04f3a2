// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"cmp"
	"slices"
	"time"

	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// AbsentRule is the name of the default rule about silence.
const AbsentRule = "absent"

// An outage that sends nothing spends this share of the budget before the
// default rule about silence calls somebody, and it never calls sooner than
// after shortestSilence: senders batch, and a scrape may fail.
const (
	absentPercent   = 2
	shortestSilence = 5 * time.Minute
)

// Rules returns the rules of an objective, those first that call somebody
// sooner, and the default tiers that do not fit it. The rules are the default
// tiers, a page about silence unless silence is bad (then silent minutes burn
// and page by themselves), and what was written in the service file.
func Rules(o *slo.Objective) (rules []slo.Rule, dropped []Dropped) {
	rules = append(rules, o.Alerting.Rules...)
	written := func(name string) bool {
		return slices.ContainsFunc(o.Alerting.Rules, func(r slo.Rule) bool { return r.Name == name })
	}
	if !o.Alerting.WithoutDefaults {
		var defaults []slo.Rule
		defaults, dropped = defaultRules(o)
		rules = append(rules, slices.DeleteFunc(defaults, func(r slo.Rule) bool { return written(r.Name) })...)
	}
	slices.SortStableFunc(rules, func(a, b slo.Rule) int {
		return cmp.Or(cmp.Compare(rank(a.Severity), rank(b.Severity)), cmp.Compare(longest(&a, o), longest(&b, o)), cmp.Compare(a.Name, b.Name))
	})
	return rules, dropped
}

func rank(s Severity) int {
	if s == Page {
		return 0
	}
	return 1
}

func defaultRules(o *slo.Objective) (rules []slo.Rule, dropped []Dropped) {
	tiers, dropped := DefaultTiers(o.Window.Length, o.Target, o.Budgeting.Width)
	for _, t := range tiers {
		rules = append(rules, t.rule())
	}
	if !o.SilentIsBad {
		rules = append(rules, slo.Rule{
			Name: AbsentRule, Severity: Page, Default: true,
			When: []slo.Condition{{Kind: slo.Absent, Long: max(silence(o.Window.Length, o.Target), o.Budgeting.Width)}},
		})
	}
	return rules, dropped
}

func (t Tier) rule() slo.Rule {
	return slo.Rule{
		Name: string(t.Severity) + "-" + window.Compact(t.Long), Severity: t.Severity, Guard: GuardBadEvents, Default: true,
		When: []slo.Condition{{Kind: slo.Burn, Long: t.Long, Short: t.Short, Milli: t.ThresholdMilli}},
	}
}

// silence returns how long an outage of everything takes to spend
// absentPercent of the budget, on the grid.
func silence(length time.Duration, target slo.Target) time.Duration {
	budget := length / slo.Billion * time.Duration(slo.Billion-uint64(target))
	return onGrid(max(budget/100*absentPercent, shortestSilence))
}

// longest returns the longest window that the rule looks at.
func longest(r *slo.Rule, o *slo.Objective) (length time.Duration) {
	for _, c := range r.When {
		if c.Kind == slo.Spent {
			return o.Window.Length
		}
		length = max(length, c.Long)
	}
	return length
}

// maxHold bounds how long an alert goes on after its conditions have ended.
const maxHold = 30 * time.Minute

// hold returns how long the conditions must not hold before an alert that
// fires is resolved: as long as its shortest window, so that errors that come
// and go around the threshold are one episode and not many; at most maxHold.
// Silence is over with the first event, and an unusual one does not come back
// at once: the next has to be twice as long.
func hold(r *slo.Rule) time.Duration {
	if IsAbsent(r) {
		return 0
	}
	return min(shortest(r), maxHold)
}

// shortest returns the shortest window that the rule looks at, maxHold when it
// only looks at the objective's.
func shortest(r *slo.Rule) (length time.Duration) {
	for _, c := range r.When {
		for _, l := range []time.Duration{c.Long, c.Short} {
			if l > 0 && (length == 0 || l < length) {
				length = l
			}
		}
	}
	return cmp.Or(length, maxHold)
}
