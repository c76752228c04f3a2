// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package tsdb is the embedded series store: closed minutes in Prometheus'
// own time series database, readable by anything that reads its blocks.
//
// It owns one directory:
//
//	slices/      counts and leadline_writer_up, kept for Options.Retention
//	histograms/  durations by the minute, kept for Options.HistogramRetention
//	hours/       durations by the hour, kept for Options.HourRetention
//	backfill/    scratch space of a running backfill, removed at every start
//
// They are databases of their own because a database has one retention, and
// histograms weigh thirty times as much as counts. Each is a shelf. One that
// takes minutes ends every minute with its own leadline_writer_up sample,
// written in the same commit as the counts, or after the histograms. The
// newest of these markers is the shelf's cursor, and the older of both cursors
// is Last. A minute is in the write-ahead log when Append returns, so it
// survives the death of the process; it is not synced, because the intake log
// keeps minute records for two days and writes again what a power cut takes.
//
// The write-ahead log is replayed as a prefix: a torn or damaged record ends
// it. All counts of a minute and its marker are one record, so a shelf never
// holds half a minute. Should chunk files be ahead of the log after a power
// cut, Append meets samples that are there already; it compares and goes on.
//
// An hour is merged from its minutes when Append has stored its last one, and
// ends with a marker too; Open merges what a crash left out. The minutes that
// an hour holds are stored beside it, as a set. A backfill writes what it has
// of an hour at once, stamped with the last of these minutes, so that several
// of them lie side by side: the sets tell one that is run again what is there.
// Whole hours are read from hours/, and the minutes at both ends of a range
// from histograms/ as long as they are kept.
//
// Backfilled blocks carry the compaction hint "from-selected-series". It
// keeps them out of the calculation from which time on the write-ahead log is
// replayed: without it, a block that is newer than the oldest sample of the
// head would make the next start drop live samples. Blocks of that class are
// compacted with each other only.
//
// docs/format/series.md describes series and labels.
package tsdb

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
)

// Options of a store.
type Options struct {
	// Dir is the directory of the store; it is created if need be.
	Dir string
	// Writer is the stable id of this data directory, the label writer.
	Writer string
	// Retention is how long counts are kept.
	Retention time.Duration
	// HistogramRetention is how long histograms are kept by the minute.
	HistogramRetention time.Duration
	// HourRetention is how long they are kept by the hour.
	HourRetention time.Duration
	// Step, if there is one, is called around everything that changes files,
	// with what is done and on which shelf: "commit" before a commit and
	// "commit-done" after it, and so for sync, cut and compact. Tests end the
	// process there.
	Step func(op, shelf string)
}

// The retention of a store whose options say nothing about it.
const (
	DefaultRetention          = 400 * 24 * time.Hour
	DefaultHistogramRetention = 30 * 24 * time.Hour
	DefaultHourRetention      = 400 * 24 * time.Hour
	// minRetention leaves the database room for one block and the head.
	minRetention = 24 * time.Hour
)

func (o Options) withDefaults() Options {
	if o.Retention == 0 {
		o.Retention = DefaultRetention
	}
	if o.HistogramRetention == 0 {
		o.HistogramRetention = min(DefaultHistogramRetention, o.Retention)
	}
	if o.HourRetention == 0 {
		o.HourRetention = max(o.HistogramRetention, min(DefaultHourRetention, o.Retention))
	}
	return o
}

// Validate refuses options that no store can work with.
func (o Options) Validate() error {
	o = o.withDefaults()
	switch {
	case o.Dir == "":
		return errs.New(errs.Invalid, "open series store: no directory is given")
	case o.Writer == "":
		return errs.New(errs.Invalid, "open series store %s: no writer id is given", o.Dir)
	case o.Retention < minRetention || o.HistogramRetention < minRetention:
		return errs.New(errs.Invalid, "open series store %s: a retention of %s (histograms %s) is below %s",
			o.Dir, o.Retention, o.HistogramRetention, minRetention)
	case o.HourRetention < o.HistogramRetention:
		return errs.New(errs.Invalid, "open series store %s: histograms are kept by the hour for %s, which is shorter than by the minute, %s",
			o.Dir, o.HourRetention, o.HistogramRetention).
			WithHint("Raise --hourly-histogram-retention, or lower --histogram-retention.")
	}
	return nil
}

// Store is the embedded series store.
type Store struct {
	opts Options
	log  *slog.Logger

	// commits keeps readers out while a minute is committed: chunks are read
	// without the database's isolation of transactions.
	commits    sync.RWMutex
	counts     *shelf
	histograms *shelf
	hours      *shelf
	writer     writer

	backfills sync.Mutex // one at a time
}

var _ series.Store = (*Store)(nil)

// Open opens or creates the store in opts.Dir. The database's own log goes to
// log at level debug, except its errors. A directory that another process has
// open is refused as errs.Conflict.
func Open(log *slog.Logger, opts Options) (*Store, error) {
	opts = opts.withDefaults()
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	s := &Store{opts: opts, log: slog.New(quiet{log.Handler()})}
	if err := s.open(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) open() (err error) {
	for _, x := range []struct {
		shelf            **shelf
		name             string
		retention, block time.Duration
	}{
		{&s.counts, "slices", s.opts.Retention, minuteBlock},
		{&s.histograms, "histograms", s.opts.HistogramRetention, minuteBlock},
		{&s.hours, "hours", s.opts.HourRetention, hoursBlock},
	} {
		*x.shelf, err = openShelf(s.log, filepath.Join(s.opts.Dir, x.name), x.retention, x.block, s.opts.Step)
		if err != nil {
			return openError(s.opts.Dir, err)
		}
	}
	s.writer = newWriter(s.opts.Writer)
	// The locks on the shelves are held: nobody else is backfilling.
	if err := os.RemoveAll(s.scratch()); err != nil {
		return fmt.Errorf("open series store %s: %w", s.opts.Dir, err)
	}
	// On a full disk the next Append says so, and merges.
	if err := s.mergeHours(context.Background()); err != nil && !errors.Is(err, syscall.ENOSPC) {
		return openError(s.opts.Dir, err)
	}
	return nil
}

func (s *Store) scratch() string { return filepath.Join(s.opts.Dir, "backfill") }

func openError(dir string, err error) error {
	switch {
	case errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES):
		return errs.New(errs.Conflict, "open series store %s: %w", dir, err).
			WithHint("Another process has this data directory open, or its files belong to another user. Stop it, or ask the running server instead.")
	case errors.Is(err, syscall.ENOSPC):
		return errs.New(errs.Unavailable, "open series store %s: %w", dir, err)
	}
	return errs.New(errs.Internal, "open series store %s: %w", dir, err).
		WithHint("If a block is damaged, move the directory that the error names out of the data directory: only its time range is lost.")
}

// Close closes all shelves.
func (s *Store) Close() error {
	s.backfills.Lock()
	defer s.backfills.Unlock()
	s.commits.Lock()
	defer s.commits.Unlock()
	return errors.Join(s.counts.close(), s.histograms.close(), s.hours.close())
}

// Last returns the newest minute that is on both shelves of minutes.
func (s *Store) Last(context.Context) (slice.Minute, bool, error) {
	s.commits.RLock()
	defer s.commits.RUnlock()
	if !s.counts.any || !s.histograms.any {
		return 0, false, nil
	}
	return min(s.counts.last, s.histograms.last), true, nil
}
