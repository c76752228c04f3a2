// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/wire"
)

// Span is an event as its application would send it.
type Span struct {
	Place
	// Request is an ExportTraceServiceRequest of just this span.
	Request []byte
}

// SpanCase says what indicators call a span.
type SpanCase struct {
	*Span
	Is []Verdict
}

// Verdict is what the indicator of an objective calls a span. Unmatched is
// what it does not count.
type Verdict struct {
	Objective Named
	Outcome   sli.Outcome
	Group     string // empty: not asked
}

// outcomes are the words for what a span can be.
var outcomes = map[string]sli.Outcome{
	"good": sli.Good, "bad": sli.Bad, "excluded": sli.Excluded,
	"unevaluated": sli.Unevaluated, "not counted": sli.Unmatched,
}

func (f *tests) spanCase(n *yaml.Node) (c SpanCase) {
	o := f.object(n, "an entry of spans")
	if o == nil {
		return c
	}
	if span := o.take("span"); span != nil {
		c.Span = f.span(span)
	} else {
		f.at(n, "an entry of spans has no span", "", "add span: {http: POST /checkout, code: 500, takes: 40ms}")
	}
	is := o.take("is")
	switch {
	case is == nil:
		f.at(n, "an entry of spans expects nothing", "", "add is: bad, or is: {OBJECTIVE: bad}")
	case is.Kind == yaml.ScalarNode:
		c.Is = append(c.Is, f.verdict(f.about(o), is))
	default:
		if o := f.object(is, "is"); o != nil {
			for _, name := range o.order {
				o.known = append(o.known, name)
				c.Is = append(c.Is, f.verdict(Named{name, placeOf(o.value[name])}, o.value[name]))
			}
		}
	}
	o.finish()
	return c
}

// verdict reads "bad", or "bad in customer.tier=gold".
func (f *tests) verdict(objective Named, n *yaml.Node) Verdict {
	word, group, _ := strings.Cut(n.Value, " in ")
	outcome, known := outcomes[word]
	if !known || n.Kind != yaml.ScalarNode {
		f.at(n, fmt.Sprintf("a span cannot be %s", kindText(n)), "", "write good, bad, excluded, unevaluated or not counted, and in GROUP after it where the group matters")
	}
	objective.Place = placeOf(n)
	return Verdict{objective, outcome, group}
}

// otlpSpan is a span in OTLP/JSON, as far as we write it.
type otlpSpan struct {
	Name       string          `json:"name"`
	Kind       int             `json:"kind"`
	Start      string          `json:"startTimeUnixNano"`
	End        string          `json:"endTimeUnixNano"`
	Attributes []otlpAttribute `json:"attributes"`
	Status     otlpStatus      `json:"status"`
}

type otlpAttribute struct {
	Key   string `json:"key"`
	Value any    `json:"value"`
}

type otlpStatus struct {
	Code int `json:"code"`
}

// The words for kind and status of a span, by their numbers in OTLP.
var (
	spanKinds    = []string{"unspecified", "internal", "server", "client", "producer", "consumer"}
	spanStatuses = []string{"unset", "ok", "error"}
)

// span reads a span: {http: POST /checkout, code: 500, takes: 40ms, attributes:
// {customer.tier: gold}}, or one that was copied as OTLP/JSON below otlp.
func (f *tests) span(n *yaml.Node) *Span {
	o := f.object(n, "a span")
	if o == nil {
		return nil
	}
	resource := f.attributes(o, "resource")
	if name := o.text("service"); name != "" {
		resource = append(resource, otlpAttribute{"service.name", map[string]any{"stringValue": name}})
	}
	var span any
	if otlp := o.take("otlp"); otlp != nil {
		if err := otlp.Decode(&span); err != nil {
			f.at(otlp, "otlp cannot be read: "+err.Error(), "", "")
		}
	} else {
		span = f.written(o)
	}
	before := f.found()
	o.finish()
	request, err := encodeSpan(span, resource)
	if err != nil && f.found() == before {
		f.at(n, "the span cannot be read: "+err.Error(), "", "")
	}
	return &Span{placeOf(n), request}
}

// written reads the fields of a span that is written by hand.
func (f *tests) written(o *object) otlpSpan {
	x := otlpSpan{Name: o.text("name"), Attributes: f.attributes(o, "attributes")}
	add := func(key, value string) {
		x.Attributes = append(x.Attributes, otlpAttribute{key, map[string]any{"stringValue": value}})
	}
	if http := o.text("http"); http != "" {
		method, route, found := strings.Cut(http, " ")
		if !found {
			f.at(o.value["http"], fmt.Sprintf("http %q is not a method and a route", http), "", "write for example http: POST /checkout")
		}
		x.Kind = int(wire.Server)
		add("http.request.method", method)
		add("http.route", strings.TrimSpace(route))
	}
	if code := o.text("code"); code != "" {
		if n, err := strconv.Atoi(code); err != nil || n < 100 || n > 599 {
			f.at(o.value["code"], fmt.Sprintf("code %q is not an HTTP status code", code), "", "write for example 503")
		}
		x.Attributes = append(x.Attributes, otlpAttribute{"http.response.status_code", map[string]any{"intValue": code}})
	}
	if kind := f.word(o, "kind", spanKinds); kind > 0 {
		x.Kind = kind
	}
	x.Status.Code = f.word(o, "status", spanStatuses)
	takes := time.Duration(0)
	if text := o.text("takes"); text != "" {
		d, err := parseLength(text)
		if err != nil {
			f.at(o.value["takes"], fmt.Sprintf("takes %q is not a duration", text), err.Error(), "write for example 40ms or 1.5s")
		}
		takes = d
	}
	x.Start = strconv.FormatInt(f.Start.UnixNano(), 10)
	x.End = strconv.FormatInt(f.Start.Add(takes).UnixNano(), 10)
	return x
}

// word reads a field that is one of some words, and returns which.
func (f *tests) word(o *object, field string, words []string) int {
	text := o.text(field)
	if text == "" {
		return 0
	}
	i := slices.Index(words, text)
	if i < 0 {
		f.at(o.value[field], fmt.Sprintf("%s is %q", field, text), "", "write one of "+strings.Join(words, ", "))
	}
	return max(i, 0)
}

// attributes reads a mapping of attributes: texts, numbers, booleans, and lists
// of them.
func (f *tests) attributes(o *object, field string) (all []otlpAttribute) {
	n := o.take(field)
	if n == nil {
		return nil
	}
	of := f.object(n, field)
	if of == nil {
		return nil
	}
	for _, key := range of.order {
		of.known = append(of.known, key)
		value, err := anyValue(of.value[key])
		if err != nil {
			f.at(of.value[key], fmt.Sprintf("%s cannot be the value of %s", kindText(of.value[key]), key), err.Error(), "write a text, a number, true, false, or a list of them")
		}
		all = append(all, otlpAttribute{key, value})
	}
	return all
}

// anyValue returns a value as OTLP/JSON writes it.
func anyValue(n *yaml.Node) (map[string]any, error) {
	if n.Kind == yaml.SequenceNode {
		values := []any{}
		for _, c := range n.Content {
			v, err := anyValue(c)
			if err != nil {
				return nil, err
			}
			values = append(values, v)
		}
		return map[string]any{"arrayValue": map[string]any{"values": values}}, nil
	}
	if n.Kind != yaml.ScalarNode {
		return nil, fmt.Errorf("it is none of OTLP's simple values")
	}
	switch n.Tag {
	case "!!int":
		var i int64
		err := n.Decode(&i)
		return map[string]any{"intValue": strconv.FormatInt(i, 10)}, err
	case "!!float":
		var x float64
		err := n.Decode(&x)
		return map[string]any{"doubleValue": x}, err
	case "!!bool":
		var b bool
		err := n.Decode(&b)
		return map[string]any{"boolValue": b}, err
	}
	return map[string]any{"stringValue": n.Value}, nil
}

// encodeSpan makes a request of a span in OTLP/JSON, as a server would read it.
func encodeSpan(span any, resource []otlpAttribute) ([]byte, error) {
	spans := map[string]any{"scopeSpans": []any{map[string]any{"spans": []any{span}}}}
	if len(resource) > 0 {
		spans["resource"] = map[string]any{"attributes": resource}
	}
	text, err := json.Marshal(map[string]any{"resourceSpans": []any{spans}})
	if err != nil {
		return nil, err
	}
	return wire.FromJSON(wire.Traces, nil, text, wire.DefaultLimits)
}
