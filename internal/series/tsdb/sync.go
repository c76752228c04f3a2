// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package tsdb

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/prometheus/prometheus/tsdb/wlog"

	"github.com/leadline/leadline/internal/slice"
)

// crosses reports whether appending minute m begins another chunk of the
// marker's series, as the head does at the edges of its blocks.
func (sh *shelf) crosses(m slice.Minute) bool {
	block := minutes(sh.block)
	return sh.any && (m+1)/block != (sh.last+1)/block
}

// syncLog syncs the write-ahead log to the disk. The head writes a finished
// chunk to a file that may reach the disk before the log does. If a power cut
// then takes the end of the log, the marker's chunk would claim minutes that
// other series have lost. So the log is synced before that chunk can be
// finished, which is twelve times a day at most; the chunks of other series may be
// ahead, because Append tolerates samples that are there.
func (sh *shelf) syncLog() error { return sh.around("sync", sh.syncFiles) }

func (sh *shelf) syncFiles() error {
	dir := filepath.Join(sh.dir, "wal")
	first, last, err := wlog.Segments(dir)
	if err != nil {
		return fmt.Errorf("sync write-ahead log: %w", err)
	}
	// Segments that are closed were synced then, or are about to be.
	for i := max(first, last-1); i >= 0 && i <= last; i++ {
		if err := syncFile(wlog.SegmentName(dir, i)); err != nil {
			return fmt.Errorf("sync write-ahead log: %w", err)
		}
	}
	return syncFile(dir)
}

func syncFile(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
