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
	var last error
	for _, address := range []string{preferred, "127.0.0.1:0"} {
		l, err := net.Listen("tcp", address)
		if err != nil {
			last = err
			continue
		}
		defer l.Close()
		return l.Addr().String(), nil
	}
	return "", fmt.Errorf("find a free port: %w", last)
}
