// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
)

const (
	// maxHeaderBytes bounds the headers of a request or call.
	maxHeaderBytes = 32 * kib
	// headerTimeout bounds how long a new connection may take to say what it
	// wants: headers over HTTP, the handshake over gRPC.
	headerTimeout = 10 * time.Second
	// idleTimeout is longer than the minute between two metric exports of an
	// SDK, so that they find their connection open.
	idleTimeout = 90 * time.Second
	// drainTimeout bounds how long requests may take to end after Run was told
	// to: clients wait 10 s at most before they drop what they hold.
	drainTimeout = 5 * time.Second
)

// Server is the pair of OTLP servers.
type Server struct {
	door         *door
	grpc         *grpc.Server
	http         *http.Server
	grpcListener net.Listener
	httpListener net.Listener
}

// Addrs are the addresses that a server listens on.
type Addrs struct {
	GRPC, HTTP net.Addr
}

// New listens on both addresses. Connections are accepted from then on and
// served by Run, which must be called.
func New(cfg Config, consumer Consumer, logger *slog.Logger, reg prometheus.Registerer) (*Server, error) {
	d, err := newDoor(cfg, consumer, logger, reg)
	if err != nil {
		return nil, err
	}
	overGRPCPort, err := listen(cfg.GRPCAddr)
	if err != nil {
		return nil, err
	}
	overHTTPPort, err := listen(cfg.HTTPAddr)
	if err != nil {
		return nil, errors.Join(err, overGRPCPort.Close())
	}
	return d.serve(overGRPCPort, overHTTPPort), nil
}

func listen(addr string) (net.Listener, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen for OTLP on %s: %w", addr, err)
	}
	return listener, nil
}

// serve returns a server on two listeners.
func (d *door) serve(grpcListener, httpListener net.Listener) *Server {
	d.strayed = &strayed{log: d.log, grpc: portOf(grpcListener), http: portOf(httpListener)}
	return &Server{
		door: d,
		grpc: newGRPC(d), grpcListener: d.limited(grpcListener, overGRPC),
		http: newHTTP(d), httpListener: d.limited(httpListener, overHTTP),
	}
}

func (d *door) limited(listener net.Listener, t transport) net.Listener {
	refused := func() { d.meters.turnAway(t, "connections") }
	return &limitListener{Listener: listener, door: d, speaks: t, limit: int64(d.cfg.MaxConnections), refused: refused}
}

func newHTTP(d *door) *http.Server {
	return &http.Server{
		Handler:           &httpHandler{door: d, origins: newOrigins(d.cfg.Origins)},
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       d.cfg.RequestTimeout,
		WriteTimeout:      2 * d.cfg.RequestTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ErrorLog:          slog.NewLogLogger(d.log.Handler(), slog.LevelDebug),
	}
}

// portOf is how a sentence names a listener.
func portOf(l net.Listener) string {
	address := l.Addr().String()
	if _, port, err := net.SplitHostPort(address); err == nil {
		return port
	}
	return address
}

// Warnings says how telemetry missed the server in the last minutes: what its
// senders have to set.
func (s *Server) Warnings() []string { return s.door.strayed.warnings() }

// Addrs returns where the server listens, also when it was told port 0.
func (s *Server) Addrs() Addrs {
	return Addrs{GRPC: s.grpcListener.Addr(), HTTP: s.httpListener.Addr()}
}

// Faults returns how many requests were refused since the start that may be
// sent again: the fault was ours.
func (s *Server) Faults() uint64 { return s.door.meters.faults.Load() }

// Run serves until ctx ends, then lets requests in flight end for at most 5 s.
// It returns nil after ctx ended, and an error when a listener failed.
func (s *Server) Run(ctx context.Context) error {
	served := make(chan error, 2)
	go func() { served <- serveError("gRPC", s.grpc.Serve(s.grpcListener)) }()
	go func() { served <- serveError("HTTP", s.http.Serve(s.httpListener)) }()
	var first error
	waiting := 2
	select {
	case <-ctx.Done():
	case first = <-served:
		waiting--
	}
	s.drain()
	for range waiting {
		first = errors.Join(first, <-served)
	}
	return first
}

// serveError leaves out what Serve returns after a normal end.
func serveError(name string, err error) error {
	if err == nil || errors.Is(err, http.ErrServerClosed) || errors.Is(err, grpc.ErrServerStopped) {
		return nil
	}
	return fmt.Errorf("serve OTLP over %s: %w", name, err)
}

// drain ends both servers at the same time.
func (s *Server) drain() {
	ctx, cancel := context.WithTimeout(context.Background(), drainTimeout)
	defer cancel()
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		// It waits for the last handler, even after Stop. A consumer that
		// never returns must not hold us, so nobody waits for this goroutine.
		s.grpc.GracefulStop()
	}()
	if s.http.Shutdown(ctx) != nil {
		// The listener is closed already; this cuts the connections.
		_ = s.http.Close()
	}
	select {
	case <-stopped:
	case <-ctx.Done():
		s.grpc.Stop()
	}
}
