// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package payload

import (
	"encoding/binary"

	"google.golang.org/protobuf/encoding/protowire"
)

// locate returns the places of each call's span in the encoded request, in
// the order of calls.
func locate(raw []byte, calls []call) []span {
	spans := make([]span, len(calls))
	inside(raw, 0, len(raw), requestResourceSpans, func(from, to int) {
		inside(raw, from, to, resourceSpansScope, func(from, to int) {
			inside(raw, from, to, scopeSpansSpan, func(from, to int) {
				s, index := locateSpan(raw, from, to)
				c := &calls[index]
				s.trace, s.parent, s.lead, s.length = c.trace, c.parent, c.lead, c.Duration
				spans[index] = s
			})
		})
	})
	return spans
}

func locateSpan(raw []byte, from, to int) (s span, index int) {
	fields(raw, from, to, func(field protowire.Number, from, to int) {
		switch field {
		case spanTraceID:
			s.traceAt = from
		case spanID:
			s.idAt = from
			index = int(binary.BigEndian.Uint64(raw[from:to]))
		case spanParent:
			s.parentAt = from
		case spanStart:
			s.startAt = from
		case spanEnd:
			s.endAt = append(s.endAt, from)
		case spanEvents:
			inside(raw, from, to, eventTime, func(from, _ int) { s.endAt = append(s.endAt, from) })
		}
	})
	return s, index
}

// inside calls visit with the bounds of each value of one field.
func inside(raw []byte, from, to int, want protowire.Number, visit func(from, to int)) {
	fields(raw, from, to, func(field protowire.Number, from, to int) {
		if field == want {
			visit(from, to)
		}
	})
}

// fields calls visit with the bounds of each field's value. The bytes are our
// own, so a malformed one is a bug.
func fields(raw []byte, from, to int, visit func(field protowire.Number, from, to int)) {
	for from < to {
		field, wireType, n := protowire.ConsumeTag(raw[from:to])
		if n < 0 {
			panic("BUG: template is not protobuf")
		}
		from += n
		size := protowire.ConsumeFieldValue(field, wireType, raw[from:to])
		if size < 0 {
			panic("BUG: template is not protobuf")
		}
		start := from
		if wireType == protowire.BytesType {
			_, header := protowire.ConsumeVarint(raw[from:to])
			start += header
		}
		visit(field, start, from+size)
		from += size
	}
}
