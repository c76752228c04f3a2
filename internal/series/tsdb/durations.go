// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package tsdb

import (
	"context"
	"fmt"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
)

// Histograms merges the histograms of each baseline: whole hours of the range
// from merged hours, the rest from minutes.
func (s *Store) Histograms(ctx context.Context, q series.Query) ([]series.Distribution, error) {
	q.Step = max(1, int(q.To-q.From))
	if err := q.Validate(); err != nil {
		return nil, err
	}
	s.commits.RLock()
	defer s.commits.RUnlock()
	d := durations{
		store: s, of: baselineMatchers(durationMetric, q), covers: baselineMatchers(coverMetric, q),
		at: make(map[cacheKey]int),
	}
	if err := d.read(ctx, q.From, q.To); err != nil {
		return nil, fmt.Errorf("merge histograms: %w", err)
	}
	return d.rows, nil
}

// durations collects the rows of a query for histograms.
type durations struct {
	store      *Store
	of, covers []*labels.Matcher
	at         map[cacheKey]int // index in rows
	rows       []series.Distribution
}

// row returns the row of a key, which it makes.
func (d *durations) row(k cacheKey) *series.Distribution {
	i, ok := d.at[k]
	if !ok {
		i = len(d.rows)
		d.at[k] = i
		d.rows = append(d.rows, series.Distribution{Key: k.key, Source: k.source})
	}
	return &d.rows[i]
}

// read splits the range at hours, so that each minute is read in one place.
// Backfilled hours are merged when they are stored; the others when they end,
// so the newest of them are read by the minute.
func (d *durations) read(ctx context.Context, from, to slice.Minute) error {
	first, end := hourOf(from+hourMinutes-1), hourOf(to)
	if from < first {
		if err := d.edge(ctx, first-hourMinutes, from, min(first, to)); err != nil {
			return err
		}
	}
	if first < end {
		if err := d.whole(ctx, first, end); err != nil {
			return err
		}
	}
	if first <= end && end < to {
		return d.edge(ctx, end, end, to)
	}
	return nil
}

// whole reads whole hours.
func (d *durations) whole(ctx context.Context, from, to slice.Minute) error {
	merged := min(max(from, d.store.mergedBefore()), to)
	if err := d.hours(ctx, from, merged); err != nil {
		return err
	}
	if err := d.hours(ctx, merged, to, bySource(slice.Backfill)); err != nil {
		return err
	}
	return d.minutes(ctx, merged, to, func(k cacheKey, _ slice.Minute, h *histogram.Histogram) {
		r := d.row(k)
		mergeNative(&r.Histogram, h)
		r.Minutes++
	}, notBackfilled)
}

// hours adds merged hours to the rows.
func (d *durations) hours(ctx context.Context, from, to slice.Minute, ms ...*labels.Matcher) error {
	return d.merged(ctx, from, to, d.row, ms...)
}

// merged adds merged hours to the distributions that row returns.
func (d *durations) merged(ctx context.Context, from, to slice.Minute, row func(cacheKey) *series.Distribution, ms ...*labels.Matcher) error {
	if from >= to {
		return nil
	}
	shelf := d.store.hours
	err := shelf.eachHistogram(ctx, from, to, func(ls labels.Labels) (timing, func()) {
		k := seriesOf(ls)
		return func(_ slice.Minute, h *histogram.Histogram) { mergeNative(&row(k).Histogram, h) }, nil
	}, join(d.of, ms)...)
	if err != nil {
		return err
	}
	return eachFloat(ctx, shelf.db, from, to, func(ls labels.Labels) sink {
		k := seriesOf(ls)
		return func(_ slice.Minute, v float64) { row(k).Minutes += coveredOf(v).minutes() }
	}, join(d.covers, ms)...)
}

// minutes hands over the histograms of minutes.
func (d *durations) minutes(ctx context.Context, from, to slice.Minute,
	add func(cacheKey, slice.Minute, *histogram.Histogram), ms ...*labels.Matcher,
) error {
	if from >= to {
		return nil
	}
	return d.store.histograms.eachHistogram(ctx, from, to, func(ls labels.Labels) (timing, func()) {
		k := seriesOf(ls)
		return func(m slice.Minute, h *histogram.Histogram) { add(k, m, h) }, nil
	}, join(d.of, ms)...)
}

// part is what an hour that the range cuts has of one series.
type part struct {
	hour   series.Distribution // the merged hour
	wanted series.Distribution // the minutes in the range
	stored int                 // minutes of the hour that are stored by the minute
}

// edge reads an hour of which the range has only some minutes. Where they are
// gone, the whole hour belongs to the range that has its last minute: ranges
// that follow each other have every minute once.
func (d *durations) edge(ctx context.Context, hour, from, to slice.Minute) error {
	parts := make(map[cacheKey]*part)
	of := func(k cacheKey) *part {
		if parts[k] == nil {
			parts[k] = new(part)
		}
		return parts[k]
	}
	var only []*labels.Matcher
	if hour >= d.store.mergedBefore() {
		only = append(only, bySource(slice.Backfill))
	}
	end := hour + hourMinutes
	err := d.merged(ctx, hour, end, func(k cacheKey) *series.Distribution { return &of(k).hour }, only...)
	if err != nil {
		return err
	}
	err = d.minutes(ctx, hour, end, func(k cacheKey, m slice.Minute, h *histogram.Histogram) {
		p := of(k)
		p.stored++
		if from <= m && m < to {
			mergeNative(&p.wanted.Histogram, h)
			p.wanted.Minutes++
		}
	})
	for k, p := range parts {
		d.add(k, p, to == end)
	}
	return err
}

func (d *durations) add(k cacheKey, p *part, last bool) {
	from := &p.wanted
	if p.stored < p.hour.Minutes {
		if !last {
			return
		}
		from = &p.hour
	}
	if from.Minutes == 0 {
		return
	}
	r := d.row(k)
	r.Histogram.Merge(&from.Histogram)
	r.Minutes += from.Minutes
}

func seriesOf(ls labels.Labels) cacheKey {
	k, _, src := keyOf(ls)
	return cacheKey{k, src}
}

func join(a, b []*labels.Matcher) []*labels.Matcher {
	return append(append(make([]*labels.Matcher, 0, len(a)+len(b)), a...), b...)
}
