// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"encoding/binary"

	"github.com/leadline/leadline/internal/errs"
)

// SpanKind is a span's role in its trace.
type SpanKind uint8

// The span kinds of OTLP; a number that OTLP does not define reads as Unspecified.
const (
	Unspecified SpanKind = iota
	Internal
	Server
	Client
	Producer
	Consumer
)

// StatusCode is what the instrumented code said about a span's outcome.
type StatusCode uint8

// The status codes of OTLP; a number that OTLP does not define reads as Unset.
const (
	Unset StatusCode = iota
	Ok
	Error
)

// Resource is who sent the telemetry, as bytes.
type Resource struct {
	// Raw is the Resource message, nil when there was none. Equal bytes are the
	// same resource, so that a caller can keep what it made of them; the bytes
	// are checked by Attributes and not before.
	Raw []byte
}

// Scope is the library that produced the telemetry.
type Scope struct{ Name, Version string }

// Span is one span. Its strings and attributes are views onto the body.
type Span struct {
	// TraceID, SpanID and ParentSpanID are raw bytes, of whatever length was sent.
	TraceID, SpanID, ParentSpanID string
	TraceState                    string // as W3C has it
	Name                          string
	Kind                          SpanKind
	Status                        StatusCode
	StartUnixNano, EndUnixNano    uint64
	Attrs                         []Attr
}

// ValidIDs reports whether the trace id has 16 bytes and the span id 8, and
// neither is all zero.
func (s *Span) ValidIDs() bool {
	const zero = "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	return len(s.TraceID) == 16 && len(s.SpanID) == 8 && s.TraceID != zero && s.SpanID != zero[:8]
}

// TraceReader walks the resources, scopes and spans of one request, in order:
//
//	for r.NextResource() {
//		for r.NextScope() {
//			for r.NextSpan() { use(r.Span()) }
//		}
//	}
//	if err := r.Err(); err != nil { ... }
//
// Spans that were read before an error are as sent, but their request is
// malformed as a whole: a caller that must take all or nothing waits for Err.
// What is skipped by calling an outer Next early is not checked.
type TraceReader struct {
	limits   Limits
	top      frame
	inRes    frame // a ResourceSpans
	inScope  frame // a ScopeSpans
	resource Resource
	scope    Scope
	span     Span
	err      error
}

// NewTraceReader returns a reader of an ExportTraceServiceRequest.
func NewTraceReader(body []byte, l Limits) *TraceReader {
	r := &TraceReader{limits: l}
	r.Reset(body)
	return r
}

// Reset makes r read body from its start. It drops every view onto the former
// body, so Reset(nil) is what a pool does before it keeps a reader.
func (r *TraceReader) Reset(body []byte) {
	attrs := r.span.Attrs[:cap(r.span.Attrs)]
	clear(attrs)
	*r = TraceReader{limits: r.limits, top: frame{b: body}, span: Span{Attrs: attrs[:0]}}
}

// Err returns why reading ended early, or nil.
func (r *TraceReader) Err() error { return r.err }

// Resource returns the resource that NextResource moved to.
func (r *TraceReader) Resource() Resource { return r.resource }

// Scope returns the scope that NextScope moved to.
func (r *TraceReader) Scope() Scope { return r.scope }

// Span returns the span that NextSpan moved to. It is overwritten by the next.
func (r *TraceReader) Span() *Span { return &r.span }

func resourceError(f *fault) error {
	return errs.New(errs.Invalid, "read resource: %s at byte %d", f.what, f.at)
}

// The fields of the messages that the reader descends into.
const (
	tagList  = 1<<3 | wireBytes // resource_spans, resource_metrics, resource_logs
	tagOwner = 1<<3 | wireBytes // the resource of a resource's spans, the scope of a scope's
	tagScope = 2<<3 | wireBytes // scope_spans
	tagSpan  = 2<<3 | wireBytes // spans
)

// NextResource moves to the next resource.
func (r *TraceReader) NextResource() bool {
	r.inScope = frame{}
	resource, ok := r.descend(&r.top, tagList, &r.inRes)
	r.resource = Resource{Raw: resource.b}
	return ok
}

// NextScope moves to the next scope of the resource.
func (r *TraceReader) NextScope() bool {
	scope, ok := r.descend(&r.inRes, tagScope, &r.inScope)
	if f := r.scope.read(scope.b, &r.limits); f != nil {
		return r.ok(f.within(scope.base))
	}
	return ok
}

// descend moves from outer to its next field of the tag and returns the message,
// resource or scope, to which everything in that field belongs. It may stand
// behind what belongs to it; looking for it touches only lengths.
func (r *TraceReader) descend(outer *frame, tag uint64, inner *frame) (owner frame, ok bool) {
	if r.err != nil {
		return frame{}, false
	}
	in, found, f := outer.take(tag)
	if found {
		owner, f = in.message(tagOwner)
	}
	*inner = in
	return owner, r.ok(f) && found
}

// NextSpan moves to the next span of the scope.
func (r *TraceReader) NextSpan() bool {
	if r.err != nil {
		return false
	}
	in, ok, f := r.inScope.take(tagSpan)
	if ok {
		if f = r.span.read(in.b, &r.limits); f != nil {
			f.within(in.base)
		}
	}
	return r.ok(f) && ok
}

// ok keeps the first fault as the reader's error.
func (r *TraceReader) ok(f *fault) bool {
	if f == nil {
		return true
	}
	r.err = f.err(Traces)
	return false
}

// read fills s from the bytes of an InstrumentationScope.
func (s *Scope) read(b []byte, l *Limits) *fault {
	*s = Scope{}
	w := walker{limits: l}
	if f := w.walk(msgScope, b, l.Depth); f != nil {
		return f
	}
	for i := 0; i < len(b); {
		tag, v, end := next(b, i)
		switch i = end; tag {
		case 1<<3 | wireBytes:
			s.Name = view(payload(b, v, end))
		case 2<<3 | wireBytes:
			s.Version = view(payload(b, v, end))
		}
	}
	return nil
}

// Attributes appends the resource's attributes to dst.
func (r Resource) Attributes(dst []Attr, l Limits) ([]Attr, error) {
	first := len(dst)
	for i := 0; i < len(r.Raw); {
		tag, v, end := next(r.Raw, i)
		if end < 0 {
			return dst[:first], resourceError(malformed(r.Raw, i))
		}
		i = end
		if tag != 1<<3|wireBytes {
			continue
		}
		var f *fault
		if dst, f = appendAttr(dst, first, payload(r.Raw, v, end), &l); f != nil {
			return dst[:first], resourceError(f.within(end - int(v)))
		}
	}
	return dst, nil
}

// appendAttr appends the attribute in b to the attributes from first on.
func appendAttr(dst []Attr, first int, b []byte, l *Limits) ([]Attr, *fault) {
	n := len(dst)
	if n-first >= l.Attributes {
		return dst, tooManyAttributes(l.Attributes, 0)
	}
	if n < cap(dst) {
		dst = dst[:n+1] // read overwrites whatever was there
	} else {
		dst = append(dst, Attr{})
	}
	return dst, dst[n].read(b, l)
}

// The fields of Span and Status. Names of the fields that are passed over:
// dropped counts 10, 12 and 14, flags 16.
const (
	tagTraceID    = 1<<3 | wireBytes
	tagSpanID     = 2<<3 | wireBytes
	tagTraceState = 3<<3 | wireBytes
	tagParentID   = 4<<3 | wireBytes
	tagName       = 5<<3 | wireBytes
	tagKind       = 6<<3 | wireVarint
	tagStart      = 7<<3 | wireFixed64
	tagEnd        = 8<<3 | wireFixed64
	tagAttribute  = 9<<3 | wireBytes
	tagEvent      = 11<<3 | wireBytes
	tagLink       = 13<<3 | wireBytes
	tagStatus     = 15<<3 | wireBytes
	tagStatusCode = 3<<3 | wireVarint
)

// read fills s from the bytes of a Span. Events and links are checked and left
// where they are.
func (s *Span) read(b []byte, l *Limits) (f *fault) {
	attrs := s.Attrs[:0]
	*s = Span{}
	s.Attrs, f = s.fields(b, attrs, l)
	return f
}

// fields reads the fields of s and returns its attributes. They are a variable
// of its own, because what is behind a pointer is stored and loaded again for
// each of them. Nearly all fields have a length of one byte, or eight bytes:
// calling next, or appendAttr while there is room, is a call too many for them.
func (s *Span) fields(b []byte, attrs []Attr, l *Limits) ([]Attr, *fault) {
	room := min(cap(attrs), l.Attributes)
	for i := 0; i < len(b); {
		var tag, v uint64
		var end int
		switch left := len(b) - i; {
		case left >= 2 && b[i] == tagAttribute && b[i+1] < 0x80 && int(b[i+1]) <= left-2 && len(attrs) < room:
			start := i + 2
			i = start + int(b[i+1])
			attrs = attrs[:len(attrs)+1]
			if f := attrs[len(attrs)-1].read(b[start:i:i], l); f != nil {
				return attrs, f.within(start)
			}
			continue
		case left >= 9 && b[i]&0x87 == wireFixed64 && b[i] >= minTag:
			tag, v, end = uint64(b[i]), binary.LittleEndian.Uint64(b[i+1:]), i+9
		case left >= 2 && b[i]&0x87 == wireBytes && b[i] >= minTag && b[i+1] < 0x80 && int(b[i+1]) <= left-2:
			tag, v, end = uint64(b[i]), uint64(b[i+1]), i+2+int(b[i+1])
		default:
			if tag, v, end = next(b, i); end < 0 {
				return attrs, malformed(b, i)
			}
		}
		i = end
		switch tag {
		case tagTraceID:
			s.TraceID = view(payload(b, v, end))
		case tagSpanID:
			s.SpanID = view(payload(b, v, end))
		case tagTraceState:
			s.TraceState = view(payload(b, v, end))
		case tagParentID:
			s.ParentSpanID = view(payload(b, v, end))
		case tagName:
			s.Name = view(payload(b, v, end))
		case tagKind:
			s.Kind = spanKind(v)
		case tagStart:
			s.StartUnixNano = v
		case tagEnd:
			s.EndUnixNano = v
		case tagAttribute:
			var f *fault
			if attrs, f = appendAttr(attrs, 0, payload(b, v, end), l); f != nil {
				return attrs, f.within(end - int(v))
			}
			room = min(cap(attrs), l.Attributes)
		case tagEvent, tagLink, tagStatus:
			if f := s.nested(tag, payload(b, v, end), l); f != nil {
				return attrs, f.within(end - int(v))
			}
		}
	}
	return attrs, nil
}

func (s *Span) nested(tag uint64, b []byte, l *Limits) (f *fault) {
	w := walker{limits: l}
	switch tag {
	case tagEvent:
		f = w.walk(msgEvent, b, l.Depth)
	case tagLink:
		f = w.walk(msgLink, b, l.Depth)
	case tagStatus:
		f = s.readStatus(b)
	}
	return f
}

func (s *Span) readStatus(b []byte) *fault {
	for i := 0; i < len(b); {
		tag, v, end := next(b, i)
		if end < 0 {
			return malformed(b, i)
		}
		i = end
		if tag == tagStatusCode {
			s.Status = statusCode(v)
		}
	}
	return nil
}

// Enums are 32 bits in protobuf, whatever the varint carries beyond them.

func spanKind(v uint64) SpanKind {
	if uint32(v) > uint32(Consumer) {
		return Unspecified
	}
	return SpanKind(v)
}

func statusCode(v uint64) StatusCode {
	if uint32(v) > uint32(Error) {
		return Unset
	}
	return StatusCode(v)
}
