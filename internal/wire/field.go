// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"github.com/leadline/leadline/internal/errs"
)

// The wire types of protobuf that we accept. A tag is number<<3 | wire type.
const (
	wireVarint  = 0
	wireFixed64 = 1
	wireBytes   = 2
	wireFixed32 = 5
)

// The smallest and the largest legal tag: field numbers are 1 to 2^29-1.
const (
	minTag = 1 << 3
	maxTag = 1<<32 - 1
)

// next reads the field that starts at b[i]; i must be within b.
//
// It returns the tag, the field's value and the index behind it. The value of a
// length-delimited field is its length, so the payload is b[end-int(v):end].
// A malformed field returns end < 0, and malformed says why: keeping the
// diagnosis out of here is what keeps this function small enough to be fast.
func next(b []byte, i int) (tag, v uint64, end int) {
	if tag = uint64(b[i]); tag < 0x80 {
		i++
	} else if tag, i = uvarint(b, i); i < 0 {
		return 0, 0, -1
	}
	if tag < minTag || tag > maxTag {
		return 0, 0, -1
	}
	switch tag & 7 {
	case wireBytes:
		if i < len(b) && b[i] < 0x80 {
			v = uint64(b[i])
			i++
		} else if v, i = uvarint(b, i); i < 0 {
			return 0, 0, -1
		}
		if v > uint64(len(b)-i) {
			return 0, 0, -1
		}
		return tag, v, i + int(v)
	case wireVarint:
		if i < len(b) && b[i] < 0x80 {
			return tag, uint64(b[i]), i + 1
		}
		if v, i = uvarint(b, i); i < 0 {
			return 0, 0, -1
		}
		return tag, v, i
	case wireFixed64:
		if len(b)-i < 8 {
			return 0, 0, -1
		}
		return tag, binary.LittleEndian.Uint64(b[i:]), i + 8
	case wireFixed32:
		if len(b)-i < 4 {
			return 0, 0, -1
		}
		return tag, uint64(binary.LittleEndian.Uint32(b[i:])), i + 4
	}
	return 0, 0, -1
}

// uvarint reads the varint at b[i] and returns the index behind it, or a
// negative index when it is truncated or has more than 64 bits.
func uvarint(b []byte, i int) (uint64, int) {
	if i+1 < len(b) && b[i] >= 0x80 && b[i+1] < 0x80 { // most have two bytes
		return uint64(b[i]&0x7f) | uint64(b[i+1])<<7, i + 2
	}
	v, n := binary.Uvarint(b[i:])
	if n <= 0 {
		return 0, -1
	}
	return v, i + n
}

// payload returns the length-delimited value that ends at end. Its capacity
// ends there as well, so that appending to it never writes into the body.
func payload(b []byte, v uint64, end int) []byte { return b[end-int(v) : end : end] }

// merge adds another occurrence of a message to what was found of it. The first
// stays a view; later ones are copied behind it, in linear time over all.
func merge(found, more []byte) []byte {
	if found == nil {
		return more
	}
	return append(found, more...)
}

// view is b as a string, without a copy.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// fault is why a message was refused and where, counted from the start of the
// innermost message; each caller on the way out adds where that message lies.
// Inside a message that was merged from several occurrences the place is
// counted in the merged bytes.
type fault struct {
	what string
	at   int
}

func (f *fault) within(start int) *fault {
	f.at += start
	return f
}

func (f *fault) err(s Signal) error {
	return errs.New(errs.Invalid, "read %s request: %s at byte %d", s, f.what, f.at)
}

func tooDeep(limit, at int) *fault {
	return &fault{fmt.Sprintf("value nested deeper than %d levels", limit), at}
}

func tooManyAttributes(limit, at int) *fault {
	return &fault{fmt.Sprintf("more than %d attributes", limit), at}
}

// malformed says why next refused the field at b[i].
func malformed(b []byte, i int) *fault {
	tag, at := uvarint(b, i)
	if at < 0 {
		return varintFault(b, i)
	}
	switch {
	case tag>>3 == 0:
		return &fault{"field number 0", i}
	case tag > maxTag:
		return &fault{"field number out of range", i}
	case tag&7 == 3 || tag&7 == 4:
		return &fault{fmt.Sprintf("group in field %d", tag>>3), i}
	case tag&7 > wireFixed32:
		return &fault{fmt.Sprintf("reserved wire type %d in field %d", tag&7, tag>>3), i}
	case tag&7 == wireFixed32 || tag&7 == wireFixed64:
		return &fault{fmt.Sprintf("truncated field %d", tag>>3), i}
	}
	v, j := uvarint(b, at)
	if j < 0 {
		return varintFault(b, at)
	}
	return &fault{fmt.Sprintf("length %d of field %d exceeds its message", v, tag>>3), i}
}

func varintFault(b []byte, i int) *fault {
	if _, n := binary.Uvarint(b[i:]); n < 0 {
		return &fault{"varint of more than 64 bits", i}
	}
	return &fault{"truncated varint", i}
}

// frame is a message of which fields are taken one after the other.
type frame struct {
	b    []byte
	i    int // the next field in b
	base int // where b lies in the body
}

// take moves behind the next field with the given length-delimited tag and
// returns its payload as a frame; false at the end of the message.
func (f *frame) take(want uint64) (frame, bool, *fault) {
	for f.i < len(f.b) {
		tag, v, end := next(f.b, f.i)
		if end < 0 {
			return frame{}, false, malformed(f.b, f.i).within(f.base)
		}
		f.i = end
		if tag == want {
			return frame{b: payload(f.b, v, end), base: f.base + end - int(v)}, true, nil
		}
	}
	return frame{}, false, nil
}

// message returns a message that the frame's message holds at most once,
// wherever it stands; its bytes are nil when it is absent. The framing of the
// whole outer message has been checked after it.
func (f *frame) message(want uint64) (frame, *fault) {
	var found frame
	for i := 0; i < len(f.b); {
		tag, v, end := next(f.b, i)
		if end < 0 {
			return frame{}, malformed(f.b, i).within(f.base)
		}
		i = end
		if tag == want {
			found = frame{b: merge(found.b, payload(f.b, v, end)), base: f.base + end - int(v)}
		}
	}
	return found, nil
}
