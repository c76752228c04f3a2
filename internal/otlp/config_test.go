// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlp_test

import (
	"testing"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/otlp"
)

func TestConfigValidate(t *testing.T) {
	tests := []struct {
		name   string
		change func(*otlp.Config)
		ok     bool
	}{
		{"defaults", func(*otlp.Config) {}, true},
		{"IPv6 loopback", func(c *otlp.Config) { c.HTTPAddr = "[::1]:4318" }, true},
		{"all of 127/8 is loopback", func(c *otlp.Config) { c.HTTPAddr = "127.9.9.9:4318" }, true},
		{"localhost", func(c *otlp.Config) { c.GRPCAddr = "localhost:4317" }, true},
		{"mapped loopback", func(c *otlp.Config) { c.GRPCAddr = "[::ffff:127.0.0.1]:4317" }, true},
		{"empty host", func(c *otlp.Config) { c.HTTPAddr = ":4318" }, false},
		{"all IPv4", func(c *otlp.Config) { c.GRPCAddr = "0.0.0.0:4317" }, false},
		{"all IPv6", func(c *otlp.Config) { c.GRPCAddr = "[::]:4317" }, false},
		{"another address", func(c *otlp.Config) { c.HTTPAddr = "192.0.2.1:4318" }, false},
		{"a name that does not resolve", func(c *otlp.Config) { c.HTTPAddr = "no-such-host.invalid:4318" }, false},
		{"all IPv4 with a token", func(c *otlp.Config) { c.GRPCAddr, c.Token = "0.0.0.0:4317", "secret" }, true},
		{"no port", func(c *otlp.Config) { c.HTTPAddr = "127.0.0.1" }, false},
		{"origin with a scheme", func(c *otlp.Config) { c.Origins = []string{"https://shop.example"} }, true},
		{"origin without a scheme", func(c *otlp.Config) { c.Origins = []string{"shop.example"} }, false},
		{"budget that a large request does not fit", func(c *otlp.Config) { c.MaxInFlightBytes = 2 * c.MaxRequestBytes }, false},
		{"no streams", func(c *otlp.Config) { c.MaxStreams = 0 }, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cfg := otlp.DefaultConfig()
			test.change(&cfg)
			err := cfg.Validate()
			if got := err == nil; got != test.ok {
				t.Fatalf("Validate() = %v, want ok %t", err, test.ok)
			}
			if err != nil && errs.KindOf(err) != errs.Invalid {
				t.Errorf("kind %v, want invalid", errs.KindOf(err))
			}
		})
	}
}

// TestDefaultsAreThoseOfOTLP: the ports that OTLP registered and the limits that
// it recommends.
func TestDefaultsAreThoseOfOTLP(t *testing.T) {
	cfg := otlp.DefaultConfig()
	if cfg.GRPCAddr != "127.0.0.1:4317" || cfg.HTTPAddr != "127.0.0.1:4318" {
		t.Errorf("addresses %s and %s", cfg.GRPCAddr, cfg.HTTPAddr)
	}
	if cfg.MaxRequestBytes != 64<<20 || cfg.MaxResponseBytes != 4<<20 {
		t.Errorf("limits %d and %d", cfg.MaxRequestBytes, cfg.MaxResponseBytes)
	}
}

func TestConfigValidateNamesTheWayOut(t *testing.T) {
	cfg := otlp.DefaultConfig()
	cfg.HTTPAddr = "0.0.0.0:4318"
	err := cfg.Validate()
	if got, want := errs.HintOf(err), "set --token-file, or listen on 127.0.0.1 only"; got != want {
		t.Errorf("hint %q, want %q", got, want)
	}
}
