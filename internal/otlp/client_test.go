// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlp_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// client sends requests to both servers, one connection each.
type client struct {
	HTTPURL, GRPCAddr string
	http1, http2      *http.Transport
}

type dialFunc = func(ctx context.Context, network, addr string) (net.Conn, error)

func newClient(tb testing.TB, httpURL, grpcAddr string, dial dialFunc) *client {
	tb.Helper()
	var h2 http.Protocols
	h2.SetUnencryptedHTTP2(true)
	c := &client{
		HTTPURL: httpURL, GRPCAddr: grpcAddr,
		http1: &http.Transport{DisableCompression: true, DialContext: dial},
		http2: &http.Transport{DisableCompression: true, DialContext: dial, Protocols: &h2},
	}
	tb.Cleanup(func() {
		c.http1.CloseIdleConnections()
		c.http2.CloseIdleConnections()
	})
	return c
}

func (s testServer) client(tb testing.TB) *client {
	return newClient(tb, s.HTTPURL, s.GRPCAddr, nil)
}

// sent is one request.
type sent struct {
	grpc bool
	json bool
	path string // "/v1/traces" where empty
	// encoding is what the header says.
	encoding string
	token    string
	body     []byte
	// stream replaces body where it is set; its length is then not announced.
	stream io.Reader
	header http.Header
}

// got is its answer.
type got struct {
	code    string // HTTP status or gRPC status number
	header  http.Header
	trailer http.Header
	body    []byte
}

const traceExport = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"

// send sends a request and waits for the answer.
func (c *client) send(ctx context.Context, s sent) (got, error) {
	if s.stream == nil {
		s.stream = s.reader()
	}
	transport, url := c.http1, c.HTTPURL+or(s.path, "/v1/traces")
	if s.grpc {
		transport, url = c.http2, "http://"+c.GRPCAddr+traceExport
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, s.stream)
	if err != nil {
		return got{}, err
	}
	req.Header = s.headers()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return got{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	g := got{code: fmt.Sprint(resp.StatusCode), header: resp.Header, trailer: resp.Trailer, body: body}
	if s.grpc {
		if resp.Trailer.Get("Grpc-Status") == "" {
			g.trailer = resp.Header
		}
		g.code = g.trailer.Get("Grpc-Status")
	}
	return g, err
}

// reader returns the bytes that go over the connection, without copying them:
// a hundred large requests at once must not cost the client gigabytes.
func (s sent) reader() io.Reader {
	if !s.grpc {
		return bytes.NewReader(s.body)
	}
	prefix := make([]byte, 5)
	binary.BigEndian.PutUint32(prefix[1:], uint32(len(s.body)))
	if s.encoding != "" {
		prefix[0] = 1
	}
	return io.MultiReader(bytes.NewReader(prefix), bytes.NewReader(s.body))
}

func (s sent) headers() http.Header {
	header := http.Header{"Content-Type": {"application/x-protobuf"}}
	encoding := "Content-Encoding"
	switch {
	case s.grpc:
		header = http.Header{"Content-Type": {"application/grpc"}, "Te": {"trailers"}}
		encoding = "Grpc-Encoding"
	case s.json:
		header.Set("Content-Type", "application/json")
	}
	if s.encoding != "" {
		header.Set(encoding, s.encoding)
	}
	if s.token != "" {
		header.Set("Authorization", "Bearer "+s.token)
	}
	for name, values := range s.header {
		header[name] = values
	}
	return header
}

func or(value, fallback string) string {
	if value != "" {
		return value
	}
	return fallback
}

// retryTrailer decodes the hint that Python reads.
func (g got) retryTrailer(tb testing.TB) []byte {
	tb.Helper()
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(g.trailer.Get("google.rpc.retryinfo-bin"), "="))
	if err != nil {
		tb.Fatal(err)
	}
	return raw
}

// metric returns the sum of a metric's samples with the given label values.
func (s testServer) metric(tb testing.TB, name string, labels ...string) float64 {
	tb.Helper()
	return sumOf(tb, s.registry, name, labels...)
}

func sumOf(tb testing.TB, registry *prometheus.Registry, name string, labels ...string) float64 {
	tb.Helper()
	families, err := registry.Gather()
	if err != nil {
		tb.Fatal(err)
	}
	var sum float64
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, m := range family.GetMetric() {
			var values []string
			for _, label := range m.GetLabel() {
				values = append(values, label.GetValue())
			}
			if containsAll(values, labels) {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

func containsAll(have, want []string) bool {
	for _, w := range want {
		found := false
		for _, h := range have {
			found = found || h == w
		}
		if !found {
			return false
		}
	}
	return true
}

// eventually waits for a state that another goroutine brings about, such as
// the server's end of a connection.
func eventually(tb testing.TB, what string, holds func() bool) {
	tb.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); {
		if time.Now().After(deadline) {
			tb.Fatalf("never: %s", what)
		}
	}
}
