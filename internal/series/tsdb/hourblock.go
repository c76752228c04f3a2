// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package tsdb

import (
	"context"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/leadline/leadline/internal/slice"
)

// hourBlock merges backfilled minutes to hours as they come, and becomes a
// block of the shelf of hours.
//
// What a run has of an hour is one sample, stamped with the last minute in it.
// A later run, or the next block, has other minutes, and so another stamp.
type hourBlock struct {
	*blockHead
	writer string
	hour   slice.Minute
	open   map[slice.Key]*hourly
	// stored are the minutes that are merged in this block's range already: a
	// run that was killed may have left hours without their minutes.
	stored map[keyHour]covered
}

type keyHour struct {
	key  slice.Key
	hour slice.Minute
}

// newHourBlock begins the block that holds the stamps of minutes from <= m < to.
func (s *Store) newHourBlock(ctx context.Context, from, to slice.Minute) (*hourBlock, error) {
	head, err := s.newBlockHead(s.hours, "hours")
	if err != nil {
		return nil, err
	}
	h := &hourBlock{blockHead: head, writer: s.opts.Writer, open: make(map[slice.Key]*hourly), stored: make(map[keyHour]covered)}
	s.commits.RLock()
	defer s.commits.RUnlock()
	err = eachFloat(ctx, s.hours.db, from, to, func(ls labels.Labels) sink {
		k := seriesOf(ls).key
		return func(m slice.Minute, v float64) { h.stored[keyHour{k, hourOf(m)}] |= coveredOf(v) }
	}, metric(coverMetric), bySource(slice.Backfill))
	return h, err
}

// add merges the histograms of one minute; minutes come in order.
func (h *hourBlock) add(ctx context.Context, m slice.Minute, samples []slice.Sample) error {
	if hourOf(m) != h.hour {
		if err := h.end(ctx); err != nil {
			return err
		}
		h.hour = hourOf(m)
	}
	for i := range samples {
		k := samples[i].Key
		if samples[i].Histogram == nil || h.stored[keyHour{k, h.hour}].has(m) {
			continue
		}
		if h.open[k] == nil {
			h.open[k] = new(hourly)
		}
		h.open[k].add(m, samples[i].Histogram)
	}
	return nil
}

// end writes the hour at hand.
func (h *hourBlock) end(ctx context.Context) error {
	if len(h.open) == 0 {
		return nil
	}
	b := h.begin(ctx, slice.Closed{Source: slice.Backfill})
	for k, sum := range h.open {
		b.minute = sum.last
		sum.append(b, labelsOf(durationMetric, k, "", slice.Backfill, h.writer))
	}
	clear(h.open)
	return b.commit()
}
