// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/leadline/leadline/internal/expr"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// indicators are the fields that say what is counted.
var indicators = []string{"availability", "latency", "success", "custom"}

// later are indicators that other versions know.
var later = []string{"queue_delay"}

// objective reads one objective; it becomes one in each environment.
func (s *service) objective(n *yaml.Node) []*slo.Objective {
	o := s.object(n, "an objective")
	if o == nil {
		return nil
	}
	before := s.found()
	base := slo.Objective{Journey: s.journey, Owner: s.owner, Runbook: s.runbook, File: s.path, Line: n.Line}
	base.Name = o.usableName("checkout-succeeds")
	rules := s.rules(o)
	base.Target = s.share(o, "99.9%", slo.ParseTarget)
	s.windows(o, &base)
	base.Budgeting = s.budgeting(o)
	base.Exclusions = slices.Concat(s.excluded, s.exclusions(o))
	base.SilentIsBad = s.silence(o)
	base.Paused = o.flag("paused")
	alerts := s.alerts(o)
	base.Description = o.text("description")
	if text := o.text("owner"); text != "" {
		base.Owner = text
	}
	if text := s.runbookPath(o, "runbook"); text != "" {
		base.Runbook = text
	}
	o.text("review")
	s.prose(o, "review")
	o.finish()
	s.define(base)
	var objectives []*slo.Objective
	for _, rule := range rules {
		if s.room(s.file) {
			objectives = s.compile(o, base, rule)
		}
	}
	for _, o := range objectives {
		if o.Target > 0 && o.Window.Length > 0 {
			o.Alerting = s.alerting(alerts, o)
		}
	}
	if s.name.Name == "" || s.found() > before {
		return nil
	}
	return objectives
}

// compile makes the objective once for each environment. A rule is checked
// even if something else is wrong, so that nothing hides behind it.
func (s *service) compile(object *object, base slo.Objective, rule sli.Rule) (objectives []*slo.Objective) {
	rule.Service.Name = cmp.Or(rule.Service.Name, "unnamed") // which was reported where it is missing
	counted, environments := s.placed(rule.Service)
	owners, _ := s.placed(s.name)
	for i := range counted {
		rule.Service, rule.Environments = counted[i], environments[i]
		ind, err := sli.Compile(rule)
		if err != nil {
			s.ruleProblems(object, string(rule.Kind), err)
			return nil
		}
		o := base
		o.Service, o.Indicator = owners[i], ind
		objectives = append(objectives, &o)
	}
	return objectives
}

// ruleProblems reports all that is wrong with a rule. What follows from a
// value that could not be read is known already.
func (s *service) ruleProblems(o *object, kind string, err error) {
	if joined, several := err.(interface{ Unwrap() []error }); several {
		for _, err := range joined.Unwrap() {
			s.ruleProblems(o, kind, err)
		}
		return
	}
	var field *sli.FieldError
	if !errors.As(err, &field) {
		s.at(o.node, err.Error(), "", "")
		return
	}
	at := find(o.node, field.Field)
	var entry *sli.FieldError
	if errors.As(field.Err, &entry) && at != nil {
		at = keyIn(at, entry.Field)
	}
	if at != nil && s.reported(at) || at == nil && s.reported(o.value[kind]) {
		return
	}
	if at == nil {
		at = o.node
	}
	for _, what := range faults(field) {
		s.at(at, what, "", "")
	}
}

// faults says what is wrong with a field; an expression may have several faults.
func faults(field *sli.FieldError) (all []string) {
	each := []error{field.Err}
	if joined, several := field.Err.(interface{ Unwrap() []error }); several {
		each = joined.Unwrap()
	}
	for _, err := range each {
		var e *expr.Error
		if !errors.As(err, &e) {
			all = append(all, field.Field+": "+err.Error())
			continue
		}
		all = append(all, fmt.Sprintf("%s, line %d column %d of the expression: %s", field.Field, e.Line, e.Column, e.Message))
	}
	return all
}

// keyIn returns the key of a field of a mapping, or the mapping.
func keyIn(n *yaml.Node, field string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == field {
			return n.Content[i]
		}
	}
	return n
}

// find returns the value of a field anywhere below a node, or nil.
func find(n *yaml.Node, field string) *yaml.Node {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Kind != yaml.MappingNode {
			break
		}
		if n.Content[i].Value == field {
			return n.Content[i+1]
		}
		if v := find(n.Content[i+1], field); v != nil {
			return v
		}
	}
	return nil
}

// rules reads the indicator of an objective, or those of which one is too many.
func (s *service) rules(o *object) (rules []sli.Rule) {
	var kinds []string
	for _, kind := range indicators {
		o.known = append(o.known, kind)
		if o.has(kind) {
			kinds = append(kinds, kind)
		}
	}
	unsupported, by := s.notYet(o), o.texts("by")
	if unsupported {
		return nil
	}
	if len(kinds) != 1 {
		s.at(o.node, fmt.Sprintf("an objective has %d indicators", len(kinds)), "it needs exactly one", "write one of "+strings.Join(indicators, ", "))
	}
	for _, kind := range kinds {
		rule := sli.Rule{Kind: sli.Kind(kind), GroupBy: by}
		if s.ruleFields(o.value[kind], &rule) {
			rules = append(rules, rule)
		}
	}
	return rules
}

// notYet reports indicators that other versions know.
func (s *service) notYet(o *object) (found bool) {
	for _, kind := range later {
		o.known = append(o.known, kind)
		if o.has(kind) {
			s.at(o.keys[kind], kind+" is not supported by this version", "", "use one of "+strings.Join(indicators, ", "))
			found = true
		}
	}
	return found
}

// ruleFields reads what an indicator counts, and says whether there is a rule
// to check, right or wrong.
func (s *service) ruleFields(n *yaml.Node, rule *sli.Rule) bool {
	kind := string(rule.Kind)
	if n.Tag == "!!null" {
		s.at(n, kind+" is empty", "", "write "+kind+": {} for every server operation of the service")
		return false
	}
	o := s.object(n, kind)
	if o == nil {
		return false
	}
	rule.Service = s.name
	s.of(o, rule)
	s.under(o, rule)
	rule.Where, rule.Good = o.text("where"), o.text("good")
	s.statuses(o, rule)
	o.finish()
	return true
}

// under reads the longest that a good event may take.
func (s *service) under(o *object, rule *sli.Rule) {
	text := o.text("under")
	if text == "" && (rule.Kind == sli.Latency || rule.Kind == sli.Success) {
		s.at(o.node, o.what+" has no under", "it is the longest that a good event may take", "add under: 300ms")
	}
	if text != "" {
		rule.Under = s.parsed(o.value["under"], "under", text, "300ms or 1.5s")
	}
}

// of reads which operation is counted: a step of the journey, or one written out.
func (s *service) of(o *object, rule *sli.Rule) {
	n := o.take("of")
	switch {
	case n == nil && s.journey == "":
		return
	case n == nil:
		s.at(o.node, o.what+" does not say of which step", "an objective of a journey counts one of its steps", s.stepHint(""))
	case n.Kind == yaml.MappingNode:
		if st, ok := s.readStep(n, "of"); ok {
			rule.Service, rule.Operation = st.service, st.operation.Name
		}
	default:
		st, known := s.steps[n.Value]
		if !known {
			s.at(n, fmt.Sprintf("there is no step %q", n.Value), "", s.stepHint(n.Value))
			return
		}
		rule.Service, rule.Operation = st.service, st.operation.Name
	}
}

func (s *service) stepHint(name string) string {
	if len(s.stepKeys) == 0 {
		return "name the operation, for example of: {http: POST /checkout}"
	}
	return meant(name, s.stepKeys, "write of: with one of "+strings.Join(s.stepKeys, ", "))
}

// statuses reads how status codes are judged otherwise: {404: bad, 4xx: good}.
func (s *service) statuses(o *object, rule *sli.Rule) {
	n := o.take("statuses")
	if n == nil {
		return
	}
	m := s.object(n, "statuses")
	if m == nil {
		return
	}
	outcomes := map[string]sli.Outcome{"good": sli.Good, "bad": sli.Bad, "excluded": sli.Excluded}
	rule.Statuses = map[string]sli.Outcome{}
	for _, code := range m.order {
		outcome, known := outcomes[m.text(code)]
		if !known {
			s.at(m.value[code], fmt.Sprintf("status %s is judged %q", code, m.value[code].Value), "", "write good, bad or excluded")
			continue
		}
		rule.Statuses[code] = outcome
	}
}

// share reads the target of an objective, or of a slice of time.
func (s *service) share(o *object, example string, parse func(string) (slo.Target, error)) slo.Target {
	text := o.required("target", example)
	if text == "" {
		return 0
	}
	t, err := parse(text)
	if err != nil {
		mend := "write for example " + example
		if _, err := parse(text + "%"); err == nil {
			mend = fmt.Sprintf("did you mean %s%%?", text)
		}
		s.at(o.value["target"], err.Error(), "", mend)
	}
	return t
}

func (s *service) silence(o *object) bool {
	switch text := o.text("when_silent"); text {
	case "", "no_data":
		return false
	case "bad":
		return true
	default:
		s.at(o.value["when_silent"], fmt.Sprintf("when_silent is %q", text), "", "write no_data or bad")
		return false
	}
}

// parseLength reads a duration that is one.
func parseLength(text string) (time.Duration, error) {
	d, err := window.Parse(text)
	if err == nil && d <= 0 {
		err = errors.New("it must be longer than nothing")
	}
	return d, err
}
