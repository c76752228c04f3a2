// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package tsdb

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	promtsdb "github.com/prometheus/prometheus/tsdb"

	"github.com/leadline/leadline/internal/slice"
)

// blocks builds one block for each shelf in memory and scratch files.
type blocks struct {
	store      *Store
	counts     *blockHead
	histograms *blockHead
	hours      *hourBlock
	writer     writer
}

// blockHead is an in-memory head that becomes one block of a shelf.
// (promtsdb.BlockWriter does the same, but leaves no way to give the block a
// hint, and uses the system's temporary directory.)
type blockHead struct {
	shelf *shelf
	head  *promtsdb.Head
}

// newBlocks begins the blocks that hold the stamps of minutes from <= m < to.
func (s *Store) newBlocks(ctx context.Context, from, to slice.Minute) (*blocks, error) {
	b := &blocks{store: s, writer: newWriter(s.opts.Writer)}
	var err1, err2, err3 error
	b.counts, err1 = s.newBlockHead(s.counts, "slices")
	b.histograms, err2 = s.newBlockHead(s.histograms, "histograms")
	b.hours, err3 = s.newHourBlock(ctx, from, to)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, errors.Join(err, b.discard())
	}
	return b, nil
}

func (s *Store) newBlockHead(sh *shelf, name string) (*blockHead, error) {
	o := promtsdb.DefaultHeadOptions()
	o.ChunkRange = blockMinutes * time.Minute.Milliseconds()
	o.ChunkDirRoot = filepath.Join(s.scratch(), name)
	if err := os.MkdirAll(o.ChunkDirRoot, 0o700); err != nil {
		return nil, err
	}
	h, err := promtsdb.NewHead(nil, s.log, nil, nil, o, promtsdb.NewHeadStats())
	if err != nil {
		return nil, fmt.Errorf("begin block: %w", err)
	}
	if err := h.Init(math.MinInt64); err != nil {
		return nil, fmt.Errorf("begin block: %w", errors.Join(err, h.Close()))
	}
	return &blockHead{shelf: sh, head: h}, nil
}

// keep says which shelves still keep a minute, beside that of the counts.
type keep struct{ histograms, hours bool }

// append adds one minute to the blocks.
func (b *blocks) append(ctx context.Context, m slice.Minute, samples []slice.Sample, keep keep) error {
	c := slice.Closed{Minute: m, Source: slice.Backfill}
	if keep.hours {
		if err := b.hours.add(ctx, m, samples); err != nil {
			return err
		}
	}
	if keep.histograms {
		batch := b.histograms.begin(ctx, c)
		b.writer.histograms(batch, samples)
		if err := batch.commit(); err != nil {
			return err
		}
	}
	batch := b.counts.begin(ctx, c)
	b.writer.counts(batch, samples)
	return batch.commit()
}

func (h *blockHead) begin(ctx context.Context, c slice.Closed) *batch {
	return &batch{ctx: ctx, app: h.head.Appender(ctx), minute: c.Minute, source: c.Source}
}

// write makes the blocks part of the store, counts last: they tell what is
// measured, and so what another run leaves alone.
func (b *blocks) write(ctx context.Context) error {
	if err := b.hours.end(ctx); err != nil {
		return fmt.Errorf("write block: %w", err)
	}
	for _, h := range []*blockHead{b.hours.blockHead, b.histograms, b.counts} {
		if h.head.NumSeries() == 0 {
			continue
		}
		if err := h.write(ctx); err != nil {
			return fmt.Errorf("write block: %w", err)
		}
	}
	return nil
}

func (h *blockHead) write(ctx context.Context) error {
	base := &promtsdb.BlockMeta{}
	base.Compaction.SetSelectedSeries()
	// A block's range is half open, hence the 1 ms.
	if _, err := h.shelf.compactor.Write(h.shelf.dir, h.head, h.head.MinTime(), h.head.MaxTime()+1, base); err != nil {
		return err
	}
	return h.shelf.reload(ctx)
}

// discard removes what was built; it may be called more than once and on nil.
func (b *blocks) discard() error {
	if b == nil || b.store == nil {
		return nil
	}
	heads := []*blockHead{b.counts, b.histograms}
	if b.hours != nil {
		heads = append(heads, b.hours.blockHead)
	}
	var es []error
	for _, h := range heads {
		if h != nil {
			es = append(es, h.head.Close())
		}
	}
	es = append(es, os.RemoveAll(b.store.scratch()))
	b.store = nil
	return errors.Join(es...)
}
