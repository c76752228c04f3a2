// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"cmp"
	"sync"
	"time"

	"github.com/leadline/leadline/internal/slice"
)

// groupIdle is for how much longer than the longest window a group must have
// been silent before another may take its place, so that a group that leaves
// has nothing left in any; and anyWindow is the longest where none is known.
const (
	groupIdle = 24 * time.Hour
	anyWindow = 90 * 24 * time.Hour
)

// groups are the values by which one indicator's events are told apart. At
// most limit are; the events of all others are counted together. The total
// over all groups is a series of its own and always exact.
//
// A group that gets a place when others had to be counted together may have
// been one of those. So each member knows since when all of its events are in
// its own series, and minute records say so: what lies before that was not
// measured of it.
type groups struct {
	total *slice.Series
	limit int

	mu      sync.RWMutex
	idle    slice.Minute // for how long a member that makes room has been silent
	members map[string]*member
	other   *slice.Series
	// shared is the minute in which events first had to be counted together,
	// as far as is known, and means nothing while other is nil.
	shared slice.Minute
	// began is the first minute that was open when the first of the groups came,
	// at the whole hour, to which windows know what lies long ago: of what lies
	// before it nothing is known here.
	began slice.Minute
	// fullAt is the minute in which no member could make room, so that a
	// flood of new values asks once a minute.
	fullAt slice.Minute
}

type member struct {
	series *slice.Series
	seen   slice.Minute
	since  slice.Minute // from here on all of its events are in its series
}

func newGroups(total *slice.Series, limit int) *groups {
	g := &groups{total: total, limit: limit, members: make(map[string]*member)}
	g.keep(0)
	return g
}

// keep says how long the longest window is that counts the groups.
func (g *groups) keep(longest time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.idle = slice.Minute((cmp.Or(longest, anyWindow) + groupIdle) / time.Minute)
}

// series returns the series of a group. The text may be a view: it is copied
// when the group becomes a member.
func (g *groups) series(a *services, group []byte, now slice.Minute) *slice.Series {
	g.mu.RLock()
	m, other, full := g.members[string(group)], g.other, g.fullAt == now
	g.mu.RUnlock()
	switch {
	case m != nil && m.seen == now:
		return m.series
	case m == nil && full && other != nil:
		return other
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if m = g.members[string(group)]; m != nil {
		g.members[string(group)] = &member{m.series, now, m.since}
		return m.series
	}
	if len(g.members) >= g.limit && !g.retire(now) {
		return g.others(a, now)
	}
	s := a.mustIntern(g.key(string(group)))
	g.members[s.Group] = &member{s, now, g.joins(now, slice.Minute(a.oldest.Load()))}
	return s
}

// joins returns since when a group is measured that becomes a member now. When
// none had to be counted together before, that is since all of them are. Else
// it may have been among those, with events as far ahead of us as are taken.
func (g *groups) joins(now, oldest slice.Minute) slice.Minute {
	if g.began == 0 {
		g.began = oldest - oldest%60
	}
	if g.other == nil || now <= g.shared {
		return g.began
	}
	return now + futureSlack + 1
}

// admit makes a group a member that was one before a restart, last seen and
// measured since then.
func (g *groups) admit(s *slice.Series, seen, since slice.Minute) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if s.Group == slice.OtherGroups {
		g.other = s
		return
	}
	if g.began == 0 || since < g.began {
		g.began = since
	}
	if len(g.members) < g.limit {
		g.members[s.Group] = &member{s, seen, since}
	}
}

// replay makes a group a member whose event was counted in a minute, in a
// request that arrived then.
func (g *groups) replay(s *slice.Series, m, arrival, oldest slice.Minute) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if s.Group == slice.OtherGroups {
		if g.other == nil {
			g.other, g.shared = s, arrival
		}
		return
	}
	was := g.members[s.Group]
	switch {
	case was == nil && (len(g.members) < g.limit || g.retire(arrival)):
		g.members[s.Group] = &member{s, m, g.joins(arrival, oldest)}
	case was != nil && was.seen < m:
		g.members[s.Group] = &member{s, m, was.since}
	}
}

// membership is what a minute record says of a member: for how many minutes it
// had been silent, and since when it is measured.
type membership struct{ idle, since slice.Minute }

// memberships says of each member what the record of m does.
func (g *groups) memberships(m slice.Minute, into map[*slice.Series]membership) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	for _, x := range g.members {
		into[x.series] = membership{max(m-x.seen, 0), x.since}
	}
}

// since returns the minute from which on all events of a group are in its own
// series; false when they are not, because it is no member.
func (g *groups) since(group string) (slice.Minute, bool) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	m := g.members[group]
	if m == nil {
		return 0, false
	}
	return m.since, true
}

func (g *groups) key(group string) slice.Key {
	k := g.total.Key
	k.Group = group
	return k
}

func (g *groups) others(a *services, now slice.Minute) *slice.Series {
	if g.other == nil {
		g.other, g.shared = a.mustIntern(g.key(slice.OtherGroups)), now
	}
	return g.other
}

// retire makes room for a group, if one has been silent for long enough.
func (g *groups) retire(now slice.Minute) bool {
	if retire(g.members, func(m *member) slice.Minute { return m.seen }, now-g.idle) {
		return true
	}
	g.fullAt = now
	return false
}

// all returns the series of the members and of the others.
func (g *groups) all() []*slice.Series {
	g.mu.RLock()
	defer g.mu.RUnlock()
	out := make([]*slice.Series, 0, len(g.members)+1)
	for _, m := range g.members {
		out = append(out, m.series)
	}
	if g.other != nil {
		out = append(out, g.other)
	}
	return out
}
