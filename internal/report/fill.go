// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"
	"slices"

	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// cells are what is summed of an objective. They are told of minutes that they
// do not reach too, which count for nothing.
type cells interface {
	add(m slice.Minute, tally slice.Tally, s series.Sum, source slice.Source)
	takeOut(m slice.Minute, tally slice.Tally, s series.Sum, source slice.Source)
}

// filling is one reading of what an objective counted, for several cells at once.
type filling struct {
	store series.Querier
	o     *slo.Objective
	// stored is the end of what the store was told as it happened.
	stored slice.Minute
	in     window.Stretch
	into   []cells
}

func (f *filling) add(m slice.Minute, tally slice.Tally, s series.Sum, source slice.Source) {
	if s.Minutes == 0 {
		return
	}
	for _, c := range f.into {
		c.add(m, tally, s, source)
	}
}

func (f *filling) takeOut(m slice.Minute, tally slice.Tally, s series.Sum, source slice.Source) {
	for _, c := range f.into {
		c.takeOut(m, tally, s, source)
	}
}

// fill sums what the store has and what it does not have yet. With b, which
// may be nil, all is read by the minute.
func (r *Report) fill(ctx context.Context, o *slo.Objective, g *grid, b *burn) error {
	f := &filling{o: o, in: window.Stretch{From: g.start, To: g.end}, into: []cells{g}}
	edges, width := []window.Stretch{{From: g.start, To: g.first}, {From: g.first, To: g.last}, {From: g.last, To: g.end}}, g.width
	if b != nil {
		f.into = append(f.into, b)
		f.in = window.Stretch{From: min(g.start, b.start), To: g.end}
		edges, width = []window.Stretch{f.in}, 1
	}
	out, bad := slo.Minutes(o.LeftOut(f.in)), o.ExcludedBad(f.in)
	store, stored, err := r.recent(ctx, f.counts, func(s slice.Sample) {
		f.add(s.Minute, s.Key.Tally, series.Sum{Counts: s.Counts, Minutes: 1}, slice.Live)
		leftOut := s.Counts
		if !out.Holds(s.Minute) {
			if leftOut = (slice.Counts{}); s.Key.Tally == "" {
				leftOut.Bad = bad.Take(s.Minute, s.Counts.Bad)
			}
		}
		f.takeOut(s.Minute, s.Key.Tally, series.Sum{Counts: leftOut}, slice.Live)
	})
	if err != nil {
		return err
	}
	f.store, f.stored = store, stored+1
	if err := f.read(ctx, edges, width, f.add); err != nil {
		return err
	}
	if err := f.read(ctx, out.Within(f.in), 1, f.takeOut); err != nil {
		return err
	}
	return f.leaveBadOut(ctx, out, bad)
}

// counts matches the series that an objective's numbers are made of.
func (f *filling) counts(k *slice.Key) bool {
	i := f.o.Indicator
	return k.Indicator == string(i.ID) && k.Service == i.Rule.Service && k.Group == "" && slices.Contains(f.tallies(), k.Tally)
}

// tallies are those of the series: silence is a bad event of an objective that
// says so.
func (f *filling) tallies() []slice.Tally {
	if f.o.SilentIsBad {
		return []slice.Tally{"", slice.Silent}
	}
	return []slice.Tally{""}
}

// read hands over what the store has of some stretches, in sums of so many
// minutes.
func (f *filling) read(ctx context.Context, of []window.Stretch, width slice.Minute, take taker) error {
	for _, in := range of {
		for _, tally := range f.tallies() {
			q := byMinute(f.o)
			q.Tally, q.Step = tally, int(width)
			if err := readStretch(ctx, f.store, q, in, f.stored, take); err != nil {
				return err
			}
		}
	}
	return nil
}

// maxRead is how many steps are asked for at once, which bounds the memory of
// an answer of the store.
const maxRead = 1 << 15

// readStretch hands over the sums of a stretch, each with the minute in which
// it begins: everything before end, and from there on what was back-filled,
// which lies in no minute that was counted elsewhere.
func readStretch(ctx context.Context, store series.Querier, q series.Query, in window.Stretch, end slice.Minute, take taker) error {
	for q.From = in.From; q.From < in.To; q.From = q.To {
		most := slice.Minute(q.Step) * maxRead
		q.To = min(in.To, q.From-q.From%slice.Minute(q.Step)+most)
		err := series.SumsUntil(ctx, store, q, end, func(q *series.Query, rows []series.Row) {
			for _, row := range rows {
				for i, s := range row.Sums {
					take(max(q.StepStart(i), q.From), q.Tally, s, row.Source)
				}
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}
