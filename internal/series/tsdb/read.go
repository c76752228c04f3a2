// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package tsdb

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	promtsdb "github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
)

// minuteOf returns the minute whose stamp is the millisecond t.
func minuteOf(t int64) slice.Minute { return slice.Minute(t/60_000 - 1) }

// eachChunkSeries calls f for every series that has chunks in [mint, maxt].
// Chunks are not trimmed to the range: that would decode and encode those at
// its edges.
func eachChunkSeries(ctx context.Context, db *promtsdb.DB, mint, maxt int64,
	f func(storage.ChunkSeries) error, ms ...*labels.Matcher,
) (err error) {
	q, err := db.ChunkQuerier(mint, maxt)
	if err != nil {
		return fmt.Errorf("open querier: %w", err)
	}
	defer func() { err = errors.Join(err, q.Close()) }()
	hints := &storage.SelectHints{Start: mint, End: maxt, DisableTrimming: true}
	set := q.Select(ctx, false, hints, ms...)
	for set.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f(set.At()); err != nil {
			return fmt.Errorf("read %s: %w", set.At().Labels(), err)
		}
	}
	return set.Err()
}

// sink takes the samples of one series in ascending order.
type sink func(slice.Minute, float64)

// eachFloat hands the float samples of every matching series with From <= minute
// < to to the sink that open returns for the series; a nil sink skips it.
func eachFloat(ctx context.Context, db *promtsdb.DB, from, to slice.Minute,
	open func(labels.Labels) sink, ms ...*labels.Matcher,
) error {
	mint, maxt := from.UnixMilli(), (to - 1).UnixMilli()
	var it chunkenc.Iterator // reused for all chunks
	return eachChunkSeries(ctx, db, mint, maxt, func(cs storage.ChunkSeries) error {
		s := open(cs.Labels())
		if s == nil {
			return nil
		}
		chunks := cs.Iterator(nil)
		for chunks.Next() {
			m := chunks.At()
			if m.MaxTime < mint || m.MinTime > maxt {
				continue
			}
			it = m.Chunk.Iterator(it)
			if err := drain(it, mint, maxt, s); err != nil {
				return err
			}
		}
		return chunks.Err()
	}, ms...)
}

func drain(it chunkenc.Iterator, mint, maxt int64, s sink) error {
	for it.Next() == chunkenc.ValFloat {
		t, v := it.At()
		if t < mint {
			continue
		}
		if t > maxt {
			return nil
		}
		s(minuteOf(t), v)
	}
	return it.Err()
}

// Sums answers from counts on disk and in the head.
func (s *Store) Sums(ctx context.Context, q series.Query) ([]series.Row, error) {
	if err := q.Validate(); err != nil {
		return nil, err
	}
	s.commits.RLock()
	defer s.commits.RUnlock()
	g := grid{query: q, at: make(map[cacheKey]int)}
	if err := eachFloat(ctx, s.counts.db, q.From, q.To, g.series, matchers(q)...); err != nil {
		return nil, fmt.Errorf("sum %q: %w", q.Indicator, err)
	}
	if g.err != nil {
		return nil, g.err
	}
	return g.rows, nil
}

// grid collects the rows of a query.
type grid struct {
	query series.Query
	at    map[cacheKey]int // index in rows
	rows  []series.Row

	err     error
	nowhere []series.Sum
}

// series returns the sink that adds one series, one outcome of a row, to its sums.
func (g *grid) series(ls labels.Labels) sink {
	k, outcome, src := keyOf(ls)
	c := &cursor{grid: g, key: cacheKey{k, src}, end: math.MinInt64}
	switch outcome {
	case "good":
		return func(m slice.Minute, v float64) {
			s := c.at(m)
			s.Counts.Good += uint64(v)
			// All outcomes are written together: one of them tells the minutes.
			s.Minutes++
		}
	case "bad":
		return func(m slice.Minute, v float64) { c.at(m).Counts.Bad += uint64(v) }
	case "excluded":
		return func(m slice.Minute, v float64) { c.at(m).Counts.Excluded += uint64(v) }
	}
	return nil
}

// cursor walks along the steps of a row with the samples of one series, so
// that the step is looked up when they leave it and not for each of them. The
// row begins with the first sample: a series may have none in the range.
type cursor struct {
	grid *grid
	key  cacheKey
	sums []series.Sum // of the row; nil before the first sample
	step *series.Sum
	end  slice.Minute // of the step
}

func (c *cursor) at(m slice.Minute) *series.Sum {
	if m < c.end {
		return c.step
	}
	if c.sums == nil {
		c.sums = c.grid.row(c.key)
	}
	q := &c.grid.query
	i := q.StepOf(m)
	c.end = q.StepStart(i + 1)
	c.step = &c.sums[i]
	return c.step
}

// row returns the sums of a key. Beyond the limit of rows it remembers the
// error, and what is added goes nowhere.
func (g *grid) row(k cacheKey) []series.Sum {
	if i, ok := g.at[k]; ok {
		return g.rows[i].Sums
	}
	if g.err == nil {
		g.err = g.query.CheckRows(len(g.rows) + 1)
	}
	if g.err != nil {
		if g.nowhere == nil {
			g.nowhere = make([]series.Sum, g.query.Steps())
		}
		return g.nowhere
	}
	g.at[k] = len(g.rows)
	sums := make([]series.Sum, g.query.Steps())
	g.rows = append(g.rows, series.Row{Key: k.key, Source: k.source, Sums: sums})
	return sums
}

// Up counts the minutes whose marker says that intake ran.
func (s *Store) Up(ctx context.Context, from, to slice.Minute) (int, error) {
	q := series.Query{From: from, To: to, Step: max(1, int(to-from))}
	if err := q.Validate(); err != nil {
		return 0, err
	}
	s.commits.RLock()
	defer s.commits.RUnlock()
	up := 0
	err := eachFloat(ctx, s.counts.db, from, to, func(labels.Labels) sink {
		return func(_ slice.Minute, v float64) { up += int(v) }
	}, metric(upMetric))
	return min(up, int(to-from)), err
}

// Writers reads the newest marker of each.
func (s *Store) Writers(_ context.Context, from slice.Minute) (map[string]slice.Minute, error) {
	s.commits.RLock()
	defer s.commits.RUnlock()
	stamps, err := s.counts.newestMarkers(from.UnixMilli())
	writers := make(map[string]slice.Minute, len(stamps))
	for id, t := range stamps {
		writers[id] = minuteOf(t)
	}
	return writers, err
}

// exactly matches the series with these labels and perhaps others.
func exactly(ls labels.Labels) (ms []*labels.Matcher) {
	ls.Range(func(l labels.Label) { ms = append(ms, equal(l.Name, l.Value)) })
	return ms
}

// holdsFloat reports whether the series ls has the value v in minute m.
func (sh *shelf) holdsFloat(ctx context.Context, m slice.Minute, ls labels.Labels, v float64) (same bool, err error) {
	err = eachFloat(ctx, sh.db, m, m+1, func(found labels.Labels) sink {
		if !labels.Equal(found, ls) {
			return nil
		}
		return func(_ slice.Minute, got float64) { same = got == v }
	}, exactly(ls)...)
	return same, err
}
