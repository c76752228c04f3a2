// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package unittest

import (
	"fmt"

	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/spec"
	"github.com/leadline/leadline/internal/window"
)

// feed is a load while it runs.
type feed struct {
	from  slice.Minute // since the start, of the first of the parts that are left
	parts []spec.Part
	to    []outlet
	heard []*slice.Series // tallies of the services that send it
}

// outlet is a series that a load counts in.
type outlet struct {
	series *slice.Series
	valid  sli.ID // of the indicator whose total this is; empty of others
	// as is the outcome of every event of a load of spans, else not set.
	as *sli.Outcome
}

func (x outlet) counts(c slice.Counts) slice.Counts {
	if x.as == nil {
		return c
	}
	switch n := c.Good; *x.as {
	case sli.Bad:
		return slice.Counts{Bad: n}
	case sli.Excluded:
		return slice.Counts{Excluded: n}
	}
	return c // good, and tallies
}

// next returns what the load counts in a minute since the start. Minutes are
// asked for in order.
func (f *feed) next(m slice.Minute) slice.Counts {
	for len(f.parts) > 0 && m >= f.from+f.parts[0].Minutes {
		f.from += f.parts[0].Minutes
		f.parts = f.parts[1:]
	}
	if len(f.parts) == 0 || m < f.from {
		return slice.Counts{}
	}
	return f.parts[0].Counts
}

// feed prepares a load.
func (w *world) feed(l *spec.Load) {
	f := feed{from: l.From, parts: l.Parts}
	switch {
	case l.Span != nil:
		for _, i := range w.indicators() {
			w.feedSpan(&f, l, i)
		}
	case l.Objective.Text != "":
		if o := w.find(l.Objective); o != nil {
			w.count(&f, o.Indicator, l.Group, nil)
			if l.Group != "" && len(o.Indicator.Rule.GroupBy) == 0 {
				w.wrong(l.Place, fmt.Sprintf("%s has no groups: add by: with the attributes that split the count, or remove group", o.Name))
			}
		}
	default:
		for _, i := range w.indicators() {
			s := l.Service
			if s.Name == "" {
				s = i.Rule.Service
			}
			s.Environment = i.Rule.Environments[0]
			if i.Matches(s, l.Operation) {
				w.count(&f, i, "", nil)
			}
		}
	}
	if len(f.to) == 0 {
		w.wrong(l.Place, "none of the objectives that this test names counts these events")
	}
	w.feeds = append(w.feeds, f)
}

// indicators returns those of the objectives that the test names, once each.
func (w *world) indicators() (all []*sli.Indicator) {
	seen := map[slice.Key]bool{}
	for _, o := range w.named {
		if k := keyOf(o.Indicator); !seen[k] {
			seen[k] = true
			all = append(all, o.Indicator)
		}
	}
	return all
}

func keyOf(i *sli.Indicator) slice.Key {
	return slice.Key{Service: i.Rule.Service, Indicator: string(i.ID)}
}

// count makes a load count in an indicator's total and group.
func (w *world) count(f *feed, i *sli.Indicator, group string, as *sli.Outcome) {
	k := keyOf(i)
	f.to = append(f.to, outlet{w.series(k), i.ID, as})
	if group != "" {
		k.Group = group
		f.to = append(f.to, outlet{w.series(k), "", as})
	}
	f.heard = append(f.heard, w.series(slice.Key{Service: i.Rule.Service, Tally: slice.Heard}))
}

func (w *world) series(k slice.Key) *slice.Series {
	s, _ := w.table.Intern(k)
	return s
}

// feedSpan makes a load of spans count as an indicator judges them.
func (w *world) feedSpan(f *feed, l *spec.Load, i *sli.Indicator) {
	v, err := judge(i, l.Span)
	switch {
	case err != nil:
		w.wrong(l.Place, err.Error())
		return
	case v.outcome == sli.Unmatched:
		return
	}
	k := keyOf(i)
	if v.outcome == sli.Unevaluated {
		k.Tally = slice.Unevaluated
		f.to = append(f.to, outlet{w.series(k), "", nil})
		return
	}
	w.count(f, i, v.group, &v.outcome)
	if v.probe {
		k.Tally = slice.Probes
		f.to = append(f.to, outlet{w.series(k), "", nil})
	}
}

// pass lets a minute since the start pass: what happened in it is counted as
// it ends, and the silence of the minute that closes then.
func (w *world) pass(m slice.Minute) {
	minute := slice.MinuteOf(w.start) + m
	w.now = minute.Stamp()
	for i := range w.feeds {
		c := w.feeds[i].next(m)
		if c.IsZero() {
			continue
		}
		for _, x := range w.feeds[i].to {
			n := x.counts(c)
			w.engine.Count(x.series, minute, n)
			if n.Total() > 0 && x.valid != "" {
				w.silence.breaks(x.valid, minute)
			}
		}
		for _, s := range w.feeds[i].heard {
			if !w.silence.heard(s, minute) {
				w.engine.Count(s, minute, slice.Counts{Good: 1})
			}
		}
	}
	if closing := minute - window.Lateness; closing >= slice.MinuteOf(w.start) {
		w.closeMinute(closing)
	}
}

// closeMinute tells the silence of the minute to objectives for which it is bad.
func (w *world) closeMinute(m slice.Minute) {
	told := map[slice.Key]bool{}
	for _, o := range w.named {
		k := keyOf(o.Indicator)
		if k.Tally = slice.Silent; o.SilentIsBad && !told[k] && !w.silence.broken(o.Indicator.ID, m) {
			told[k] = true
			w.engine.Count(w.series(k), m, slice.Counts{Good: 1})
		}
	}
	w.silence.forget(m)
}

// silence knows in which of the open minutes something happened.
type silence struct {
	valid map[slice.Minute]map[sli.ID]bool
	sent  map[slice.Minute]map[*slice.Series]bool
}

func (s *silence) breaks(id sli.ID, m slice.Minute) { note(&s.valid, m, id) }

// heard notes that a service sent something, and says whether that is known.
func (s *silence) heard(of *slice.Series, m slice.Minute) (known bool) {
	known = s.sent[m][of]
	note(&s.sent, m, of)
	return known
}

func (s *silence) broken(id sli.ID, m slice.Minute) bool { return s.valid[m][id] }

func (s *silence) forget(m slice.Minute) {
	delete(s.valid, m)
	delete(s.sent, m)
}

func note[K comparable](in *map[slice.Minute]map[K]bool, m slice.Minute, k K) {
	if *in == nil {
		*in = make(map[slice.Minute]map[K]bool)
	}
	if (*in)[m] == nil {
		(*in)[m] = make(map[K]bool)
	}
	(*in)[m][k] = true
}
