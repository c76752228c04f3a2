// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding"
	"google.golang.org/grpc/mem"
)

const exportMethod = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"

// grpcSender spreads requests over connections in turn, as many processes
// with a connection each would.
type grpcSender struct {
	connections []*grpc.ClientConn
	next        atomic.Uint64
	options     []grpc.CallOption
}

func dialGRPC(address string, compressed bool, connections int) (Sender, error) {
	s := &grpcSender{options: []grpc.CallOption{grpc.ForceCodecV2(rawCodec{})}}
	if compressed {
		// The process-wide registry is the only way to hand gRPC a body that
		// is compressed already. Nothing else in these commands speaks gRPC.
		encoding.RegisterCompressor(readyGzip{})
		s.options = append(s.options, grpc.UseCompressor(readyGzip{}.Name()))
	}
	for range connections {
		c, err := grpc.NewClient("passthrough:///"+address, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("dial %s: %w", address, err), s.Close())
		}
		s.connections = append(s.connections, c)
	}
	return s, nil
}

func (s *grpcSender) Send(ctx context.Context, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	c := s.connections[s.next.Add(1)%uint64(len(s.connections))]
	var answer []byte
	if err := c.Invoke(ctx, exportMethod, body, &answer, s.options...); err != nil {
		return fmt.Errorf("export to %s: %w", c.Target(), err)
	}
	return checkAnswer(answer)
}

func (s *grpcSender) Close() error {
	var err error
	for _, c := range s.connections {
		err = errors.Join(err, c.Close())
	}
	return err
}

// rawCodec sends []byte as it is and reads answers into *[]byte. Its name
// makes the content type the one of every OTLP client.
type rawCodec struct{}

func (rawCodec) Name() string { return "proto" }

func (rawCodec) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(v.([]byte))}, nil
}

func (rawCodec) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*[]byte) = data.Materialize()
	return nil
}

// readyGzip is the gzip encoding for bodies that Prepare has compressed: it
// passes them on and really decompresses only answers.
type readyGzip struct{}

func (readyGzip) Name() string { return "gzip" }

func (readyGzip) Compress(w io.Writer) (io.WriteCloser, error) { return passOn{w}, nil }

func (readyGzip) Decompress(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }

type passOn struct{ io.Writer }

func (passOn) Close() error { return nil }
