// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slo"
)

// The annotations of an SLO that say what OpenSLO has no field for. Those of
// a Service may stand here too: noteOwner and noteRunbook.
const (
	noteName    = "name" // where it is not the document's name
	noteJourney = "journey"
	noteWindows = "other-windows"
	noteSilent  = "when-silent"
	notePaused  = "paused"
	noteAlerts  = "default-alerts"
)

// methods are the budgeting methods by the names that OpenSLO gives them.
var methods = map[string]slo.Method{
	"Occurrences": slo.Occurrences, "Timeslices": slo.Timeslices, "RatioTimeslices": slo.RatioTimeslices,
}

var methodNames = []string{"Occurrences", "Timeslices", "RatioTimeslices"}

// openReader reads one SLO.
type openReader struct {
	*service
	part    *part
	base    slo.Objective // what all its objectives share
	method  slo.Method
	counted *counted
	alerts  written
}

// slo reads an SLO: each of its objectives becomes one of ours.
func (p *parts) slo(n *part) (objectives []*slo.Objective) {
	s := p.service(n)
	if n.notes != nil {
		s.owner = cmp.Or(n.note(noteOwner), s.owner)
		s.runbook = cmp.Or(s.runbookPath(n.notes, notePrefix+noteRunbook), s.runbook)
	}
	r := &openReader{service: s, part: n}
	r.base = slo.Objective{Journey: n.note(noteJourney), Owner: s.owner, Runbook: s.runbook, File: n.path, Line: n.node.Line}
	r.base.Name = cmp.Or(n.note(noteName), n.name)
	r.base.Description = n.describe()
	if r.base.Description == "" {
		r.base.Description = n.title
	} else if n.title != "" {
		n.prose(n.data, "displayName")
	}
	r.base.SilentIsBad = n.silence()
	r.base.Paused = isTrue(n.flagNote(notePaused))
	list := n.spec.list("objectives")
	r.counted = p.indicatorOf(s, n, list)
	r.method = r.budgetingMethod()
	r.window()
	r.alerts = p.alerts(n)
	if len(list) == 0 && !n.reported(n.spec.value["objectives"]) {
		n.at(n.node, "SLO has no objectives", "", "add objectives: [{target: 0.999}]")
	}
	for i, each := range list {
		objectives = append(objectives, r.objective(each, i, len(list))...)
	}
	n.finish()
	return objectives
}

// indicatorOf reads the indicator of the SLO. A composite one has one in each
// objective instead.
func (p *parts) indicatorOf(s *service, n *part, objectives []*yaml.Node) *counted {
	for _, each := range objectives {
		for _, field := range []string{"indicator", "indicatorRef", "compositeWeight"} {
			if at := keyIn(each, field); at != each {
				n.at(at, field+" of an objective is not supported", "a composite budget would weigh the burn of several", "write an SLO for each of them")
				n.spec.known = append(n.spec.known, "indicator", "indicatorRef")
				return nil
			}
		}
	}
	return p.indicator(s, n.spec)
}

func isTrue(flag *bool) bool { return flag != nil && *flag }

func (n *part) silence() bool {
	switch text := n.note(noteSilent); text {
	case "", "no_data":
	case "bad":
		return true
	default:
		n.at(n.noteNode(noteSilent), fmt.Sprintf("%s%s is %q", notePrefix, noteSilent, text), "", "write no_data or bad")
	}
	return false
}

func (r *openReader) budgetingMethod() slo.Method {
	text := r.part.spec.required("budgetingMethod", "Occurrences")
	method, known := methods[text]
	if text != "" && !known {
		r.at(r.part.spec.value["budgetingMethod"], fmt.Sprintf("budgetingMethod is %q", text), "", meant(text, methodNames, "write one of "+strings.Join(methodNames, ", ")))
	}
	return method
}

// objective reads one of the objectives of an SLO.
func (r *openReader) objective(n *yaml.Node, i, of int) []*slo.Objective {
	o := r.object(n, "an objective")
	if o == nil {
		return nil
	}
	o.known = append(o.known, "indicator", "indicatorRef", "compositeWeight") // reported where they stand
	base := r.base
	if title := o.text("displayName"); of > 1 {
		base.Name = base.Name + "-" + cmp.Or(slug(title), strconv.Itoa(i+1))
		base.Line = n.Line
	}
	if !objectiveName.MatchString(base.Name) && !r.reported(r.part.node) {
		r.unusable(r.part.node, fmt.Sprintf("the name %q", base.Name))
	}
	base.Target = r.openTarget(o)
	base.Budgeting = r.timeslices(o)
	rule := r.compare(o)
	o.finish()
	r.define(base)
	if rule == nil || r.found() > 0 || !r.room(r.file) {
		return nil
	}
	return r.made(base, *rule)
}

// made compiles the rule in each environment of the service.
func (r *openReader) made(base slo.Objective, rule sli.Rule) []*slo.Objective {
	objectives := r.counted.service.compile(r.counted.at, base, rule)
	for _, o := range objectives {
		if o.Target > 0 && o.Window.Length > 0 {
			o.Alerting = r.alerting(r.alerts, o)
		}
	}
	return objectives
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// slug makes part of a name of a title.
func slug(title string) string {
	return strings.Trim(notInNames.ReplaceAllString(strings.ToLower(title), "-"), "-")
}

// openTarget reads target, a share, or targetPercent.
func (r *openReader) openTarget(o *object) slo.Target {
	share, percent := o.text("target"), o.text("targetPercent")
	field, text := "target", share
	switch {
	case share != "" && percent != "":
		r.at(o.keys["targetPercent"], "an objective has both target and targetPercent", "", "remove one")
		return 0
	case percent != "":
		field, text = "targetPercent", percent+"%"
	case share == "":
		r.at(o.node, "an objective has no target", "", "add target: 0.999, or targetPercent: 99.9")
		return 0
	case strings.HasSuffix(share, "%"):
		r.at(o.value[field], fmt.Sprintf("target is %q", share), "it is a share of one", "write targetPercent: "+strings.TrimSuffix(share, "%"))
		return 0
	}
	t, err := slo.ParseTarget(text)
	if err != nil {
		mend := "write for example target: 0.999, or targetPercent: 99.9"
		_, percent := slo.ParseTarget(text + "%")
		if _, share := slo.ParseShare(text); share != nil && percent == nil && field == "target" {
			mend = "did you mean targetPercent: " + text + "?"
		}
		r.at(o.value[field], err.Error(), "", mend)
	}
	return t
}

// timeslices reads what belongs to the budgeting method.
func (r *openReader) timeslices(o *object) (b slo.Budgeting) {
	target, width := o.text("timeSliceTarget"), o.text("timeSliceWindow")
	if target != "" && r.method != slo.Timeslices && r.method != "" {
		r.warn(o.keys["timeSliceTarget"], "timeSliceTarget is left out", "only Timeslices have one", "remove it")
	}
	if width != "" && r.method == slo.Occurrences {
		r.warn(o.keys["timeSliceWindow"], "timeSliceWindow is left out", "Occurrences have none", "remove it")
	}
	if r.method == slo.Occurrences || r.method == "" {
		return b
	}
	b = slo.Budgeting{Method: r.method, Width: r.openWidth(o, width)}
	if r.method != slo.Timeslices {
		return b
	}
	if target == "" {
		o.required("timeSliceTarget", "0.95")
		return b
	}
	t, err := slo.ParseShare(target)
	if err != nil || strings.HasSuffix(target, "%") {
		r.at(o.value["timeSliceTarget"], fmt.Sprintf("timeSliceTarget is %q", target), "it is a share of one, up to 1", "write for example 0.95")
	}
	b.Target = t
	return b
}

// openWidth reads how long a slice is; a bare number is of minutes.
func (r *openReader) openWidth(o *object, text string) time.Duration {
	if text == "" {
		o.required("timeSliceWindow", "1m")
		return 0
	}
	if _, err := strconv.ParseUint(text, 10, 16); err == nil {
		text += "m"
	}
	width, err := shorthand(text)
	if err == nil {
		err = checkWidth(width)
	}
	if err != nil {
		r.at(o.value["timeSliceWindow"], fmt.Sprintf("timeSliceWindow %q is not usable", text), err.Error(), "write for example 1m or 5m")
		return 0
	}
	return width
}

// compare makes the rule of what an objective compares with the metric.
func (r *openReader) compare(o *object) *sli.Rule {
	op, value := o.take("op"), o.take("value")
	switch {
	case r.counted == nil:
		return nil
	case r.counted.unit > 0:
		return r.threshold(o, op, value)
	}
	rule := r.counted.rule
	if value != nil {
		r.warn(o.keys["value"], "value is left out", "a ratio is held against the target", "remove it")
	}
	switch {
	case op == nil:
	case slices.Contains([]string{"gt", "gte"}, op.Value):
		r.warn(o.keys["op"], "op is left out", "a ratio is good enough from the target on", "remove it")
	default:
		r.at(op, fmt.Sprintf("op of a ratio is %q", op.Value), "good events are to reach the target", "remove it; where the metric counts bad events, write it as bad")
	}
	return &rule
}

// threshold makes the rule of a duration that is good up to a value. Durations
// are whole nanoseconds, so "less than" is "at most one less".
func (r *openReader) threshold(o *object, op, value *yaml.Node) *sli.Rule {
	rule := r.counted.rule
	text, sign := o.required("value", "300"), o.required("op", "lte")
	if text == "" || sign == "" {
		return nil
	}
	decimals := map[time.Duration]int{time.Millisecond: 6, time.Second: 9}[r.counted.unit]
	n, err := parseMilli(text, decimals)
	if err != nil || n == 0 || n > uint64(sli.MaxUnder) {
		r.at(value, fmt.Sprintf("value is %q", text), "it is a duration of more than nothing and at most a day, in the unit of the metric", "write for example 300")
		return nil
	}
	rule.Under = time.Duration(n)
	switch sign {
	case "lte":
	case "lt":
		rule.Under--
	default:
		r.at(op, fmt.Sprintf("op is %q", sign), "a duration is good when it is short", "write lte or lt")
		return nil
	}
	return &rule
}
