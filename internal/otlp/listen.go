// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"net"
	"sync"
	"sync/atomic"
)

// limitListener closes connections above a limit as soon as they are accepted.
// Leaving them in the kernel's queue would let idle connections hang honest
// clients; a refused one tries again, or another server.
type limitListener struct {
	net.Listener
	limit   int64
	open    atomic.Int64
	refused func()
}

// Accept returns the next connection within the limit.
func (l *limitListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.open.Add(1) <= l.limit {
			return &countedConn{Conn: conn, open: &l.open}, nil
		}
		l.open.Add(-1)
		l.refused()
		_ = conn.Close() // Nothing was written, so nothing can be lost.
	}
}

// countedConn gives its place back when it is closed.
type countedConn struct {
	net.Conn
	open *atomic.Int64
	once sync.Once
}

// Close closes the connection.
func (c *countedConn) Close() error {
	c.once.Do(func() { c.open.Add(-1) })
	return c.Conn.Close()
}
