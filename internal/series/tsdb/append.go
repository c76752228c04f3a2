// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package tsdb

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/slice"
)

// maxCount is the largest count that a sample of the database holds exactly.
const maxCount = 1 << 53

// Append stores one closed minute: histograms and their marker first, then
// the counts with theirs. A crash in between leaves Last at the minute before,
// and the retry completes what is missing. The last minute of an hour is
// followed by the merged hour.
func (s *Store) Append(ctx context.Context, c slice.Closed) error {
	err := s.append(ctx, c)
	if err == nil {
		err = s.mergeHours(ctx)
	}
	if errors.Is(err, syscall.ENOSPC) {
		err = errs.New(errs.Unavailable, "%w", err).WithHint("The disk is full. Free some space: the minute is kept in the intake log and stored then.")
	}
	if err != nil {
		return fmt.Errorf("append minute %s: %w", c.Minute.Start(), err)
	}
	return nil
}

func (s *Store) append(ctx context.Context, c slice.Closed) error {
	samples, err := distinct(c.Samples)
	if err != nil {
		return err
	}
	s.commits.Lock()
	defer s.commits.Unlock()
	for _, sh := range []*shelf{s.histograms, s.counts} {
		if err := s.restore(sh); err != nil {
			return err
		}
		stored, err := sh.holds(ctx, c.Minute)
		if err != nil {
			return err
		}
		if stored {
			continue
		}
		if sh.any && c.Minute < sh.last {
			return errs.New(errs.Conflict, "minute %s is stored already, and this one was not before it", sh.last.Start())
		}
		if err := s.appendTo(ctx, sh, c, samples); err != nil {
			return err
		}
		sh.advance(c.Minute)
	}
	return nil
}

// restore makes a shelf whose last commit failed fit for another. It must not
// replace a database under a running backfill.
func (s *Store) restore(sh *shelf) error {
	if !sh.doubtful {
		return nil
	}
	if !s.backfills.TryLock() {
		return errs.New(errs.Unavailable, "a commit failed, and a backfill is running that must end first")
	}
	defer s.backfills.Unlock()
	// References that the old head gave out may name other series in the new one.
	s.writer = newWriter(s.opts.Writer)
	return sh.restore()
}

func (s *Store) appendTo(ctx context.Context, sh *shelf, c slice.Closed, samples []slice.Sample) error {
	if sh.crosses(c.Minute) {
		if err := sh.syncLog(); err != nil {
			return err
		}
	}
	if sh == s.histograms {
		// The database logs the floats of a commit before its histograms, so
		// the marker, a float, must wait for a commit of its own.
		b := sh.begin(ctx, c)
		s.writer.histograms(b, samples)
		if err := b.commit(); err != nil {
			return err
		}
		b = sh.begin(ctx, c)
		s.writer.marker(b, c.Up)
		return b.commit()
	}
	b := sh.begin(ctx, c)
	s.writer.counts(b, samples)
	s.writer.marker(b, c.Up)
	return b.commit()
}

// distinct returns the samples with clean keys, those that became equal added
// up, and refuses counts that the database cannot hold exactly. It returns
// samples itself in the usual case that there is nothing to do.
func distinct(samples []slice.Sample) ([]slice.Sample, error) {
	dirty := false
	for _, sm := range samples {
		for _, n := range countsOf(sm.Counts) {
			if n > maxCount {
				return nil, errs.New(errs.Invalid, "count %d of %+v exceeds 2^53", n, sm.Key)
			}
		}
		dirty = dirty || cleaned(sm.Key) != sm.Key
	}
	if !dirty {
		return samples, nil
	}
	return merged(samples), nil
}

func merged(samples []slice.Sample) []slice.Sample {
	out := make([]slice.Sample, 0, len(samples))
	at := make(map[slice.Key]int, len(samples))
	for _, sm := range samples {
		sm.Key = cleaned(sm.Key)
		i, ok := at[sm.Key]
		if !ok {
			at[sm.Key] = len(out)
			out = append(out, sm)
			continue
		}
		out[i].Counts = out[i].Counts.Plus(sm.Counts)
		out[i].Histogram = sum(out[i].Histogram, sm.Histogram)
	}
	return out
}

func sum(a, b *slice.Histogram) *slice.Histogram {
	if a == nil || b == nil {
		return first(a, b)
	}
	var h slice.Histogram
	h.Merge(a)
	h.Merge(b)
	return &h
}

func first(a, b *slice.Histogram) *slice.Histogram {
	if a != nil {
		return a
	}
	return b
}

// batch is one transaction of one minute. After the first error it does
// nothing but remember it, so that its users need not check each sample.
type batch struct {
	ctx    context.Context
	shelf  *shelf // nil for a block that is being built
	app    storage.Appender
	minute slice.Minute
	source slice.Source
	err    error
}

func (sh *shelf) begin(ctx context.Context, c slice.Closed) *batch {
	return &batch{ctx: ctx, shelf: sh, app: sh.db.Appender(ctx), minute: c.Minute, source: c.Source}
}

func (b *batch) commit() error {
	if b.err != nil {
		err := b.app.Rollback()
		if err != nil && b.shelf != nil {
			b.shelf.doubtful = true
		}
		return errors.Join(b.err, err)
	}
	commit := b.app.Commit
	if b.shelf != nil {
		commit = func() error { return b.shelf.around("commit", b.app.Commit) }
	}
	if err := commit(); err != nil {
		if b.shelf != nil {
			b.shelf.doubtful = true
		}
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

func (b *batch) float(ref storage.SeriesRef, ls labels.Labels, v float64) storage.SeriesRef {
	if b.err != nil {
		return 0
	}
	ref, err := b.app.Append(ref, ls, b.minute.UnixMilli(), v)
	if err != nil {
		b.err = b.tolerate(err, ls, func() (bool, error) { return b.shelf.holdsFloat(b.ctx, b.minute, ls, v) })
	}
	return ref
}

func (b *batch) histogram(ref storage.SeriesRef, ls labels.Labels, h *histogram.Histogram) storage.SeriesRef {
	if b.err != nil {
		return 0
	}
	ref, err := b.app.AppendHistogram(ref, ls, b.minute.UnixMilli(), h, nil)
	if err != nil {
		b.err = b.tolerate(err, ls, func() (bool, error) { return b.shelf.holdsHistogram(b.ctx, b.minute, ls, h) })
	}
	return ref
}

// tolerate forgives a sample that the database refuses because it holds the
// very same one: a minute that was stored in part is being completed.
func (b *batch) tolerate(err error, ls labels.Labels, holds func() (bool, error)) error {
	if b.shelf == nil || !errors.Is(err, storage.ErrOutOfOrderSample) && !errors.Is(err, storage.ErrDuplicateSampleForTimestamp) &&
		!errors.Is(err, storage.ErrOutOfBounds) {
		return fmt.Errorf("append to %s: %w", ls, err)
	}
	same, rerr := holds()
	if rerr != nil {
		return fmt.Errorf("read %s back: %w", ls, rerr)
	}
	if !same {
		return errs.New(errs.Conflict, "append to %s: %w: another value is stored", ls, err)
	}
	return nil
}
