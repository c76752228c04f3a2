// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"bytes"
	"io"

	"github.com/klauspost/compress/zstd"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
)

// grpc-go decompresses a message before anybody can refuse it, without a
// budget, a ratio or one contiguous buffer, and answers INTERNAL whatever is
// wrong with it. So our decompressors let the bytes pass as they are, behind a
// mark, and the handler decompresses them as the HTTP server does.
//
// The mark begins with a byte that no protobuf message can begin with: field
// number 0 is reserved. A client that puts the mark into an uncompressed
// message gets it decompressed, under the same limits.
const (
	markByte   = 0x07
	markLength = 2
)

// unmark splits a received message into its compression and its bytes.
func unmark(data []byte) (compression, []byte) {
	if len(data) < markLength || data[0] != markByte || data[1] >= byte(compressions) {
		return identity, data
	}
	return compression(data[1]), data[markLength:]
}

// gzipPass belongs to one server.
type gzipPass struct{}

func (gzipPass) Type() string { return gzipped.String() }

func (gzipPass) Do(r io.Reader) ([]byte, error) {
	size := bytes.MinRead
	if sized, ok := r.(*mem.Reader); ok {
		size += sized.Remaining()
	}
	out := bytes.NewBuffer(append(make([]byte, 0, markLength+size), markByte, byte(gzipped)))
	_, err := out.ReadFrom(r)
	return out.Bytes(), err
}

// A server has room for one decompressor of its own; all others come from a
// registry of the process that may be written in init functions only. Nothing
// else in this process speaks zstd over gRPC.
func init() { encoding.RegisterCompressor(zstdPass{}) }

// zstdPass passes received messages and compresses sent ones.
type zstdPass struct{}

func (zstdPass) Name() string { return zstandard.String() }

func (zstdPass) Decompress(r io.Reader) (io.Reader, error) {
	return io.MultiReader(bytes.NewReader([]byte{markByte, byte(zstandard)}), r), nil
}

// Compress is for the rare answer that has content. grpc-go does not compress
// empty ones.
func (zstdPass) Compress(w io.Writer) (io.WriteCloser, error) {
	return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
}
