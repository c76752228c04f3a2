// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package intakelog

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/zeebo/xxh3"

	"github.com/leadline/leadline/internal/errs"
)

// windowBytes is how much of a segment is read at once: small enough to stay
// in the processor's cache between the read and the checksum.
const windowBytes = 1 << 20

// reader walks the frames of one segment after the other; its buffers are
// used again, so that replay allocates nothing per record.
type reader struct {
	buf  []byte // the bytes of file from base on
	base int64
	raw  []byte
	zstd *zstd.Decoder
	// passed says which payloads nobody needs; see Config.
	passed func(s Stream, k Kind, until int64) bool

	file File
	size int64
}

// scan is what a walk through a segment found.
type scan struct {
	header bool  // the segment's header is good
	sealed bool  // the segment says that it ends
	end    int64 // the end of the last valid frame
	// commit is the start of the last commit that was found. Whatever stands
	// before it was synced.
	commit int64
	until  int64
	lost   []Damage
	// short says that the file ends inside a record.
	short bool
	// headless says that a frame's header is among what was lost, so that
	// until may be too low.
	headless bool
}

// walk calls visit for each record of seg in order. The errors it returns are
// of the file, of visit, and of a format that this version does not know;
// damage is in the result.
func (r *reader) walk(s Stream, seg *segment, file File, visit func(Record) error) (scan, error) {
	size, err := file.Size()
	if err != nil {
		return scan{}, fmt.Errorf("size of %s: %w", seg.name, err)
	}
	r.file, r.size, r.base, r.buf = file, size, 0, r.buf[:0]
	w := walker{reader: r, stream: s, seg: seg, visit: visit}
	w.end, w.until = segmentBytes, seg.until
	if err := w.segmentHeader(); err != nil {
		return scan{}, err
	}
	for at := int64(segmentBytes); at < size; {
		next, err := w.step(at)
		if err != nil {
			return scan{}, fmt.Errorf("read %s at offset %d: %w", seg.name, at, err)
		}
		at = next
	}
	return w.scan, nil
}

// bytes returns n bytes at offset, or fewer at the end of the file. They are
// valid until the next call.
func (r *reader) bytes(offset int64, n int) ([]byte, error) {
	n = int(min(int64(n), r.size-offset))
	if from := offset - r.base; from >= 0 && from+int64(n) <= int64(len(r.buf)) {
		return r.buf[from : from+int64(n)], nil
	}
	want := int(min(int64(max(n, windowBytes)), r.size-offset))
	if cap(r.buf) < want {
		r.buf = make([]byte, want)
	}
	r.base, r.buf = offset, r.buf[:want]
	if got, err := r.file.ReadAt(r.buf, offset); got < want {
		r.buf = r.buf[:0]
		return nil, errs.New(errs.Internal, "%w", errors.Join(err, io.ErrUnexpectedEOF)).
			WithHint("The disk cannot read this file. Copy it elsewhere and move it away to start without its records.")
	}
	return r.buf[:n], nil
}

// walker is one walk: a reader, where it is, and what it found so far.
type walker struct {
	*reader
	scan
	stream Stream
	seg    *segment
	visit  func(Record) error
}

func (w *walker) lose(from, to int64, reason string) {
	w.lost = append(w.lost, Damage{Stream: w.stream, Segment: w.seg.name, Offset: from, Length: to - from, Reason: reason})
}

func (w *walker) segmentHeader() error {
	b, err := w.bytes(0, segmentBytes)
	if err != nil {
		return fmt.Errorf("read %s: %w", w.seg.name, err)
	}
	w.header, err = checkSegmentHeader(b, w.stream, w.seg)
	if err == nil && !w.header {
		w.lose(0, int64(len(b)), "the segment's header is not valid")
	}
	return err
}

// step handles the frame at offset at and returns where the next one begins.
func (w *walker) step(at int64) (int64, error) {
	b, err := w.bytes(at, frameBytes)
	if err != nil {
		return at, err
	}
	f, ok := parseFrame(b, w.seg.salt, at)
	if !ok {
		return w.skip(at)
	}
	w.until = max(w.until, f.until)
	if f.flags&flagFirst != 0 {
		w.commit = at
	}
	end := at + frameBytes + int64(f.length)
	if end > w.size {
		w.short = true
		w.lose(at, w.size, fmt.Sprintf("the file ends inside a record of %d bytes", end-at))
		return w.size, nil
	}
	if f.kind == kindSeal {
		w.sealed, w.end = true, end
		return end, nil
	}
	return end, w.record(at, end, f)
}

// skip finds the next valid frame after a header that is none.
func (w *walker) skip(at int64) (int64, error) {
	w.headless = true
	next, err := w.search(at + 1)
	if err != nil {
		return at, err
	}
	w.lose(at, next, "a record's header is not valid")
	return next, nil
}

// search returns the offset of the first valid frame header from offset on,
// or the end of the file.
func (w *walker) search(from int64) (int64, error) {
	for w.size-from >= frameBytes {
		b, err := w.bytes(from, windowBytes)
		if err != nil {
			return 0, err
		}
		for at := 0; ; at++ {
			i := bytes.Index(b[at:], []byte(frameMagic))
			if i < 0 || at+i+frameBytes > len(b) {
				break
			}
			at += i
			if _, ok := parseFrame(b[at:], w.seg.salt, from+int64(at)); ok {
				return from + int64(at), nil
			}
		}
		// A header may begin in the last bytes of what was searched.
		from += int64(len(b) - frameBytes + 1)
	}
	return w.size, nil
}

// record checks the payload of the frame at offset at and passes it on.
func (w *walker) record(at, end int64, f frame) error {
	b, err := w.bytes(at, int(end-at))
	if err != nil {
		return err
	}
	stored := b[frameBytes:]
	if xxh3.HashSeed(stored, seed(w.seg.salt, at)) != f.sum {
		w.lose(at, end, "the record's payload does not have its checksum")
		return nil
	}
	if f.flags&^knownFlags != 0 {
		return errs.New(errs.Unsupported, "flags %#x", f.flags).WithHint("A newer leadline wrote this data directory: start that version again.")
	}
	if w.passed != nil && w.passed(w.stream, f.kind, f.until) {
		w.end = end
		return w.visit(Record{Kind: f.kind, Until: f.until})
	}
	payload, ok := w.unpack(f, stored)
	if !ok {
		w.lose(at, end, "the record's payload does not decompress")
		return nil
	}
	w.end = end
	return w.visit(Record{Kind: f.kind, Until: f.until, Payload: payload})
}

// unpack returns the payload as it was committed.
func (w *walker) unpack(f frame, stored []byte) ([]byte, bool) {
	if f.flags&flagZstd == 0 {
		return stored, true
	}
	if f.raw > MaxRecordBytes {
		return nil, false
	}
	raw, err := w.zstd.DecodeAll(stored, w.raw[:0])
	if err != nil || len(raw) != int(f.raw) {
		return nil, false
	}
	w.raw = raw
	return raw, true
}

// newReader returns a reader whose decompressor refuses to produce more than
// a record may hold.
func newReader() (*reader, error) {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(MaxRecordBytes+1))
	if err != nil {
		return nil, fmt.Errorf("start zstd: %w", err)
	}
	return &reader{zstd: d}, nil
}
