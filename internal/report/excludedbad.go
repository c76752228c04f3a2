// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"

	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// leaveBadOut takes out of the cells the bad events that corrections leave out
// of what the store has.
func (f *filling) leaveBadOut(ctx context.Context, out window.Minutes, bad slo.BadEvents) error {
	for _, in := range bad.Minutes() {
		err := readStretch(ctx, f.store, byMinute(f.o), in, f.stored, func(m slice.Minute, tally slice.Tally, s series.Sum, source slice.Source) {
			if out.Holds(m) {
				return
			}
			if n := bad.Take(m, s.Counts.Bad); n > 0 {
				f.takeOut(m, tally, series.Sum{Counts: slice.Counts{Bad: n}}, source)
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// byMinute asks for what an objective's indicator counted, by the minute.
func byMinute(o *slo.Objective) series.Query {
	return series.Query{Indicator: string(o.Indicator.ID), Service: o.Indicator.Rule.Service, Step: 1}
}

// isTotal matches the totals of an objective's indicator.
func isTotal(o *slo.Objective) func(*slice.Key) bool {
	return func(k *slice.Key) bool {
		return k.Indicator == string(o.Indicator.ID) && k.Service == o.Indicator.Rule.Service && k.Group == "" && k.Tally == ""
	}
}

// minutes returns what each minute of a range counted, with all that is left out.
func (r *Report) minutes(ctx context.Context, o *slo.Objective, in window.Stretch) (map[slice.Minute]slice.Counts, error) {
	counted := make(map[slice.Minute]slice.Counts)
	add := func(m slice.Minute, c slice.Counts) {
		if in.From <= m && m < in.To && !c.IsZero() {
			counted[m] = counted[m].Plus(c)
		}
	}
	store, stored, err := r.recent(ctx, isTotal(o), func(s slice.Sample) { add(s.Minute, s.Counts) })
	if err != nil {
		return nil, err
	}
	err = readStretch(ctx, store, byMinute(o), in, stored+1, func(m slice.Minute, _ slice.Tally, s series.Sum, _ slice.Source) { add(m, s.Counts) })
	return counted, err
}

// BadByMinute returns the bad events of each minute of a range, those that are
// left out too.
func (r *Report) BadByMinute(ctx context.Context, o *slo.Objective, in window.Stretch) (map[slice.Minute]uint64, error) {
	counted, err := r.minutes(ctx, o, in)
	bad := make(map[slice.Minute]uint64, len(counted))
	for m, c := range counted {
		bad[m] = c.Bad
	}
	return bad, err
}
