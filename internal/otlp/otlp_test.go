// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlp_test

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/leadline/leadline/internal/otlp"
	"github.com/leadline/leadline/internal/wire"
)

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		runChild(os.Getenv(childVariable + "_TOKEN"))
	}
	goleak.VerifyTestMain(m)
}

// consumerFunc is a consumer made of one function.
type consumerFunc func(ctx context.Context, signal wire.Signal, body []byte) (otlp.Result, error)

func (f consumerFunc) Consume(ctx context.Context, signal wire.Signal, body []byte) (otlp.Result, error) {
	return f(ctx, signal, body)
}

// accept takes everything.
func accept(context.Context, wire.Signal, []byte) (otlp.Result, error) { return otlp.Result{}, nil }

// testServer is a running server.
type testServer struct {
	HTTPURL, GRPCAddr string
	registry          *prometheus.Registry
}

// loopbackConfig is the default configuration on free ports.
func loopbackConfig() otlp.Config {
	cfg := otlp.DefaultConfig()
	cfg.GRPCAddr, cfg.HTTPAddr = "127.0.0.1:0", "127.0.0.1:0"
	return cfg
}

// serve runs a server until the test ends.
func serve(tb testing.TB, cfg otlp.Config, consumer otlp.Consumer) testServer {
	tb.Helper()
	registry := prometheus.NewRegistry()
	server, err := otlp.New(cfg, consumer, slog.New(slog.DiscardHandler), registry)
	if err != nil {
		tb.Fatal(err)
	}
	runOf(tb, server)
	addrs := server.Addrs()
	return testServer{HTTPURL: "http://" + addrs.HTTP.String(), GRPCAddr: addrs.GRPC.String(), registry: registry}
}

// runOf runs a server until end is called, or the test ends.
func runOf(tb testing.TB, server *otlp.Server) (end func()) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- server.Run(ctx) }()
	end = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			tb.Errorf("Run: %v", err)
		}
	})
	tb.Cleanup(end)
	return end
}

// counting counts what it takes.
type counting struct{ calls atomic.Int64 }

func (c *counting) Consume(context.Context, wire.Signal, []byte) (otlp.Result, error) {
	c.calls.Add(1)
	return otlp.Result{}, nil
}

// newQuietly makes a server with a registry of its own and no log.
func newQuietly(cfg otlp.Config) (*otlp.Server, error) {
	return otlp.New(cfg, consumerFunc(accept), slog.New(slog.DiscardHandler), prometheus.NewRegistry())
}
