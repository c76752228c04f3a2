// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package intakelog

import (
	"errors"
	"fmt"
	"io"
	"path"
	"sync/atomic"
	"time"

	"github.com/leadline/leadline/internal/errs"
)

const (
	lockFile = "LOCK"
	// retryAfter is the longest wait after which every Python client still
	// sends again.
	retryAfter = 3 * time.Second
)

// Log is an open intake log. Its methods may be called by several goroutines;
// calls for one stream wait for each other, except Stats and Failed, which
// never wait for the disk.
type Log struct {
	fs      FS
	cfg     Config
	lock    io.Closer
	streams [2]*stream
	failed  atomic.Pointer[errs.Error]
	closed  atomic.Bool
}

// Open locks the data directory that fs stands for, passes every record that
// is kept to replay, Minutes first and then Intake, each in the order of its
// commits, and returns the log ready for more. A record's payload is valid
// only during the call, and nil when cfg says that it is not needed. An error
// from replay ends Open.
//
// Records that were written but never acknowledged may be replayed; from then
// on they count as committed. The damage that Open met is returned beside the
// log, oldest segment first: it cost what it says and nothing else.
func Open(fs FS, cfg Config, replay func(Stream, Record) error) (*Log, []Damage, error) {
	if err := cfg.Validate(); err != nil {
		return nil, nil, err
	}
	l := &Log{fs: fs, cfg: cfg.withDefaults()}
	if err := fs.Mkdir("."); err != nil {
		return nil, nil, fmt.Errorf("make the data directory: %w", err)
	}
	var err error
	if l.lock, err = fs.Lock(lockFile); err != nil {
		return nil, nil, err
	}
	damage, err := l.restore(replay)
	if err != nil {
		return nil, nil, errors.Join(err, l.release())
	}
	return l, damage, nil
}

func (l *Log) restore(replay func(Stream, Record) error) ([]Damage, error) {
	for s := range l.streams {
		l.streams[s] = newStream(l, Stream(s))
	}
	if err := l.makeDirs(); err != nil {
		return nil, err
	}
	r, err := newReader()
	if err != nil {
		return nil, err
	}
	defer r.zstd.Close()
	r.passed = l.cfg.Passed
	var damage []Damage
	for _, s := range []Stream{Minutes, Intake} {
		found, err := l.streams[s].restore(r, func(rec Record) error { return replay(s, rec) })
		if err != nil {
			return nil, err
		}
		damage = append(damage, found...)
	}
	return damage, nil
}

func (l *Log) makeDirs() error {
	dirs := []string{l.cfg.Dir}
	for _, st := range l.streams {
		dirs = append(dirs, st.dir)
	}
	for _, dir := range dirs {
		if err := l.fs.Mkdir(dir); err != nil {
			return fmt.Errorf("make directory %s: %w", dir, err)
		}
	}
	for _, dir := range []string{".", l.cfg.Dir} {
		if err := l.fs.SyncDir(dir); err != nil {
			return fmt.Errorf("sync directory %s: %w", dir, err)
		}
	}
	return nil
}

// Commit writes the records to s in order, syncs once and returns. Nil means
// that they are durable.
//
// After an error none of them is, and while Failed returns nil none of them
// will ever be replayed: an Unavailable error then says that the disk is full
// or refuses to write, and the next Commit tries again. Once Failed returns an
// error, the records of the commit that it ended may be replayed by the next
// process or not, which is why a record has to carry the ids of the events
// that it counts.
func (l *Log) Commit(s Stream, records []Record) error {
	st := l.streams[s]
	st.mu.Lock()
	defer st.mu.Unlock()
	err := st.commit(records)
	if err != nil {
		st.refused.Add(1)
		return err
	}
	st.commits.Add(1)
	return nil
}

// Rotate seals the active segment of s, so that it can be dropped once its
// records are not needed. It does nothing when there is none.
func (l *Log) Rotate(s Stream) error {
	st := l.streams[s]
	st.mu.Lock()
	defer st.mu.Unlock()
	if err := st.usable(); err != nil {
		return err
	}
	return st.rotate()
}

// Drop deletes the sealed segments of s in which no record's Until is later
// than through. A crash soon after an error may bring them back.
func (l *Log) Drop(s Stream, through int64) error {
	st := l.streams[s]
	st.mu.Lock()
	defer st.mu.Unlock()
	if err := st.usable(); err != nil {
		return err
	}
	return st.drop(through)
}

// Failed returns the error that stopped the log, or nil. Once it is there
// nothing is acknowledged until the process starts again.
func (l *Log) Failed() error {
	if err := l.failed.Load(); err != nil {
		return err
	}
	return nil
}

// fail stops the log for good and returns the first error that did.
func (l *Log) fail(err error) error {
	stopped := errs.New(errs.Unavailable, "the intake log has stopped: %w", err).
		WithHint("The disk did not keep what was written. Check it (dmesg, SMART, free space), then restart leadline.")
	stopped.RetryAfter = retryAfter
	l.failed.CompareAndSwap(nil, stopped)
	return l.Failed()
}

// Stats returns what the log holds, without waiting for the disk.
func (l *Log) Stats() Stats {
	return Stats{Intake: l.streams[Intake].stats(), Minutes: l.streams[Minutes].stats()}
}

// Close seals the active segments, which is how the next Open knows that
// nothing is missing, and releases the data directory. Committed records are
// safe without it. A second Close does nothing.
func (l *Log) Close() error {
	if l.closed.Swap(true) {
		return nil
	}
	var failures []error
	for _, st := range l.streams {
		failures = append(failures, st.close())
	}
	return errors.Join(append(failures, l.release())...)
}

// release closes what is open without writing.
func (l *Log) release() error {
	var failures []error
	for _, st := range l.streams {
		if st != nil {
			failures = append(failures, st.abandon())
		}
	}
	if err := l.lock.Close(); err != nil {
		failures = append(failures, fmt.Errorf("release the data directory: %w", err))
	}
	return errors.Join(failures...)
}

func (l *Log) streamDir(s Stream) string { return path.Join(l.cfg.Dir, s.String()) }
