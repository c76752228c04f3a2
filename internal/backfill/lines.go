// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package backfill

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"

	"github.com/leadline/leadline/internal/errs"
)

// MaxLine is the longest line of a recording: what the OTLP servers take in
// one request.
const MaxLine = 64 << 20

// maxKeptLine is the size of a buffer that is kept for the next line.
const maxKeptLine = 4 << 20

// errLongLine says that a line is beyond the limit. It was passed over.
var errLongLine error = errs.New(errs.Invalid, "longer than %d MiB", MaxLine>>20)

// lines reads the lines of a recording, one at a time.
type lines struct {
	in    *bufio.Reader
	limit int
	buf   []byte
	bytes int64 // read so far
	count int   // lines read so far, the empty ones too
}

// newLines reads r, which is decompressed if it begins like a gzip file.
func newLines(r io.Reader, limit int) (*lines, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	magic, err := in.Peek(4)
	if err != nil && err != io.EOF && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, readError(0, err)
	}
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(in)
		if err != nil {
			return nil, errs.New(errs.Invalid, "read the recording: %w", err)
		}
		in = bufio.NewReaderSize(z, 64<<10)
	case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		return nil, errs.New(errs.Unsupported, "read the recording: it is compressed with zstd").WithHint("decompress it first: zstd -dc FILE | leadline backfill -")
	}
	return &lines{in: in, limit: limit}, nil
}

// next returns the next line without its end; it is valid until the next call.
// io.EOF says that there are no more, errLongLine that this one was passed over.
func (l *lines) next() ([]byte, error) {
	if cap(l.buf) > maxKeptLine {
		l.buf = nil
	}
	l.buf = l.buf[:0]
	l.count++
	long := false
	for {
		part, err := l.in.ReadSlice('\n')
		l.bytes += int64(len(part))
		if long = long || len(l.buf)+len(part) > l.limit+1; !long {
			l.buf = append(l.buf, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err == io.EOF && len(part) == 0 && len(l.buf) == 0 && !long:
			l.count--
			return nil, io.EOF
		case err != nil && err != io.EOF:
			return nil, readError(l.count, err)
		case long:
			return nil, errLongLine
		}
		return bytes.TrimSpace(l.buf), nil
	}
}

// readError keeps the kind of an error that has one; a recording that cannot
// be decompressed is the sender's to mend.
func readError(line int, err error) error {
	if errs.KindOf(err) != errs.Internal {
		return err
	}
	return errs.New(errs.Invalid, "read the recording at line %d: %w", line, err)
}
