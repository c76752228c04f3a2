// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/slo"
)

// Expectation is how an objective is to stand at a time.
type Expectation struct {
	Place
	Objective Named
	At        time.Duration // since the start of the test
	AtText    string        // as it is written
	// Over is the window that numbers are about; empty is the objective's own.
	Over Named
	// Group is the group that they are about; empty is all events.
	Group  Named
	Checks []Check
	// Alerts are what stands below alerts:, nil when that is not written.
	Alerts *Alerts
}

// Check is one value that is expected.
type Check struct {
	Place
	What   What
	Window time.Duration // of a burn rate
	Text   string        // as it is written
	Number Number        // of what is one
}

// What is what a check is about.
type What string

// What can be checked: two words, and numbers.
const (
	CheckState     What = "state"
	CheckCode      What = "code"
	CheckSLI       What = "sli"
	CheckGood      What = "good events"
	CheckBad       What = "bad events"
	CheckExcluded  What = "excluded events"
	CheckAllowed   What = "budget allowed"
	CheckSpent     What = "budget spent"
	CheckRemaining What = "budget remaining"
	CheckBurn      What = "burn"
)

// Alerts are those that are expected.
type Alerts struct {
	Place
	Listed []ListedAlert
}

// ListedAlert is one alert that is expected. What is empty is not asked.
type ListedAlert struct {
	Place
	Rule, Group string
	Phase       alert.Phase
	Severity    slo.Severity
	Verdict     alert.Verdict
	InhibitedBy string
}

// Number is a number as a test expects it: one that rounds to what is written,
// with as many decimals, or lies beyond it, as in "> 13.44".
type Number struct {
	none     bool
	op       string
	value    float64
	decimals int
}

// None reports whether no number is expected, because there is no evidence.
func (n Number) None() bool { return n.none }

// Decimals returns how many of them are written.
func (n Number) Decimals() int { return n.decimals }

// Matches reports whether a number is as expected.
func (n Number) Matches(got float64) bool {
	switch n.op {
	case ">":
		return got > n.value
	case ">=":
		return got >= n.value
	case "<":
		return got < n.value
	case "<=":
		return got <= n.value
	}
	return !n.none && rounded(got, n.decimals) == rounded(n.value, n.decimals)
}

// rounded is x with so many decimals. It is compared as a number, so that what
// rounds to zero from below is zero.
func rounded(x float64, decimals int) float64 {
	near, err := strconv.ParseFloat(strconv.FormatFloat(x, 'f', decimals, 64), 64)
	if err != nil {
		panic("BUG: a formatted number is not one: " + err.Error())
	}
	return near
}

// parseNumber reads a number, with a unit behind it if there is one.
func parseNumber(text, unit string) (n Number, err error) {
	const maxDecimals = 12
	if text == "none" {
		return Number{none: true}, nil
	}
	for _, op := range []string{">=", "<=", ">", "<"} {
		if rest, found := strings.CutPrefix(text, op); found {
			n.op, text = op, strings.TrimSpace(rest)
			break
		}
	}
	text = strings.TrimSuffix(text, unit)
	_, decimals, _ := strings.Cut(text, ".")
	n.decimals = len(decimals)
	n.value, err = strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(n.value) || math.Abs(n.value) > 1<<53 || n.decimals > maxDecimals || strings.ContainsAny(text, "eExXpP_") {
		return n, fmt.Errorf("%q is not a number", text)
	}
	return n, nil
}

func (f *tests) expectation(n *yaml.Node) (x Expectation) {
	x.Place = placeOf(n)
	o := f.object(n, "an expectation")
	if o == nil {
		return x
	}
	x.AtText, x.At = o.required("at", "5m"), f.instant(o, "at")
	x.Objective = f.about(o)
	x.Over, x.Group = f.named(o, "over"), f.named(o, "group")
	before := len(f.problems)
	f.words(o, &x)
	f.check(o, "sli", CheckSLI, "%", &x)
	f.counts(o, "events", map[string]What{"good": CheckGood, "bad": CheckBad, "excluded": CheckExcluded}, &x)
	f.counts(o, "budget", map[string]What{"allowed": CheckAllowed, "spent": CheckSpent, "remaining": CheckRemaining}, &x)
	f.burns(o, &x)
	if o.has("alerts") {
		x.Alerts = &Alerts{Place: placeOf(o.value["alerts"])}
		for _, n := range o.list("alerts") {
			x.Alerts.Listed = append(x.Alerts.Listed, f.listedAlert(n))
		}
	}
	o.finish()
	if len(x.Checks) == 0 && x.Alerts == nil && len(f.problems) == before {
		f.at(n, "an expectation expects nothing", "it could not fail", "add state, sli, events, budget, burn or alerts")
	}
	f.narrow(o, &x)
	return x
}

// narrow refuses what is not known of a group or of another window.
func (f *tests) narrow(o *object, x *Expectation) {
	for _, c := range x.Checks {
		ofEvents := slices.Contains([]What{CheckSLI, CheckGood, CheckBad, CheckExcluded}, c.What)
		ofBudget := slices.Contains([]What{CheckAllowed, CheckSpent, CheckRemaining}, c.What)
		if x.Group.Text != "" && !ofEvents || x.Over.Text != "" && !ofEvents && !ofBudget {
			f.at(o.node, fmt.Sprintf("%s is not one of a group, or of another window", c.What), "", "write an expectation of its own for it")
		}
	}
	if x.Alerts != nil && (x.Group.Text != "" || x.Over.Text != "") {
		f.at(o.node, "alerts belong to the objective", "", "write group: within the alert, and no over:")
	}
}

// words reads what the objective is, in words.
func (f *tests) words(o *object, x *Expectation) {
	states := make([]string, 0, len(slo.States))
	for _, s := range slo.States {
		states = append(states, string(s))
	}
	if text := o.text("state"); text != "" {
		f.word(o, "state", states)
		x.Checks = append(x.Checks, Check{Place: placeOf(o.value["state"]), What: CheckState, Text: text})
	}
	if text := o.text("code"); text != "" {
		x.Checks = append(x.Checks, Check{Place: placeOf(o.value["code"]), What: CheckCode, Text: text})
	}
}

// check reads a field that is a number.
func (f *tests) check(o *object, field string, what What, unit string, x *Expectation) {
	text := o.text(field)
	if text == "" {
		return
	}
	n, err := parseNumber(text, unit)
	if err == nil && unit == "%" && !n.none && !strings.HasSuffix(text, "%") {
		err = fmt.Errorf("%q has no %%", text)
	}
	if err != nil {
		f.at(o.value[field], fmt.Sprintf("%s %q cannot be compared", field, text), err.Error(), "write for example 12"+unit+" or '> 12"+unit+"'")
	}
	x.Checks = append(x.Checks, Check{Place: placeOf(o.value[field]), What: what, Text: text, Number: n})
}

// counts reads a mapping of whole numbers.
func (f *tests) counts(o *object, field string, fields map[string]What, x *Expectation) {
	n := o.take(field)
	if n == nil {
		return
	}
	of := f.object(n, field)
	if of == nil {
		return
	}
	for _, name := range of.order {
		if fields[name] != "" {
			f.check(of, name, fields[name], "", x)
		}
	}
	for name := range fields {
		of.known = append(of.known, name)
	}
	slices.Sort(of.known)
	of.known = slices.Compact(of.known)
	of.finish()
}

// burns reads {1h: 13.44, 5m: '> 20'}.
func (f *tests) burns(o *object, x *Expectation) {
	n := o.take("burn")
	if n == nil {
		return
	}
	of := f.object(n, "burn")
	if of == nil {
		return
	}
	for _, name := range of.order {
		window, err := parseOffset(name)
		if err != nil || window <= 0 {
			f.at(of.keys[name], fmt.Sprintf("%q is not the length of a window", name), "", "write for example burn: {1h: 14.4}")
		}
		before := len(x.Checks)
		f.check(of, name, CheckBurn, "x", x)
		for i := before; i < len(x.Checks); i++ {
			x.Checks[i].Window = window
		}
	}
}

var (
	phases        = []string{string(alert.Inactive), string(alert.Pending), string(alert.Firing), string(alert.Resolved), string(alert.Unmeasured)}
	severityWords = []string{string(slo.Page), string(slo.Ticket)}
	verdicts      = []string{string(alert.Critical), string(alert.Rising), string(alert.Recovering), string(alert.Calm), string(alert.NoEvidence)}
)

// listedAlert reads "page-1h", "page-1h resolved", or a mapping.
func (f *tests) listedAlert(n *yaml.Node) (a ListedAlert) {
	a.Place, a.Phase = placeOf(n), alert.Firing
	if n.Kind == yaml.ScalarNode {
		rule, phase, more := strings.Cut(n.Value, " ")
		if a.Rule = rule; more {
			a.Phase = alert.Phase(phase)
		}
		if n.Value == "" || !slices.Contains(phases, string(a.Phase)) {
			f.at(n, fmt.Sprintf("%q is not an alert", n.Value), "", "write the rule and what it is, for example page-1h firing: one of "+strings.Join(phases, ", "))
		}
		return a
	}
	o := f.object(n, "an alert")
	if o == nil {
		return a
	}
	a.Rule, a.Group, a.InhibitedBy = o.required("rule", "page-1h"), o.text("group"), o.text("inhibited_by")
	if o.has("is") {
		a.Phase = alert.Phase(phases[f.word(o, "is", phases)])
	}
	if o.has("severity") {
		a.Severity = slo.Severity(severityWords[f.word(o, "severity", severityWords)])
	}
	if o.has("verdict") {
		a.Verdict = alert.Verdict(verdicts[f.word(o, "verdict", verdicts)])
		if a.Group != "" {
			f.at(o.value["verdict"], "the alert of a group has no verdict", "verdicts are of all events", "remove one of both")
		}
	}
	o.finish()
	return a
}
