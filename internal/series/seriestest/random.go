// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package seriestest

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
)

// checkRandom does the same random things to the store and to a Memory, and
// compares every answer.
func checkRandom(s *script) error {
	for seed := range uint64(2) {
		r := &random{script: s, rand: rand.New(rand.NewPCG(seed, 1)), model: NewMemory(), now: start}
		// Each seed has a season of its own, on the same store.
		r.now += slice.Minute(seed) * 100 * 1440
		r.floor = r.now - 1440
		if err := r.run(1); err != nil {
			return err
		}
		for step := range 60 {
			if err := r.step(); err != nil {
				return fmt.Errorf("seed %d, step %d: %w", seed, step, err)
			}
		}
	}
	return nil
}

type random struct {
	*script
	rand       *rand.Rand
	model      *Memory
	now, floor slice.Minute
}

func (r *random) step() error {
	switch r.rand.IntN(12) {
	case 0:
		return r.reopen()
	case 1:
		return r.fill()
	case 2, 3, 4:
		return r.compare()
	default:
		return r.run(1 + r.rand.IntN(40))
	}
}

// run appends n minutes, with repetitions and gaps.
func (r *random) run(n int) error {
	for range n {
		c := live(r.now, r.samples()...)
		c.Up = r.rand.IntN(10) > 0
		for range 1 + r.rand.IntN(2) {
			if err := r.append(c); err != nil {
				return err
			}
			if err := r.model.Append(r.ctx, c); err != nil {
				return err
			}
		}
		r.now += 1 + slice.Minute(r.rand.IntN(40)/39*r.rand.IntN(400))
	}
	return nil
}

// samples returns some of the series; parts come with their total.
func (r *random) samples() (out []slice.Sample) {
	n := func() uint64 { return r.rand.Uint64N(1 << r.rand.IntN(20)) }
	for _, ks := range [][]slice.Key{{total, gold, silver, silence}, {foreign}, {baseline, version}, {spans}} {
		for i, k := range ks {
			if r.rand.IntN(4) == 0 {
				if i == 0 {
					break
				}
				continue
			}
			sm := counted(k, n(), n(), n())
			if k.IsBaseline() && r.rand.IntN(5) > 0 {
				sm.Histogram = durations(r.rand.IntN(30), time.Duration(1+n()))
			}
			out = append(out, sm)
		}
	}
	return out
}

// fill backfills a random range, most of which is measured.
func (r *random) fill() error {
	from := r.floor + slice.Minute(r.rand.IntN(int(r.now-r.floor)+100))
	var cs []slice.Closed
	for m := range slice.Minute(1 + r.rand.IntN(800)) {
		cs = append(cs, slice.Closed{Minute: from + m, Samples: r.samples()})
	}
	want, err := r.model.Backfill(r.ctx, series.Backfill{Minutes: yielding(nil, cs...), Before: r.now})
	if err != nil {
		return err
	}
	got, err := r.backfill(r.now, cs...)
	if err != nil {
		return err
	}
	return differ("report", got, want)
}

func (r *random) compare() error {
	q := series.Query{Step: []int{1, 5, 60}[r.rand.IntN(3)], Parts: series.Parts{All: r.rand.IntN(2) == 0}}
	q.Indicator = []string{"a1", "b2", ""}[r.rand.IntN(3)]
	q.Tally = []slice.Tally{"", "", "", slice.Spans, slice.Silent}[r.rand.IntN(5)]
	q.From = r.floor + slice.Minute(r.rand.IntN(int(r.now-r.floor)))
	q.To = q.From + 1 + slice.Minute(r.rand.IntN(3000))
	got, err1 := r.store.Sums(r.ctx, q)
	want, err2 := r.model.Sums(r.ctx, q)
	if err1 != nil || err2 != nil {
		return fmt.Errorf("sums: store %w, model %w", err1, err2)
	}
	if err := differ("rows", sortRows(got), sortRows(want)); err != nil {
		return err
	}
	// Whole hours are exact however old they are.
	q.From, q.To, q.Step = q.From-q.From%60, q.To+60-q.To%60, []int{60, 180, 1440}[r.rand.IntN(3)]
	gotH, err1 := Durations(r.ctx, r.store, q)
	wantH, err2 := Durations(r.ctx, r.model, q)
	if err1 != nil || err2 != nil {
		return fmt.Errorf("histograms: store %w, model %w", err1, err2)
	}
	return differ("histograms", gotH, wantH)
}
