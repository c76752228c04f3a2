// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"errors"
	"fmt"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

const (
	timeslicesExample = "write for example budgeting: {timeslices: {target: 95%, width: 1m}}"
	ratioExample      = "write for example budgeting: {ratio_timeslices: {width: 1m}}"
)

// budgeting reads what the budget counts: occurrences, which is a text, or
// slices of time, which have a width.
func (s *service) budgeting(object *object) (b slo.Budgeting) {
	n := object.take("budgeting")
	switch {
	case n == nil || n.Value == string(slo.Occurrences):
		return b
	case n.Kind == yaml.ScalarNode:
		s.budgetingText(n)
		return b
	}
	o := s.object(n, "budgeting")
	if o == nil {
		return b
	}
	slices, ratios := o.take(string(slo.Timeslices)), o.take(string(slo.RatioTimeslices))
	o.finish()
	switch {
	case slices != nil && ratios != nil:
		s.at(n, "budgeting has two methods", "a budget counts one thing", "remove timeslices or ratio_timeslices")
	case slices != nil:
		b = s.timeslices(slices, slo.Timeslices)
	case ratios != nil:
		b = s.timeslices(ratios, slo.RatioTimeslices)
	case !s.reported(n) && len(o.order) == 0:
		s.at(n, "budgeting names no method", "", timeslicesExample)
	}
	return b
}

func (s *service) budgetingText(n *yaml.Node) {
	switch method := slo.Method(n.Value); method {
	case slo.Timeslices:
		s.at(n, "timeslices have no target and no width", "a slice of time is good when enough of its events are", timeslicesExample)
	case slo.RatioTimeslices:
		s.at(n, "ratio_timeslices have no width", "", ratioExample)
	default:
		methods := []string{string(slo.Occurrences), string(slo.Timeslices), string(slo.RatioTimeslices)}
		s.at(n, fmt.Sprintf("budgeting is %q", n.Value), "", meant(n.Value, methods, "write occurrences, timeslices or ratio_timeslices"))
	}
}

func (s *service) timeslices(n *yaml.Node, method slo.Method) (b slo.Budgeting) {
	o := s.object(n, string(method))
	if o == nil {
		return b
	}
	before := s.found()
	b.Method, b.Width = method, s.sliceWidth(o)
	if method == slo.Timeslices {
		b.Target = s.share(o, "95%", slo.ParseShare)
	}
	o.finish()
	if s.found() > before {
		return slo.Budgeting{}
	}
	return b
}

// sliceWidth reads how long a slice of time is.
func (s *service) sliceWidth(o *object) time.Duration {
	text := o.required("width", "1m")
	if text == "" {
		return 0
	}
	width, err := parseLength(text)
	if err == nil {
		err = checkWidth(width)
	}
	if err != nil {
		s.at(o.value["width"], fmt.Sprintf("width %q is not usable", text), err.Error(), "write for example 1m or 5m")
		return 0
	}
	return width
}

func checkWidth(width time.Duration) error {
	switch {
	case width%time.Minute != 0:
		return errors.New("events are counted by the minute")
	case width < slo.NarrowestTimeslice || width > slo.WidestTimeslice:
		return fmt.Errorf("slices last from %s to %s", window.Compact(slo.NarrowestTimeslice), window.Compact(slo.WidestTimeslice))
	}
	return nil
}
