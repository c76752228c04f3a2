// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package unittest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/budget"
	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/spec"
	"github.com/leadline/leadline/internal/window"
)

// check compares how an objective stands with what is expected.
func (w *world) check(s *eval.Snapshot, x *spec.Expectation) {
	o := w.find(x.Objective)
	v, found := s.Find(o.Key)
	if !found {
		panic("BUG: an objective of a test is not evaluated: " + o.Name)
	}
	c := &comparison{v: v, x: x, at: func(t time.Time) string { return since(w.start, t) }}
	if !c.choose() {
		w.wrong(c.wrong.Place, c.wrong.Text)
		return
	}
	for i := range x.Checks {
		c.value(&x.Checks[i])
	}
	if x.Alerts != nil {
		c.alerts()
	}
	if len(c.failures) > 0 {
		stood := c.stood()
		for i := range c.failures {
			c.failures[i].Stood = stood
		}
	}
	w.failures = append(w.failures, c.failures...)
}

// comparison is one expectation beside the evaluation.
type comparison struct {
	v        *eval.Evaluation
	x        *spec.Expectation
	at       func(time.Time) string
	counts   slice.Counts // of the window, or the group, that the expectation is about
	budget   budget.Budget
	wrong    spec.Named
	failures []Failure
}

// choose finds the numbers that the expectation is about.
func (c *comparison) choose() bool {
	c.counts, c.budget = c.v.Counts, c.v.Budget
	if over := c.x.Over; over.Text != "" && over.Text != c.v.Objective.Window.String() {
		i := slices.IndexFunc(c.v.Others, func(s eval.Standing) bool { return s.Window.String() == over.Text })
		if i < 0 {
			c.wrong = spec.Named{Text: fmt.Sprintf("%s has no window %q: it has %s", c.v.Objective.Name, over.Text, c.v.Objective.WindowsText()), Place: over.Place}
			return false
		}
		c.counts, c.budget = c.v.Others[i].Counts, c.v.Others[i].Budget
	}
	if group := c.x.Group; group.Text != "" {
		if len(c.v.Objective.Indicator.Rule.GroupBy) == 0 {
			c.wrong = spec.Named{Text: c.v.Objective.Name + " has no groups", Place: group.Place}
			return false
		}
		c.counts = slice.Counts{}
		for _, g := range c.v.Groups {
			if g.Name == group.Text {
				c.counts = g.Counts
			}
		}
	}
	return true
}

func (c *comparison) fail(at spec.Place, what, want, got string) {
	c.failures = append(c.failures, Failure{
		Line: at.Line, Column: at.Column, Want: want, Got: got,
		What: fmt.Sprintf("%s at %s: %s", c.v.Objective.Name, c.x.AtText, what),
	})
}

// value compares one value.
func (c *comparison) value(k *spec.Check) {
	switch k.What {
	case spec.CheckState:
		c.word(k, string(c.v.Status.State))
	case spec.CheckCode:
		c.word(k, c.v.Status.Code)
	case spec.CheckSLI:
		n := c.counts.Total()
		c.number(k, "sli", 100*float64(c.counts.Good)/float64(max(1, n)), "%", n > 0)
	case spec.CheckBurn:
		c.burn(k)
	default:
		c.number(k, string(k.What), float64(c.whole(k.What)), "", true)
	}
}

func (c *comparison) whole(what spec.What) int64 {
	switch what {
	case spec.CheckGood:
		return int64(c.counts.Good)
	case spec.CheckBad:
		return int64(c.counts.Bad)
	case spec.CheckExcluded:
		return int64(c.counts.Excluded)
	case spec.CheckAllowed:
		return int64(c.budget.Allowed)
	case spec.CheckSpent:
		return int64(c.budget.Spent)
	case spec.CheckRemaining:
		return c.budget.Remaining()
	}
	panic("BUG: no whole number is " + string(what))
}

func (c *comparison) word(k *spec.Check, got string) {
	if got != k.Text {
		c.fail(k.Place, string(k.What), k.Text, orNothing(got))
	}
}

// number compares a number, which without evidence there is none of.
func (c *comparison) number(k *spec.Check, what string, got float64, unit string, known bool) {
	switch {
	case !known && !k.Number.None():
		c.fail(k.Place, what, k.Text, "none")
	case known && !k.Number.Matches(got):
		c.fail(k.Place, what, k.Text, strconv.FormatFloat(got, 'f', shownDecimals(k), 64)+unit)
	}
}

// shownDecimals is how many decimals say why a number is not as expected.
func shownDecimals(k *spec.Check) int {
	if k.What == spec.CheckSLI || k.What == spec.CheckBurn {
		return max(k.Number.Decimals(), 2)
	}
	return 0
}

func (c *comparison) burn(k *spec.Check) {
	what := "burn " + window.Compact(k.Window)
	for _, b := range c.v.Burn {
		if b.Window == k.Window {
			c.number(k, what, float64(b.Rate), "x", b.Known)
			return
		}
	}
	c.fail(k.Place, what, k.Text, "no alert window is so long: there are "+c.burnWindows())
}

func (c *comparison) burnWindows() string {
	var all []string
	for _, b := range c.v.Burn {
		all = append(all, window.Compact(b.Window))
	}
	return strings.Join(all, ", ")
}

// alerts compares what calls somebody. What is listed must be so; what is not
// listed must neither fire nor be pending, unless a faster alert inhibits it.
func (c *comparison) alerts() {
	listed := map[[2]string]bool{}
	for i := range c.x.Alerts.Listed {
		l := &c.x.Alerts.Listed[i]
		listed[[2]string{l.Rule, l.Group}] = true
		c.alert(l)
	}
	for i := range c.v.Alerts {
		a := &c.v.Alerts[i]
		if active := a.Phase == alert.Firing || a.Phase == alert.Pending; active && a.InhibitedBy == "" && !listed[[2]string{a.Rule, a.Group}] {
			c.fail(c.x.Alerts.Place, "alerts", "nothing else", name(a)+" "+string(a.Phase)+": "+a.Sentence)
		}
	}
}

// alert compares one alert that is listed.
func (c *comparison) alert(l *spec.ListedAlert) {
	what := "alert " + l.Rule
	if l.Group != "" {
		what += " of " + l.Group
	}
	rule := slices.IndexFunc(c.v.Rules, func(r *slo.Rule) bool { return r.Name == l.Rule })
	if rule < 0 {
		c.fail(l.Place, what, string(l.Phase), "no rule has this name: there are "+c.ruleNames())
		return
	}
	a := alert.Alert{Phase: alert.Inactive}
	for i := range c.v.Alerts {
		if c.v.Alerts[i].Rule == l.Rule && c.v.Alerts[i].Group == l.Group {
			a = c.v.Alerts[i]
		}
	}
	if a.Phase != l.Phase {
		c.fail(l.Place, what, string(l.Phase), string(a.Phase))
	}
	if l.Severity != "" && l.Severity != c.v.Rules[rule].Severity {
		c.fail(l.Place, what+", severity", string(l.Severity), string(c.v.Rules[rule].Severity))
	}
	if a.InhibitedBy != l.InhibitedBy {
		c.fail(l.Place, what+", inhibited by", orNothing(l.InhibitedBy), orNothing(a.InhibitedBy))
	}
	if got := c.verdict(l.Rule); l.Verdict != "" && l.Verdict != got {
		c.fail(l.Place, what+", verdict", string(l.Verdict), orNothing(string(got)))
	}
}

func (c *comparison) ruleNames() string {
	var all []string
	for _, r := range c.v.Rules {
		all = append(all, r.Name)
	}
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(all, ", ")
}

// verdict returns that of a rule with two windows, empty of others.
func (c *comparison) verdict(rule string) alert.Verdict {
	for _, p := range c.v.Pairs {
		if p.Rule.Name == rule {
			return p.Verdict
		}
	}
	return ""
}

func orNothing(text string) string {
	if text == "" {
		return "nothing"
	}
	return text
}

func name(a *alert.Alert) string {
	if a.Group == "" {
		return a.Rule
	}
	return a.Rule + " of " + a.Group
}
