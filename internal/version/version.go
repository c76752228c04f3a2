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
// said: a version has gone, or was not there, when it is less likely than one in
// a thousand that it had none of the events meanwhile, at the share of them that
// it has at other times. A share, and not a rate: nights, quiet services and
// times that nobody measured say nothing.
package version

import (
	"cmp"
	"math"
	"slices"

	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/stats"
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
	// FirstLive says that it ran when measuring began after history that was
	// back-filled: whether it was there before then is nothing that was measured.
	FirstLive bool
	// Gone says that others ran since, so that it would have been seen.
	Gone bool
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

// surely is the least -ln of a chance that is ruled out: it is below one in a
// thousand.
const surely = 7

// absent reports whether chance is ruled out when a version had none of so many
// events, although it had n of all others that stand beside them, the first (or
// the last) of which is given: that the other n-1 are all on one side has the
// chance (all/(all+none))^(n-1), whatever its share is. Events are taken as
// independent.
func absent(n, all, none uint64) bool {
	return n > 1 && float64(n-1)*math.Log1p(float64(none)/float64(all)) >= surely
}

// enough is how many events say what the share of a version is: more would be
// of another time, when the version had another one.
const enough = 20

// Seen gathers what each version had, minute by minute.
type Seen struct {
	shown    window.Stretch
	join     slice.Minute
	versions map[string]*state
	// all are the events of all versions, live those that were measured as they
	// happened.
	all, live uint64
}

// state is what is known of one version so far.
type state struct {
	Version
	before bool // seen before the first minute that was gathered
	// first is of all events, live of those that were measured as they happened.
	first, live arrival
	last        slice.Minute
	others      uint64 // events of all versions up to the end of its last minute
	// latest are its latest minutes, as a ring of which so many have been.
	latest  [enough]minute
	minutes int
}

// minute is what one had of a version, and how many events of all there were
// before it.
type minute struct{ events, before uint64 }

// arrival is when a version was heard of first, and its first events: enough of
// them. They came among those of all versions from before up to until.
type arrival struct {
	at            slice.Minute
	known         bool
	events        uint64
	before, until uint64
	// So many of the events came in its first minute, among all up to its end.
	minute, minuteEnd uint64
	early             bool // its first minutes say that it was not there before
}

// early is how many minutes are those in which a deploy takes over.
const early = 5

// note adds events of a minute before which all versions had so many, and at
// whose end they have.
func (a *arrival) note(m slice.Minute, events, before, until uint64) {
	if !a.known {
		a.at, a.known, a.before, a.minuteEnd = m, true, before, until
	}
	if m == a.at {
		a.minute += events
	}
	begins := m < a.at+early
	if begins || a.events < enough {
		a.events, a.until = a.events+events, until
	}
	a.early = a.early || begins && (a.isAbsent() || a.rose())
}

// isFirst reports whether the version was not there before.
func (a *arrival) isFirst() bool { return a.early || a.isAbsent() }

func (a *arrival) isAbsent() bool { return absent(a.events, a.until-a.before, a.before) }

// rose reports whether the share of events after the first minute is surely
// more than twice that of all up to its end: most of that minute was before it.
func (a *arrival) rose() bool {
	if a.minuteEnd == a.until {
		return false
	}
	least, _ := stats.Difference(a.events-a.minute, a.until-a.minuteEnd, a.minute, a.minuteEnd, stats.Z999)
	return least > float64(a.minute)/float64(a.minuteEnd)
}

// New returns an empty one for what is shown of a stretch. Spans that are less
// than join apart are one.
func New(shown window.Stretch, join slice.Minute) *Seen {
	return &Seen{shown: shown, join: max(join, shortest), versions: make(map[string]*state)}
}

// shortest is the shortest pause that is one, in minutes.
const shortest = 10

// Before says what a version had before the first minute that is told. It is
// told in any order, before all minutes.
func (s *Seen) Before(p Part) {
	s.of(p.Version).before = true
	s.add(&p)
}

// add counts events of any version.
func (s *Seen) add(p *Part) {
	s.all += p.events()
	if p.Source != slice.Backfill {
		s.live += p.events()
	}
}

func (p *Part) events() uint64 { return p.Counts.Total() + p.Counts.Excluded }

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
	all, live := s.all, s.live
	for i := range parts {
		s.add(&parts[i])
	}
	for i := range parts {
		p := &parts[i]
		events := p.events()
		if events == 0 {
			continue
		}
		v := s.of(p.Version)
		v.first.note(m, events, all, s.all)
		if p.Source != slice.Backfill {
			v.FirstLive = v.FirstLive || !v.live.known && live == 0 && all > 0 && Named(v.Name)
			v.live.note(m, events, live, s.live)
		}
		s.span(v, m, all)
		v.note(m, events, all)
		v.others = s.all
		if m >= s.shown.From {
			v.Counts, v.Source = v.Counts.Plus(p.Counts), v.Source.With(p.Source)
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
	gone := v.last < m && v.gone(before-v.others)
	if gone || m-v.last-1 >= s.join {
		v.Spans = append(v.Spans, Span{Stretch: window.Stretch{From: m, To: m + 1}, Back: gone})
		return
	}
	v.Spans[n-1].To = m + 1
}

// note remembers the latest minutes.
func (v *state) note(m slice.Minute, events, before uint64) {
	if v.minutes == 0 || v.last != m {
		v.latest[v.minutes%enough] = minute{before: before}
		v.minutes++
	}
	v.latest[(v.minutes-1)%enough].events += events
	v.last = m
}

// gone reports whether the version was not there while others had so many
// events.
func (v *state) gone(others uint64) bool {
	first, events := max(0, v.minutes-enough), uint64(0)
	for i := first; i < v.minutes; i++ {
		events += v.latest[i%enough].events
	}
	return absent(events, v.others-v.latest[first%enough].before, others)
}

// began returns when a version began; false when it was there before, or is
// so rare that nobody can tell. One that was measured as it happened is held
// against what was measured so: history that was made up says nothing of it.
func (v *state) began() (slice.Minute, bool) {
	a := &v.first
	if v.live.known {
		a = &v.live
	}
	if !Named(v.Name) || v.before || v.first.at < a.at {
		return 0, false
	}
	return a.at, a.isFirst()
}

// Versions returns all, in the order in which they were seen last. One without
// spans ran before what is shown.
func (s *Seen) Versions() []Version {
	all := make([]Version, 0, len(s.versions))
	for _, v := range s.versions {
		shown := v.Version
		if at, ok := v.began(); ok {
			shown.Began, shown.FirstLive = at, false
		}
		shown.Gone = v.minutes > 0 && v.gone(s.all-v.others)
		shown.Live, shown.Last = v.live.at, v.last
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
