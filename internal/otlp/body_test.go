// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlp_test

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"testing"

	"google.golang.org/protobuf/proto"

	spb "google.golang.org/genproto/googleapis/rpc/status"

	"github.com/leadline/leadline/internal/otlp"
	"github.com/leadline/leadline/internal/otlp/conform"
	"github.com/leadline/leadline/internal/wire"
)

// handlerOf returns the HTTP handler of a server with small limits.
func handlerOf(tb testing.TB, consumer otlp.Consumer) http.Handler {
	tb.Helper()
	cfg := loopbackConfig()
	cfg.MaxRequestBytes, cfg.MaxInFlightBytes, cfg.MaxResponseBytes = 1<<20, 8<<20, 4<<10
	cfg.Origins = []string{"https://shop.example"}
	handler, err := otlp.Handler(cfg, consumer)
	if err != nil {
		tb.Fatal(err)
	}
	return handler
}

func post(handler http.Handler, path, contentType, encoding, origin string, body []byte) *httptest.ResponseRecorder {
	req := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
	req.URL.Path = path
	for name, value := range map[string]string{"Content-Type": contentType, "Content-Encoding": encoding, "Origin": origin} {
		if value != "" {
			req.Header[name] = []string{value}
		}
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, req)
	return recorder
}

// FuzzHTTP shows that whatever arrives gets an answer from the list, in the
// format of the request, and that a body which reached the consumer was within
// the limit.
func FuzzHTTP(f *testing.F) {
	for _, encoding := range []string{"", "gzip", "zstd", "deflate", "br"} {
		for _, transport := range []conform.Transport{conform.Proto, conform.JSON} {
			contentType := map[conform.Transport]string{conform.Proto: "application/x-protobuf", conform.JSON: "application/json; charset=utf-8"}[transport]
			body := conform.Nested(transport, conform.Traces, 3)
			if packed, ok := packers[encoding]; ok {
				body = packed(body)
			}
			f.Add("/v1/traces", contentType, encoding, "", body)
			f.Add("/v1/logs", contentType, encoding, "https://shop.example", body[:len(body)/2])
		}
	}
	f.Add("/v1/metrics", "text/plain", "gzip, gzip", "null", []byte{0x1f, 0x8b})
	handler := handlerOf(f, consumerFunc(func(ctx context.Context, signal wire.Signal, body []byte) (otlp.Result, error) {
		if len(body) > 1<<20 {
			panic("BUG: a body above the limit")
		}
		return provoked(ctx, signal, body)
	}))
	answers := map[int]bool{200: true, 400: true, 403: true, 404: true, 413: true, 415: true, 503: true}
	f.Fuzz(func(t *testing.T, path, contentType, encoding, origin string, body []byte) {
		got := post(handler, path, contentType, encoding, origin, body)
		if !answers[got.Code] {
			t.Fatalf("got %d: %s", got.Code, got.Body)
		}
		switch contentType := got.Header().Get("Content-Type"); {
		case contentType == "application/json" && !json.Valid(got.Body.Bytes()):
			t.Errorf("%d with a body that is no JSON: %q", got.Code, got.Body)
		case contentType == "application/x-protobuf" && got.Code != 200 && proto.Unmarshal(got.Body.Bytes(), &spb.Status{}) != nil:
			t.Errorf("%d with a body that is no Status: %q", got.Code, got.Body)
		case got.Body.Len() > 4<<10:
			t.Errorf("answer of %d bytes", got.Body.Len())
		}
	})
}

// FuzzMessage shows that whatever a gRPC client sends is a body within the limit
// or an error, and that its memory is given back.
func FuzzMessage(f *testing.F) {
	body := conform.Nested(conform.Proto, conform.Logs, 4)
	for encoding, pack := range packers {
		f.Add(encoding, byte(1), pack(body), uint32(0))
	}
	f.Add("", byte(0), body, uint32(0))
	f.Add("gzip", byte(0), body, uint32(1))
	f.Add("", byte(1), body, uint32(1<<31))
	const limit = 1 << 16
	f.Fuzz(func(t *testing.T, encoding string, flag byte, content []byte, lie uint32) {
		frame := append([]byte{flag}, binary.BigEndian.AppendUint32(nil, uint32(len(content))+lie)...)
		got, used, err := otlp.ReadMessage(limit, encoding, append(frame, content...))
		if used != 0 {
			t.Errorf("%d bytes were not given back", used)
		}
		if err == nil && len(got) > limit {
			t.Errorf("body of %d bytes", len(got))
		}
		if err == nil && flag == 0 && lie == 0 && !bytes.Equal(got, content) {
			t.Errorf("got %q, want %q", got, content)
		}
	})
}

// packers compress as clients do.
var packers = map[string]func([]byte) []byte{
	"gzip":    func(b []byte) []byte { return conform.Compress(conform.Gzip, b) },
	"zstd":    func(b []byte) []byte { return conform.Compress(conform.Zstd, b) },
	"deflate": func(b []byte) []byte { return conform.Compress(conform.Deflate, b) },
	"raw":     rawDeflate,
}

// TestBodiesArriveUnchanged sends bodies of all shapes and sizes through every
// decoder, on both transports, one after the other through the same pools.
func TestBodiesArriveUnchanged(t *testing.T) {
	var arrived []byte
	server := serve(t, loopbackConfig(), consumerFunc(func(_ context.Context, _ wire.Signal, body []byte) (otlp.Result, error) {
		arrived = append(arrived[:0], body...)
		return otlp.Result{}, nil
	}))
	client := server.client(t)
	random := rand.New(rand.NewPCG(3, 4))
	for _, size := range []int{0, 1, 17, 4095, 4096, 4097, 65536, 1<<20 - 1, 1 << 20, 1<<20 + 1, 2<<20 + 3} {
		for _, alphabet := range []int{256, 40, 2} {
			if raceEnabled && size > 1<<16 && alphabet != 40 {
				continue
			}
			body := make([]byte, size)
			for i := range body {
				body[i] = byte(random.IntN(alphabet)) + byte(i>>12)
			}
			for name, s := range everyWay(body) {
				g, err := client.send(t.Context(), s)
				if err != nil || g.code != "200" && g.code != "0" {
					t.Fatalf("%s, %d bytes of %d: got %s (%v): %s", name, size, alphabet, g.code, err, g.body)
				}
				if !bytes.Equal(arrived, body) {
					t.Fatalf("%s, %d bytes of %d: other bytes arrived", name, size, alphabet)
				}
			}
		}
	}
}

// rawDeflate is what some clients send as deflate: without zlib's frame.
func rawDeflate(body []byte) []byte {
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, flate.DefaultCompression)
	if err != nil {
		panic("BUG: flate level: " + err.Error())
	}
	if _, err := w.Write(body); err != nil {
		panic("BUG: write to memory: " + err.Error())
	}
	if err := w.Close(); err != nil {
		panic("BUG: write to memory: " + err.Error())
	}
	return out.Bytes()
}

func everyWay(body []byte) map[string]sent {
	ways := map[string]sent{
		"HTTP":          {body: body},
		"HTTP, chunked": {stream: struct{ *bytes.Reader }{bytes.NewReader(body)}},
		"gRPC":          {body: body, grpc: true},
		"HTTP, raw":     {body: rawDeflate(body), encoding: "deflate"},
	}
	for _, encoding := range []string{"gzip", "zstd", "deflate"} {
		packed := packers[encoding](body)
		ways["HTTP, "+encoding] = sent{body: packed, encoding: encoding}
		if encoding != "deflate" {
			ways["gRPC, "+encoding] = sent{body: packed, encoding: encoding, grpc: true}
		}
	}
	return ways
}

// TestHotPathAllocations bounds what a request costs the handler, without
// net/http around it. A new allocation a request is noticed here, one a span
// cannot hide.
func TestHotPathAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("pools drop at random under the race detector")
	}
	handler := handlerOf(t, consumerFunc(accept))
	body := traceRequest()
	for _, test := range []struct {
		encoding string
		body     []byte
		limit    float64
	}{{"", body, 4}, {"gzip", packers["gzip"](body), 6}} {
		reader := bytes.NewReader(nil)
		req := httptest.NewRequest(http.MethodPost, "/v1/traces", nil)
		req.Header.Set("Content-Type", "application/x-protobuf")
		if test.encoding != "" {
			req.Header.Set("Content-Encoding", test.encoding)
		}
		req.Body, req.ContentLength = struct {
			*bytes.Reader
			nopCloser
		}{reader, nopCloser{}}, int64(len(test.body))
		w := &discardWriter{header: http.Header{}}
		got := testing.AllocsPerRun(200, func() {
			reader.Reset(test.body)
			handler.ServeHTTP(w, req)
		})
		if w.code != http.StatusOK {
			t.Fatalf("%q: got %d", test.encoding, w.code)
		}
		if got > test.limit {
			t.Errorf("%q: %v allocations a request, want at most %v", test.encoding, got, test.limit)
		}
	}
}

type nopCloser struct{}

func (nopCloser) Close() error { return nil }

type discardWriter struct {
	header http.Header
	code   int
}

func (w *discardWriter) Header() http.Header         { return w.header }
func (w *discardWriter) Write(p []byte) (int, error) { return len(p), nil }
func (w *discardWriter) WriteHeader(code int)        { w.code = code }
