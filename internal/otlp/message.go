// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"encoding/binary"
	"errors"
	"io"

	"google.golang.org/grpc/mem"

	"github.com/leadline/leadline/internal/errs"
)

// upload is the transport stream of a call, as far as we need it. grpc-go
// hands out messages whole: it receives up to MaxRecvMsgSize for every call at
// once, then decompresses without budget or ratio, and answers INTERNAL
// whatever was wrong. The stream below it, which a handler finds in its
// context, can be read piece by piece, into memory that we paid for.
//
// These methods are no promise of grpc-go's. newGRPC's tests fail when an
// upgrade takes them away, and a call without them is refused, not misread.
type upload interface {
	ReadMessageHeader(header []byte) error
	Read(n int) (mem.BufferSlice, error)
	RecvCompress() string
}

// A message has a prefix: one byte that says whether it is compressed, and
// four with its length.
const prefixLength = 5

// message reads a message and returns its bytes, decompressed. The compression
// is returned with an error, too, for the metrics.
func (in *intake) message(pools *inflaters, from upload) ([]byte, compression, error) {
	var prefix [prefixLength]byte
	if err := from.ReadMessageHeader(prefix[:]); err != nil {
		return nil, identity, err
	}
	enc, err := messageCompression(prefix[0], from.RecvCompress())
	if err != nil {
		return nil, enc, err
	}
	r := &messageReader{from: from, left: int64(binary.BigEndian.Uint32(prefix[1:]))}
	body, err := in.known(r, r.left)
	if err != nil || enc == identity {
		return body, enc, err
	}
	body, err = in.inflate(pools, enc, body)
	return body, enc, err
}

// messageCompression reads the flag of one message. A client may leave single
// messages of a compressed stream as they are.
func messageCompression(flag byte, name string) (compression, error) {
	if flag == 0 {
		return identity, nil
	}
	enc, known := parseCompression(name)
	if flag != 1 || !known || enc == identity {
		return identity, errs.New(errs.Invalid, "the message is flagged %d with grpc-encoding %q", flag, name)
	}
	return enc, nil
}

// maxPiece is how much of a message is held twice at most: in the transport's
// frames and in our buffer.
const maxPiece = 256 * kib

// messageReader reads one message off its stream.
type messageReader struct {
	from upload
	left int64
}

func (r *messageReader) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	piece, err := r.from.Read(int(min(int64(len(p)), r.left, maxPiece)))
	n := piece.CopyTo(p)
	piece.Free()
	r.left -= int64(n)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}
