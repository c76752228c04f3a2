// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"sync"

	"github.com/leadline/leadline/internal/slice"
)

// groupIdle is for how many minutes a group must have been silent before
// another may take its place: longer than the longest window, so that a group
// that leaves has nothing left in any.
const groupIdle = 91 * 24 * 60

// groups are the values by which one indicator's events are told apart. At
// most limit are; the events of all others are counted together. The total
// over all groups is a series of its own and always exact.
type groups struct {
	total *slice.Series
	limit int

	mu      sync.RWMutex
	members map[string]*member
	other   *slice.Series
	// fullAt is the minute in which no member could make room, so that a
	// flood of new values asks once a minute.
	fullAt slice.Minute
}

type member struct {
	series *slice.Series
	seen   slice.Minute
}

func newGroups(total *slice.Series, limit int) *groups {
	return &groups{total: total, limit: limit, members: make(map[string]*member)}
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
		g.members[string(group)] = &member{m.series, now}
		return m.series
	}
	if len(g.members) >= g.limit && !g.retire(now) {
		return g.others(a)
	}
	s := a.mustIntern(g.key(string(group)))
	g.members[s.Group] = &member{s, now}
	return s
}

// admit makes a group a member that was one before a restart, last seen then.
func (g *groups) admit(s *slice.Series, seen slice.Minute) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if s.Group == slice.OtherGroups {
		g.other = s
		return
	}
	m := g.members[s.Group]
	if m == nil && len(g.members) < g.limit || m != nil && m.seen < seen {
		g.members[s.Group] = &member{s, seen}
	}
}

// idle says of each member for how many minutes it had been silent at m.
func (g *groups) idle(m slice.Minute, into map[*slice.Series]slice.Minute) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	for _, x := range g.members {
		into[x.series] = max(m-x.seen, 0)
	}
}

func (g *groups) key(group string) slice.Key {
	k := g.total.Key
	k.Group = group
	return k
}

func (g *groups) others(a *services) *slice.Series {
	if g.other == nil {
		g.other = a.mustIntern(g.key(slice.OtherGroups))
	}
	return g.other
}

// retire makes room for a group, if one has been silent for long enough.
func (g *groups) retire(now slice.Minute) bool {
	if retire(g.members, func(m *member) slice.Minute { return m.seen }, now-groupIdle) {
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
