// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlp_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadline/leadline/internal/otlp"
)

// TestTelemetryThatGoesAstrayIsSaid sends to the wrong port, in the wrong
// protocol, to the wrong path and without a token.
func TestTelemetryThatGoesAstrayIsSaid(t *testing.T) {
	const token = "correct-horse-battery"
	for _, c := range []struct {
		name   string
		send   func(t *testing.T, at otlp.Addrs, c *client)
		want   string // in the warning and the log
		silent bool
	}{
		{"HTTP to the gRPC port", func(t *testing.T, at otlp.Addrs, _ *client) {
			r, err := http.Post("http://"+at.GRPC.String()+"/v1/traces", "application/x-protobuf", bytes.NewReader(make([]byte, 100_000)))
			if err != nil {
				t.Fatal(err)
			}
			defer r.Body.Close()
			said, err := io.ReadAll(r.Body)
			if err != nil || r.StatusCode != http.StatusBadRequest || !strings.Contains(string(said), "set OTEL_EXPORTER_OTLP_ENDPOINT=http://HOST:"+portOf(at.HTTP)) {
				t.Errorf("answered %s, %v: %s", r.Status, err, said)
			}
		}, "takes OTLP over gRPC, and is sent HTTP", false},
		{"gRPC to the HTTP port", func(t *testing.T, at otlp.Addrs, c *client) {
			wrong := newClient(t, c.HTTPURL, at.HTTP.String(), nil)
			if got, err := wrong.send(t.Context(), sent{grpc: true, token: token}); err == nil {
				t.Errorf("answered %s", got.code)
			}
		}, "takes OTLP over HTTP, and is sent gRPC", false},
		{"TLS to the gRPC port", func(t *testing.T, at otlp.Addrs, _ *client) { mustNotShake(t, at.GRPC) }, "takes no TLS", false},
		{"TLS to the HTTP port", func(t *testing.T, at otlp.Addrs, _ *client) { mustNotShake(t, at.HTTP) }, "takes no TLS", false},
		{"another path", func(t *testing.T, _ otlp.Addrs, c *client) { mustSend(t, c, sent{path: "/", token: token}, "404") }, "a path that is none of OTLP's", false},
		{"no token over HTTP", func(t *testing.T, _ otlp.Addrs, c *client) { mustSend(t, c, sent{}, "401") }, "without the right token", false},
		{"no token over gRPC", func(t *testing.T, _ otlp.Addrs, c *client) { mustSend(t, c, sent{grpc: true}, "16") }, "without the right token", false},
		{"a probe of the gRPC port", func(t *testing.T, at otlp.Addrs, _ *client) {
			if r, err := http.Get("http://" + at.GRPC.String() + "/healthz"); err == nil {
				r.Body.Close()
				t.Errorf("answered %s", r.Status)
			}
		}, "", true},
		{"what is right", func(t *testing.T, _ otlp.Addrs, c *client) {
			mustSend(t, c, sent{grpc: true, token: token}, "0")
			mustSend(t, c, sent{token: token}, "200")
		}, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var log bytes.Buffer
			cfg := loopbackConfig()
			cfg.Token = token
			server, err := otlp.New(cfg, &counting{}, slog.New(slog.NewTextHandler(&log, nil)), prometheus.NewRegistry())
			if err != nil {
				t.Fatal(err)
			}
			end := runOf(t, server)
			at := server.Addrs()
			c.send(t, at, newClient(t, "http://"+at.HTTP.String(), at.GRPC.String(), nil))
			warnings := strings.Join(server.Warnings(), "\n")
			end()
			if c.silent && warnings+log.String() != "" {
				t.Errorf("warned of %q, logged %s", warnings, log.String())
			}
			if !strings.Contains(warnings, c.want) || !strings.Contains(log.String(), c.want) {
				t.Errorf("want %q in the warnings %q and in the log %s", c.want, warnings, log.String())
			}
		})
	}
}

func portOf(a net.Addr) string {
	_, port, _ := net.SplitHostPort(a.String())
	return port
}

func mustSend(t *testing.T, c *client, s sent, code string) {
	t.Helper()
	if got, err := c.send(t.Context(), s); err != nil || got.code != code {
		t.Errorf("answered %s, %v; want %s", got.code, err, code)
	}
}

func mustNotShake(t *testing.T, at net.Addr) {
	t.Helper()
	conn, err := net.Dial("tcp", at.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := tls.Client(conn, &tls.Config{ServerName: "x"}).HandshakeContext(t.Context()); err == nil {
		t.Error("the handshake succeeded")
	}
}
