// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlp_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadline/leadline/internal/otlp"
	"github.com/leadline/leadline/internal/wire"
)

// pipes is a listener whose connections are in memory, so that slow clients can
// be tested under a fake clock.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func newPipes() *pipes { return &pipes{make(chan net.Conn), make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case conn := <-p.conns:
		return conn, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	select {
	case <-p.closed:
	default:
		close(p.closed)
	}
	return nil
}

func (p *pipes) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }

// dial connects to the listener.
func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return newBuffered(ours), nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// buffered is a pipe's end whose writes do not wait for the reader. HTTP/2
// begins with both sides writing.
type buffered struct {
	net.Conn
	queue chan []byte
	gone  chan struct{}
	once  sync.Once
}

func newBuffered(conn net.Conn) *buffered {
	b := &buffered{Conn: conn, queue: make(chan []byte, 1024), gone: make(chan struct{})}
	go func() {
		for {
			select {
			case p := <-b.queue:
				if _, err := conn.Write(p); err != nil {
					return
				}
			case <-b.gone:
				return
			}
		}
	}()
	return b
}

func (b *buffered) Write(p []byte) (int, error) {
	select {
	case b.queue <- append([]byte(nil), p...):
		return len(p), nil
	case <-b.gone:
		return 0, net.ErrClosed
	}
}

func (b *buffered) Close() error {
	b.once.Do(func() { close(b.gone) })
	return b.Conn.Close()
}

// fakeClock is a server on pipes; it lives inside a synctest bubble.
type fakeClock struct {
	grpc, http *pipes
	registry   *prometheus.Registry
	stop       context.CancelFunc
	ended      chan error
}

func serveOnPipes(t *testing.T, consumer otlp.Consumer) *fakeClock {
	t.Helper()
	f := &fakeClock{grpc: newPipes(), http: newPipes(), registry: prometheus.NewRegistry(), ended: make(chan error, 1)}
	server, err := otlp.NewOn(loopbackConfig(), consumer, f.registry, f.grpc, f.http)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	f.stop = cancel
	go func() { f.ended <- server.Run(ctx) }()
	return f
}

// end stops the server and waits for it.
func (f *fakeClock) end(t *testing.T) {
	t.Helper()
	f.stop()
	if err := <-f.ended; err != nil {
		t.Errorf("Run: %v", err)
	}
}

// closedAfter returns how long the server lets a connection live on which
// write sends, byte by byte, one in a second.
func closedAfter(t *testing.T, listener *pipes, text string) time.Duration {
	t.Helper()
	conn, err := listener.dial(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	var writer sync.WaitGroup
	defer writer.Wait()
	defer conn.Close()
	writer.Go(func() {
		for i := range len(text) {
			if _, err := conn.Write([]byte{text[i]}); err != nil {
				return
			}
			time.Sleep(time.Second)
		}
	})
	start := time.Now()
	_, _ = io.Copy(io.Discard, conn)
	return time.Since(start)
}

func TestSlowClientsAreCutOff(t *testing.T) {
	request := "POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: 1000000\r\n\r\n"
	tests := []struct {
		name string
		grpc bool
		text string
		want time.Duration
	}{
		{"HTTP, silent", false, "", 10 * time.Second},
		{"HTTP, slow headers", false, request, 10 * time.Second},
		{"gRPC, silent", true, "", 10 * time.Second},
		{"gRPC, slow preface", true, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 10 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := serveOnPipes(t, consumerFunc(accept))
				defer f.end(t)
				listener := f.http
				if test.grpc {
					listener = f.grpc
				}
				if got := closedAfter(t, listener, test.text); got < test.want || got > test.want+2*time.Second {
					t.Errorf("cut off after %s, want %s", got, test.want)
				}
			})
		})
	}
}

// trickle is a body of which a byte arrives in a second.
type trickle struct{ prefix string }

func (s *trickle) Read(p []byte) (int, error) {
	if s.prefix != "" {
		n := copy(p, s.prefix)
		s.prefix = s.prefix[n:]
		return n, nil
	}
	time.Sleep(time.Second)
	p[0] = 0
	return 1, nil
}

func TestSlowBodiesAreRefused(t *testing.T) {
	for _, test := range []struct {
		name, want string
		request    sent
	}{
		{"HTTP", "503", sent{stream: &trickle{}}},
		{"gRPC", "14", sent{grpc: true, stream: &trickle{prefix: "\x00\x00\x10\x00\x00"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := serveOnPipes(t, consumerFunc(accept))
				client := newClient(t, "http://pipe", "pipe", f.http.dial)
				client.http2.DialContext = f.grpc.dial
				start := time.Now()
				g, err := client.send(t.Context(), test.request)
				if err != nil || g.code != test.want {
					t.Errorf("got %s (%v), want %s", g.code, err, test.want)
				}
				if took, want := time.Since(start), loopbackConfig().RequestTimeout; took < want || took > want+2*time.Second {
					t.Errorf("refused after %s, want %s", took, want)
				}
				synctest.Wait()
				if left := sumOf(t, f.registry, "leadline_otlp_in_flight_bytes"); left != 0 {
					t.Errorf("%v bytes still in flight", left)
				}
				client.http1.CloseIdleConnections()
				client.http2.CloseIdleConnections()
				f.end(t)
				time.Sleep(time.Minute) // The fake one in which the client's writers notice.
			})
		})
	}
}

func TestIdleConnectionsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := serveOnPipes(t, consumerFunc(accept))
		defer f.end(t)
		conn, err := f.http.dial(t.Context(), "", "")
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		go func() {
			_, _ = io.WriteString(conn, "POST /v1/logs HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
		}()
		start := time.Now()
		answer, _ := io.ReadAll(conn)
		if !strings.HasPrefix(string(answer), "HTTP/1.1 200") {
			t.Errorf("answer %q", answer)
		}
		if got := time.Since(start); got < time.Minute || got > 2*time.Minute {
			t.Errorf("idle connection closed after %s, want more than a minute between two exports", got)
		}
	})
}

// TestDrain shows that a request in flight is answered when the server was told
// to stop, and that one which does not end delays it by 5 s only.
func TestDrain(t *testing.T) {
	for _, test := range []struct {
		name  string
		takes time.Duration
		want  time.Duration
		grpc  bool
		code  string
	}{
		{"HTTP, in time", time.Second, time.Second, false, "200"},
		{"gRPC, in time", time.Second, time.Second, true, "0"},
		{"HTTP, never", time.Hour, 5 * time.Second, false, ""},
		{"gRPC, never", time.Hour, 5 * time.Second, true, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				entered := make(chan struct{})
				f := serveOnPipes(t, consumerFunc(func(context.Context, wire.Signal, []byte) (otlp.Result, error) {
					close(entered)
					time.Sleep(test.takes)
					return otlp.Result{}, nil
				}))
				client := newClient(t, "http://pipe", "pipe", f.http.dial)
				client.http2.DialContext = f.grpc.dial
				answered := make(chan got, 1)
				go func() {
					g, err := client.send(context.Background(), sent{grpc: test.grpc})
					if err != nil && test.code != "" && !errors.Is(err, io.EOF) {
						t.Error(err)
					}
					answered <- g
				}()
				<-entered
				start := time.Now()
				f.end(t)
				if took := time.Since(start); took < test.want || took > test.want+time.Second {
					t.Errorf("stopped after %s, want %s", took, test.want)
				}
				if g := <-answered; g.code != test.code {
					t.Errorf("the request in flight got %q, want %q", g.code, test.code)
				}
				client.http1.CloseIdleConnections()
				client.http2.CloseIdleConnections()
				time.Sleep(2 * test.takes) // A consumer that outlived the server ends, too.
			})
		})
	}
}
