// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"slices"
	"strings"

	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// serviceWindow names what is tallied of a service over one window.
type serviceWindow struct {
	service      operation.Service
	environments string
	window       string
}

func serviceWindowOf(o *slo.Objective) serviceWindow {
	r := &o.Indicator.Rule
	return serviceWindow{r.Service, strings.Join(r.Environments, "\x00"), o.Window.String()}
}

// serviceTrack is what the engine keeps of what a service sends. Its members
// are the services that it stands for, one for each environment.
type serviceTrack struct {
	members    []operation.Service
	layout     *window.Layout
	spans      *window.Ring // good: accepted, bad: refused, excluded: accepted late
	heard      *window.Ring // good: minutes in which the service sent anything, bad: spans that were not checked for having come before, excluded: spans of which the application sends a share
	restored   bool
	unreadable error // why the windows cannot be restored
}

// serviceTallies are the tallies that it takes.
var serviceTallies = []slice.Tally{slice.Spans, slice.LateSpans, slice.Heard, slice.Unchecked, slice.Sampled}

func newServiceTrack(o *slo.Objective, layout *window.Layout, now slice.Minute) *serviceTrack {
	return &serviceTrack{
		members: o.Indicator.Services(), layout: layout,
		spans: window.NewRing(layout, now), heard: window.NewRing(layout, now),
	}
}

func (s *serviceTrack) target(k *slice.Key, _ slice.Minute) (target, bool) {
	var t target
	switch k.Tally {
	case slice.Spans:
		t = target{ring: s.spans, as: func(c slice.Counts) slice.Counts { return slice.Counts{Good: c.Good, Bad: c.Bad} }}
	case slice.LateSpans:
		t = target{ring: s.spans, as: func(c slice.Counts) slice.Counts { return slice.Counts{Excluded: c.Good} }}
	case slice.Heard:
		t = target{ring: s.heard}
	case slice.Unchecked:
		t = target{ring: s.heard, as: func(c slice.Counts) slice.Counts { return slice.Counts{Bad: c.Good} }}
	case slice.Sampled:
		t = target{ring: s.heard, as: func(c slice.Counts) slice.Counts { return slice.Counts{Excluded: c.Good} }}
	}
	return t, t.ring != nil && k.Indicator == "" && slices.Contains(s.members, k.Service)
}

func (s *serviceTrack) addressed() (keys []slice.Key) {
	for _, m := range s.members {
		keys = append(keys, address(m, ""))
	}
	return keys
}

func (s *serviceTrack) queries() (all []series.Query) {
	for _, m := range s.members {
		for _, t := range serviceTallies {
			all = append(all, series.Query{Service: m, Tally: t})
		}
	}
	return all
}

func (s *serviceTrack) widths() []window.Width { return s.layout.Widths() }

func (s *serviceTrack) periods(now slice.Minute) []window.Stretch { return s.layout.Periods(now) }

func (s *serviceTrack) rings() []*window.Ring { return []*window.Ring{s.spans, s.heard} }

func (s *serviceTrack) advance(now slice.Minute) {
	for _, r := range s.rings() {
		r.Advance(now)
	}
}

func (s *serviceTrack) setRestored() { s.restored = s.unreadable == nil }

func (s *serviceTrack) setUnreadable(err error) { s.unreadable = err }

func (s *serviceTrack) name() string { return "what " + s.members[0].String() + " sends" }
