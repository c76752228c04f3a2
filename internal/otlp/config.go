// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"net"
	"strings"
	"time"

	"github.com/leadline/leadline/internal/errs"
)

// Config says where to listen, whom to trust and how much to take.
type Config struct {
	// GRPCAddr and HTTPAddr are host:port; port 0 picks a free one.
	GRPCAddr string
	HTTPAddr string
	// Token is what a client sends as "Authorization: Bearer <token>". Empty
	// means that anybody who can connect may send, which Validate allows on
	// loopback only.
	Token string
	// Origins are the web origins whose pages may send from a browser, such
	// as https://shop.example, or "*" for all. Requests of other origins are
	// refused.
	Origins []string
	// MaxRequestBytes limits one request, before and after decompression.
	MaxRequestBytes int64
	// MaxResponseBytes limits one answer; messages are shortened to fit.
	MaxResponseBytes int
	// MaxInFlightBytes limits the bodies in memory of both servers together.
	MaxInFlightBytes int64
	// MaxConnections limits the open connections of each server.
	MaxConnections int
	// MaxStreams limits the concurrent calls of one gRPC connection.
	MaxStreams uint32
	// RequestTimeout bounds one request from its first byte to its answer.
	RequestTimeout time.Duration
}

const (
	kib = 1 << 10
	mib = 1 << 20
)

// DefaultConfig listens on loopback, on the ports that OTLP registered.
func DefaultConfig() Config {
	return Config{
		GRPCAddr:         "127.0.0.1:4317",
		HTTPAddr:         "127.0.0.1:4318",
		MaxRequestBytes:  64 * mib,
		MaxResponseBytes: 4 * mib,
		MaxInFlightBytes: 256 * mib,
		MaxConnections:   4096,
		MaxStreams:       128,
		RequestTimeout:   30 * time.Second,
	}
}

// Validate returns an Invalid error that names the first setting that cannot
// work, with a hint.
func (c Config) Validate() error {
	for _, listen := range []struct{ name, addr string }{
		{"OTLP gRPC", c.GRPCAddr}, {"OTLP HTTP", c.HTTPAddr},
	} {
		if err := c.validateAddr(listen.name, listen.addr); err != nil {
			return err
		}
	}
	for _, origin := range c.Origins {
		if origin != "*" && !strings.Contains(origin, "://") {
			return errs.New(errs.Invalid, "allowed origin %q has no scheme", origin).
				WithHint("write an origin as the browser sends it, for example https://shop.example")
		}
	}
	return c.validateLimits()
}

// formsOfBody is how many buffers a request may hold: as received,
// decompressed, rewritten from JSON, and one that grows.
const formsOfBody = 4

func (c Config) validateLimits() error {
	for _, limit := range []struct {
		name       string
		value, min int64
	}{
		{"request size", c.MaxRequestBytes, kib},
		{"response size", int64(c.MaxResponseBytes), kib},
		{"bytes in flight", c.MaxInFlightBytes, formsOfBody * c.MaxRequestBytes},
		{"connections", int64(c.MaxConnections), 1},
		{"gRPC streams", int64(c.MaxStreams), 1},
		{"request timeout", int64(c.RequestTimeout), int64(time.Second)},
	} {
		if limit.value < limit.min {
			return errs.New(errs.Invalid, "OTLP limit of %s is %d, below %d", limit.name, limit.value, limit.min)
		}
	}
	return nil
}

func (c Config) validateAddr(name, addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return errs.New(errs.Invalid, "%s address %q: %w", name, addr, err).
			WithHint("write host:port, for example 127.0.0.1:4318")
	}
	if c.Token != "" || loopback(host) {
		return nil
	}
	return errs.New(errs.Invalid, "%s address %q is reachable from other machines, and no ingest token is set", name, addr).
		WithHint("set --token-file, or listen on 127.0.0.1 only")
}

// loopback tells whether every address that host stands for is on this
// machine. The empty host and the zero addresses mean all interfaces. A name
// is asked of the resolver, for "localhost" is an entry that a machine may
// point elsewhere; one that does not resolve is not trusted.
func loopback(host string) bool {
	if host == "" {
		return false
	}
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback()
	}
	ips, err := net.LookupIP(host)
	if err != nil || len(ips) == 0 {
		return false
	}
	for _, ip := range ips {
		if !ip.IsLoopback() {
			return false
		}
	}
	return true
}
