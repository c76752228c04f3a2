// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package seriestest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
)

// timed returns minute m of a baseline and now and then of one of its
// versions, each with a histogram that no other minute has.
func timed(m slice.Minute) slice.Closed {
	c := live(m)
	for i, k := range []slice.Key{baseline, version} {
		if i > 0 && m%3 > 0 {
			continue
		}
		sm := counted(k, 1, 0, 0)
		sm.Histogram = durations(int(m%7), time.Duration(1+m%977)*time.Microsecond)
		c.Samples = append(c.Samples, sm)
	}
	return c
}

// wantDurations compares a range with the model.
func (s *script) wantDurations(model series.Querier, from, to slice.Minute) error {
	q := series.Query{From: from, To: to, Parts: series.Parts{All: true}}
	got, err := WholeDurations(s.ctx, s.store, q)
	if err != nil {
		return err
	}
	want, err := WholeDurations(s.ctx, model, q)
	if err != nil {
		return err
	}
	return differ(fmt.Sprintf("histograms from %d to %d", from-start, to-start), got, want)
}

// wantManyDurations compares ranges of n minutes from start: every edge near
// an hour, and random ones.
func (s *script) wantManyDurations(model series.Querier, n int) error {
	hour := 60 - start%60 // minutes from start to the first whole hour
	edges := []slice.Minute{0, 1, hour - 1, hour, hour + 1, hour + 59, hour + 60, hour + 61, slice.Minute(n)}
	r := rand.New(rand.NewPCG(7, uint64(n)))
	for range 4 {
		edges = append(edges, slice.Minute(r.IntN(n)))
	}
	for _, from := range edges {
		for _, to := range edges {
			if from >= to {
				continue
			}
			if err := s.wantDurations(model, start+from, start+to); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkHours appends minutes over several hours with gaps, and reads ranges
// that begin and end anywhere, while the hours end and after a restart.
func checkHours(s *script) error {
	const n = 320
	model := NewMemory()
	for m := range slice.Minute(n) {
		if m%11 == 5 || 130 <= m && m < 210 {
			continue // an hour without anything among them
		}
		c := timed(start + m)
		if m%50 > 40 {
			c.Source = slice.Healed
		}
		for range 1 + m%2 { // every other minute is told twice
			if err := s.append(c); err != nil {
				return err
			}
		}
		if err := model.Append(s.ctx, c); err != nil {
			return err
		}
		if m%60 == 30 || m%60 == 12 { // amid hours, and when one has just ended
			if err := s.wantManyDurations(model, n); err != nil {
				return fmt.Errorf("after minute %d: %w", m, err)
			}
		}
	}
	for range 2 {
		if err := s.wantManyDurations(model, n); err != nil {
			return err
		}
		if err := s.reopen(); err != nil {
			return err
		}
	}
	return nil
}

// checkHoursInPieces backfills the minutes of the same hours in several runs
// that overlap, between live minutes.
func checkHoursInPieces(s *script) error {
	const n = 300
	model := NewMemory()
	for _, m := range []slice.Minute{20, 21, 100, 101, 250, n} {
		if err := s.append(timed(start + m)); err != nil {
			return err
		}
		if err := model.Append(s.ctx, timed(start+m)); err != nil {
			return err
		}
	}
	for _, piece := range []struct{ from, to, step slice.Minute }{
		{30, 90, 2}, {0, 40, 1}, {60, 200, 3}, {10, n + 5, 1}, {0, n, 1},
	} {
		var cs []slice.Closed
		for m := piece.from; m < piece.to; m += piece.step {
			cs = append(cs, timed(start+m))
		}
		want, err := model.Backfill(s.ctx, series.Backfill{Minutes: yielding(nil, cs...), Before: start + n})
		if err != nil {
			return err
		}
		if err := s.wantReport(start+n, want, cs...); err != nil {
			return err
		}
		if err := s.wantManyDurations(model, n); err != nil {
			return fmt.Errorf("after the minutes from %d to %d: %w", piece.from, piece.to, err)
		}
		if err := s.reopen(); err != nil {
			return err
		}
	}
	return s.wantManyDurations(model, n)
}

// aging is a store that can be told to remove at once what is beyond its
// retention. A suite that is run with histograms kept by the minute for a day
// sees the minutes go.
type aging interface{ Compact(context.Context) error }

// checkOldDurations appends four days. However old they are, whole hours are
// exact, and two ranges that follow each other have no more and no less than
// the range of both.
func checkOldDurations(s *script) error {
	const days = 4
	model := NewMemory()
	end := start - start%60 + days*1440
	var old []slice.Closed
	for m := start - start%60; m < end; m += 7 {
		if m < start+1440 && m%14 > 6 {
			old = append(old, timed(m))
			continue
		}
		if err := s.append(timed(m)); err != nil {
			return err
		}
		if err := model.Append(s.ctx, timed(m)); err != nil {
			return err
		}
	}
	if _, err := model.Backfill(s.ctx, series.Backfill{Minutes: yielding(nil, old...), Before: end}); err != nil {
		return err
	}
	if _, err := s.backfill(end, old...); err != nil {
		return err
	}
	for range 2 {
		if a, ok := s.store.(aging); ok {
			if err := a.Compact(s.ctx); err != nil {
				return err
			}
		}
		if err := s.wantOldDurations(model, end-days*1440, end); err != nil {
			return err
		}
		if err := s.reopen(); err != nil {
			return err
		}
	}
	return nil
}

func (s *script) wantOldDurations(model series.Querier, from, to slice.Minute) error {
	r := rand.New(rand.NewPCG(3, 4))
	within := func(from, to slice.Minute) slice.Minute { return from + 1 + slice.Minute(r.Int64N(int64(to-from-1))) }
	for range 30 {
		cut := within(from, to)
		if hour := cut - cut%60; from < hour {
			if err := s.wantDurations(model, from, hour); err != nil {
				return err
			}
		}
		whole, err1 := s.durations(from, to)
		before, err2 := s.durations(from, cut)
		after, err3 := s.durations(cut, to)
		if err1 != nil || err2 != nil || err3 != nil {
			return fmt.Errorf("%w, %w, %w", err1, err2, err3)
		}
		for k, d := range after {
			sum := before[k]
			sum.Histogram.Merge(&d.Histogram)
			sum.Minutes += d.Minutes
			before[k] = sum
		}
		if err := differ(fmt.Sprintf("both sides of minute %d", cut-start), before, whole); err != nil {
			return err
		}
	}
	return nil
}

// durations asks for the histograms of a range, by series.
func (s *script) durations(from, to slice.Minute) (map[id]series.Durations, error) {
	rows, err := WholeDurations(s.ctx, s.store, series.Query{From: from, To: to, Parts: series.Parts{All: true}})
	by := make(map[id]series.Durations)
	for _, d := range rows {
		k := id{d.Key, d.Source}
		d.Key, d.Source = slice.Key{}, ""
		by[k] = d
	}
	return by, err
}

// checkTimedGrid reads steps narrower and wider than an hour, that divide it and
// that do not, of minutes appended and backfilled; each step is what a query for
// it alone says.
func checkTimedGrid(s *script) error {
	const n = 700
	model, end := NewMemory(), start+n
	var old []slice.Closed
	for m := start; m < end; m++ {
		if m%11 == 5 {
			continue
		}
		if m < start+200 {
			old = append(old, timed(m))
		} else if err := errors.Join(s.append(timed(m)), model.Append(s.ctx, timed(m))); err != nil {
			return err
		}
	}
	b := series.Backfill{Minutes: yielding(nil, old...), Before: end}
	_, err1 := model.Backfill(s.ctx, b)
	_, err2 := s.store.Backfill(s.ctx, b)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	for _, step := range []int{1, 7, 15, 45, 60, 90, 180, 1440} {
		for _, edges := range [][2]slice.Minute{{0, n}, {13, 14}, {-100, n + 90}, {53 - start%60, 2 * 60}, {190, 613}} {
			q := series.Query{From: start + edges[0], To: start + edges[1], Step: step}
			if err := s.wantTimedGrid(model, q); err != nil {
				return fmt.Errorf("step %d, range %v: %w", step, edges, err)
			}
		}
	}
	return nil
}

func (s *script) wantTimedGrid(model series.Querier, q series.Query) error {
	got, err1 := Durations(s.ctx, s.store, q)
	want, err2 := Durations(s.ctx, model, q)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if err := differ("steps", got, want); err != nil {
		return err
	}
	// The model's grid by hand, and what a step of the store says alone.
	for _, i := range []int{0, q.Steps() / 2, q.Steps() - 1} {
		from, to := max(q.From, q.StepStart(i)), min(q.To, q.StepStart(i+1))
		alone, err := WholeDurations(s.ctx, s.store, series.Query{From: from, To: to})
		if err != nil {
			return err
		}
		var of []series.Durations
		for _, d := range got {
			if d.Step == i {
				d.Step = 0
				of = append(of, d)
			}
		}
		if err := differ(fmt.Sprintf("step %d, beside the same range alone", i), of, alone); err != nil {
			return err
		}
	}
	return nil
}
