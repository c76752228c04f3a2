// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package tsdb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
)

// blockMinutes is the range of one backfilled block. It is one of the ranges
// to which the database compacts (2 h times a power of 3), and short enough
// that a block of 100,000 series is built in a few hundred MiB.
const blockMinutes = 18 * 60

// The ranges of the blocks that the head writes, and with them of a chunk:
// two hours of minutes; as many hours as a backfilled block has.
const (
	minuteBlock = 2 * time.Hour
	hoursBlock  = blockMinutes * time.Minute
)

// Backfill writes blocks beside the live ones. A block becomes visible whole,
// hours and histograms before counts: whoever runs it again after an interruption finds
// the counts of a finished block measured, and writes an unfinished one again.
func (s *Store) Backfill(ctx context.Context, b series.Backfill) (series.Report, error) {
	s.backfills.Lock()
	defer s.backfills.Unlock()
	run := filler{store: s, backfill: b}
	if err := run.run(ctx); err != nil {
		return run.report, fmt.Errorf("backfill: %w", err)
	}
	return run.report, nil
}

// filler is one run of backfilling: it collects the minutes of one block at a time.
type filler struct {
	store    *Store
	backfill series.Backfill
	report   series.Report

	before           slice.Minute // minutes from here on are open
	oldest           slice.Minute // minutes before this are beyond retention
	oldestHistograms slice.Minute
	oldestHours      slice.Minute

	span    slice.Minute // number of the block: its first stamp in units of blockMinutes
	blocks  *blocks      // nil before the first minute
	pending series.Report
	seen    map[scope]*minuteSet
	up      *minuteSet // minutes in which intake ran, nil until somebody asks
}

// scope is what is measured together: an indicator with its groups and
// tallies, the versions of an operation, or a tally of a service.
type scope struct {
	service   operation.Service
	indicator string
	operation string
	tally     slice.Tally
}

func scopeOf(k slice.Key) scope {
	s := scope{service: k.Service, indicator: k.Indicator, operation: k.Operation}
	if k.Indicator == "" {
		s.tally = k.Tally
	}
	return s
}

// minuteSet says which minutes of a block are measured.
type minuteSet [blockMinutes]bool

func (f *filler) run(ctx context.Context) (err error) {
	if err := f.bounds(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.blocks.discard()) }()
	prev, any := slice.Minute(0), false
	for c, err := range f.backfill.Minutes {
		if err != nil {
			return err
		}
		if any && c.Minute <= prev {
			return errs.New(errs.Invalid, "minute %s comes after %s", c.Minute.Start(), prev.Start())
		}
		prev, any = c.Minute, true
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f.minute(ctx, c); err != nil {
			return fmt.Errorf("minute %s: %w", c.Minute.Start(), err)
		}
	}
	return f.flush(ctx)
}

func (f *filler) bounds(ctx context.Context) error {
	last, any, err := f.store.Last(ctx)
	if err != nil {
		return err
	}
	f.before = f.backfill.Before
	if any {
		f.before = min(f.before, last+1)
	}
	f.oldest = max(0, f.before-minutes(f.store.opts.Retention))
	f.oldestHistograms = f.before - minutes(f.store.opts.HistogramRetention)
	f.oldestHours = f.before - minutes(f.store.opts.HourRetention)
	return nil
}

func minutes(d time.Duration) slice.Minute { return slice.Minute(d / time.Minute) }

// spanOf returns the number of the block that holds m's stamp, so that blocks
// are aligned like those of the database.
func spanOf(m slice.Minute) slice.Minute { return (m + 1) / blockMinutes }

// firstOf returns the first minute whose stamp is in the block of that number.
func firstOf(span slice.Minute) slice.Minute { return span*blockMinutes - 1 }

func (f *filler) minute(ctx context.Context, c slice.Closed) error {
	samples, err := distinct(c.Samples)
	if err != nil {
		return err
	}
	switch {
	case c.Minute >= f.before:
		f.report.Open += len(samples)
		return nil
	case c.Minute < f.oldest:
		f.report.Expired += len(samples)
		return nil
	}
	if err := f.enter(ctx, spanOf(c.Minute)); err != nil {
		return err
	}
	kept, err := f.unmeasured(ctx, c.Minute, samples)
	if err != nil || len(kept) == 0 {
		return err
	}
	f.count(c.Minute, len(kept))
	return f.blocks.append(ctx, c.Minute, kept, keep{
		histograms: c.Minute >= f.oldestHistograms, hours: c.Minute >= f.oldestHours,
	})
}

// count keeps the numbers of the block that is being built apart from the
// report until the block is there.
func (f *filler) count(m slice.Minute, samples int) {
	if f.pending.Stored == 0 {
		f.pending.From = m
	}
	f.pending.To = m + 1
	f.pending.Stored += samples
}

// enter flushes the block before and begins the block of that number.
func (f *filler) enter(ctx context.Context, span slice.Minute) (err error) {
	if f.blocks != nil && span == f.span {
		return nil
	}
	if err := f.flush(ctx); err != nil {
		return err
	}
	f.span, f.seen, f.up = span, make(map[scope]*minuteSet), nil
	first := firstOf(span)
	f.blocks, err = f.store.newBlocks(ctx, first, first+blockMinutes)
	return err
}

func (f *filler) flush(ctx context.Context) error {
	if f.blocks == nil {
		return nil
	}
	if f.pending.Stored > 0 {
		if err := f.blocks.write(ctx); err != nil {
			return err
		}
		f.land()
	}
	err := f.blocks.discard()
	f.blocks = nil
	return err
}

// land moves the numbers of a finished block into the report.
func (f *filler) land() {
	if f.report.Stored == 0 {
		f.report.From = f.pending.From
	}
	f.report.To = f.pending.To
	f.report.Stored += f.pending.Stored
	f.pending = series.Report{}
	if f.backfill.Progress != nil {
		f.backfill.Progress(f.report)
	}
}

// unmeasured returns the samples whose scope is not measured in minute m.
func (f *filler) unmeasured(ctx context.Context, m slice.Minute, samples []slice.Sample) ([]slice.Sample, error) {
	kept := make([]slice.Sample, 0, len(samples))
	at := (m + 1) % blockMinutes
	for _, sm := range samples {
		sc := scopeOf(sm.Key)
		set, ok := f.seen[sc]
		if !ok {
			var err error
			if set, err = f.measured(ctx, sc); err != nil {
				return nil, err
			}
			f.seen[sc] = set
		}
		if set[at] {
			f.report.Measured++
			continue
		}
		kept = append(kept, sm)
	}
	return kept, nil
}

// measured asks the store in which minutes of the block the scope has a
// sample: an indicator's total, which comes with every other of its series.
func (f *filler) measured(ctx context.Context, sc scope) (*minuteSet, error) {
	var set minuteSet
	first := firstOf(f.span)
	rows, err := f.store.Sums(ctx, series.Query{
		Service: sc.service, Indicator: sc.indicator, Operation: sc.operation, Tally: sc.tally,
		From: first, To: first + blockMinutes, Step: 1,
	})
	for _, r := range rows {
		for i, s := range r.Sums {
			set[i] = set[i] || s.Minutes > 0
		}
	}
	if err == nil && sc.indicator == "" {
		err = f.listened(ctx, &set)
	}
	return &set, err
}

// listened adds the minutes of the block in which intake ran. Whoever sent
// nothing then has no sample, and was silent.
func (f *filler) listened(ctx context.Context, into *minuteSet) error {
	if f.up == nil {
		f.up = new(minuteSet)
		first := firstOf(f.span)
		f.store.commits.RLock()
		defer f.store.commits.RUnlock()
		err := eachFloat(ctx, f.store.counts.db, first, first+blockMinutes, func(labels.Labels) sink {
			return func(m slice.Minute, v float64) { f.up[m-first] = f.up[m-first] || v > 0 }
		}, metric(upMetric))
		if err != nil {
			f.up = nil
			return fmt.Errorf("read when intake ran: %w", err)
		}
	}
	for i, up := range f.up {
		into[i] = into[i] || up
	}
	return nil
}
