// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package outbound

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"syscall"
)

// never are addresses that no setting opens: they are no receivers, and what
// answers there hands out credentials to whoever asks. Link-local addresses,
// with the metadata service of most clouds, are refused as a class.
var never = []netip.Prefix{
	netip.MustParsePrefix("100.100.100.200/32"), // metadata at Alibaba
	netip.MustParsePrefix("168.63.129.16/32"),   // the host at Azure
	netip.MustParsePrefix("192.0.0.192/32"),     // metadata at Oracle
	netip.MustParsePrefix("fd00:ec2::254/128"),  // metadata at AWS
	netip.MustParsePrefix("fd20:ce::254/128"),   // metadata at Google
	netip.MustParsePrefix("0.0.0.0/8"),          // this host
	netip.MustParsePrefix("192.88.99.0/24"),     // 6to4 relays
	netip.MustParsePrefix("240.0.0.0/4"),        // reserved, broadcast
	netip.MustParsePrefix("2001::/23"),          // protocols, among them Teredo, which holds an IPv4 address
	netip.MustParsePrefix("2002::/16"),          // 6to4, which holds one too
	netip.MustParsePrefix("::/96"),              // IPv4-compatible, which does
	netip.MustParsePrefix("64:ff9b:1::/48"),     // translation into a private network
	netip.MustParsePrefix("100::/64"),           // discard
	netip.MustParsePrefix("5f00::/16"),          // segment routing
}

// private are ranges that are not of the public internet, beyond those that
// net/netip knows.
var private = []netip.Prefix{
	netip.MustParsePrefix("100.64.0.0/10"),   // shared by carriers
	netip.MustParsePrefix("192.0.0.0/24"),    // protocols
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("2001:db8::/32"),   // documentation
	netip.MustParsePrefix("3fff::/20"),       // documentation
	netip.MustParsePrefix("fec0::/10"),       // site-local
}

// nat64 is the prefix of public IPv4 addresses in a network without IPv4; the
// last four bytes decide.
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// Refused is a connection that the guard did not make.
type Refused struct {
	Addr netip.Addr
	// Openable is true for a private address: allow_private opens those.
	Openable bool
}

func (r *Refused) Error() string {
	if r.Openable {
		return fmt.Sprintf("its address %s is private", r.Addr)
	}
	return fmt.Sprintf("its address %s is no receiver's", r.Addr)
}

// Check returns a *Refused for an address that must not be reached.
func Check(addr netip.Addr, allowPrivate bool) error {
	real := embedded(addr)
	closed := real.IsLoopback() || real.IsPrivate() || in(real, private)
	switch {
	case !addr.IsValid(), addr.Zone() != "", real.IsUnspecified(), real.IsMulticast(), real.IsLinkLocalUnicast(),
		!real.IsLoopback() && in(real, never): // ::1 lies in ::/96
		return &Refused{addr, false}
	case closed && !allowPrivate:
		return &Refused{addr, true}
	}
	return nil
}

// embedded returns the IPv4 address that an IPv6 address stands for, or the
// address itself.
func embedded(addr netip.Addr) netip.Addr {
	if nat64.Contains(addr) {
		b := addr.As16()
		return netip.AddrFrom4([4]byte(b[12:]))
	}
	return addr.Unmap()
}

func in(addr netip.Addr, ranges []netip.Prefix) bool {
	for _, r := range ranges {
		if r.Contains(addr) {
			return true
		}
	}
	return false
}

// control looks at the address of every connection after its name was
// resolved and before the first packet: a name that resolves to another
// address the second time is not asked twice.
func (c *Client) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("read the address of the connection: %w", err)
	}
	return Check(at.Addr(), c.cfg.AllowPrivate)
}

// DialContext connects to HOST:PORT over TCP, unless its address must not be
// reached.
func (c *Client) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{Resolver: c.cfg.Resolver, ControlContext: c.control}
	return d.DialContext(ctx, network, address)
}
