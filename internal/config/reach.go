// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net"
	"strings"

	"github.com/spf13/pflag"
)

// Reached is where a server with some settings is reached from its own machine,
// as host and port.
type Reached struct{ UI, OTLPGRPC, OTLPHTTP string }

// Reach returns where a server would be reached that was started here, by the
// environment and the file, which is found as Load finds it. Settings with
// mistakes are for serve to refuse: without them the defaults hold.
func Reach(path string, lookup func(string) (string, bool)) Reached {
	var c Config
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	c.Flags(f)
	_ = Load(f, path, lookup)
	return Reached{near(c.Listen), near(c.OTLPGRPC), near(c.OTLPHTTP)}
}

// near is how a client on the same machine writes an address to listen on.
func near(address string) string {
	host, port, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err != nil || host != "" && (ip == nil || !ip.IsUnspecified()) {
		return address
	}
	if strings.Contains(host, ":") {
		return net.JoinHostPort("::1", port)
	}
	return net.JoinHostPort("127.0.0.1", port)
}
