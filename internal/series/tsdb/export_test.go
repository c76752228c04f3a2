// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package tsdb

import (
	"context"
	"errors"
	"math"

	promtsdb "github.com/prometheus/prometheus/tsdb"

	"github.com/leadline/leadline/internal/slice"
)

// WriteChunks writes the finished chunks of the head to their files, which
// the database does once a minute.
func (s *Store) WriteChunks() {
	s.counts.db.ForceHeadMMap()
	s.histograms.db.ForceHeadMMap()
	s.hours.db.ForceHeadMMap()
}

// BreakLogs closes the write-ahead logs, so that commits fail.
func (s *Store) BreakLogs() error {
	return errors.Join(s.counts.db.Head().Close(), s.histograms.db.Head().Close(), s.hours.db.Head().Close())
}

// Compact does all compactions that are due.
func (s *Store) Compact(ctx context.Context) error {
	return errors.Join(s.counts.db.Compact(ctx), s.histograms.db.Compact(ctx), s.hours.db.Compact(ctx))
}

// Flush writes what is in the head to blocks, so that sizes can be told.
func (s *Store) Flush() error {
	for _, sh := range []*shelf{s.counts, s.histograms, s.hours} {
		h := sh.db.Head()
		if err := sh.db.CompactHead(promtsdb.NewRangeHead(h, h.MinTime(), h.MaxTime())); err != nil {
			return err
		}
	}
	return nil
}

// Samples returns how many samples the blocks hold.
func (s *Store) Samples() (counts, histograms, hours uint64) {
	for _, m := range s.counts.db.BlockMetas() {
		counts += m.Stats.NumSamples
	}
	for _, m := range s.histograms.db.BlockMetas() {
		histograms += m.Stats.NumHistogramSamples
	}
	for _, m := range s.hours.db.BlockMetas() {
		hours += m.Stats.NumHistogramSamples
	}
	return counts, histograms, hours
}

// OldestHistogram returns the oldest minute of which a block has histograms.
func (s *Store) OldestHistogram() slice.Minute {
	oldest := slice.Minute(math.MaxInt64)
	for _, b := range s.histograms.db.BlockMetas() {
		oldest = min(oldest, minuteOf(b.MinTime))
	}
	return oldest
}

// MergedBefore returns the first minute that is in no merged hour.
func (s *Store) MergedBefore() slice.Minute { return s.mergedBefore() }

// Blocks returns how many blocks the shelf of counts has.
func (s *Store) Blocks() int { return len(s.counts.db.Blocks()) }
