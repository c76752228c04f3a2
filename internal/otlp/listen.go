// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// limitListener closes connections above a limit as soon as they are accepted.
// Leaving them in the kernel's queue would let idle connections hang honest
// clients; a refused one tries again, or another server.
type limitListener struct {
	net.Listener
	door    *door
	speaks  transport
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
			return &countedConn{Conn: conn, listener: l}, nil
		}
		l.open.Add(-1)
		l.refused()
		_ = conn.Close() // Nothing was written, so nothing can be lost.
	}
}

// countedConn gives its place back when it is closed, and looks at its first
// bytes before anything else: they say what its client speaks. A gRPC server
// would write before it reads, and a client of HTTP could not read that.
type countedConn struct {
	net.Conn
	listener *limitListener
	greeting sync.Once
	head     []byte // what was read of the greeting and is not yet handed on
	failed   error  // of the greeting
	astray   bool
	once     sync.Once
}

// greetingBytes hold the beginning of every protocol that we tell apart, and of
// HTTP/2 all that its server reads first.
const greetingBytes = 24

// greet reads the first bytes, and ends the connection of a client that speaks
// something else.
func (c *countedConn) greet() {
	c.head = make([]byte, greetingBytes)
	n, err := c.Conn.Read(c.head)
	c.head, c.failed = c.head[:n], err
	kind, astray := strayOf(c.listener.speaks, c.head)
	if c.astray = astray; !astray {
		return
	}
	d := c.listener.door
	d.meters.turnAway(c.listener.speaks, "protocol")
	d.strayed.see(kind, c.RemoteAddr(), "")
	d.strayed.farewell(c.Conn, kind)
	c.head, c.failed = nil, io.EOF
}

// Read reads behind the greeting.
func (c *countedConn) Read(p []byte) (int, error) {
	c.greeting.Do(c.greet)
	if n := copy(p, c.head); n > 0 {
		c.head = c.head[n:]
		return n, nil
	}
	if c.failed != nil {
		return 0, c.failed
	}
	return c.Conn.Read(p)
}

// Write writes when the client has said what it speaks.
func (c *countedConn) Write(p []byte) (int, error) {
	c.greeting.Do(c.greet)
	if c.astray {
		return 0, io.EOF
	}
	return c.Conn.Write(p)
}

// Close closes the connection.
func (c *countedConn) Close() error {
	c.once.Do(func() { c.listener.open.Add(-1) })
	return c.Conn.Close()
}
