// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package seriestest_test

import (
	"context"
	"maps"
	"testing"

	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/series/seriestest"
	"github.com/leadline/leadline/internal/slice"
)

// Stores that are broken on purpose, each in one way that a real one could be.
type (
	// doubling counts a retry again.
	doubling struct {
		*seriestest.Memory
		extra slice.Counts
	}
	// dense says that every minute was measured.
	dense struct{ *seriestest.Memory }
	// sampled drops slices in which nothing happened.
	sampled struct{ *seriestest.Memory }
	// shifted has ranges that end after their last minute.
	shifted struct{ *seriestest.Memory }
	// imprecise holds counts as 32-bit floats.
	imprecise struct{ *seriestest.Memory }
	// greedy has lost what was measured in the series that it backfilled.
	greedy struct{ *seriestest.Memory }
	// mixed forgets where a slice came from.
	mixed struct{ *seriestest.Memory }
	// faithful never forgets who once wrote.
	faithful struct{ *seriestest.Memory }
	// lenient takes minutes in any order.
	lenient struct{ *seriestest.Memory }
	// seaming counts the minutes of a whole hour again beside it.
	seaming struct{ *seriestest.Memory }
	// coarse knows durations by the hour only.
	coarse struct{ *seriestest.Memory }
	// flat has the durations of every step in the first one.
	flat struct{ *seriestest.Memory }
	// fickle merges an hour of backfilled minutes once, and takes no more.
	fickle struct {
		*seriestest.Memory
		merged map[slice.Minute]bool
	}
	// purging has no durations of more than a day ago.
	purging struct{ *seriestest.Memory }
	// amnesiac has lost its newest minute when it is opened again.
	amnesiac struct {
		*seriestest.Memory
		newest slice.Closed
	}
)

func (s *doubling) Append(ctx context.Context, c slice.Closed) error {
	if last, any, _ := s.Memory.Last(ctx); any && c.Minute <= last && len(c.Samples) > 0 {
		s.extra = s.extra.Plus(c.Samples[0].Counts)
	}
	return s.Memory.Append(ctx, c)
}

func (s *doubling) Sums(ctx context.Context, q series.Query) ([]series.Row, error) {
	rows, err := s.Memory.Sums(ctx, q)
	if len(rows) > 0 {
		rows[0].Sums[0].Counts = rows[0].Sums[0].Counts.Plus(s.extra)
	}
	return rows, err
}

func (s dense) Sums(ctx context.Context, q series.Query) ([]series.Row, error) {
	rows, err := s.Memory.Sums(ctx, q)
	for _, r := range rows {
		for i := range r.Sums {
			r.Sums[i].Minutes = q.Step
		}
	}
	return rows, err
}

func (s sampled) Append(ctx context.Context, c slice.Closed) error {
	all := c.Samples
	c.Samples = nil
	for _, sm := range all {
		if !sm.Counts.IsZero() {
			c.Samples = append(c.Samples, sm)
		}
	}
	return s.Memory.Append(ctx, c)
}

func (s shifted) Sums(ctx context.Context, q series.Query) ([]series.Row, error) {
	if err := q.Validate(); err != nil {
		return nil, err
	}
	steps := q.Steps()
	q.To++
	rows, err := s.Memory.Sums(ctx, q)
	for i := range rows {
		rows[i].Sums = rows[i].Sums[:steps]
	}
	return rows, err
}

func (s imprecise) Append(ctx context.Context, c slice.Closed) error {
	round := func(n uint64) uint64 { return min(1<<53, uint64(float32(n))) }
	out := c
	out.Samples = nil
	for _, sm := range c.Samples {
		if sm.Counts.Good <= 1<<53 {
			sm.Counts.Good = round(sm.Counts.Good)
		}
		out.Samples = append(out.Samples, sm)
	}
	return s.Memory.Append(ctx, out)
}

func (s greedy) Sums(ctx context.Context, q series.Query) ([]series.Row, error) {
	rows, err := s.Memory.Sums(ctx, q)
	filled := s.filled(ctx, q)
	for i := range rows {
		if rows[i].Source == slice.Live && filled[rows[i].Key] {
			clear(rows[i].Sums)
		}
	}
	return rows, err
}

// filled returns which series of an answer have backfilled minutes.
func (s greedy) filled(ctx context.Context, q series.Query) map[slice.Key]bool {
	filled := make(map[slice.Key]bool)
	rows, _ := s.Memory.Sums(ctx, q)
	for _, r := range rows {
		filled[r.Key] = filled[r.Key] || r.Source == slice.Backfill
	}
	return filled
}

func (s mixed) Sums(ctx context.Context, q series.Query) ([]series.Row, error) {
	rows, err := s.Memory.Sums(ctx, q)
	for i := range rows {
		rows[i].Source = slice.Live
	}
	return rows, err
}

func (s faithful) Writers(ctx context.Context, _ slice.Minute) (map[string]slice.Minute, error) {
	return s.Memory.Writers(ctx, 0)
}

func (s lenient) Append(ctx context.Context, c slice.Closed) error {
	_ = s.Memory.Append(ctx, c)
	return nil
}

const hour = 60

func (s seaming) Histograms(ctx context.Context, q series.Query, take func(*series.Durations)) error {
	if err := s.Memory.Histograms(ctx, q, take); err != nil || q.To-q.From < 2*hour {
		return err
	}
	q.To -= q.To % hour
	q.From = q.To - hour
	return s.Memory.Histograms(ctx, q, take)
}

func (s coarse) Histograms(ctx context.Context, q series.Query, take func(*series.Durations)) error {
	if q.To-q.From > 2*hour {
		q.From, q.To = q.From-q.From%hour, q.To+hour-q.To%hour
	}
	return s.Memory.Histograms(ctx, q, take)
}

func (s flat) Histograms(ctx context.Context, q series.Query, take func(*series.Durations)) error {
	return s.Memory.Histograms(ctx, q, func(d *series.Durations) {
		d.Step = 0
		take(d)
	})
}

func (s fickle) Backfill(ctx context.Context, b series.Backfill) (series.Report, error) {
	now, all := make(map[slice.Minute]bool), b.Minutes
	b.Minutes = func(yield func(slice.Closed, error) bool) {
		for c, err := range all {
			h := c.Minute / hour
			now[h] = true
			if s.merged[h] {
				c.Samples = withoutDurations(c.Samples)
			}
			if !yield(c, err) {
				return
			}
		}
	}
	r, err := s.Memory.Backfill(ctx, b)
	maps.Copy(s.merged, now)
	return r, err
}

func withoutDurations(all []slice.Sample) (out []slice.Sample) {
	for _, sm := range all {
		sm.Histogram = nil
		out = append(out, sm)
	}
	return out
}

func (s purging) Histograms(ctx context.Context, q series.Query, take func(*series.Durations)) error {
	if last, any, err := s.Last(ctx); any && err == nil && q.From < q.To {
		q.From = min(max(q.From, last-24*hour), q.To-1)
	}
	return s.Memory.Histograms(ctx, q, take)
}

func (s *amnesiac) Append(ctx context.Context, c slice.Closed) error {
	if s.newest.Up {
		if err := s.Memory.Append(ctx, s.newest); err != nil {
			return err
		}
	}
	s.newest = c
	return nil
}

func TestBrokenStoresAreFound(t *testing.T) {
	for _, c := range []struct {
		name   string
		clause string
		open   func() series.Store
	}{
		{"doubling", "a retry changes nothing", func() series.Store { return &doubling{Memory: seriestest.NewMemory()} }},
		{"dense", "zero is stored and absent is not measured", func() series.Store { return dense{seriestest.NewMemory()} }},
		{"sampled", "zero is stored and absent is not measured", func() series.Store { return sampled{seriestest.NewMemory()} }},
		{"shifted", "sums lie on the grid", func() series.Store { return shifted{seriestest.NewMemory()} }},
		{"imprecise", "counts are exact", func() series.Store { return imprecise{seriestest.NewMemory()} }},
		{"greedy", "a backfill never covers what was measured", func() series.Store { return greedy{seriestest.NewMemory()} }},
		{"mixed", "sources stay apart", func() series.Store { return mixed{seriestest.NewMemory()} }},
		{"faithful", "writers are those who appended", func() series.Store { return faithful{seriestest.NewMemory()} }},
		{"lenient", "minutes come in order", func() series.Store { return lenient{seriestest.NewMemory()} }},
		{"amnesiac", "last is the newest minute", func() series.Store { return &amnesiac{Memory: seriestest.NewMemory()} }},
		{"seaming", "hours hold every minute once", func() series.Store { return seaming{seriestest.NewMemory()} }},
		{"coarse", "hours hold every minute once", func() series.Store { return coarse{seriestest.NewMemory()} }},
		{"flat", "histograms lie on the grid", func() series.Store { return flat{seriestest.NewMemory()} }},
		{"fickle", "hours are backfilled in pieces", func() series.Store { return fickle{seriestest.NewMemory(), make(map[slice.Minute]bool)} }},
		{"purging", "durations outlive their minutes", func() series.Store { return purging{seriestest.NewMemory()} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			found := seriestest.Check(func() seriestest.Opener {
				s := c.open()
				return func() (series.Store, error) { return s, nil }
			})
			if found[c.clause] == nil {
				t.Errorf("clause %q holds for a broken store; found only %d others", c.clause, len(found))
			}
		})
	}
}
