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
	r := c.known[id]
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
		c.keep(id, r)
	}
	return r, nil
}

func (c *resources) keep(id xxh3.Uint128, r *resource) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.known) >= maxResources {
		clear(c.known)
	}
	c.known[id] = r
}
