// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package tsdb

import (
	"context"
	"fmt"
	"math"
	"math/bits"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"

	"github.com/leadline/leadline/internal/slice"
)

// hourMinutes is the range of one merged histogram.
const hourMinutes = 60

// hourOf returns the first minute of the hour that holds m.
func hourOf(m slice.Minute) slice.Minute {
	past := m % hourMinutes
	if past < 0 {
		past += hourMinutes
	}
	return m - past
}

// covered is a set of minutes of one hour: bit i is its minute i. As a sample
// it is the float of these bits, which is a finite number whatever is in the
// set, and comes back as it was: the database compares and packs bits.
type covered uint64

func coveredOf(v float64) covered { return covered(math.Float64bits(v)) }

func (c covered) sample() float64               { return math.Float64frombits(uint64(c)) }
func (c covered) minutes() int                  { return bits.OnesCount64(uint64(c)) }
func (c covered) has(m slice.Minute) bool       { return c&bitOf(m) != 0 }
func (c covered) with(m slice.Minute) covered   { return c | bitOf(m) }
func bitOf(m slice.Minute) covered              { return 1 << (m - hourOf(m)) }
func bySource(src slice.Source) *labels.Matcher { return equal("source", string(src)) }

// notBackfilled selects what is merged when an hour ends; what is backfilled
// comes with its hours.
var notBackfilled = labels.MustNewMatcher(labels.MatchNotEqual, "source", string(slice.Backfill))

// hourly is a histogram of some minutes of one hour.
type hourly struct {
	histogram slice.Histogram
	minutes   covered
	last      slice.Minute // of minutes; the sample carries its stamp
}

func (h *hourly) add(m slice.Minute, o *slice.Histogram) {
	h.histogram.Merge(o)
	h.minutes, h.last = h.minutes.with(m), m
}

// append adds h to a batch; ls are the labels of the minutes' series.
func (h *hourly) append(b *batch, ls labels.Labels) {
	b.histogram(0, ls, native(&h.histogram))
	lb := labels.NewBuilder(ls)
	b.float(0, lb.Set(metricName, coverMetric).Labels(), h.minutes.sample())
}

// mergedBefore returns the first minute that is in no merged hour.
func (s *Store) mergedBefore() slice.Minute {
	if !s.hours.any || !s.histograms.any {
		return math.MinInt64
	}
	// After a power cut the minutes may be behind their hours for a while.
	return hourOf(min(s.hours.last, s.histograms.last) + 1)
}

// mergeHours writes the hours that ended with the newest minute, which is at
// most one unless the last process died at this very place or the database
// lost its end: the minutes are there to merge them again. Only Append and
// Open call it, so nothing is appended meanwhile.
func (s *Store) mergeHours(ctx context.Context) error {
	if !s.histograms.any || !s.counts.any {
		return nil
	}
	end := hourOf(min(s.histograms.last, s.counts.last) + 1)
	if s.hours.any && s.hours.last+1 >= end {
		return nil
	}
	hours, err := s.unmerged(ctx, end)
	if err != nil {
		return fmt.Errorf("merge hours: %w", err)
	}
	for _, hour := range hours {
		if err := s.mergeHour(ctx, hour); err != nil {
			return fmt.Errorf("merge hour %s: %w", hour.Start(), err)
		}
	}
	return nil
}

// unmerged returns the hours before end in which something was stored and
// that are not merged.
func (s *Store) unmerged(ctx context.Context, end slice.Minute) (hours []slice.Minute, err error) {
	from := slice.Minute(0)
	if s.hours.any {
		from = s.hours.last + 1
	}
	if from >= end {
		return nil, nil
	}
	err = eachFloat(ctx, s.histograms.db, from, end, func(labels.Labels) sink {
		return func(m slice.Minute, _ float64) {
			if n := len(hours); n == 0 || hours[n-1] < hourOf(m) {
				hours = append(hours, hourOf(m))
			}
		}
	}, metric(upMetric))
	return hours, err
}

// mergeHour writes one hour: its histograms, and then the marker that says
// that all of them are there.
func (s *Store) mergeHour(ctx context.Context, hour slice.Minute) error {
	last := hour + hourMinutes - 1
	if err := s.readyForHour(last); err != nil {
		return err
	}
	c := slice.Closed{Minute: last, Up: true}
	b := s.hours.begin(ctx, c)
	err := s.histograms.eachHistogram(ctx, hour, hour+hourMinutes, func(ls labels.Labels) (timing, func()) {
		var sum hourly
		add := func(m slice.Minute, h *histogram.Histogram) {
			mergeNative(&sum.histogram, h)
			sum.minutes = sum.minutes.with(m)
		}
		return add, func() {
			if sum.minutes != 0 {
				sum.append(b, ls)
			}
		}
	}, metric(durationMetric), notBackfilled)
	if b.err == nil {
		b.err = err
	}
	s.commits.Lock()
	defer s.commits.Unlock()
	if err := b.commit(); err != nil {
		return err
	}
	b = s.hours.begin(ctx, c)
	s.writer.marker(b, c.Up)
	if err := b.commit(); err != nil {
		return err
	}
	s.hours.advance(last)
	return nil
}

// readyForHour makes the shelf of hours fit for another, as append does for
// the shelves of minutes.
func (s *Store) readyForHour(last slice.Minute) error {
	s.commits.Lock()
	defer s.commits.Unlock()
	if err := s.restore(s.hours); err != nil {
		return err
	}
	if !s.hours.crosses(last) {
		return nil
	}
	return s.hours.syncLog()
}
