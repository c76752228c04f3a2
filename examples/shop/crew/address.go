// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package crew

import (
	"fmt"
	"net"
	"strconv"
)

// FreeAddress returns a loopback address on the preferred port, or on any free
// one when that is taken.
func FreeAddress(preferred int) (string, error) {
	return FreeOr(net.JoinHostPort("127.0.0.1", strconv.Itoa(preferred)))
}

// FreeOr returns the preferred address, or one on any free loopback port when
// that is taken.
func FreeOr(preferred string) (string, error) {
	l, err := listenOr(preferred)
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// Listen listens on the preferred loopback port, or on any free one when that is
// taken. A listener is to be preferred to an address that was free: between the
// look and the start of whoever is to serve there somebody else may take it,
// answer in its place, and leave again.
func Listen(preferred int) (*net.TCPListener, error) {
	return listenOr(net.JoinHostPort("127.0.0.1", strconv.Itoa(preferred)))
}

func listenOr(preferred string) (*net.TCPListener, error) {
	var last error
	for _, address := range []string{preferred, "127.0.0.1:0"} {
		l, err := net.Listen("tcp", address)
		if err == nil {
			return l.(*net.TCPListener), nil
		}
		last = err
	}
	return nil, fmt.Errorf("find a free port: %w", last)
}
