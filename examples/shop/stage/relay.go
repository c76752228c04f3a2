// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"fmt"
	"io"
	"net"
	"sync"
)

// relay is the way of the shop's telemetry to the server: a TCP hop that can be
// cut and mended while everything runs, as when a Collector dies or a network
// policy is rolled out. The shop serves on, and its exporters find nobody.
type relay struct {
	address string // where exporters send to
	server  string

	mu       sync.Mutex
	listener net.Listener // nil while the way is cut
	open     map[net.Conn]bool
}

// newRelay listens on a free port and passes on what comes to the server.
func newRelay(server string) (*relay, error) {
	r := &relay{address: "127.0.0.1:0", server: server, open: map[net.Conn]bool{}}
	if err := r.mend(); err != nil {
		return nil, err
	}
	r.address = r.listener.Addr().String()
	return r, nil
}

// mend opens the way, at the address that it had before.
func (r *relay) mend() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.listener != nil {
		return nil
	}
	l, err := net.Listen("tcp", r.address)
	if err != nil {
		return fmt.Errorf("listen for telemetry: %w", err)
	}
	r.listener = l
	go r.accept(l)
	return nil
}

// cut refuses new connections and breaks those that are open.
func (r *relay) cut() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.listener == nil {
		return
	}
	r.listener.Close()
	r.listener = nil
	for c := range r.open {
		c.Close()
	}
}

func (r *relay) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return // cut
		}
		go r.pass(c)
	}
}

// pass copies both ways until one side ends.
func (r *relay) pass(c net.Conn) {
	defer c.Close()
	onward, err := net.Dial("tcp", r.server)
	if err != nil {
		return // the exporter sees its connection closed, and tries again
	}
	defer onward.Close()
	if !r.enter(c) {
		return
	}
	defer r.leave(c)
	go func() {
		io.Copy(onward, c)
		onward.Close()
	}()
	io.Copy(c, onward)
}

// enter notes an open connection, unless the way was cut meanwhile.
func (r *relay) enter(c net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.listener == nil {
		return false
	}
	r.open[c] = true
	return true
}

func (r *relay) leave(c net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.open, c)
}
