// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"fmt"
	"slices"
	"time"

	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// Limits of written rules.
const (
	MaxRules = 20
	MaxFor   = 24 * time.Hour
)

// Fault is why a written rule could never fire, or has no meaning, for an
// objective. Field is the condition or field that is to blame.
type Fault struct{ Field, What, Why, Mend string }

// Check returns what is wrong with a rule for an objective.
func Check(r *slo.Rule, o *slo.Objective) (faults []Fault) {
	for i := range r.When {
		faults = append(faults, check(&r.When[i], o)...)
	}
	if r.For > MaxFor {
		faults = append(faults, Fault{"for", "for is " + window.Compact(r.For), "nobody would be called in time", "write at most " + window.Compact(MaxFor)})
	}
	if r.ByGroup && len(o.Indicator.Rule.GroupBy) == 0 {
		faults = append(faults, Fault{"by_group", "the objective has no groups", "so the rule would never fire", "add by: with the attributes that split the count, or remove by_group"})
	}
	if r.ByGroup && o.Budgeting.Sliced() {
		faults = append(faults, Fault{"by_group", "by_group stands beside a budget of " + string(o.Budgeting.Method), "the slices are those of all events", "count occurrences, or remove by_group"})
	}
	if len(r.When) > 1 && slices.ContainsFunc(r.When, func(c slo.Condition) bool { return c.Kind == slo.Absent }) {
		faults = append(faults, Fault{"absent", "absent stands beside other conditions", "they are about events, and there are none", "make it a rule of its own"})
	}
	return faults
}

func check(c *slo.Condition, o *slo.Objective) (faults []Fault) {
	for _, length := range []time.Duration{c.Long, c.Short} {
		if wide := o.Budgeting.Width; length > 0 && length < wide {
			faults = append(faults, Fault{string(c.Kind), fmt.Sprintf("%s looks at %s", c.Kind, window.Compact(length)),
				"the budget counts slices of " + window.Compact(wide), "write a length from " + window.Compact(wide) + " on"})
		}
		if why, mend := unusable(length, o.Window.Length); why != "" {
			faults = append(faults, Fault{string(c.Kind), fmt.Sprintf("%s looks at %s", c.Kind, window.Compact(length)), why, mend})
		}
	}
	if c.Short > 0 && c.Short >= c.Long {
		faults = append(faults, Fault{string(c.Kind), fmt.Sprintf("%s looks at %s and %s", c.Kind, window.Compact(c.Long), window.Compact(c.Short)),
			"the second window says whether the burn of the first goes on", "write the longer one first"})
	}
	return append(faults, unreachable(c, o)...)
}

// unusable says why a rule cannot look at a window of this length.
func unusable(length, whole time.Duration) (why, mend string) {
	switch grain := window.Grain(length); {
	case length == 0:
		return "", ""
	case length < time.Minute || length > whole:
		return "windows of alerts last from 1m to the window of the objective", "write a length up to " + window.Compact(whole)
	case length%grain != 0:
		return fmt.Sprintf("a window of this length must be a multiple of %s", window.Compact(grain)), "write " + window.Compact(length.Truncate(grain))
	}
	return "", ""
}

// unreachable says why an outage of everything would not fulfil the condition.
func unreachable(c *slo.Condition, o *slo.Objective) []Fault {
	highest := outage(o.Target)
	switch {
	case c.Kind == slo.Burn && milli(c.Milli) >= highest:
		return []Fault{{"burn", fmt.Sprintf("burn above %.4g can never be", milli(c.Milli)),
			fmt.Sprintf("with a target of %s a total outage burns %.4g times", o.Target.Percent(), highest), fmt.Sprintf("write a threshold below %.4g", highest)}}
	case (c.Kind == slo.Spent || c.Kind == slo.Drop) && milli(c.Milli) > highest:
		return []Fault{{string(c.Kind), fmt.Sprintf("%s %s can never be", c.Kind, exact(c.Milli)),
			fmt.Sprintf("with a target of %s a total outage spends %s of the budget", o.Target.Percent(), exact(uint64(1000*highest))), "write at most " + exact(uint64(1000*highest))}}
	case c.Kind == slo.Exhausts && c.Within > o.Window.Length:
		return []Fault{{"exhausts", "exhausts within " + window.Compact(c.Within), "that is longer than the window, so the budget would last", "write at most " + window.Compact(o.Window.Length)}}
	}
	return nil
}
