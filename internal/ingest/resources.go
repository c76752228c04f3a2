// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"bytes"
	"sync"

	"github.com/zeebo/xxh3"

	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/wire"
)

// resources remembers what resources mean by their bytes, since a process
// sends the same ones with every request. It is emptied when it is full:
// functions and short-lived workers bring new instance ids for ever.
type resources struct {
	mu    sync.RWMutex
	known map[xxh3.Uint128]*resource
	// forgot counts how often everything was forgotten, so that what was read
	// before is not kept after it.
	forgot uint64
}

const (
	maxResources     = 8_192
	maxResourceBytes = 64 << 10 // larger ones are read anew each time
)

type resource struct {
	service *service
	version string
	attrs   []wire.Attr // views onto a copy of the resource's bytes
}

func newResources() *resources {
	return &resources{known: make(map[xxh3.Uint128]*resource)}
}

// get returns what a resource means.
func (c *resources) get(a *services, raw wire.Resource) (*resource, error) {
	id := xxh3.Hash128(raw.Raw)
	c.mu.RLock()
	r, forgot := c.known[id], c.forgot
	c.mu.RUnlock()
	if r != nil {
		return r, nil
	}
	raw.Raw = bytes.Clone(raw.Raw)
	attrs, err := raw.Attributes(nil, wire.DefaultLimits)
	if err != nil {
		return nil, err
	}
	read := operation.ReadResource(attrs)
	r = &resource{service: a.service(read.Service), version: read.Version, attrs: attrs}
	if len(raw.Raw) <= maxResourceBytes {
		c.keep(id, r, forgot)
	}
	return r, nil
}

// forget makes every resource be read anew: an indicator may have reserved the
// service of one that was beyond the limit.
func (c *resources) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.known)
	c.forgot++
}

func (c *resources) keep(id xxh3.Uint128, r *resource, forgot uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.forgot != forgot {
		return
	}
	if len(c.known) >= maxResources {
		clear(c.known)
	}
	c.known[id] = r
}
