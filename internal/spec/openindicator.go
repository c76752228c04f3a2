// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/sli"
)

// sourceType is the type of the metric source that is ours.
const sourceType = "leadline"

const (
	goodExample      = "write for example good: {metricSource: {type: leadline, spec: {availability: {}}}}"
	sourceExample    = "write for example metricSource: {type: leadline, spec: {availability: {}}}"
	totalExample     = "write for example total: {metricSource: {type: leadline, spec: {of: {http: POST /checkout}}}}"
	thresholdExample = "write for example thresholdMetric: {metricSource: {type: leadline, spec: {latency: {of: {http: POST /checkout}, unit: ms}}}}"
)

func isOurs(kind string) bool { return strings.EqualFold(kind, sourceType) }

// noQueries says why a source cannot be read.
func noQueries(kind string) string {
	return fmt.Sprintf("this version counts the spans that applications send, and does not ask %s", kind)
}

// counted is what an SLI counts, for one service.
type counted struct {
	rule sli.Rule
	// at holds the fields of the rule, for what is wrong with it, in the file
	// of the service.
	at      *object
	service *service
	// unit is that of the value of a threshold; 0 when the metric is a ratio.
	unit time.Duration
}

// indicator reads the SLI that stands inline or is named; nil when there is
// none that can be read.
func (p *parts) indicator(s *service, o *object) *counted {
	written, named := o.take("indicator"), o.take("indicatorRef")
	switch {
	case written == nil && named == nil:
		s.at(o.node, "SLO has no indicator", "", "add indicator, or indicatorRef with the name of an SLI")
	case written != nil && named != nil:
		s.at(o.keys["indicatorRef"], "SLO has both indicator and indicatorRef", "", "remove one")
	case written != nil:
		if n := inline(s.file, written, openSLI); n != nil {
			return p.sli(n, s)
		}
	default:
		if n := p.find(s.file, named, openSLI); n != nil {
			return p.sli(n, s)
		}
	}
	return nil
}

// checkSLI reads an SLI document that maybe nobody names, as if a service did.
func (p *parts) checkSLI(n *part) {
	if n.seen {
		return
	}
	c := p.sli(n, &service{file: n.file, name: operation.Service{Name: "unnamed"}})
	if c == nil {
		return
	}
	if c.unit > 0 {
		c.rule.Under = c.unit
	}
	if _, err := sli.Compile(c.rule); err != nil {
		c.service.ruleProblems(c.at, string(c.rule.Kind), err)
	}
}

// sli reads what an SLI counts when an SLO of the service asks.
func (p *parts) sli(n *part, s *service) (c *counted) {
	if n.seen && n.found() > 0 {
		return nil // who names it is refused with it
	}
	inFile := *s
	inFile.file = n.file
	good := n.check(func() {
		n.describe()
		threshold, ratio := n.spec.take("thresholdMetric"), n.spec.take("ratioMetric")
		switch {
		case (threshold == nil) == (ratio == nil):
			n.at(n.spec.node, "an SLI has thresholdMetric or ratioMetric", "", "write exactly one of them")
		case threshold != nil:
			c = p.threshold(&inFile, threshold)
		default:
			c = p.ratio(&inFile, ratio)
		}
		n.finish()
	})
	if !good {
		return nil
	}
	return c
}

// threshold reads a metric whose values the objectives compare: durations.
func (p *parts) threshold(s *service, n *yaml.Node) *counted {
	metric := p.metric(s, n, "thresholdMetric")
	if metric == nil {
		return nil
	}
	c := &counted{service: s, at: metric, rule: sli.Rule{GroupBy: metric.texts("by"), Service: s.name, Kind: sli.Latency}}
	written := metric.take(string(sli.Latency))
	if written == nil {
		s.at(metric.node, "a thresholdMetric counts latency", "only durations can be compared with a value", thresholdExample)
		return nil
	}
	metric.finish()
	o := s.object(written, string(sli.Latency))
	if o == nil {
		return nil
	}
	s.of(o, &c.rule)
	s.statuses(o, &c.rule)
	c.unit = s.unit(o)
	o.finish()
	return c
}

// unit reads what the value of a threshold counts.
func (s *service) unit(o *object) time.Duration {
	switch text := o.required("unit", "ms (or s)"); text {
	case "ms":
		return time.Millisecond
	case "s":
		return time.Second
	case "":
	default:
		s.at(o.value["unit"], fmt.Sprintf("unit is %q", text), "", "write ms or s")
	}
	return 0
}

// ratio reads good or bad of total, or a whole indicator as raw.
func (p *parts) ratio(s *service, n *yaml.Node) *counted {
	o := s.object(n, "ratioMetric")
	if o == nil {
		return nil
	}
	o.flag("counter")
	good, bad, total, raw := o.take("good"), o.take("bad"), o.take("total"), o.take("raw")
	kind := o.text("rawType")
	o.finish()
	switch {
	case raw != nil && (good != nil || bad != nil || total != nil):
		s.at(o.keys["raw"], "raw stands beside good, bad or total", "it is the ratio itself", "remove one of them")
	case raw != nil:
		return p.raw(s, o, raw, kind)
	case (good == nil) == (bad == nil):
		s.at(n, "a ratioMetric has good or bad", "", goodExample)
	case total == nil:
		s.at(n, "a ratioMetric has no total", "", totalExample)
	default:
		if kind != "" {
			s.at(o.keys["rawType"], "rawType stands beside good or bad", "it says what raw is", "remove it")
		}
		return p.fraction(s, good, bad, total)
	}
	return nil
}

// raw reads an indicator as service files write it: its ratio is that of good
// events.
func (p *parts) raw(s *service, o *object, n *yaml.Node, kind string) *counted {
	switch kind {
	case "success":
	case "failure":
		s.at(o.value["rawType"], "rawType is failure", "an indicator of Leadline says which events are good", "write rawType: success")
	default:
		s.at(n, fmt.Sprintf("rawType of a raw ratio is %q", kind), "", "write rawType: success")
	}
	metric := p.metric(s, n, "raw")
	if metric == nil {
		return nil
	}
	c := &counted{service: s, at: metric, rule: sli.Rule{GroupBy: metric.texts("by")}}
	written := s.kind(metric, &c.rule)
	metric.finish()
	if written == nil || !s.ruleFields(written, &c.rule) {
		return nil
	}
	return c
}

// fraction reads which events count from total, and which of them are good or
// bad from the other: so that one is always a part of the other.
func (p *parts) fraction(s *service, good, bad, total *yaml.Node) *counted {
	all := p.metric(s, total, "total")
	part := p.metric(s, cmp.Or(good, bad), map[bool]string{true: "good", false: "bad"}[good != nil])
	if all == nil || part == nil {
		return nil
	}
	c := &counted{service: s, rule: sli.Rule{GroupBy: all.texts("by"), Service: s.name}}
	s.of(all, &c.rule)
	c.rule.Where = all.text("where")
	all.finish()
	written := s.kind(part, &c.rule)
	part.finish()
	if written == nil {
		return nil
	}
	o := s.object(written, string(c.rule.Kind))
	if o == nil {
		return nil
	}
	s.under(o, &c.rule)
	c.rule.Good = o.text("good")
	s.statuses(o, &c.rule)
	o.finish()
	if bad != nil && c.rule.Kind == sli.Custom {
		s.at(bad, "bad is an expression", "an attribute that is missing makes it false, and its opposite too", "write good, with the expression for good events")
	}
	c.at = joined(part, all)
	return c
}

// joined makes one object of the fields of two.
func joined(a, b *object) *object {
	node := *a.node
	node.Content = slices.Concat(a.node.Content, b.node.Content)
	value := maps.Clone(b.value)
	maps.Copy(value, a.value)
	return &object{file: a.file, node: &node, value: value}
}

// kind reads which of the indicators a source's spec is.
func (s *service) kind(metric *object, rule *sli.Rule) *yaml.Node {
	var found []string
	for _, kind := range indicators {
		metric.known = append(metric.known, kind)
		if metric.has(kind) {
			found = append(found, kind)
		}
	}
	if len(found) != 1 {
		s.at(metric.node, fmt.Sprintf("the source has %d indicators", len(found)), "it needs exactly one", "write one of "+strings.Join(indicators, ", "))
		return nil
	}
	rule.Kind = sli.Kind(found[0])
	return metric.value[found[0]]
}

// metric returns the spec of a metric's source, nil when it is none of ours.
func (p *parts) metric(s *service, n *yaml.Node, what string) *object {
	o := s.object(n, what)
	if o == nil {
		return nil
	}
	written := o.take("metricSource")
	o.finish()
	if written == nil {
		s.at(n, what+" has no metricSource", "", sourceExample)
		return nil
	}
	source := s.object(written, "metricSource")
	if source == nil {
		return nil
	}
	kind, at := p.sourceType(s, source)
	fields := source.take("spec")
	source.finish()
	switch {
	case kind == "":
		return nil
	case !isOurs(kind):
		s.at(at, fmt.Sprintf("a metric source of type %s is not supported", kind), noQueries(kind),
			"write type: leadline, and what is counted: spec: {availability: {of: {http: POST /checkout}}}")
		return nil
	case fields == nil:
		s.at(written, "metricSource has no spec", "", sourceExample)
		return nil
	}
	return s.object(fields, "spec")
}

// sourceType returns the type that a source says, or the DataSource that it
// names, and where; "" when that is reported.
func (p *parts) sourceType(s *service, source *object) (kind string, at *yaml.Node) {
	kind, named := source.text("type"), source.take("metricSourceRef")
	if kind != "" {
		return kind, source.value["type"]
	}
	if named == nil {
		source.required("type", sourceType)
		return "", nil
	}
	found := p.find(s.file, named, openSource)
	if found == nil || found.spec == nil {
		return "", nil
	}
	return found.spec.text("type"), named
}
