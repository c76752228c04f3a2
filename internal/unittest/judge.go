// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package unittest

import (
	"fmt"

	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/spec"
	"github.com/leadline/leadline/internal/wire"
)

// verdict is what an indicator says of a span.
type verdict struct {
	outcome sli.Outcome
	group   string
	probe   bool   // a health check, or synthetic traffic
	why     string // why it is not counted, or the operation that it is of
}

// judge says what an indicator calls a span, as intake does. A span that names
// no service is one of the indicator's.
func judge(i *sli.Indicator, span *spec.Span) (v verdict, err error) {
	r := wire.NewTraceReader(span.Request, wire.DefaultLimits)
	if !r.NextResource() || !r.NextScope() || !r.NextSpan() {
		return v, fmt.Errorf("the span cannot be read: %w", r.Err())
	}
	resource, err := r.Resource().Attributes(nil, wire.DefaultLimits)
	if err != nil {
		return v, fmt.Errorf("the span's resource cannot be read: %w", err)
	}
	var f operation.Facts
	f.Read(r.Span())
	op, ignored := f.Identify()
	if ignored != operation.NotIgnored {
		return verdict{outcome: sli.Unmatched, why: "the span is no operation: " + ignored.String()}, nil
	}
	service := operation.ReadResource(resource).Service
	if service.Name == operation.UnknownService {
		service = i.Rule.Service
		service.Environment = i.Rule.Environments[0]
	}
	if !i.Matches(service, op) {
		return verdict{outcome: sli.Unmatched, why: fmt.Sprintf("the span is %s of %s", op.Name, service)}, nil
	}
	standard := f.Outcome()
	return verdict{
		outcome: i.Judge(&f, standard, r.Span().Attrs),
		group:   string(i.Group(nil, r.Span().Attrs, resource)),
		probe:   standard.Probe(),
		why:     "the span is " + op.Name + ", by default " + standard.Outcome.String(),
	}, nil
}

// judge compares what indicators call a span with what is expected.
func (w *world) judge(c *spec.SpanCase) {
	for _, x := range c.Is {
		o := w.find(x.Objective)
		if o == nil {
			continue
		}
		v, err := judge(o.Indicator, c.Span)
		if err != nil {
			w.wrong(c.Place, err.Error())
			continue
		}
		want, got := outcomeText(x.Outcome, x.Group), outcomeText(v.outcome, v.group)
		if x.Group == "" {
			got = outcomeText(v.outcome, "")
		}
		if want != got {
			w.failures = append(w.failures, Failure{
				x.Objective.Line, x.Objective.Column, o.Name + " of this span", want, got,
				[]string{v.why, o.Indicator.Describe()},
			})
		}
	}
}

func outcomeText(o sli.Outcome, group string) string {
	text := o.String()
	if o == sli.Unmatched {
		return "not counted"
	}
	if group != "" {
		text += " in " + group
	}
	return text
}
