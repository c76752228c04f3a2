// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package intakelog

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/klauspost/compress/zstd"

	"github.com/leadline/leadline/internal/errs"
)

const (
	// chunkBytes is how much of a commit is gathered before it is written.
	chunkBytes = 1 << 20
	// worthCompressing is the payload from which zstd is tried.
	worthCompressing = 256
)

// stream is one family of segments and the only writer of its files.
type stream struct {
	log *Log
	id  Stream
	dir string

	mu     sync.Mutex
	sealed []*segment // oldest first
	active *segment   // nil until the next commit makes one
	file   File       // of active
	seq    uint64     // of the newest segment
	buf    []byte
	packed []byte
	zstd   *zstd.Encoder
	closed bool

	segments, bytes, commits, refused atomic.Int64
}

func newStream(l *Log, id Stream) *stream { return &stream{log: l, id: id, dir: l.streamDir(id)} }

func (st *stream) stats() StreamStats {
	return StreamStats{
		Segments: st.segments.Load(),
		Bytes:    st.bytes.Load(),
		Commits:  st.commits.Load(),
		Refused:  st.refused.Load(),
	}
}

// usable returns why the stream may not change its files, or nil.
func (st *stream) usable() error {
	if st.closed {
		return st.refuse(errors.New("the log is closed"))
	}
	return st.log.Failed()
}

func (st *stream) commit(records []Record) error {
	if err := st.usable(); err != nil {
		return err
	}
	if len(records) == 0 {
		return nil
	}
	if err := st.admit(records); err != nil {
		return err
	}
	if err := st.open(); err != nil {
		return err
	}
	end, err := st.write(records)
	if err != nil {
		return st.takeBack(err)
	}
	return st.sync(end, records)
}

// admit refuses what can never be stored, and what would eat the reserve.
func (st *stream) admit(records []Record) error {
	need := st.log.cfg.ReserveBytes + segmentBytes
	for _, r := range records {
		if len(r.Payload) > MaxRecordBytes {
			return errs.New(errs.TooLarge, "commit to %s: record of %d bytes, at most %d are allowed", st.dir, len(r.Payload), MaxRecordBytes)
		}
		if r.Kind == kindSeal {
			return errs.New(errs.Invalid, "commit to %s: kind 0 is the log's own", st.dir)
		}
		need += frameBytes + int64(len(r.Payload))
	}
	free, err := st.log.fs.Free()
	if err != nil {
		return st.refuse(err)
	}
	if free < need {
		return st.refuse(fmt.Errorf("%d bytes are free and %d are held in reserve: %w", free, st.log.cfg.ReserveBytes, syscall.ENOSPC))
	}
	return nil
}

// refuse wraps an error that may pass.
func (st *stream) refuse(err error) error {
	hint := "The disk refuses to write: check it (dmesg, SMART)."
	if st.closed {
		hint = "Leadline is stopping."
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		hint = "Free space on the disk of the data directory; intake goes on by itself."
	}
	refusal := errs.New(errs.Unavailable, "write to %s: %w", st.dir, err).WithHint(hint)
	refusal.RetryAfter = retryAfter
	return refusal
}

// open makes sure that there is an active segment with room.
func (st *stream) open() error {
	if st.active != nil && st.active.size >= st.log.cfg.SegmentBytes {
		if err := st.rotate(); err != nil {
			return err
		}
	}
	if st.active != nil {
		return nil
	}
	var salt [8]byte
	// crypto/rand never fails: it ends the process instead.
	_, _ = rand.Read(salt[:])
	return st.create(newSegment(st.dir, st.seq+1, binary.LittleEndian.Uint64(salt[:])))
}

// create makes seg the active segment once its header and its name are
// durable.
func (st *stream) create(seg *segment) error {
	fs := st.log.fs
	st.seq = seg.seq
	file, err := fs.Create(seg.name)
	if err != nil {
		return st.refuse(err)
	}
	if _, err := file.WriteAt(appendSegmentHeader(nil, st.id, seg), 0); err != nil {
		// A file that stays behind is empty: the next Open will say so.
		return st.refuse(errors.Join(fmt.Errorf("write the header of %s: %w", seg.name, err), file.Close(), fs.Remove(seg.name)))
	}
	if err := errors.Join(file.Sync(), fs.SyncDir(st.dir)); err != nil {
		// The close's error would add nothing to the one that stops the log.
		_ = file.Close()
		return st.log.fail(fmt.Errorf("sync new segment %s: %w", seg.name, err))
	}
	seg.size = segmentBytes
	st.active, st.file = seg, file
	st.segments.Add(1)
	st.bytes.Add(seg.size)
	return nil
}

// write appends the records after the active segment's good end, in chunks,
// and returns where they end.
func (st *stream) write(records []Record) (end int64, err error) {
	end = st.active.size
	b := st.buf[:0]
	for i := range records {
		var flags uint8
		if i == 0 {
			flags = flagFirst
		}
		b = st.appendRecord(b, end+int64(len(b)), &records[i], flags)
		if len(b) < chunkBytes && i < len(records)-1 {
			continue
		}
		if _, err := st.file.WriteAt(b, end); err != nil {
			return 0, fmt.Errorf("write %s at offset %d: %w", st.active.name, end, err)
		}
		end += int64(len(b))
		b = b[:0]
	}
	st.buf = b
	if cap(b) > 4*chunkBytes {
		st.buf = nil
	}
	return end, nil
}

func (st *stream) appendRecord(b []byte, offset int64, r *Record, flags uint8) []byte {
	f := frame{kind: r.Kind, flags: flags, until: r.Until, raw: uint32(len(r.Payload))}
	stored := r.Payload
	if st.id == Minutes && len(stored) >= worthCompressing {
		if packed := st.pack(stored); len(packed) <= len(stored)*7/8 {
			f.flags, stored = flags|flagZstd, packed
		}
	}
	return appendFrame(b, st.active.salt, offset, f, stored)
}

func (st *stream) pack(payload []byte) []byte {
	if st.zstd == nil {
		// Only an invalid option makes this fail. The frame has a checksum
		// of its own.
		e, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false), zstd.WithWindowSize(1<<20))
		if err != nil {
			panic(fmt.Sprintf("BUG: start zstd: %v", err))
		}
		st.zstd = e
	}
	st.packed = st.zstd.EncodeAll(payload, st.packed[:0])
	return st.packed
}

// takeBack cuts the active segment back to its good end after a write that
// did not succeed because of cause.
func (st *stream) takeBack(cause error) error {
	if err := st.file.Truncate(st.active.size); err != nil {
		return st.log.fail(fmt.Errorf("%w; cut it back to %d: %w", cause, st.active.size, err))
	}
	if err := st.file.Sync(); err != nil {
		return st.log.fail(fmt.Errorf("%w; sync after the cut to %d: %w", cause, st.active.size, err))
	}
	return st.refuse(cause)
}

// sync makes what stands before end durable and moves the good end there.
func (st *stream) sync(end int64, records []Record) error {
	if err := st.file.Sync(); err != nil {
		return st.log.fail(fmt.Errorf("sync %s: %w", st.active.name, err))
	}
	// The other stream may have failed meanwhile: then this is no longer a
	// process that acknowledges.
	if err := st.log.Failed(); err != nil {
		return err
	}
	st.bytes.Add(end - st.active.size)
	st.active.size = end
	for _, r := range records {
		st.active.until = max(st.active.until, r.Until)
	}
	return nil
}

// rotate seals the active segment and closes it.
func (st *stream) rotate() error {
	if st.active == nil {
		return nil
	}
	seg := st.active
	seal := appendFrame(nil, seg.salt, seg.size, frame{kind: kindSeal, flags: flagFirst, until: math.MinInt64}, nil)
	if _, err := st.file.WriteAt(seal, seg.size); err != nil {
		return st.takeBack(fmt.Errorf("seal %s: %w", seg.name, err))
	}
	if err := st.sync(seg.size+int64(len(seal)), nil); err != nil {
		return err
	}
	st.sealed = append(st.sealed, seg)
	if err := st.abandon(); err != nil {
		return st.refuse(err)
	}
	return nil
}

// abandon closes the active segment as it is. What it holds is synced, so the
// close cannot lose anything; its error is worth reporting all the same.
func (st *stream) abandon() error {
	if st.active == nil {
		return nil
	}
	name, file := st.active.name, st.file
	st.active, st.file = nil, nil
	if err := file.Close(); err != nil {
		return fmt.Errorf("close %s: %w", name, err)
	}
	return nil
}

func (st *stream) drop(through int64) error {
	var failures []error
	kept := st.sealed[:0]
	for _, seg := range st.sealed {
		if seg.until > through {
			kept = append(kept, seg)
			continue
		}
		if err := st.log.fs.Remove(seg.name); err != nil {
			kept = append(kept, seg)
			failures = append(failures, fmt.Errorf("remove %s: %w", seg.name, err))
			continue
		}
		st.segments.Add(-1)
		st.bytes.Add(-seg.size)
	}
	removed := len(kept) < len(st.sealed)
	clear(st.sealed[len(kept):])
	st.sealed = kept
	if removed {
		if err := st.log.fs.SyncDir(st.dir); err != nil {
			return st.log.fail(fmt.Errorf("sync directory %s: %w", st.dir, err))
		}
	}
	return errors.Join(failures...)
}

// close seals what is active. A log that has stopped, or a disk without room
// for the seal, keeps its segment unsealed: the next Open goes on with it.
func (st *stream) close() error {
	st.mu.Lock()
	defer st.mu.Unlock()
	err := st.usable()
	if err == nil {
		err = st.rotate()
	}
	st.closed = true
	return err
}
