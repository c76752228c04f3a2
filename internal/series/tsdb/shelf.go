// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package tsdb

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	promtsdb "github.com/prometheus/prometheus/tsdb"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/util/compression"

	"github.com/leadline/leadline/internal/slice"
)

// shelf is one database with its cursor.
type shelf struct {
	log       *slog.Logger
	dir       string
	db        *promtsdb.DB
	compactor *reloader
	retention time.Duration
	block     time.Duration // range of the head's blocks, and of a chunk
	step      func(op, shelf string)

	// The cursor: the newest minute whose marker is stored. Guarded by
	// Store.commits.
	last slice.Minute
	any  bool

	// doubtful is set when a commit failed, for instance on a full disk. The
	// head then knows series that the log does not, and samples that it would
	// log for them were lost at the next start. Guarded by Store.commits.
	doubtful bool
}

// maxBlock is the longest range that blocks are compacted to: the database
// deletes whole blocks, so a tenth of the retention is kept too long at most.
func maxBlock(retention time.Duration) time.Duration {
	return min(31*24*time.Hour, retention/10)
}

func openShelf(log *slog.Logger, dir string, retention, block time.Duration, step func(op, shelf string)) (*shelf, error) {
	sh := &shelf{log: log, dir: dir, retention: retention, block: block, step: step}
	return sh, sh.open()
}

// around does what changes the shelf's files.
func (sh *shelf) around(op string, do func() error) error {
	if sh.step == nil {
		return do()
	}
	sh.step(op, filepath.Base(sh.dir))
	err := do()
	sh.step(op+"-done", filepath.Base(sh.dir))
	return err
}

// open opens the database and finds its cursor.
func (sh *shelf) open() error {
	o := promtsdb.DefaultOptions()
	o.RetentionDuration = sh.retention.Milliseconds()
	o.MinBlockDuration = sh.block.Milliseconds()
	o.MaxBlockDuration = max(o.MinBlockDuration, maxBlock(sh.retention).Milliseconds())
	o.WALCompression = compression.Snappy
	o.NewCompactorFunc = sh.newCompactor
	db, err := promtsdb.Open(sh.dir, sh.log, nil, o, nil)
	if err != nil {
		return err
	}
	sh.db = db
	if sh.last, sh.any, err = sh.newestMarker(); err != nil {
		return fmt.Errorf("find the newest minute: %w", err)
	}
	return nil
}

// restore makes a doubtful head certain: it is built anew from the log. Until
// that succeeds the closed database stays, which answers with errors.
func (sh *shelf) restore() error {
	if !sh.doubtful {
		return nil
	}
	if err := sh.db.Close(); err != nil {
		sh.log.Debug("close a doubtful database", "dir", sh.dir, "err", err)
	}
	if err := sh.open(); err != nil {
		return fmt.Errorf("open %s again after a failed commit: %w", sh.dir, err)
	}
	sh.doubtful = false
	return nil
}

func (sh *shelf) close() error {
	if sh == nil || sh.db == nil {
		return nil
	}
	return sh.db.Close()
}

// recent is where the newest marker is looked for first, counted back from the
// newest sample, so that a start does not touch the blocks of years.
const recent = 3 * 24 * time.Hour

// newestMarker finds the newest leadline_writer_up of any writer.
func (sh *shelf) newestMarker() (slice.Minute, bool, error) {
	end := sh.db.Head().MaxTime()
	for _, b := range sh.db.Blocks() {
		end = max(end, b.Meta().MaxTime)
	}
	if end == math.MinInt64 {
		return 0, false, nil
	}
	t, err := sh.newestMarkerSince(end - recent.Milliseconds())
	if err == nil && t == math.MinInt64 {
		t, err = sh.newestMarkerSince(math.MinInt64)
	}
	if err != nil || t == math.MinInt64 {
		return 0, false, err
	}
	return minuteOf(t), true, nil
}

// newestMarkerSince returns the stamp of the newest marker not before mint, or
// math.MinInt64.
func (sh *shelf) newestMarkerSince(mint int64) (int64, error) {
	writers, err := sh.newestMarkers(mint)
	newest := int64(math.MinInt64)
	for _, t := range writers {
		newest = max(newest, t)
	}
	return newest, err
}

// newestMarkers returns the stamp of the newest marker of each writer, of those
// not before mint. Only the last chunk of each series is decoded.
func (sh *shelf) newestMarkers(mint int64) (map[string]int64, error) {
	newest := make(map[string]int64)
	err := eachChunkSeries(context.Background(), sh.db, mint, math.MaxInt64, func(cs storage.ChunkSeries) error {
		var last chunkenc.Chunk
		chunks := cs.Iterator(nil)
		for chunks.Next() {
			last = chunks.At().Chunk
		}
		if chunks.Err() != nil || last == nil {
			return chunks.Err()
		}
		it := last.Iterator(nil)
		id := cs.Labels().Get("writer")
		for it.Next() != chunkenc.ValNone {
			if t := it.AtT(); t >= mint {
				newest[id] = max(newest[id], t)
			}
		}
		return it.Err()
	}, metric(upMetric))
	return newest, err
}

// holds reports whether the marker of minute m is stored.
func (sh *shelf) holds(ctx context.Context, m slice.Minute) (bool, error) {
	if !sh.any || m > sh.last {
		return false, nil
	}
	if m == sh.last {
		return true, nil
	}
	found := false
	err := eachFloat(ctx, sh.db, m, m+1, func(labels.Labels) sink {
		return func(slice.Minute, float64) { found = true }
	}, metric(upMetric))
	return found, err
}

// advance moves the cursor to m, whose marker was just committed.
func (sh *shelf) advance(m slice.Minute) { sh.last, sh.any = m, true }

// reloader is the database's compactor, which can also be made to look for
// new blocks at once: the database reloads its blocks after each plan it
// carried out, and otherwise once a minute.
type reloader struct {
	promtsdb.Compactor
	shelf   *shelf
	pending atomic.Bool
}

func (sh *shelf) newCompactor(ctx context.Context, r prometheus.Registerer, l *slog.Logger,
	ranges []int64, pool chunkenc.Pool, _ *promtsdb.Options,
) (promtsdb.Compactor, error) {
	c, err := promtsdb.NewLeveledCompactor(ctx, r, l, ranges, pool, nil)
	sh.compactor = &reloader{Compactor: c, shelf: sh}
	return sh.compactor, err
}

// noBlocks is the plan that only reloads.
const noBlocks = "(reload)"

// Plan asks for a reload first, if one is due.
func (r *reloader) Plan(dir string) ([]string, error) {
	if r.pending.CompareAndSwap(true, false) {
		return []string{noBlocks}, nil
	}
	return r.Compactor.Plan(dir)
}

// Compact does nothing for the plan that only reloads.
func (r *reloader) Compact(dest string, dirs []string, open []*promtsdb.Block) (made []ulid.ULID, err error) {
	if len(dirs) == 1 && dirs[0] == noBlocks {
		return nil, nil
	}
	err = r.shelf.around("compact", func() (err error) {
		made, err = r.Compactor.Compact(dest, dirs, open)
		return err
	})
	return made, err
}

// Write makes a block of what is cut off a head.
func (r *reloader) Write(dest string, b promtsdb.BlockReader, mint, maxt int64, base *promtsdb.BlockMeta) (made []ulid.ULID, err error) {
	err = r.shelf.around("cut", func() (err error) {
		made, err = r.Compactor.Write(dest, b, mint, maxt, base)
		return err
	})
	return made, err
}

// reload makes blocks that were put into the directory visible.
func (sh *shelf) reload(ctx context.Context) error {
	sh.compactor.pending.Store(true)
	return sh.db.Compact(ctx)
}
