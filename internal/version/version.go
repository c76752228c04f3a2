// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package version says which versions of a service ran and when, and whether a
// new one does worse than the one before.
//
// It owns what is concluded from the events of each minute by version: the
// spans in which a version ran, whether it began, whether it came back. It does
// not read them (package report).
//
// A version is silent for a while without having gone, and a rare one is first
// heard of long after it began. So chance is ruled out before anything is
// said: a version has gone, or was not there, when it would have had so many
// events meanwhile, at the rate that it has at other times, that none is
// less likely than one in a thousand.
package version

import (
	"cmp"
	"slices"

	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/window"
)

// Part is what one version had in one minute.
type Part struct {
	Version string
	Counts  slice.Counts
	Source  slice.Source
}

// Version is one version in the range that is shown.
type Version struct {
	Name   string
	Counts slice.Counts
	Source slice.Source
	// Spans are when it ran, in order.
	Spans []Span
	// Began is in which minute it began; 0 when it was there before, or nobody
	// can tell.
	Began slice.Minute
	// Live is its first minute that was measured as it happened, 0 without one;
	// Last the last one of any kind.
	Live, Last slice.Minute
}

// Span is a stretch in which a version ran. Back says that it had gone before,
// and others ran meanwhile.
type Span struct {
	window.Stretch
	Back bool
}

// Named reports whether it is a version that can begin: not the lack of one, and
// not the rest of too many.
func Named(name string) bool { return name != "" && name != slice.OtherVersions }

// unlikely is how many events must be expected where there are none, so that
// the chance of it, exp(-unlikely), is below one in a thousand. Events are
// taken as independent.
const unlikely = 7

// around is how many minutes say what the rate of a version is.
const around = 10

// Seen gathers what each version had, minute by minute.
type Seen struct {
	shown    window.Stretch
	join     slice.Minute
	versions map[string]*state
	events   uint64 // of all versions, up to the minute before
	// since is the first minute of anything, and liveSince that was measured as
	// it happened.
	since, liveSince first
}

// first is a first minute, if there is one.
type first struct {
	minute slice.Minute
	known  bool
}

func (f *first) note(m slice.Minute) {
	if !f.known || m < f.minute {
		f.minute, f.known = m, true
	}
}

// state is what is known of one version so far.
type state struct {
	Version
	before       bool // seen before the first minute that was gathered
	first        arrival
	live         arrival
	last         slice.Minute
	others       uint64 // events of all versions up to its last minute
	latest       [around]slice.Minute
	latestEvents [around]uint64
}

// arrival is when a version was heard of first, and the events of the minutes
// that followed.
type arrival struct {
	first
	events uint64
}

func (a *arrival) note(m slice.Minute, events uint64) {
	if a.first.note(m); m < a.minute+around {
		a.events += events
	}
}

// New returns an empty one for what is shown of a stretch. Spans that are less
// than join apart are one.
func New(shown window.Stretch, join slice.Minute) *Seen {
	return &Seen{shown: shown, join: max(join, around), versions: make(map[string]*state)}
}

// Before says that a version ran before the first minute that is told, from the
// given one on. It is told in any order, before all minutes.
func (s *Seen) Before(from slice.Minute, p Part) {
	s.of(p.Version).before = true
	s.since.note(from)
	if p.Source != slice.Backfill {
		s.liveSince.note(from)
	}
}

func (s *Seen) of(name string) *state {
	v := s.versions[name]
	if v == nil {
		v = &state{Version: Version{Name: name}}
		s.versions[name] = v
	}
	return v
}

// Minute takes what one minute had. Minutes are told in order.
func (s *Seen) Minute(m slice.Minute, parts []Part) {
	before := s.events
	for i := range parts {
		p := &parts[i]
		events := p.Counts.Total() + p.Counts.Excluded
		if events == 0 {
			continue
		}
		s.since.note(m)
		v := s.of(p.Version)
		v.first.note(m, events)
		if p.Source != slice.Backfill {
			s.liveSince.note(m)
			v.live.note(m, events)
		}
		s.events += events
		s.span(v, m, before)
		v.note(m, events)
		if m >= s.shown.From {
			v.Counts, v.Source = v.Counts.Plus(p.Counts), v.Source.With(p.Source)
		}
	}
	for i := range parts {
		if v := s.versions[parts[i].Version]; v != nil && v.last == m {
			v.others = s.events
		}
	}
}

// span goes on with a version's last span, or begins another.
func (s *Seen) span(v *state, m slice.Minute, before uint64) {
	n := len(v.Spans)
	if n == 0 {
		v.Spans = append(v.Spans, Span{Stretch: window.Stretch{From: m, To: m + 1}})
		return
	}
	others := before > v.others
	if gap := m - v.last - 1; gap >= s.join || gap > 0 && others && v.expected(gap) >= unlikely {
		v.Spans = append(v.Spans, Span{Stretch: window.Stretch{From: m, To: m + 1}, Back: others})
		return
	}
	v.Spans[n-1].To = m + 1
}

// note remembers the events of the latest minutes.
func (v *state) note(m slice.Minute, events uint64) {
	at := m % around
	if v.latest[at] != m {
		v.latest[at], v.latestEvents[at] = m, 0
	}
	v.latestEvents[at] += events
	v.last = m
}

// expected returns how many events a gap would have had at the rate before it.
func (v *state) expected(gap slice.Minute) float64 {
	var events uint64
	for i, m := range v.latest {
		if m > v.last-around {
			events += v.latestEvents[i]
		}
	}
	return float64(events) / around * float64(gap)
}

// began returns when a version began; false when it was there before, or is
// so rare that nobody can tell. One that was measured as it happened is held
// against what was measured so: history that was made up says nothing of it.
func (s *Seen) began(v *state) (slice.Minute, bool) {
	at, since := &v.first, s.since
	if v.live.known {
		at, since = &v.live, s.liveSince
	}
	if !Named(v.Name) || v.before || v.first.minute < at.minute || at.minute <= since.minute {
		return 0, false
	}
	minutes := min(v.last-at.minute+1, around)
	expected := float64(at.events) / float64(minutes) * float64(at.minute-since.minute)
	return at.minute, expected >= unlikely
}

// Versions returns all, in the order in which they were seen last. One without
// spans ran before what is shown.
func (s *Seen) Versions() []Version {
	all := make([]Version, 0, len(s.versions))
	for _, v := range s.versions {
		if at, ok := s.began(v); ok {
			v.Began = at
		}
		if v.live.known {
			v.Live = v.live.minute
		}
		shown := v.Version
		shown.Last = v.last
		shown.Spans = cut(v.Spans, s.shown)
		all = append(all, shown)
	}
	slices.SortFunc(all, func(a, b Version) int {
		return cmp.Or(cmp.Compare(a.end(), b.end()), cmp.Compare(a.Began, b.Began), cmp.Compare(a.Name, b.Name))
	})
	return all
}

func (v *Version) end() slice.Minute {
	if n := len(v.Spans); n > 0 {
		return v.Spans[n-1].To
	}
	return 0
}

func cut(spans []Span, shown window.Stretch) (in []Span) {
	for _, s := range spans {
		if s.To <= shown.From {
			continue
		}
		if s.From < shown.From {
			s.From, s.Back = shown.From, false
		}
		in = append(in, s)
	}
	return in
}
