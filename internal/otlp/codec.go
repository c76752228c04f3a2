// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/gzip" // grpc-go refuses calls whose encoding nobody registered.
	"google.golang.org/grpc/mem"
)

// response is a serialized answer.
type response []byte

// codec sends answers as they are. Requests do not come this way, see upload.
type codec struct{}

// Name is what clients call protobuf in their content type.
func (codec) Name() string { return "proto" }

// Marshal takes a response.
func (codec) Marshal(v any) (mem.BufferSlice, error) {
	body, ok := v.(response)
	if !ok {
		return nil, fmt.Errorf("marshal %T", v)
	}
	if len(body) == 0 {
		return nil, nil
	}
	return mem.BufferSlice{mem.SliceBuffer(body)}, nil
}

// Unmarshal is not used.
func (codec) Unmarshal(mem.BufferSlice, any) error {
	return errors.New("messages are read from the transport")
}

// grpc-go keeps compressors in a registry of the process, to be written in
// init functions only.
func init() { encoding.RegisterCompressor(zstdCompressor{}) }

// zstdCompressor makes grpc-go accept calls with zstd, and compresses the rare
// answer to them that is not empty.
type zstdCompressor struct{}

func (zstdCompressor) Name() string { return zstandard.String() }

// Compress implements encoding.Compressor.
func (zstdCompressor) Compress(w io.Writer) (io.WriteCloser, error) {
	return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
}

// Decompress implements encoding.Compressor, for clients in this process.
func (zstdCompressor) Decompress(r io.Reader) (io.Reader, error) {
	d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
	if err != nil {
		return nil, err
	}
	return d.IOReadCloser(), nil
}
