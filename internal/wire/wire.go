// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package wire reads OTLP requests where they lie.
//
// It owns the bytes of OTLP and nothing of their meaning: which attribute is a
// route or which span is bad is decided one floor up. There are three doors:
//
//   - [TraceReader] walks an ExportTraceServiceRequest and fills one reused
//     [Span] after the other. Nothing is copied: every string is a view onto the
//     body and is valid until the body is released or changed. A span costs no
//     allocation.
//   - [CountReader] walks a metrics or logs request, checks every byte of it and
//     counts its data points or log records by resource.
//   - [FromJSON] rewrites OTLP/JSON as OTLP/protobuf, so that everything behind
//     it has one hot path.
//
// # What is refused
//
// A body is untrusted. Malformed are: truncated fields, lengths beyond their
// message, varints of more than 64 bits, field number 0, groups (wire types 3
// and 4, which OTLP never had) and the reserved wire types. More than
// [Limits].Attributes attributes on one resource, span, event or record, and
// values nested deeper than [Limits].Depth are refused too, having read no
// deeper than that. Every such error is an *errs.Error of kind Invalid that
// says what is wrong and at which byte.
//
// # What protobuf asks for and encoders never do
//
// A resource may come after its spans, a scalar may occur twice (the last
// wins), a message may occur twice (the occurrences are merged), unknown fields
// may stand anywhere: all of that is read as protobuf defines it. The merge of
// two occurrences of a message is the concatenation of their bytes, which is
// the only copy this package makes of a protobuf body.
//
// Strings are not checked for UTF-8: callers sanitise what they keep.
package wire

// Signal is one of the three kinds of telemetry that OTLP carries.
type Signal uint8

// The three signals of OTLP.
const (
	Traces Signal = iota
	Metrics
	Logs
)

// String returns the signal's name as OTLP paths spell it: traces, metrics, logs.
func (s Signal) String() string { return [...]string{"traces", "metrics", "logs"}[s] }

// Limits bound what one request may make us do. A body's size is bounded
// before it gets here.
type Limits struct {
	// Depth is how many AnyValues may be nested in each other, at least 1, which
	// allows scalars only. It bounds unknown JSON members too.
	Depth int
	// Attributes is how many attributes one resource, span, event, link, data
	// point, exemplar or log record may have.
	Attributes int
	// Bytes is how long what FromJSON writes may become, 0 without a limit. More
	// is refused as errs.TooLarge, before memory is taken for much more.
	Bytes int
}

// DefaultLimits are the limits of a server that was told nothing else.
var DefaultLimits = Limits{Depth: 32, Attributes: 1024}
