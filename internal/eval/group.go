// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/window"
)

// Group is what one group of an indicator counted in the objective's window.
type Group struct {
	Name   string
	Counts slice.Counts
	// NotMeasured says why Counts may lack events of the group, which are in
	// slice.OtherGroups then; empty when they are all.
	NotMeasured string
	// MeasuredSince is from when on they are all, when that is not the whole
	// window; zero when it is, or never.
	MeasuredSince time.Time
}

// Members knows which groups of an indicator have a series of their own. It
// may be called from any goroutine.
type Members interface {
	// Since returns the minute from which on all events of a group are counted
	// in its own series; false when they are not. The key is that of the
	// indicator's total.
	Since(total slice.Key, group string) (slice.Minute, bool)
}

// Members tells the engine who knows which groups have series of their own; as
// long as nobody does, all have. It is called before the engine runs.
func (e *Engine) Members(m Members) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.members = m
}

// membership is since when a group is measured by itself. Where none has had
// to share the series of the others, it does not matter.
type membership struct {
	since  slice.Minute
	member bool
}

// memberOf returns the membership of one group; false when it does not matter.
func (t *track) memberOf(name string, m Members) (of membership, matters bool) {
	if m == nil || name == slice.OtherGroups || t.groups[slice.OtherGroups] == nil {
		return membership{}, false
	}
	i := t.objective.Indicator
	if of.since, of.member = m.Since(address(i.Rule.Service, string(i.ID)), name); !of.member {
		of.since = math.MaxInt64
	}
	return of, true
}

// shares says why a window of a group may lack events of it: some were counted
// together with those of others in it. Empty when it lacks none.
func (t *track) shares(of membership, r *window.Ring, i int) string {
	if first, _ := r.Edges(i); !t.groups[slice.OtherGroups].Holds(i, first, of.since) {
		return ""
	}
	if !of.member {
		return "too many groups are active: its events are counted in " + slice.OtherGroups
	}
	return "measured since " + of.since.Start().Format("2006-01-02 15:04 MST") + "; before, too many groups were active, and its events were counted in " + slice.OtherGroups
}

// byGroup returns what each group counted, most bad events first.
func (t *track) byGroup(now slice.Minute, m Members) (out []Group) {
	for _, r := range t.groups {
		r.Advance(now)
	}
	for name, r := range t.groups {
		c := r.Sum(wholeWindow)
		if c.IsZero() {
			continue
		}
		g := Group{Name: name, Counts: c}
		if of, matters := t.memberOf(name, m); matters {
			if g.NotMeasured = t.shares(of, r, wholeWindow); g.NotMeasured != "" && of.member {
				g.MeasuredSince = of.since.Start()
			}
		}
		out = append(out, g)
	}
	slices.SortFunc(out, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Counts.Bad, a.Counts.Bad), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// groupDoubt says why a rule cannot be judged for a group: one of its windows
// lacks events of it. Where none of the group's own is left in it, a burn has
// ended as no longer measured, and there is nothing to doubt.
func (t *track) groupDoubt(b *bound, name string, m Members) (doubt string) {
	of, matters := t.memberOf(name, m)
	if !matters {
		return ""
	}
	for _, at := range b.at {
		for _, i := range []int{at.long, at.short} {
			if i >= 0 && (b.silence > 0 || !t.groups[name].Sum(i).IsZero()) {
				doubt = cmp.Or(doubt, t.shares(of, t.groups[name], i))
			}
		}
	}
	return doubt
}
