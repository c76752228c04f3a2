// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"iter"
	"math"
	"slices"
	"time"

	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/window"
)

// Binding says which indicators judge the events of which operations. It does
// not change; a new one replaces it.
type Binding struct {
	Indicators []Bound
	// left are indicators that nobody binds any more, and that were bound in
	// minutes which are still open: those were measured.
	left []Bound
}

// Bound is an indicator as the engine counts it.
type Bound struct {
	Indicator *sli.Indicator
	// CountSilence tallies the minutes without a valid event.
	CountSilence bool
	// Longest is the longest window that counts it; zero where that is not known.
	Longest time.Duration
	// Defined is since when every engine that ran has had it bound; zero where
	// that is not known. The log says so of minutes that are closed only.
	Defined time.Time
	// looked are the minutes that passed as a whole under the binding: what was
	// not counted in others was not looked for.
	looked window.Minutes
	// total and silent are its series, silent only if that is counted.
	total, silent *slice.Series
}

// onwards is a stretch that has not ended.
func onwards(m slice.Minute) window.Stretch { return window.Stretch{From: m, To: math.MaxInt64} }

// bound returns the binding with the series of each indicator and the minutes
// that looked says.
func (b *Binding) bound(a *services, looked func(*Bound) window.Minutes) *Binding {
	next := &Binding{Indicators: slices.Clone(b.Indicators)}
	for i := range next.Indicators {
		bound := &next.Indicators[i]
		k := totalKey(bound.Indicator)
		bound.total = a.mustIntern(k)
		bound.looked = looked(bound)
		if k.Tally = slice.Silent; bound.CountSilence {
			bound.silent = a.mustIntern(k)
		}
	}
	return next
}

// after returns the binding as it follows another in minute now, when the
// minutes before open are closed. What is new begins with the next minute.
func (b *Binding) after(former *Binding, a *services, now, open slice.Minute) *Binding {
	before := make(map[slice.Key]Bound)
	for _, x := range former.left {
		before[x.total.Key] = x
	}
	for _, x := range former.Indicators {
		before[x.total.Key] = x
	}
	next := b.bound(a, func(x *Bound) window.Minutes {
		was := before[x.total.Key].looked
		delete(before, x.total.Key)
		if n := len(was); n > 0 && was[n-1].To == math.MaxInt64 {
			return was
		}
		return window.NewMinutes(append(slices.Clone(was), onwards(now+1))...)
	})
	for _, x := range before {
		x.looked = x.looked.Within(window.Stretch{From: open, To: now})
		if len(x.looked) > 0 {
			next.left = append(next.left, x)
		}
	}
	return next
}

// looking yields the indicators that were bound throughout the minute.
func (b *Binding) looking(m slice.Minute) iter.Seq[*Bound] {
	return func(yield func(*Bound) bool) {
		for _, all := range [][]Bound{b.Indicators, b.left} {
			for i := range all {
				if all[i].looked.Holds(m) && !yield(&all[i]) {
					return
				}
			}
		}
	}
}

// looked returns the minutes of each indicator by the key of its total.
func (b *Binding) looked() map[slice.Key]window.Minutes {
	looked := make(map[slice.Key]window.Minutes, len(b.Indicators))
	for i := range b.Indicators {
		looked[b.Indicators[i].total.Key] = b.Indicators[i].looked
	}
	return looked
}
