// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package operation

import "sync"

// Limits bound what the telemetry of strangers can make a Catalogue hold.
type Limits struct {
	Operations int // of one service; more are counted under Overflow
	Services   int // more are counted under OverflowService
}

// OverflowService stands for all services beyond the limit.
var OverflowService = Service{Name: "(other services)"}

// Catalogue holds the operations of every service. It is safe for concurrent use.
type Catalogue struct {
	limits Limits
	mu     sync.RWMutex
	tables map[Service]*Table
}

// NewCatalogue returns a catalogue that holds no service but OverflowService.
func NewCatalogue(l Limits) *Catalogue {
	c := &Catalogue{limits: l, tables: make(map[Service]*Table)}
	c.tables[OverflowService] = newTable(OverflowService, l.Operations)
	return c
}

// Table returns the table of a service, which is made when it is first asked
// for. Ask once per resource, not per span. Beyond the limit it returns the
// table of OverflowService.
func (c *Catalogue) Table(s Service) *Table {
	c.mu.RLock()
	t := c.tables[s]
	c.mu.RUnlock()
	if t != nil {
		return t
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.tables[s]; !known && len(c.tables) > c.limits.Services {
		return c.tables[OverflowService]
	}
	return c.add(s)
}

// Reserve returns the table of a service that an indicator names. It is there
// even beyond the limit.
func (c *Catalogue) Reserve(s Service) *Table {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.add(s)
}

func (c *Catalogue) add(s Service) *Table {
	t := c.tables[s]
	if t == nil {
		t = newTable(s, c.limits.Operations)
		c.tables[s] = t
	}
	return t
}
