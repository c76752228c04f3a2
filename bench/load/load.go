// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package load sends prepared OTLP requests to a server over loopback and
// says how long each acknowledgement took.
//
// It costs the sender as little as Go allows: bodies are encoded, patched and
// compressed before the clock starts, and gRPC hands the ready bytes to the
// transport. A request that is not acknowledged in full, by a success answer
// without rejected spans, ends the run with an error: every number that the
// benchmarks print is about requests that counted.
package load

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
	"google.golang.org/protobuf/encoding/protowire"
)

// requestTimeout bounds one request; a Python SDK gives up after ten seconds too.
const requestTimeout = 10 * time.Second

// Cell is one way to send OTLP.
type Cell struct {
	Name string
	GRPC bool
	Gzip bool
}

// Cells are the four ways that Python applications use.
var Cells = []Cell{
	{Name: "HTTP"},
	{Name: "HTTP gzip", Gzip: true},
	{Name: "gRPC", GRPC: true},
	{Name: "gRPC gzip", GRPC: true, Gzip: true},
}

// CellsNamed returns the cells of a list such as "HTTP gzip,gRPC".
func CellsNamed(list string) ([]Cell, error) {
	var found []Cell
	for name := range strings.SplitSeq(list, ",") {
		i := slices.IndexFunc(Cells, func(c Cell) bool { return c.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("no way of sending is called %q: want HTTP, HTTP gzip, gRPC or gRPC gzip", name)
		}
		found = append(found, Cells[i])
	}
	return found, nil
}

// Request is one export as it goes over the wire.
type Request struct {
	Body  []byte
	Spans int
}

// Prepare compresses the body if the cell says so, at the level that zlib and
// both Python exporters' libraries call their default.
func (c Cell) Prepare(raw []byte, spans int) (Request, error) {
	if !c.Gzip {
		return Request{Body: raw, Spans: spans}, nil
	}
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, 6)
	if err != nil {
		return Request{}, fmt.Errorf("compress request: %w", err)
	}
	if _, err := w.Write(raw); err != nil {
		return Request{}, fmt.Errorf("compress request: %w", err)
	}
	if err := w.Close(); err != nil {
		return Request{}, fmt.Errorf("compress request: %w", err)
	}
	return Request{Body: out.Bytes(), Spans: spans}, nil
}

// Endpoint is where a server listens, as host:port.
type Endpoint struct {
	HTTP string
	GRPC string
}

// Sender sends requests to one server in one way. It is safe for concurrent use.
type Sender interface {
	// Send returns when the server has acknowledged every span of the request.
	Send(ctx context.Context, body []byte) error
	Close() error
}

// Dial returns a sender that keeps up to connections connections open.
func (c Cell) Dial(to Endpoint, connections int) (Sender, error) {
	if c.GRPC {
		return dialGRPC(to.GRPC, c.Gzip, connections)
	}
	return dialHTTP(to.HTTP, c.Gzip, connections), nil
}

// checkAnswer reads an ExportTraceServiceResponse, whose field 1 is the
// partial success, whose field 1 is the number of rejected spans.
func checkAnswer(answer []byte) error {
	partial, err := field(answer, 1)
	if err != nil || partial == nil {
		return err
	}
	rejected, err := number(partial, 1)
	if err != nil {
		return err
	}
	if rejected > 0 {
		return fmt.Errorf("server rejected %d spans", rejected)
	}
	return nil
}

func field(message []byte, want protowire.Number) ([]byte, error) {
	for len(message) > 0 {
		num, wireType, n := protowire.ConsumeTag(message)
		if n < 0 {
			return nil, fmt.Errorf("read answer: %w", protowire.ParseError(n))
		}
		size := protowire.ConsumeFieldValue(num, wireType, message[n:])
		if size < 0 {
			return nil, fmt.Errorf("read answer: %w", protowire.ParseError(size))
		}
		if num == want && wireType == protowire.BytesType {
			value, _ := protowire.ConsumeBytes(message[n:])
			return value, nil
		}
		message = message[n+size:]
	}
	return nil, nil
}

func number(message []byte, want protowire.Number) (uint64, error) {
	for len(message) > 0 {
		num, wireType, n := protowire.ConsumeTag(message)
		if n < 0 {
			return 0, fmt.Errorf("read answer: %w", protowire.ParseError(n))
		}
		size := protowire.ConsumeFieldValue(num, wireType, message[n:])
		if size < 0 {
			return 0, fmt.Errorf("read answer: %w", protowire.ParseError(size))
		}
		if num == want && wireType == protowire.VarintType {
			value, _ := protowire.ConsumeVarint(message[n:])
			return value, nil
		}
		message = message[n+size:]
	}
	return 0, nil
}
