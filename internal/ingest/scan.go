// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"encoding/binary"
	"math"
	"time"
	"unsafe"

	"github.com/zeebo/xxh3"

	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/wire"
)

// scan is what one request says, before anything of it is counted. Scans are
// pooled; nothing in them points into the request's body.
type scan struct {
	reader      *wire.TraceReader
	facts       operation.Facts
	attrs       []wire.Attr
	group       []byte
	ids         []byte // and minutes, for the fingerprint
	fingerprint xxh3.Uint128
	now         slice.Minute // of arrival
	binding     *Binding     // under which it was made
	epoch       uint64       // of the series, in which it was made

	events  []event
	hits    []hit
	tallies []tally // by service
	// tallyOf is where each service's is: a request may name a thousand
	// services in millions of resources.
	tallyOf map[*service]uint16
	ignored [operation.ReasonsIgnored]uint64
	// invalid counts spans without valid ids, which cannot be told apart, and
	// operations without an end, which belong to no minute.
	invalid uint64
	// repeated says that the committer has seen the whole request before.
	repeated bool
	reply    chan reply
}

// event is one span that is an operation.
type event struct {
	id       uint64
	minute   slice.Minute
	duration time.Duration
	baseline *slice.Series
	hits     [2]uint32 // range in scan.hits
	next     int32     // the next event of the same minute, -1 at the end
	tally    uint16    // of its service, in scan.tallies
	bucket   int16
	column   column // of the baseline
	late     bool
	sampled  bool // it says that not all are sent
	counted  bool // its id was inserted by this commit
}

// hit says which column of which series an event adds one to.
type hit struct {
	series *slice.Series
	column column
}

type column uint8

const (
	good column = iota
	bad
	excluded
)

// tally is what one request brought of one service.
type tally struct {
	service                  *service
	points, records          uint64
	accepted, refused, again uint64
	late, unchecked, sampled uint64
	heard                    bool // this request tallies that the service was heard
}

func newScan() *scan {
	return &scan{
		reader: wire.NewTraceReader(nil, wire.DefaultLimits), tallyOf: make(map[*service]uint16), reply: make(chan reply, 1),
	}
}

// reset makes the scan ready for the next request, and drops every view onto
// the last one's body.
func (s *scan) reset() {
	s.reader.Reset(nil)
	clear(s.attrs[:cap(s.attrs)])
	s.facts = operation.Facts{}
	s.events, s.hits, s.tallies = s.events[:0], s.hits[:0], s.tallies[:0]
	clear(s.tallyOf)
	s.ignored, s.invalid, s.repeated = [operation.ReasonsIgnored]uint64{}, 0, false
}

// maxPooledBytes is the memory that a scan may keep for the next request:
// enough for some ten thousand spans, which is what senders put together.
const maxPooledBytes = 4 << 20

// bytes returns the memory of the arrays that a scan keeps.
func (s *scan) bytes() int {
	return cap(s.events)*int(unsafe.Sizeof(event{})) + cap(s.hits)*int(unsafe.Sizeof(hit{})) +
		cap(s.tallies)*int(unsafe.Sizeof(tally{})) + cap(s.attrs)*int(unsafe.Sizeof(wire.Attr{})) + cap(s.group) + cap(s.ids)
}

// scanner turns requests into scans.
type scanner struct {
	services  *services
	resources *resources
}

// traces scans an ExportTraceServiceRequest.
func (x *scanner) traces(s *scan, body []byte, b *Binding, now time.Time) error {
	s.now = slice.MinuteOf(now)
	s.reader.Reset(body)
	for s.reader.NextResource() {
		r, err := x.resource(s, s.reader.Resource())
		if err != nil {
			return err
		}
		for s.reader.NextScope() {
			for s.reader.NextSpan() {
				x.span(s, r, s.reader.Span(), b, now)
			}
		}
	}
	s.fingerprint = s.identity(body)
	return s.reader.Err()
}

// identity is what two requests have in common that must count as one: the same
// events in the same order. Their ids and minutes are all that decides whether
// an event was counted before, and a thirtieth of the bytes that brought them.
func (s *scan) identity(body []byte) xxh3.Uint128 {
	if len(s.events) == 0 {
		return xxh3.Hash128(body)
	}
	s.ids = s.ids[:0]
	for i := range s.events {
		s.ids = binary.LittleEndian.AppendUint64(s.ids, s.events[i].id)
		s.ids = binary.LittleEndian.AppendUint64(s.ids, uint64(s.events[i].minute))
	}
	return xxh3.Hash128(s.ids)
}

// from is where the spans of one resource in a request come from.
type from struct {
	service *service
	version string
	attrs   []wire.Attr
	tally   uint16
}

func (x *scanner) resource(s *scan, raw wire.Resource) (from, error) {
	r, err := x.resources.get(x.services, raw)
	if err != nil {
		return from{}, err
	}
	return from{r.service, r.service.version(r.version, s.now), r.attrs, s.tally(r.service)}, nil
}

// tally returns the index of the service's tally.
func (s *scan) tally(v *service) uint16 {
	at, known := s.tallyOf[v]
	if !known {
		at = uint16(len(s.tallies))
		s.tallyOf[v] = at
		s.tallies = append(s.tallies, tally{service: v})
	}
	return at
}

// span adds one span's event, if it is an operation.
func (x *scanner) span(s *scan, r from, span *wire.Span, b *Binding, now time.Time) {
	if !span.ValidIDs() {
		s.invalid++
		return
	}
	s.facts.Read(span)
	entry := r.service.Intern(s.facts.Identity(), &s.facts)
	if entry.Ignored != operation.NotIgnored {
		s.ignored[entry.Ignored]++
		return
	}
	if end := span.EndUnixNano; end == 0 || end > math.MaxInt64 {
		s.invalid++
		return
	}
	o := r.service.op(entry)
	judgement := s.facts.Outcome()
	e := event{
		id:       eventID(span),
		minute:   slice.OfUnixNano(int64(span.EndUnixNano)),
		duration: s.facts.Duration(),
		baseline: x.services.baseline(o, r.version),
		column:   columnOf(judgement.Outcome),
		late:     int64(span.EndUnixNano) < now.UnixNano()-int64(time.Minute),
		tally:    r.tally,
		sampled:  span.TraceState != "" && isSampled(span.TraceState),
	}
	if e.duration > 0 {
		e.bucket = slice.BucketOf(e.duration)
	}
	e.hits[0] = uint32(len(s.hits))
	x.judge(s, r, span, judgement, x.services.bind(o, b))
	e.hits[1] = uint32(len(s.hits))
	s.events = append(s.events, e)
}

// judge adds what each indicator says of the span.
func (x *scanner) judge(s *scan, r from, span *wire.Span, j operation.Judgement, indicators []boundIndicator) {
	for i := range indicators {
		ind := &indicators[i]
		outcome := ind.Judge(&s.facts, j, span.Attrs)
		switch outcome {
		case operation.Unmatched:
			continue
		case operation.Unevaluated:
			s.hits = append(s.hits, hit{ind.unevaluated, good})
			continue
		}
		c := columnOf(outcome)
		s.hits = append(s.hits, hit{ind.total, c})
		if c == excluded && j.Probe() {
			s.hits = append(s.hits, hit{ind.probes, good})
		}
		if ind.groups != nil {
			s.group = ind.Group(s.group[:0], span.Attrs, r.attrs)
			s.hits = append(s.hits, hit{ind.groups.series(x.services, s.group, s.now), c})
		}
	}
}

func columnOf(o operation.Outcome) column {
	switch o {
	case operation.Good:
		return good
	case operation.Bad:
		return bad
	}
	return excluded
}

// eventID is the identity of a span wherever and however often it arrives.
func eventID(s *wire.Span) uint64 {
	var id [24]byte
	copy(id[:16], s.TraceID)
	copy(id[16:], s.SpanID)
	return xxh3.Hash(id[:])
}

// items scans an Export{Metrics,Logs}ServiceRequest, of which only the number
// of items is counted.
func (x *scanner) items(s *scan, signal wire.Signal, body []byte, now time.Time) error {
	s.fingerprint, s.now = xxh3.Hash128(body), slice.MinuteOf(now)
	r := wire.NewCountReader(signal, body, wire.DefaultLimits)
	for r.NextResource() {
		res, err := x.resources.get(x.services, r.Resource())
		if err != nil {
			return err
		}
		t := &s.tallies[s.tally(res.service)]
		if signal == wire.Metrics {
			t.points += uint64(r.Items())
		} else {
			t.records += uint64(r.Items())
		}
	}
	return r.Err()
}
