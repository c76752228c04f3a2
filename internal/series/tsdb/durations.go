// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package tsdb

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
)

// Histograms hands over the durations of each baseline: whole hours of a step
// from merged hours, the rest from minutes.
func (s *Store) Histograms(ctx context.Context, q series.Query, take func(*series.Durations)) error {
	if err := q.Validate(); err != nil {
		return err
	}
	s.commits.RLock()
	defer s.commits.RUnlock()
	d := durations{
		store: s, query: q, take: take,
		of: baselineMatchers(durationMetric, q), covers: baselineMatchers(coverMetric, q),
	}
	if err := d.read(ctx); err != nil {
		return fmt.Errorf("merge histograms: %w", err)
	}
	return nil
}

// durations answers a query for histograms.
type durations struct {
	store      *Store
	query      series.Query
	of, covers []*labels.Matcher
	take       func(*series.Durations)
}

// read splits the range into runs of hours that lie in one step each, and of
// hours that an edge of a step or of the range cuts, so that each minute is
// read in one place.
func (d *durations) read(ctx context.Context) error {
	for hour := hourOf(d.query.From); hour < d.query.To; {
		end, whole := hour, d.isWhole(hour)
		for end < d.query.To && d.isWhole(end) == whole {
			end += hourMinutes
		}
		read := d.cut
		if whole {
			read = d.whole
		}
		if err := read(ctx, hour, end); err != nil {
			return err
		}
		hour = end
	}
	return nil
}

// isWhole reports whether all of an hour is asked for, in one step.
func (d *durations) isWhole(hour slice.Minute) bool {
	last := hour + hourMinutes - 1
	return d.query.From <= hour && last < d.query.To && d.query.StepOf(hour) == d.query.StepOf(last)
}

// whole reads whole hours. Backfilled ones are merged when they are stored; the
// others when they end, so the newest of them are read by the minute.
func (d *durations) whole(ctx context.Context, from, to slice.Minute) error {
	for _, r := range d.merged(from, to) {
		if err := d.store.hours.eachTiming(ctx, r, d.of, d.pieces(0)); err != nil {
			return err
		}
		if err := d.store.hours.eachCover(ctx, r, d.covers, func(k cacheKey, m slice.Minute, minutes int) {
			d.take(&series.Durations{Key: k.key, Source: k.source, Step: d.query.StepOf(m), Minutes: minutes})
		}); err != nil {
			return err
		}
	}
	unmerged := stretch{from: min(max(from, d.store.mergedBefore()), to), to: to, only: notBackfilled}
	return d.store.histograms.eachTiming(ctx, unmerged, d.of, d.pieces(1))
}

// stretch is a range of minutes of the series that match.
type stretch struct {
	from, to slice.Minute
	only     *labels.Matcher // nil for all
}

func (r stretch) matchers(ms []*labels.Matcher) []*labels.Matcher {
	if r.only == nil {
		return ms
	}
	return append(ms[:len(ms):len(ms)], r.only)
}

// merged says what of some hours is merged.
func (d *durations) merged(from, to slice.Minute) [2]stretch {
	until := min(max(from, d.store.mergedBefore()), to)
	return [2]stretch{{from, until, nil}, {until, to, bySource(slice.Backfill)}}
}

// eachTiming hands over the histograms of a stretch.
func (sh *shelf) eachTiming(ctx context.Context, r stretch, ms []*labels.Matcher, open func(cacheKey) (timing, func())) error {
	if r.from >= r.to {
		return nil
	}
	return sh.eachHistogram(ctx, r.from, r.to, func(ls labels.Labels) (timing, func()) { return open(seriesOf(ls)) }, r.matchers(ms)...)
}

// eachCover hands over how many minutes the merged hours of a stretch hold.
func (sh *shelf) eachCover(ctx context.Context, r stretch, ms []*labels.Matcher, add func(cacheKey, slice.Minute, int)) error {
	if r.from >= r.to {
		return nil
	}
	return eachFloat(ctx, sh.db, r.from, r.to, func(ls labels.Labels) sink {
		k := seriesOf(ls)
		return func(m slice.Minute, v float64) { add(k, m, coveredOf(v).minutes()) }
	}, r.matchers(ms)...)
}

// pieces hands over the samples of each series, which hold so many minutes
// each, added up for as long as they are of one step.
func (d *durations) pieces(minutes int) func(cacheKey) (timing, func()) {
	return func(k cacheKey) (timing, func()) {
		sum := series.Durations{Key: k.key, Source: k.source, Step: -1}
		end := func() {
			if sum.Step >= 0 {
				d.take(&sum)
			}
			clear(sum.Histogram.Buckets)
			sum.Histogram.Zero, sum.Histogram.SumNano, sum.Minutes = 0, 0, 0
		}
		return func(m slice.Minute, h *histogram.Histogram) {
			if step := d.query.StepOf(m); step != sum.Step {
				end()
				sum.Step = step
			}
			mergeNative(&sum.Histogram, h)
			sum.Minutes += minutes
		}, end
	}
}

// maxCut is how many minutes of hours that are cut are held at a time: it
// bounds the memory of one query.
const maxCut = 6 * hourMinutes

// cut reads hours of which a step has only some minutes.
func (d *durations) cut(ctx context.Context, from, to slice.Minute) error {
	for ; from < to; from += maxCut {
		if err := d.cutSome(ctx, from, min(from+maxCut, to)); err != nil {
			return err
		}
	}
	return nil
}

func (d *durations) cutSome(ctx context.Context, from, to slice.Minute) error {
	parts := make(parts)
	for _, r := range d.merged(from, to) {
		if err := d.store.hours.eachCover(ctx, r, d.covers, func(k cacheKey, m slice.Minute, minutes int) {
			parts.of(k, m).covered += minutes
		}); err != nil {
			return err
		}
	}
	err := d.store.histograms.eachTiming(ctx, stretch{from: from, to: to}, d.of, func(k cacheKey) (timing, func()) {
		return func(m slice.Minute, h *histogram.Histogram) {
			p := parts.of(k, m)
			p.stored++
			if d.query.From <= m && m < d.query.To {
				p.add(d.query.StepOf(m), h)
			}
		}, nil
	})
	if err != nil {
		return err
	}
	if err := d.readLost(ctx, parts, from, to); err != nil {
		return err
	}
	for k, p := range parts {
		d.hand(k, p)
	}
	return nil
}

// parts is what hours that are cut hold of each series.
type parts map[seriesHour]*part

type seriesHour struct {
	cacheKey
	hour slice.Minute
}

// part is one hour of one series.
type part struct {
	covered, stored int // minutes that are merged, and that are stored by the minute
	hour            slice.Histogram
	steps           []series.Durations
}

func (all parts) of(k cacheKey, m slice.Minute) *part {
	at := seriesHour{k, hourOf(m)}
	if all[at] == nil {
		all[at] = new(part)
	}
	return all[at]
}

// lost reports whether minutes of the hour are gone.
func (p *part) lost() bool { return p.stored < p.covered }

// add adds a minute. Those of one series come in order, so it is looked for
// from the end.
func (p *part) add(step int, h *histogram.Histogram) {
	i := len(p.steps) - 1
	for i >= 0 && p.steps[i].Step != step {
		i--
	}
	if i < 0 {
		i = len(p.steps)
		p.steps = append(p.steps, series.Durations{Step: step})
	}
	mergeNative(&p.steps[i].Histogram, h)
	p.steps[i].Minutes++
}

// readLost reads the merged hours of which minutes are gone.
func (d *durations) readLost(ctx context.Context, all parts, from, to slice.Minute) error {
	if !slices.ContainsFunc(slices.Collect(maps.Values(all)), (*part).lost) {
		return nil
	}
	for _, r := range d.merged(from, to) {
		if err := d.store.hours.eachTiming(ctx, r, d.of, func(k cacheKey) (timing, func()) {
			return func(m slice.Minute, h *histogram.Histogram) {
				if p := all.of(k, m); p.lost() {
					mergeNative(&p.hour, h)
				}
			}, nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// hand hands over the steps of an hour. Where its minutes are gone it belongs
// to the step that has its last one: steps that follow each other have every
// minute once.
func (d *durations) hand(k seriesHour, p *part) {
	if last := k.hour + hourMinutes - 1; p.lost() {
		p.steps = nil
		if d.query.From <= last && last < d.query.To {
			p.steps = []series.Durations{{Step: d.query.StepOf(last), Histogram: p.hour, Minutes: p.covered}}
		}
	}
	for i := range p.steps {
		p.steps[i].Key, p.steps[i].Source = k.key, k.source
		d.take(&p.steps[i])
	}
}

func seriesOf(ls labels.Labels) cacheKey {
	k, _, src := keyOf(ls)
	return cacheKey{k, src}
}
