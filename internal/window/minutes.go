// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package window

import (
	"cmp"
	"slices"

	"github.com/leadline/leadline/internal/slice"
)

// Minutes is a set of minutes, as stretches in order that do not touch. The
// nil set is empty.
type Minutes []Stretch

// NewMinutes returns the minutes of all stretches; those without any count for
// nothing.
func NewMinutes(of ...Stretch) (set Minutes) {
	of = slices.Clone(of)
	slices.SortFunc(of, func(a, b Stretch) int { return cmp.Compare(a.From, b.From) })
	for _, s := range of {
		switch last := len(set) - 1; {
		case s.From >= s.To:
		case last >= 0 && s.From <= set[last].To:
			set[last].To = max(set[last].To, s.To)
		default:
			set = append(set, s)
		}
	}
	return set
}

// Around returns the stretch that holds the minute; false when none does.
func (set Minutes) Around(m slice.Minute) (s Stretch, ok bool) {
	if i := set.after(m) - 1; i >= 0 && m < set[i].To {
		return set[i], true
	}
	return s, false
}

// Holds reports whether the minute is in the set.
func (set Minutes) Holds(m slice.Minute) bool {
	_, ok := set.Around(m)
	return ok
}

// Before returns the end of the last stretch that begins up to the minute.
func (set Minutes) Before(m slice.Minute) (end slice.Minute, ok bool) {
	if i := set.after(m) - 1; i >= 0 {
		return set[i].To, true
	}
	return 0, false
}

// Within returns the stretches of the set in a range, cut to it.
func (set Minutes) Within(in Stretch) (cut []Stretch) {
	for i := max(0, set.after(in.From)-1); i < len(set) && set[i].From < in.To; i++ {
		if s := (Stretch{max(set[i].From, in.From), min(set[i].To, in.To)}); s.From < s.To {
			cut = append(cut, s)
		}
	}
	return cut
}

// after returns the index of the first stretch that begins after the minute.
func (set Minutes) after(m slice.Minute) int {
	i, _ := slices.BinarySearchFunc(set, m, func(s Stretch, m slice.Minute) int {
		if s.From <= m {
			return -1
		}
		return 1
	})
	return i
}
