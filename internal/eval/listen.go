// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"sync"
	"time"
)

// listeners are told when a new evaluation is there. One that is slow misses
// some and never holds up the engine.
type listeners struct {
	mu  sync.Mutex
	all map[chan time.Time]struct{}
}

// Listen returns a channel on which the time of each new evaluation arrives,
// and a function that ends it.
func (e *Engine) Listen() (<-chan time.Time, func()) {
	c := make(chan time.Time, 1)
	e.listeners.mu.Lock()
	defer e.listeners.mu.Unlock()
	if e.listeners.all == nil {
		e.listeners.all = make(map[chan time.Time]struct{})
	}
	e.listeners.all[c] = struct{}{}
	return c, func() {
		e.listeners.mu.Lock()
		defer e.listeners.mu.Unlock()
		delete(e.listeners.all, c)
	}
}

func (l *listeners) tell(at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.all {
		select {
		case c <- at:
		default:
		}
	}
}
