// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlp_test

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/leadline/leadline/internal/otlp/conform"
)

// bomb is a request with a name.
type bomb struct {
	name string
	sent
}

// bombs are requests that are made to harm, by what they do to a server that
// is not careful.
func bombs(tb testing.TB) []bomb {
	tb.Helper()
	const levels = 3_000_000
	deep := conform.Nested(conform.Proto, conform.Traces, levels)
	deepJSON := conform.Nested(conform.JSON, conform.Traces, 64<<20/30)
	zeros := make([]byte, 64<<20)
	zip := func(payload []byte, open func(io.Writer) io.WriteCloser) []byte {
		var out bytes.Buffer
		w := open(&out)
		if _, err := w.Write(payload); err != nil {
			tb.Fatal(err)
		}
		if err := w.Close(); err != nil {
			tb.Fatal(err)
		}
		return out.Bytes()
	}
	openGzip := func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) }
	openZlib := func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) }
	openZstd := func(w io.Writer) io.WriteCloser {
		z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
		if err != nil {
			tb.Fatal(err)
		}
		return z
	}
	// Each number of two bytes takes eight in protobuf.
	bounds := `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"histogram":{"dataPoints":[{"explicitBounds":[1` +
		strings.Repeat(",1", 30<<20) + `]}]}}]}]}]}`
	// A frame that asks for a window of 512 MiB: exponent 19 above 10.
	wide := append([]byte{0x28, 0xb5, 0x2f, 0xfd, 0x00, 19 << 3}, bytes.Repeat([]byte{0x02, 0x00, 0x10, 0x00}, 1000)...)
	return []bomb{
		{"deep", sent{body: deep}},
		{"deep, gzip", sent{body: zip(deep, openGzip), encoding: "gzip"}},
		{"deep, JSON", sent{body: deepJSON, json: true}},
		{"deep, JSON, gzip", sent{body: zip(deepJSON, openGzip), json: true, encoding: "gzip"}},
		{"deep, gRPC", sent{body: deep, grpc: true}},
		{"deep, gRPC, gzip", sent{body: zip(deep, openGzip), grpc: true, encoding: "gzip"}},
		{"numbers, JSON", sent{body: []byte(bounds), json: true, path: "/v1/metrics"}},
		{"numbers, JSON, gzip", sent{body: zip([]byte(bounds), openGzip), json: true, path: "/v1/metrics", encoding: "gzip"}},
		{"zeros, gzip", sent{body: zip(zeros, openGzip), encoding: "gzip"}},
		{"zeros, deflate", sent{body: zip(zeros, openZlib), encoding: "deflate"}},
		{"zeros, zstd", sent{body: zip(zeros, openZstd), encoding: "zstd"}},
		{"zeros, gRPC, gzip", sent{body: zip(zeros, openGzip), grpc: true, encoding: "gzip"}},
		{"zeros, gRPC, zstd", sent{body: zip(zeros, openZstd), grpc: true, encoding: "zstd"}},
		{"wide window", sent{body: wide, encoding: "zstd"}},
		{"wide window, gRPC", sent{body: wide, grpc: true, encoding: "zstd"}},
		{"nested gzip header", sent{body: zip(zip(zeros, openGzip), openGzip), encoding: "gzip, gzip"}},
	}
}

// refusals are the answers that a bomb may get: it is bad, too large, or one
// of too many.
var refusals = map[string]bool{
	"400": true, "413": true, "415": true, "503": true, "3": true, "8": true, "14": true,
}

const (
	atOnce = 100
	// maxRiseKiB bounds the rise of the peak: 256 MiB in flight, idle buffers,
	// and garbage up to the memory limit that the process was told.
	maxRiseKiB = 512 << 10
)

// TestBombs sends each bomb a hundred times at once, without the token and with
// it, to a server in a process of its own.
func TestBombs(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector's own memory would be measured")
	}
	const token = "secret"
	server := startChild(t, "decode", token)
	_, before := server.usage(t)
	for _, bomb := range bombs(t) {
		for _, test := range []struct {
			name, token string
			expected    map[string]bool
		}{
			{"without token", "", map[string]bool{"401": true, "16": true}},
			{"with token", token, refusals},
		} {
			t.Run(bomb.name+" "+test.name, func(t *testing.T) {
				bomb.token = test.token
				storm(t, server, bomb.sent, test.expected)
			})
		}
	}
	_, after := server.usage(t)
	t.Logf("peak memory %d MiB before, %d MiB after", before>>10, after>>10)
	if rise := after - before; rise > maxRiseKiB {
		t.Errorf("peak memory rose by %d KiB, want at most %d", rise, maxRiseKiB)
	}
}

// storm sends a bomb many times at once. A client may find its connection
// closed while it still sends; then there is no answer. One that it gets must
// be a refusal.
func storm(t *testing.T, server *child, bomb sent, expected map[string]bool) {
	t.Helper()
	var group sync.WaitGroup
	var answered atomic.Int64
	client := newClient(t, server.HTTPURL, server.GRPCAddr, nil)
	for range atOnce {
		group.Go(func() {
			g, err := client.send(t.Context(), bomb)
			if err != nil {
				return
			}
			answered.Add(1)
			if !expected[g.code] {
				t.Errorf("got %s: %.100q", g.code, g.body)
			}
		})
	}
	group.Wait()
	if answered.Load() == 0 {
		t.Error("no answer at all")
	}
	honest, err := client.send(t.Context(), sent{token: "secret"})
	if err != nil || honest.code != "200" {
		t.Fatalf("an honest request afterwards got %q: %v", honest.code, err)
	}
}

// TestIdleConnections opens more connections than a server takes and lets them
// do nothing.
func TestIdleConnections(t *testing.T) {
	cfg := loopbackConfig()
	cfg.MaxConnections = 200
	server := serve(t, cfg, consumerFunc(accept))
	honest := server.client(t)
	if g, err := honest.send(t.Context(), sent{}); err != nil || g.code != "200" {
		t.Fatalf("got %s: %v", g.code, err)
	}
	var idle []net.Conn
	for range 2 * cfg.MaxConnections {
		idle = append(idle, dial(t, server.HTTPURL[len("http://"):]))
	}
	eventually(t, "the rest is refused", func() bool {
		return server.metric(t, "leadline_otlp_refused_total", "connections") > float64(cfg.MaxConnections)
	})
	if g, err := honest.send(t.Context(), sent{}); err != nil || g.code != "200" {
		t.Errorf("a client that was there before got %s: %v", g.code, err)
	}
	for _, conn := range idle {
		conn.Close()
	}
	eventually(t, "new clients are served again", func() bool {
		g, err := server.client(t).send(t.Context(), sent{})
		return err == nil && g.code == "200"
	})
}
