// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/slo"
)

// written is what an alerts: field says.
type written struct {
	without *bool // of the defaults; nil when it does not say
	rules   []writtenRule
}

// writtenRule is a rule and where it stands.
type writtenRule struct {
	slo.Rule
	at *yaml.Node
}

const rulesExample = "write a list of rules, or {defaults: false, rules: [...]}"

// alerts reads the alerts: field of an objective or of the file.
func (s *service) alerts(o *object) (w written) {
	n := o.take("alerts")
	switch {
	case n == nil:
		return w
	case n.Kind == yaml.SequenceNode:
		w.rules = s.alertRules(n, n.Content)
	case n.Kind == yaml.MappingNode:
		in := s.object(n, "alerts")
		if defaults := in.flag("defaults"); in.has("defaults") {
			without := !defaults
			w.without = &without
		}
		w.rules = s.alertRules(n, in.list("rules"))
		in.finish()
	default:
		s.at(n, "alerts must be a list or a mapping", "found "+kindText(n), rulesExample)
	}
	return w
}

func (s *service) alertRules(n *yaml.Node, nodes []*yaml.Node) (rules []writtenRule) {
	if len(nodes) > alert.MaxRules {
		s.at(n, fmt.Sprintf("%d alert rules", len(nodes)), fmt.Sprintf("there may be %d", alert.MaxRules), "nobody reads more")
		return nil
	}
	for _, n := range nodes {
		r, ok := s.alertRule(n)
		if !ok {
			continue
		}
		if slices.ContainsFunc(rules, func(w writtenRule) bool { return w.Name == r.Name }) {
			s.at(n, fmt.Sprintf("two alert rules have the name %q", r.Name), "", "rename one of them")
		}
		rules = append(rules, r)
	}
	return rules
}

func (s *service) alertRule(n *yaml.Node) (r writtenRule, ok bool) {
	o := s.object(n, "an alert rule")
	if o == nil {
		return r, false
	}
	before := s.found()
	r.at = n
	r.Name = o.usableName("fast-burn")
	switch text := o.required("severity", "page (or ticket)"); text {
	case "page", "ticket":
		r.Severity = slo.Severity(text)
	case "":
	default:
		s.at(o.value["severity"], fmt.Sprintf("severity is %q", text), "", "write page, which wakes somebody, or ticket")
	}
	r.When = s.conditions(o)
	r.For = s.length(o, "for", false)
	r.Guard = s.guard(o, &r.Rule)
	r.ByGroup = o.flag("by_group")
	o.finish()
	return r, s.found() == before
}

// guard reads how many bad events are too little evidence.
func (s *service) guard(o *object, r *slo.Rule) uint64 {
	text := o.text("guard")
	if text == "" {
		if slices.ContainsFunc(r.When, func(c slo.Condition) bool { return c.Kind == slo.Absent }) {
			return 0
		}
		return alert.GuardBadEvents
	}
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		s.at(o.value["guard"], fmt.Sprintf("guard is %q", text), "it is the number of bad events below which nobody is called", "write for example 5")
	}
	return n
}

const conditionsExample = "write for example when: {burn: {above: 10, over: [1h, 5m]}}"

// conditions reads when a rule fires: every field must hold.
func (s *service) conditions(o *object) (all []slo.Condition) {
	n := o.take("when")
	if n == nil {
		s.at(o.node, "an alert rule has no when", "", conditionsExample)
		return nil
	}
	w := s.object(n, "when")
	if w == nil {
		return nil
	}
	if n := w.take("burn"); n != nil {
		all = append(all, s.burn(n)...)
	}
	if w.take("spent") != nil {
		all = append(all, slo.Condition{Kind: slo.Spent, Milli: s.budgetShare(w, "spent")})
	}
	for _, kind := range []slo.ConditionKind{slo.Drop, slo.Exhausts} {
		if n := w.take(string(kind)); n != nil {
			all = append(all, s.forecast(n, kind)...)
		}
	}
	if w.take("absent") != nil {
		all = append(all, slo.Condition{Kind: slo.Absent, Long: s.length(w, "absent", true)})
	}
	w.finish()
	if len(all) == 0 && !s.reported(n) && len(w.order) == 0 {
		s.at(n, "when has no condition", "", conditionsExample)
	}
	return all
}

// burn reads {above: 10, over: [1h, 5m]}, or {above: 10, over: 1h}.
func (s *service) burn(n *yaml.Node) []slo.Condition {
	o := s.object(n, "burn")
	if o == nil {
		return nil
	}
	c := slo.Condition{Kind: slo.Burn}
	if text := o.required("above", "10"); text != "" {
		milli, err := parseMilli(text, 3)
		if err != nil || milli == 0 {
			s.at(o.value["above"], fmt.Sprintf("above is %q", text), "it is a burn rate: 1 spends exactly the budget over the window", "write for example 10 or 2.5")
		}
		c.Milli = milli
	}
	if v := o.value["over"]; v != nil && v.Kind == yaml.SequenceNode {
		lengths := o.texts("over")
		if len(lengths) < 1 || len(lengths) > 2 {
			s.at(v, fmt.Sprintf("over has %d windows", len(lengths)), "", "write one, or a long and a short one: [1h, 5m]")
		}
		for i, at := range []*time.Duration{&c.Long, &c.Short} {
			if i < len(lengths) {
				*at = s.parsed(v, "over", lengths[i], lengthExample)
			}
		}
	} else {
		c.Long = s.length(o, "over", true)
	}
	o.finish()
	return []slo.Condition{c}
}

// forecast reads drop: {by: 10%, in: 1h} and exhausts: {within: 24h, over: 1h}.
func (s *service) forecast(n *yaml.Node, kind slo.ConditionKind) []slo.Condition {
	o := s.object(n, string(kind))
	if o == nil {
		return nil
	}
	c := slo.Condition{Kind: kind}
	if kind == slo.Drop {
		c.Milli, c.Long = s.budgetShare(o, "by"), s.length(o, "in", true)
	} else {
		c.Within, c.Long = s.length(o, "within", true), s.length(o, "over", true)
	}
	o.finish()
	return []slo.Condition{c}
}

// budgetShare reads a percentage of the budget, in thousandths.
func (s *service) budgetShare(o *object, field string) uint64 {
	text := o.required(field, "50%")
	if text == "" {
		return 0
	}
	digits, percent := strings.CutSuffix(text, "%")
	milli, err := parseMilli(digits, 1)
	if !percent || err != nil || milli == 0 {
		s.at(o.value[field], fmt.Sprintf("%s is %q", field, text), "it is a share of the budget", "write for example 50% or 2.5%")
	}
	return milli
}

// length reads a duration; 0 when it is absent.
func (s *service) length(o *object, field string, required bool) time.Duration {
	text := o.text(field)
	if required {
		text = o.required(field, "1h")
	}
	if text == "" {
		return 0
	}
	return s.parsed(o.value[field], field, text, lengthExample)
}

const lengthExample = "5m or 1h"

func (s *service) parsed(n *yaml.Node, field, text, example string) time.Duration {
	d, err := parseLength(text)
	if err != nil {
		s.at(n, fmt.Sprintf("%s %q is not a duration", field, text), err.Error(), "write for example "+example)
	}
	return d
}

// parseMilli reads a decimal number with so many decimals as an integer.
func parseMilli(text string, decimals int) (uint64, error) {
	whole, frac, _ := strings.Cut(text, ".")
	if len(frac) > decimals || len(whole) > 6 {
		return 0, errors.New("too many digits")
	}
	return strconv.ParseUint(whole+frac+strings.Repeat("0", decimals-len(frac)), 10, 64)
}

// alerting joins what the file and the objective say: the objective's word
// counts, and its rules take the place of the file's of the same name. What
// cannot fire is reported where it is written.
func (s *service) alerting(of written, o *slo.Objective) (a slo.Alerting) {
	for _, w := range []written{s.forAll, of} {
		if w.without != nil {
			a.WithoutDefaults = *w.without
		}
	}
	rules := slices.DeleteFunc(slices.Clone(s.forAll.rules), func(r writtenRule) bool {
		return slices.ContainsFunc(of.rules, func(o writtenRule) bool { return o.Name == r.Name })
	})
	for _, r := range append(rules, of.rules...) {
		for _, f := range alert.Check(&r.Rule, o) {
			at := find(r.at, f.Field)
			if at == nil {
				at = r.at
			}
			if !s.reported(at) {
				s.at(at, fmt.Sprintf("alert rule %q, objective %q: %s", r.Name, o.Name, f.What), f.Why, f.Mend)
			}
		}
		a.Rules = append(a.Rules, r.Rule)
	}
	return a
}
