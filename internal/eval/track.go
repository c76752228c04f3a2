// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/budget"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// track is what the engine keeps of one objective.
//
// Only the total has the layout of all windows, and its groups when alerts are
// made of them: else they, and the tallies, are shown over the objective's own
// window and the last hour, which takes a third of the memory.
type track struct {
	objective *slo.Objective
	*shape
	total    *window.Ring
	slices   *window.Timeslices // of a budget that counts slices of time, nil otherwise
	leftOut  *leftOut           // nil when everything counts
	groups   map[string]*window.Ring
	tallies  map[slice.Tally]*window.Ring // of the indicator
	service  *serviceTrack
	restored bool
	// unreadable says why the windows cannot be restored.
	unreadable error
	// seenBefore is when the store first counted something; zero when it never
	// did, or when the total knows.
	seenBefore time.Time
	// held are the silent minutes that were told while the history was read,
	// one a minute: until it is, nobody knows whether an event came before them.
	held []slice.Minute
	// backfilled is the newest back-filled minute that was restored; 0 for none.
	backfilled slice.Minute
	// filled are all the minutes that were restored and had been back-filled, to
	// the hour at worst.
	filled window.Minutes
	// live is the oldest minute of an event that was not back-filled, as far
	// back as the windows reach; 0 for none.
	live   slice.Minute
	alerts alerting
	rank   int // among all, by service and name
}

// The windows that both layouts begin with.
const (
	wholeWindow = iota // the objective's
	lastHour
	alertWindows // and on, in the layout of the total
)

// shape is what objectives with the same windows and target share.
type shape struct {
	layout *window.Layout
	small  *window.Layout // of tallies
	// ofGroups is small unless some rule makes alerts of groups.
	ofGroups *window.Layout
	whole    *window.Layout // of what the service sends
	windows  *window.Layout // the objective's own and its others
	rules    []bound
	named    []*slo.Rule // of rules
	dropped  []alert.Dropped
	// spans are those of layout: the objective's window, the last hour, the
	// alert windows, and from the index others on its other windows.
	spans  []window.Span
	others int
	// patience is how long an objective may be silent before it has no data.
	patience time.Duration
	burns    int // how many of the alert windows end with the newest event
	pairs    int // how many rules have a verdict
}

// shapeKey names a shape; alerting is what was written of alerts, as text.
type shapeKey struct {
	windows     string
	target      slo.Target
	silentIsBad bool
	alerting    string
	budgeting   string
}

func shapeKeyOf(o *slo.Objective) shapeKey {
	k := shapeKey{windows: o.WindowsText(), target: o.Target, silentIsBad: o.SilentIsBad, budgeting: o.Budgeting.String()}
	if len(o.Alerting.Rules) > 0 || o.Alerting.WithoutDefaults {
		k.alerting = fmt.Sprintf("%+v", o.Alerting)
	}
	return k
}

func newShape(o *slo.Objective) *shape {
	s := &shape{}
	rules, dropped := alert.Rules(o)
	s.dropped = dropped
	s.spans = []window.Span{o.Window.Span(), {Length: time.Hour}}
	s.whole, s.small = window.NewLayout(s.spans[:1]...), window.NewLayout(s.spans...)
	s.spans = append(s.spans, alertSpans(rules)...)
	s.others = len(s.spans)
	for _, w := range o.Others {
		s.spans = append(s.spans, w.Span())
	}
	s.windows = window.NewLayout(append([]window.Span{s.spans[wholeWindow]}, s.spans[s.others:]...)...)
	s.layout = window.NewLayout(s.spans...)
	for i := range rules {
		if alert.HasPair(&rules[i]) >= 0 {
			s.pairs++
		}
		s.rules, s.named = append(s.rules, bind(&rules[i], s.spans)), append(s.named, &rules[i])
	}
	s.patience = patience(rules)
	for _, span := range s.spans[alertWindows:s.others] {
		if span.AtNewest {
			s.burns++
		}
	}
	if slices.ContainsFunc(rules, func(r slo.Rule) bool { return r.ByGroup }) {
		s.ofGroups = s.layout
	} else {
		s.ofGroups = s.small
	}
	return s
}

// patience returns the long window of the fastest rule about a burn, at least
// twice as long as events may be late.
func patience(rules []slo.Rule) time.Duration {
	fastest := time.Duration(0)
	for _, r := range rules {
		for _, c := range r.When {
			if c.Kind == slo.Burn && (fastest == 0 || c.Long < fastest) {
				fastest = c.Long
			}
		}
	}
	return max(cmp.Or(fastest, time.Hour), 2*window.Lateness*time.Minute)
}

// newTrack prepares an objective whose rings are empty.
func newTrack(o *slo.Objective, s *shape, now slice.Minute) *track {
	t := &track{objective: o, shape: s, total: window.NewRing(s.layout, now), leftOut: newLeftOut(o, s, now)}
	if by := o.Budgeting; by.Sliced() {
		judge := func(events slice.Counts) slice.Counts { return budget.Timeslice(by, events) }
		t.slices = window.NewTimeslices(s.layout, by.Width, judge, now)
	}
	return t
}

// spent is the ring that the budget is counted in.
func (t *track) spent() *window.Ring {
	if t.slices != nil {
		return t.slices.Ring
	}
	return t.total
}

// same reports whether the rings of t serve another definition of the objective,
// which has this shape.
func (t *track) same(o *slo.Objective, s *shape) bool {
	return t.objective.Indicator.ID == o.Indicator.ID && t.objective.Indicator.Rule.Service == o.Indicator.Rule.Service &&
		t.objective.WindowsText() == o.WindowsText() && t.objective.Target == o.Target && t.objective.Budgeting == o.Budgeting && t.objective.ExclusionsText() == o.ExclusionsText() && t.objective.SilentIsBad == o.SilentIsBad &&
		slices.EqualFunc(t.spans, s.spans, window.Span.Equal) && (t.ofGroups == t.layout) == (s.ofGroups == s.layout)
}

// target returns the ring of one of the objective's series, which may be a
// group that appears for the first time.
func (t *track) target(k *slice.Key, now slice.Minute) (target, bool) {
	i := t.objective.Indicator
	switch {
	case k.Indicator != string(i.ID) || k.Service != i.Rule.Service:
		return target{}, false
	case k.Tally == slice.Silent:
		return target{ring: t.total, of: t, as: silenceIsBad, silent: t}, t.objective.SilentIsBad
	case k.Tally != "":
		return target{ring: ringOf(&t.tallies, k.Tally, t.small, now), of: t}, true
	case k.Group != "":
		return target{ring: ringOf(&t.groups, k.Group, t.ofGroups, now), of: t}, true
	}
	return target{ring: t.total, of: t, slices: t.slices}, true
}

// ringOf returns the ring of a key, which it makes: most objectives have no
// groups and no tallies.
func ringOf[K comparable](m *map[K]*window.Ring, k K, l *window.Layout, now slice.Minute) *window.Ring {
	if *m == nil {
		*m = make(map[K]*window.Ring)
	}
	r := (*m)[k]
	if r == nil {
		r = window.NewRing(l, now)
		(*m)[k] = r
	}
	return r
}

// tallied returns what a tally of the indicator counted in a window of the
// small layout.
func (t *track) tallied(which slice.Tally, span int, now slice.Minute) uint64 {
	r := t.tallies[which]
	if r == nil {
		return 0
	}
	r.Advance(now)
	return r.Sum(span).Good
}

// since returns when the indicator's first event was counted, as far as we
// know, and false when there was none.
func (t *track) since() (time.Time, bool) {
	if first, ok := t.total.Oldest(); ok && t.seenBefore.IsZero() {
		return first.Start(), true
	}
	return t.seenBefore, !t.seenBefore.IsZero()
}

func (t *track) addressed() []slice.Key {
	i := t.objective.Indicator
	return []slice.Key{address(i.Rule.Service, string(i.ID))}
}

func (t *track) queries() []series.Query {
	i := t.objective.Indicator
	return []series.Query{{Indicator: string(i.ID), Service: i.Rule.Service, Parts: series.Parts{All: true}}}
}

// widths are those of the total: every ring of the small layout has some of them.
func (t *track) widths() []window.Width { return t.layout.Widths() }

func (t *track) periods(now slice.Minute) []window.Stretch { return t.layout.Periods(now) }

func (t *track) rings() []*window.Ring {
	all := []*window.Ring{t.total}
	if t.leftOut != nil {
		all = append(all, t.leftOut.counted)
	}
	if t.slices != nil {
		all = append(all, t.slices.Ring)
	}
	for _, r := range t.groups {
		all = append(all, r)
	}
	for _, r := range t.tallies {
		all = append(all, r)
	}
	return all
}

func (t *track) setRestored() {
	t.restored = t.unreadable == nil
	held := t.held
	t.held = nil
	for _, m := range held {
		t.silence(m)
	}
	if t.slices != nil {
		t.slices.Settle()
	}
}

func (t *track) advance(now slice.Minute) {
	if t.slices != nil {
		t.slices.Advance(now)
	}
	for _, r := range t.rings() {
		r.Advance(now)
	}
}

func (t *track) setUnreadable(err error) { t.unreadable, t.held = err, nil }

// silence counts a minute in which nothing happened as a bad event, if the
// indicator has ever seen one before: an objective that was just written, or
// whose application never started, is not measured, and pages nobody.
func (t *track) silence(m slice.Minute) bool {
	switch first, seen := t.since(); {
	case t.unreadable != nil:
		return true
	case !t.restored:
		t.held = append(t.held, m)
		return true
	case !seen || slice.MinuteOf(first) > m || t.skips(m):
		return true
	}
	if t.slices != nil && !t.slices.AddSilence(m, slice.Counts{Bad: 1}) {
		return false
	}
	return t.total.AddSilence(m, slice.Counts{Bad: 1})
}

func (t *track) name() string {
	return fmt.Sprintf("objective %s of %s", t.objective.Name, t.objective.Service)
}
