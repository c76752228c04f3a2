// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/slice"
)

// knownKeys finds series by the bytes of their keys. Every record of a log
// carries its keys, and nearly all of them were in the record before: reading
// them as strings again would cost more than all else that a replay does.
type knownKeys struct {
	services *services
	limit    int // of keys
	len      int
	by       map[string]*knownService
	current  []*knownService // of the record at hand, by their number in it
}

// knownService is a service of records with its keys.
type knownService struct {
	operation.Service
	keys map[string]knownKey
}

type knownKey struct {
	series *slice.Series
	groups *groups // of which the series is a member; nil for none
}

func newKnownKeys(s *services, limit int) *knownKeys {
	return &knownKeys{services: s, limit: limit, by: make(map[string]*knownService)}
}

// begin turns to another record, which has these services. It starts over
// when there are more keys than series can be: another process may have
// counted them under other limits.
func (x *knownKeys) begin(services [][]byte) {
	if x.len > x.limit {
		clear(x.by)
		x.len = 0
	}
	x.current = x.current[:0]
	for _, b := range services {
		s := x.by[string(b)]
		if s == nil {
			d := decoder{buf: b}
			s = &knownService{operation.Service{Namespace: d.text(), Name: d.text(), Environment: d.text()}, make(map[string]knownKey)}
			x.by[string(b)] = s
			x.len++
		}
		x.current = append(x.current, s)
	}
}

// find returns what is known of a key, whose bytes were checked before.
func (x *knownKeys) find(service int, parts []byte) knownKey {
	s := x.current[service]
	known, ok := s.keys[string(parts)]
	if ok {
		return known
	}
	d := decoder{buf: parts}
	k := slice.Key{Service: s.Service}
	d.parts(&k)
	known.series = x.services.mustIntern(k)
	if k.Group != "" {
		total := k
		total.Group = ""
		known.groups = x.services.groupsOf(x.services.mustIntern(total))
	}
	s.keys[string(parts)] = known
	x.len++
	return known
}
