// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"
	"slices"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/leadline/leadline/internal/slo"
)

// maxExclusions is how many a file or an objective may plan. Each is expanded
// when it is read.
const maxExclusions = 20

const (
	excludeExample = "write for example {reason: database maintenance, from: 2026-11-01T02:00, zone: Europe/Berlin, for: 2h, repeat: FREQ=WEEKLY}"
	instantExample = "write for example 2026-11-01T02:00, as clocks of the zone show it"
	repeatExample  = "write for example FREQ=WEEKLY;BYDAY=SU or FREQ=MONTHLY;BYDAY=1SU"
)

// exclusions reads the time that is planned to be left out of budgets.
func (s *service) exclusions(o *object) (all []slo.Exclusion) {
	list := o.list("exclude")
	if len(list) > maxExclusions {
		s.at(o.value["exclude"], fmt.Sprintf("%d exclusions", len(list)), fmt.Sprintf("%d may stand here", maxExclusions), "write recurring ones as a rule: "+repeatExample)
		return nil
	}
	for _, n := range list {
		x, ok := s.exclusion(n)
		if !ok {
			continue
		}
		if slices.ContainsFunc(all, func(y slo.Exclusion) bool { return x.String() == y.String() }) {
			s.at(n, "the exclusion stands here twice", "", "remove one")
		}
		all = append(all, x)
	}
	return all
}

func (s *service) exclusion(n *yaml.Node) (x slo.Exclusion, ok bool) {
	o := s.object(n, "an exclusion")
	if o == nil {
		return x, false
	}
	before := s.found()
	reason := o.required("reason", "database maintenance")
	zone := s.zone(o)
	if zone == nil && !s.reported(o.value["zone"]) {
		s.at(n, "an exclusion has no zone", "it says whose clocks show when it begins", "add zone: Europe/Berlin, or UTC")
	}
	begin := s.begin(o, zone)
	length := s.exclusionLength(o)
	repeat := o.text("repeat")
	o.finish()
	if s.found() > before {
		return x, false
	}
	x, err := slo.NewExclusion(begin, length, repeat, reason)
	if err != nil {
		at, mend := n, ""
		if repeat != "" {
			at, mend = o.value["repeat"], repeatExample
		}
		s.at(at, fmt.Sprintf("the exclusion %q is not usable", reason), err.Error(), mend)
		return x, false
	}
	return x, true
}

// begin reads when it begins for the first time, on the clocks of its zone.
func (s *service) begin(o *object, zone *time.Location) time.Time {
	text := o.required("from", "2026-11-01T02:00")
	if text == "" || zone == nil {
		return time.Time{}
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02T15:04:05"} {
		at, err := time.ParseInLocation(layout, text, zone)
		switch {
		case err != nil:
			continue
		case at.Format(layout) != text:
			s.at(o.value["from"], fmt.Sprintf("clocks of %s never show %s", zone, text), "they are set forward then", "write a time an hour later")
		case at.Second() != 0:
			s.at(o.value["from"], fmt.Sprintf("from %q is not a whole minute", text), "", instantExample)
		}
		return at
	}
	s.at(o.value["from"], fmt.Sprintf("from %q is not a time", text), "", instantExample)
	return time.Time{}
}

func (s *service) exclusionLength(o *object) time.Duration {
	text := o.required("for", "2h")
	if text == "" {
		return 0
	}
	return s.parsed(o.value["for"], "for", text, "30m or 2h")
}
