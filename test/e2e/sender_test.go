// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/encoding/gzip" // registers the compressor by its name
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"

	"google.golang.org/protobuf/encoding/protowire"
)

// way is how a sender speaks.
type way struct{ grpc, gzip bool }

var ways = []way{{false, false}, {false, true}, {true, false}, {true, true}}

// requestTimeout bounds one request, as a client does.
const requestTimeout = 10 * time.Second

// errAgain says that a request has no answer, or one that asks to send again:
// it may have been counted or not.
var errAgain = errors.New("send again")

// client sends requests to whoever listens at an address now.
type client struct {
	http *http.Client
	mu   sync.Mutex
	conn map[string]*grpc.ClientConn
}

func newClient() *client {
	return &client{http: &http.Client{Timeout: requestTimeout}, conn: map[string]*grpc.ClientConn{}}
}

func (c *client) close() {
	c.http.CloseIdleConnections()
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conn {
		_ = conn.Close()
	}
}

// send returns nil when the request was answered with success and nothing of
// it was refused.
func (c *client) send(w way, at addresses, body []byte) error {
	answer, err := []byte(nil), error(nil)
	if w.grpc {
		answer, err = c.sendGRPC(at.grpc, w.gzip, body)
	} else {
		answer, err = c.sendHTTP(at.http, w.gzip, body)
	}
	if err != nil {
		return err
	}
	return refused(answer)
}

func (c *client) sendHTTP(at string, compress bool, body []byte) ([]byte, error) {
	r, err := http.NewRequest(http.MethodPost, "http://"+at+"/v1/traces", nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-protobuf")
	if compress {
		r.Header.Set("Content-Encoding", "gzip")
		body = zipped(body)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errAgain, err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errAgain, err)
	case answer.StatusCode == http.StatusServiceUnavailable:
		return nil, fmt.Errorf("%w: %s", errAgain, content)
	case answer.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("status %d: %s", answer.StatusCode, content)
	}
	return content, nil
}

func zipped(body []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	// A bytes.Buffer takes everything.
	_, _ = z.Write(body)
	_ = z.Close()
	return b.Bytes()
}

const exportTraces = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"

func (c *client) sendGRPC(at string, compress bool, body []byte) (answer []byte, err error) {
	conn, err := c.dial(at)
	if err != nil {
		return nil, err
	}
	options := []grpc.CallOption{grpc.ForceCodecV2(rawCodec{})}
	if compress {
		options = append(options, grpc.UseCompressor("gzip"))
	}
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	err = conn.Invoke(ctx, exportTraces, body, &answer, options...)
	switch status.Code(err) {
	case codes.OK:
		return answer, nil
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled:
		return nil, fmt.Errorf("%w: %w", errAgain, err)
	}
	return nil, err
}

func (c *client) dial(at string) (*grpc.ClientConn, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if conn := c.conn[at]; conn != nil {
		return conn, nil
	}
	conn, err := grpc.NewClient("passthrough:///"+at, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err == nil {
		c.conn[at] = conn
	}
	return conn, err
}

// rawCodec sends bytes as they are. Its name makes the content type that of
// every OTLP client.
type rawCodec struct{}

func (rawCodec) Name() string { return "proto" }

func (rawCodec) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(v.([]byte))}, nil
}

func (rawCodec) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*[]byte) = data.Materialize()
	return nil
}

// refused returns an error when the answer's partial_success refuses spans.
func refused(answer []byte) error {
	partial, err := field(answer, 1)
	if err != nil || partial == nil {
		return err
	}
	n, size := protowire.ConsumeVarint(after(partial, 1))
	if size > 0 && n > 0 {
		message, _ := field(partial, 2)
		return fmt.Errorf("%d spans were refused: %s", n, message)
	}
	return nil
}

// field returns the bytes of a length-delimited field, nil when it is absent.
func field(b []byte, want protowire.Number) ([]byte, error) {
	for len(b) > 0 {
		n, kind, size := protowire.ConsumeTag(b)
		if size < 0 {
			return nil, protowire.ParseError(size)
		}
		if n == want && kind == protowire.BytesType {
			v, size := protowire.ConsumeBytes(b[size:])
			return v, protowire.ParseError(min(size, 0))
		}
		skip := protowire.ConsumeFieldValue(n, kind, b[size:])
		if skip < 0 {
			return nil, protowire.ParseError(skip)
		}
		b = b[size+skip:]
	}
	return nil, nil
}

// after returns what follows the tag of a field.
func after(b []byte, want protowire.Number) []byte {
	for len(b) > 0 {
		n, kind, size := protowire.ConsumeTag(b)
		if size < 0 {
			return nil
		}
		if n == want {
			return b[size:]
		}
		skip := protowire.ConsumeFieldValue(n, kind, b[size:])
		if skip < 0 {
			return nil
		}
		b = b[size+skip:]
	}
	return nil
}
