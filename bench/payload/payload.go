// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package payload makes the OTLP trace requests that the benchmarks send.
//
// A Template is one request as a Python SDK would send it, encoded once, with
// the offsets of everything that differs between two requests of a running
// application: trace ids, span ids, parents and times. Render copies the bytes
// and overwrites only those, at about the price of the copy, so that one core
// can keep a server on another core busy.
//
// Invariants. No two rendered requests share a span id, so a server that
// drops duplicates may drop none of them. Every span ends within the five
// seconds before the time given to Render, so none is late. Durations, names
// and attributes never change, so the Events of a template are the truth about
// every request made from it: what a server counted can be checked exactly.
package payload

import (
	"encoding/binary"
	"math/rand/v2"
	"time"
)

// endSpread is how far before Render's time a trace may have ended: the
// interval at which a Python SDK exports.
const endSpread = 5 * time.Second

// Event is what one span means to somebody who counts reliability.
type Event struct {
	Operation string
	// Status is the HTTP status code, 0 where there is none.
	Status int
	// Failed is the span's own status.
	Failed   bool
	Duration time.Duration
	// Numbers holds the attributes that custom indicators look at.
	Numbers map[string]int64
}

// Template is one request of one service.
type Template struct {
	Service string
	Events  []Event

	raw    []byte
	spans  []span
	traces int
}

// span locates in the encoded request what Render overwrites.
type span struct {
	trace  int
	parent int // index of the parent in the request, or -1
	lead   time.Duration
	length time.Duration

	traceAt, idAt, parentAt, startAt int
	endAt                            []int // the span's end and its events' times
}

// Size returns the length of every request made from the template.
func (t *Template) Size() int { return len(t.raw) }

// Render returns a new request whose spans ended just before now.
func (t *Template) Render(random *rand.Rand, now time.Time) []byte {
	out := append([]byte(nil), t.raw...)
	traces := make([]trace, t.traces)
	for i := range traces {
		traces[i] = newTrace(random, now)
	}
	ids := make([]uint64, len(t.spans))
	for i := range ids {
		ids[i] = random.Uint64() | 1 // an id of zeros is invalid
	}
	for i := range t.spans {
		t.spans[i].patch(out, &traces[t.spans[i].trace], ids, i)
	}
	return out
}

// trace is what the spans of one trace share in one request.
type trace struct {
	high, low uint64
	remote    uint64 // the parent in another process, where a template has one
	end       int64  // nanoseconds since the epoch
}

func newTrace(random *rand.Rand, now time.Time) trace {
	return trace{
		high:   random.Uint64() | 1,
		low:    random.Uint64(),
		remote: random.Uint64() | 1,
		end:    now.UnixNano() - random.Int64N(int64(endSpread)),
	}
}

func (s *span) patch(out []byte, t *trace, ids []uint64, self int) {
	binary.BigEndian.PutUint64(out[s.traceAt:], t.high)
	binary.BigEndian.PutUint64(out[s.traceAt+8:], t.low)
	binary.BigEndian.PutUint64(out[s.idAt:], ids[self])
	if s.parentAt > 0 {
		parent := t.remote
		if s.parent >= 0 {
			parent = ids[s.parent]
		}
		binary.BigEndian.PutUint64(out[s.parentAt:], parent)
	}
	end := t.end - int64(s.lead)
	binary.LittleEndian.PutUint64(out[s.startAt:], uint64(end-int64(s.length)))
	for _, at := range s.endAt {
		binary.LittleEndian.PutUint64(out[at:], uint64(end))
	}
}
