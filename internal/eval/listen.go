// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"sync"
	"time"
)

// Listeners are told when something new is there. One that is slow misses
// some and never holds up who tells. The zero value has none.
type Listeners struct {
	mu  sync.Mutex
	all map[chan time.Time]struct{}
}

// Listen returns a channel on which the time of each news arrives, and a
// function that ends it.
func (l *Listeners) Listen() (<-chan time.Time, func()) {
	c := make(chan time.Time, 1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil {
		l.all = make(map[chan time.Time]struct{})
	}
	l.all[c] = struct{}{}
	return c, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.all, c)
	}
}

// Tell tells all of them.
func (l *Listeners) Tell(at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.all {
		select {
		case c <- at:
		default:
		}
	}
}

// Listen returns a channel on which the time of each new evaluation arrives,
// and a function that ends it.
func (e *Engine) Listen() (<-chan time.Time, func()) { return e.listeners.Listen() }
