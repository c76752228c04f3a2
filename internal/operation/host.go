// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"strconv"
	"strings"
)

// authority returns the host and the port that a client span called: what the
// instrumentation says, else what stands in the URL.
func (f *Facts) authority() (host string, port int64) {
	switch {
	case f.serverAddress != "":
		host, port = authorityOf(f.serverAddress) // some put the port here, too
	case f.url != "":
		// The old conventions' net.peer.name may be a proxy or an address; the
		// URL holds the name that the code used.
		if host, port = authorityOf(f.url); host != "" {
			return host, port
		}
		fallthrough
	default:
		host, port = authorityOf(f.peerName)
	}
	if port == 0 {
		port = f.port
	}
	return host, port
}

// authorityOf returns the host and port of a URL, or of a bare host:port,
// without the user information, as a view onto s.
func authorityOf(s string) (host string, port int64) {
	if i := strings.Index(s, "://"); i >= 0 {
		s = s[i+len("://"):]
	}
	s = s[:authorityEnd(s)]
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		s = s[i+1:]
	}
	colon := strings.LastIndexByte(s, ':')
	if colon < 0 || strings.IndexByte(s[colon:], ']') >= 0 {
		return s, 0
	}
	if strings.IndexByte(s[:colon], ':') >= 0 && s[0] != '[' {
		return s, 0 // a bare IPv6 address
	}
	return s[:colon], digits(s[colon+1:])
}

// authorityEnd is where the path, query or fragment begins. A loop, because
// strings.IndexAny costs three times as much here.
func authorityEnd(s string) int {
	for i := range len(s) {
		switch s[i] {
		case '/', '?', '#', '\\':
			return i
		}
	}
	return len(s)
}

// pathOf returns the path and query of a URL as a view onto it.
func pathOf(url string) string {
	i := strings.Index(url, "://")
	if i < 0 {
		return ""
	}
	url = url[i+len("://"):]
	if i = strings.IndexByte(url, '/'); i < 0 {
		return ""
	}
	return url[i:]
}

// hostName returns the host in lower case, without the dot of a fully
// qualified name and with brackets around an IPv6 address. The port is part of
// the name unless it is 80 or 443: two services on one machine differ by it,
// and no reader wants to see the default. It is empty for what is not a host.
func hostName(host string, port int64) string {
	host = strings.TrimSuffix(strings.ToLower(clean(host, maxName)), ".")
	if host == "" || strings.IndexByte(host, ' ') >= 0 {
		return ""
	}
	if strings.IndexByte(host, ':') >= 0 && host[0] != '[' {
		host = "[" + host + "]"
	}
	if port <= 0 || port > 65535 || port == 80 || port == 443 {
		return host
	}
	return host + ":" + strconv.FormatInt(port, 10)
}
