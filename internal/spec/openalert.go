// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/slo"
)

// The annotations of an AlertPolicy.
const (
	noteShort   = "short-window"
	noteGuard   = "guard"
	noteByGroup = "by-group"
)

// absentSuffix ends the name of the rule that alertWhenNoData makes.
const absentSuffix = "-no-data"

// severities are what people call the two that we have. Others are asked for.
var severities = map[string]slo.Severity{
	"page": slo.Page, "critical": slo.Page, "sev1": slo.Page,
	"ticket": slo.Ticket, "warning": slo.Ticket, "sev2": slo.Ticket, "sev3": slo.Ticket,
}

const burnExample = "write for example condition: {kind: burnrate, op: gt, threshold: 10, lookbackWindow: 1h, alertAfter: 5m}"

// alerts reads the alert policies of an SLO. With some, it alerts as they say;
// without, as target and window say.
func (p *parts) alerts(n *part) (w written) {
	if defaults := n.flagNote(noteAlerts); defaults != nil {
		without := !*defaults
		w.without = &without
	}
	for _, at := range n.spec.list("alertPolicies") {
		for _, rule := range p.rulesOf(n.file, at) {
			if slices.ContainsFunc(w.rules, func(r writtenRule) bool { return r.Name == rule.Name }) {
				n.at(at, fmt.Sprintf("two alert policies make the rule %q", rule.Name), "", "rename one of them, or remove it")
			}
			w.rules = append(w.rules, writtenRule{rule, at})
		}
	}
	// A policy that makes no rule must not take the default ones away.
	if without := len(w.rules) > 0; w.without == nil && without {
		w.without = &without
	}
	if len(w.rules) > alert.MaxRules {
		n.at(n.spec.value["alertPolicies"], fmt.Sprintf("%d alert rules", len(w.rules)), fmt.Sprintf("there may be %d", alert.MaxRules), "nobody reads more")
	}
	return w
}

// rulesOf reads a policy that stands inline or is named.
func (p *parts) rulesOf(f *file, at *yaml.Node) []slo.Rule {
	n := p.either(f, at, "alertPolicyRef", openPolicy)
	if n == nil || !p.readPolicy(n) {
		return nil
	}
	return n.rules
}

// either returns the part that an entry of a list holds or names.
func (p *parts) either(f *file, at *yaml.Node, field, kind string) *part {
	if keyIn(at, field) == at {
		return inline(f, at, kind)
	}
	o := f.object(at, "an entry")
	named := o.take(field)
	o.finish()
	if named == nil {
		f.at(at, field+" is empty", "", "write the name of an "+kind)
		return nil
	}
	return p.find(f, named, kind)
}

// readPolicy reads an AlertPolicy: a rule when it alerts of burn, and one when
// it alerts of silence.
func (p *parts) readPolicy(n *part) (good bool) {
	return n.once(func() {
		n.describe()
		burning, silent := n.spec.flag("alertWhenBreaching"), n.spec.flag("alertWhenNoData")
		n.warnOf(burning, silent, n.spec.flag("alertWhenResolved"))
		p.targets(n)
		list := n.spec.list("conditions")
		if len(list) != 1 && !n.reported(n.spec.value["conditions"]) {
			n.at(n.node, fmt.Sprintf("AlertPolicy has %d conditions", len(list)), "OpenSLO allows exactly one", "add conditions: with a conditionRef, or an AlertCondition")
		}
		rule := slo.Rule{Name: n.ruleName(), Guard: n.guard(), ByGroup: isTrue(n.flagNote(noteByGroup))}
		short := n.short()
		n.finish()
		if len(list) != 1 {
			return
		}
		c := p.either(n.file, list[0], "conditionRef", openCondition)
		if c == nil || !c.readCondition() {
			return
		}
		rule.Severity, rule.For, rule.When = c.rule.Severity, c.rule.For, slices.Clone(c.rule.When)
		rule.When[0].Short = short
		if burning {
			n.rules = append(n.rules, rule)
		}
		if silent {
			n.rules = append(n.rules, n.absent(&rule, burning))
		}
	})
}

// absent makes the rule of an indicator that goes silent.
func (n *part) absent(burns *slo.Rule, beside bool) slo.Rule {
	rule := *burns
	rule.When = []slo.Condition{{Kind: slo.Absent, Long: burns.When[0].Long}}
	if beside {
		rule.Name += absentSuffix
	}
	if beside || n.note(noteGuard) == "" {
		rule.Guard = 0 // silence has no bad events
	}
	return rule
}

// ruleName makes the rule's name of the policy's, which may have capitals.
func (n *part) ruleName() string {
	name := cmp.Or(n.note(noteName), n.name)
	if lower := slug(name); !objectiveName.MatchString(name) && objectiveName.MatchString(lower) {
		return lower
	}
	if name != "" && !objectiveName.MatchString(name) {
		n.unusable(n.node, fmt.Sprintf("the name %q of an AlertPolicy", name))
	}
	return name
}

// warnOf says what a policy asks for and does not get.
func (n *part) warnOf(burning, silent, resolved bool) {
	at := func(field string) *yaml.Node {
		if key := n.spec.keys[field]; key != nil {
			return key
		}
		return n.node
	}
	if !burning && !silent {
		n.warn(at("alertWhenBreaching"), "AlertPolicy "+n.name+" is left out", "it asks for no alert of burn or of missing data", "write alertWhenBreaching: true")
		return
	}
	if n.spec.has("alertWhenResolved") && !resolved {
		n.warn(at("alertWhenResolved"), "alertWhenResolved is left out", "receivers that are told of an alert are told of its end", "")
	}
}

// targets reads who a policy would notify.
func (p *parts) targets(n *part) {
	for _, at := range n.spec.list("notificationTargets") {
		if keyIn(at, "targetRef") == at {
			if t := inline(n.file, at, openTarget); t != nil && t.spec != nil {
				t.target()
			}
			continue
		}
		o := n.object(at, "a notification target")
		name := o.text("targetRef")
		o.finish()
		if p.named[partName{openTarget, name}] == nil {
			n.warn(at, fmt.Sprintf("notification target %q is left out", name), routesDecide, "")
		}
	}
}

// guard reads how many bad events are too little evidence.
func (n *part) guard() uint64 {
	text := n.note(noteGuard)
	if text == "" {
		return alert.GuardBadEvents
	}
	guard, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		n.at(n.noteNode(noteGuard), fmt.Sprintf("%s%s is %q", notePrefix, noteGuard, text), "it is the number of bad events below which nobody is called", `write for example "5"`)
	}
	return guard
}

// short reads the window that says whether a burn goes on.
func (n *part) short() time.Duration {
	text := n.note(noteShort)
	if text == "" {
		return 0
	}
	length, err := shorthand(text)
	if err != nil || length == 0 {
		n.at(n.noteNode(noteShort), fmt.Sprintf("%s%s %q is not a duration", notePrefix, noteShort, text), "", "write for example 5m")
	}
	return length
}

// readCondition reads an AlertCondition as a rule without a name.
func (n *part) readCondition() (good bool) {
	return n.once(func() {
		n.describe()
		n.rule.Severity = n.severity()
		c := n.spec.take("condition")
		n.finish()
		if c == nil {
			n.at(n.node, "AlertCondition has no condition", "", burnExample)
			return
		}
		if o := n.object(c, "condition"); o != nil {
			n.rule.When = []slo.Condition{n.burn(o)}
			n.rule.For = n.length(o, "alertAfter", o.text("alertAfter"))
			o.finish()
		}
	})
}

func (n *part) severity() slo.Severity {
	text := n.spec.required("severity", "page (or ticket)")
	severity, known := severities[text]
	switch {
	case text == "":
	case !known:
		n.at(n.spec.value["severity"], fmt.Sprintf("severity is %q", text), "there are two", "write page, which wakes somebody, or ticket")
	case string(severity) != text:
		n.warn(n.spec.value["severity"], fmt.Sprintf("severity %q is taken as %s", text, severity), "there are two", "")
	}
	return severity
}

// burn reads when a burn rate is too high.
func (n *part) burn(o *object) (c slo.Condition) {
	c.Kind = slo.Burn
	if kind := o.text("kind"); kind != "" && kind != "burnrate" {
		n.at(o.value["kind"], fmt.Sprintf("the condition is of kind %q", kind), "OpenSLO knows burnrate", burnExample)
	}
	switch op := o.required("op", "gt"); op {
	case "", "gt":
	case "gte":
		n.warn(o.value["op"], "op gte is taken as gt", "an alert begins above its threshold", "write gt")
	case "lt", "lte":
		n.at(o.value["op"], "op is "+op, "a burn rate is low while all is well, so the alert would never end", "write gt")
	default:
		n.at(o.value["op"], fmt.Sprintf("op is %q", op), "", "write gt")
	}
	if text := o.required("threshold", "10"); text != "" {
		milli, err := parseMilli(text, 3)
		if err != nil || milli == 0 {
			n.at(o.value["threshold"], fmt.Sprintf("threshold is %q", text), "it is a burn rate: 1 spends exactly the budget over the window", "write for example 10 or 2.5")
		}
		c.Milli = milli
	}
	c.Long = n.length(o, "lookbackWindow", o.required("lookbackWindow", "1h"))
	return c
}

func (n *part) length(o *object, field, text string) time.Duration {
	if text == "" {
		return 0
	}
	length, err := shorthand(text)
	if err != nil {
		n.at(o.value[field], fmt.Sprintf("%s %q is not a duration", field, text), err.Error(), "write for example 5m or 1h")
	}
	return length
}
