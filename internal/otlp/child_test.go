// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlp_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

// Some questions need a server in a process of its own: what a request costs
// the server and not the client, and how much memory hostile requests take.
// The test binary runs itself for that, with this variable set.
const childVariable = "LEADLINE_OTLP_TEST_SERVER"

// memoryLimit is the soft limit that the process is told, as operators do: it
// makes the garbage collector run before garbage doubles what is in use.
const memoryLimit = "400MiB"

// child is a server with a consumer of its own in another process.
type child struct {
	HTTPURL, GRPCAddr string
	process           *exec.Cmd
	ask               io.WriteCloser
	answers           *bufio.Scanner
}

// runChild is the other process: it says where it listens, then answers each
// line with the CPU time in nanoseconds and the peak memory in KiB that it
// used so far. It ends with its input.
func runChild(token string) {
	consumer := consumerFunc(accept)
	if os.Getenv(childVariable) == "decode" {
		consumer = provoked
	}
	cfg := loopbackConfig()
	cfg.Token = token
	tb := &testing.B{}
	server := serve(tb, cfg, consumer)
	fmt.Println(server.HTTPURL)
	fmt.Println(server.GRPCAddr)
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		var usage syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
			panic(err)
		}
		fmt.Println(usage.Utime.Nano()+usage.Stime.Nano(), usage.Maxrss)
	}
	os.Exit(0)
}

// startChild runs a server that accepts (or decodes) everything.
func startChild(tb testing.TB, consumer, token string) *child {
	tb.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+consumer, childVariable+"_TOKEN="+token, "GOMEMLIMIT="+memoryLimit)
	cmd.Stderr = os.Stderr
	ask, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	c := &child{process: cmd, ask: ask, answers: bufio.NewScanner(out)}
	tb.Cleanup(func() {
		ask.Close()
		if err := cmd.Wait(); err != nil {
			tb.Errorf("the server ended with %v", err)
		}
	})
	c.HTTPURL, c.GRPCAddr = c.line(tb), c.line(tb)
	return c
}

func (c *child) line(tb testing.TB) string {
	tb.Helper()
	if !c.answers.Scan() {
		tb.Fatalf("the server is gone: %v", c.answers.Err())
	}
	return c.answers.Text()
}

// usage returns the CPU time and the peak memory of the process so far.
func (c *child) usage(tb testing.TB) (cpuNanos, peakKiB int64) {
	tb.Helper()
	if _, err := io.WriteString(c.ask, "\n"); err != nil {
		tb.Fatal(err)
	}
	if _, err := fmt.Sscan(c.line(tb), &cpuNanos, &peakKiB); err != nil {
		tb.Fatal(err)
	}
	return cpuNanos, peakKiB
}

const spansPerRequest = 512

// traceRequest returns a request like those of an instrumented Flask server:
// about 330 bytes a span, which gzip makes 9 times smaller.
func traceRequest() []byte {
	random := rand.New(rand.NewPCG(1, 2))
	bytesOf := func(n protowire.Number, b []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(nil, n, protowire.BytesType), b)
	}
	text := func(key, value string) []byte {
		return append(bytesOf(1, []byte(key)), bytesOf(2, bytesOf(1, []byte(value)))...)
	}
	id := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		return b
	}
	var scope []byte
	for range spansPerRequest {
		var span []byte
		span = append(span, bytesOf(1, id(16))...)
		span = append(span, bytesOf(2, id(8))...)
		span = append(span, bytesOf(5, []byte("POST /checkout"))...)
		span = protowire.AppendVarint(protowire.AppendTag(span, 6, protowire.VarintType), 2)
		start := 1_700_000_000_000_000_000 + random.Uint64N(1e10)
		span = protowire.AppendFixed64(protowire.AppendTag(span, 7, protowire.Fixed64Type), start)
		span = protowire.AppendFixed64(protowire.AppendTag(span, 8, protowire.Fixed64Type), start+random.Uint64N(1e9))
		for _, attribute := range [][2]string{
			{"http.method", "POST"}, {"http.route", "/checkout"}, {"http.status_code", "200"},
			{"http.target", fmt.Sprintf("/checkout?basket=%d", random.Uint32())}, {"http.host", "shop.example:8080"},
			{"http.scheme", "http"}, {"net.peer.ip", "10.0.0.17"}, {"http.flavor", "1.1"},
		} {
			span = append(span, bytesOf(9, text(attribute[0], attribute[1]))...)
		}
		scope = append(scope, bytesOf(2, span)...)
	}
	resource := bytesOf(1, append(bytesOf(1, text("service.name", "shop")), bytesOf(1, text("service.version", "1.2.3"))...))
	return bytesOf(1, append(resource, bytesOf(2, scope)...))
}

// BenchmarkServer measures the CPU time of a server process for each span, with
// a consumer that does nothing, over real sockets.
func BenchmarkServer(b *testing.B) {
	plain := traceRequest()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(plain); err != nil {
		b.Fatal(err)
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
	for _, cell := range []struct {
		name, encoding string
		grpc           bool
		body           []byte
	}{
		{"http/none", "", false, plain},
		{"http/gzip", "gzip", false, packed.Bytes()},
		{"grpc/none", "", true, plain},
		{"grpc/gzip", "gzip", true, packed.Bytes()},
	} {
		b.Run(cell.name, func(b *testing.B) {
			server := startChild(b, "accept", "")
			send := newSender(b, server, cell.grpc, cell.encoding, cell.body)
			for range 50 {
				send(b)
			}
			before, _ := server.usage(b)
			for b.Loop() {
				send(b)
			}
			after, _ := server.usage(b)
			b.ReportMetric(float64(after-before)/float64(b.N)/spansPerRequest, "server-ns/span")
			b.ReportMetric(float64(len(cell.body)), "B/request")
		})
	}
}

// newSender returns a function that sends the body and waits for success.
func newSender(tb testing.TB, server *child, grpc bool, encoding string, body []byte) func(testing.TB) {
	tb.Helper()
	var protocols http.Protocols
	protocols.SetHTTP1(!grpc)
	protocols.SetUnencryptedHTTP2(grpc)
	transport := &http.Transport{Protocols: &protocols, DisableCompression: true}
	tb.Cleanup(transport.CloseIdleConnections)
	url, header := server.HTTPURL+"/v1/traces", http.Header{"Content-Type": {"application/x-protobuf"}}
	if encoding != "" {
		header.Set("Content-Encoding", encoding)
	}
	if grpc {
		url = "http://" + server.GRPCAddr + "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
		header = http.Header{"Content-Type": {"application/grpc"}, "Te": {"trailers"}}
		frame := make([]byte, 5, 5+len(body))
		binary.BigEndian.PutUint32(frame[1:], uint32(len(body)))
		if encoding != "" {
			header.Set("Grpc-Encoding", encoding)
			frame[0] = 1
		}
		body = append(frame, body...)
	}
	return func(tb testing.TB) {
		req, err := http.NewRequestWithContext(tb.Context(), http.MethodPost, url, bytes.NewReader(body))
		if err != nil {
			tb.Fatal(err)
		}
		req.Header = header
		resp, err := transport.RoundTrip(req)
		if err != nil {
			tb.Fatal(err)
		}
		defer resp.Body.Close()
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			tb.Fatal(err)
		}
		if code := strings.Trim(resp.Trailer.Get("Grpc-Status"), "0"); resp.StatusCode != 200 || code != "" {
			tb.Fatal("got " + strconv.Itoa(resp.StatusCode) + " " + code)
		}
	}
}
