// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"encoding/base64"
	"math"
	"strconv"
	"unsafe"

	"github.com/go-json-experiment/json/jsontext"
)

// ValueKind says which member of an AnyValue is set.
type ValueKind uint8

// The kinds of values. Empty is an AnyValue with no member: OTLP's null.
const (
	Empty ValueKind = iota
	String
	Bool
	Int
	Double
	Array
	KeyValueList
	Bytes
)

// Value is an attribute's value: a scalar, or a view onto bytes of the body.
// It is 24 bytes, because a span's attributes are written once per span and
// their size is what that costs.
type Value struct {
	data *byte  // first byte of a string, bytes, array or kvlist
	bits uint64 // the length of data, or the scalar itself
	kind ValueKind
}

// Attr is one attribute. Two attributes of one span may have the same key:
// OTLP forbids it, senders do it, and the reader leaves both.
type Attr struct {
	Key   string
	Value Value
}

// Kind returns which accessor has the value; the others return zero values.
func (v Value) Kind() ValueKind { return v.kind }

// Str returns the text of a String or the bytes of Bytes, as a view onto the body.
func (v Value) Str() string {
	if v.kind != String && v.kind != Bytes {
		return ""
	}
	return unsafe.String(v.data, int(v.bits))
}

// Int returns the number of an Int.
func (v Value) Int() int64 {
	if v.kind != Int {
		return 0
	}
	return int64(v.bits)
}

// Bool returns the truth of a Bool.
func (v Value) Bool() bool { return v.kind == Bool && v.bits != 0 }

// Double returns the number of a Double.
func (v Value) Double() float64 {
	if v.kind != Double {
		return 0
	}
	return math.Float64frombits(v.bits)
}

// EachString calls do for every string in an Array, in order, and passes over
// elements of other kinds. Views as for Str.
func (v Value) EachString(do func(string)) {
	if v.kind != Array {
		return
	}
	// The array was checked when v was read: nothing here can fail, and the
	// limits that it kept need no second look.
	unlimited := Limits{Depth: math.MaxInt, Attributes: math.MaxInt}
	b := unsafe.Slice(v.data, int(v.bits))
	for i := 0; i < len(b); {
		tag, n, end := next(b, i)
		i = end
		if tag != tagValues {
			continue
		}
		var e Value
		if f := e.read(payload(b, n, end), &unlimited); f != nil {
			panic("BUG: a checked array holds a malformed value: " + f.what)
		}
		if e.kind == String {
			do(e.Str())
		}
	}
}

// Text appends the canonical text of a scalar: integers in decimal, true and
// false, doubles in the shortest form that reads back, bytes in base64, as OTLP
// maps them to text. Empty, Array and KeyValueList append nothing.
func (v Value) Text(buf []byte) []byte {
	switch v.kind {
	case String:
		return append(buf, v.Str()...)
	case Bool:
		return strconv.AppendBool(buf, v.Bool())
	case Int:
		return strconv.AppendInt(buf, v.Int(), 10)
	case Double:
		return appendDouble(buf, v.Double())
	case Bytes:
		return base64.StdEncoding.AppendEncode(buf, []byte(v.Str()))
	}
	return buf
}

func appendDouble(buf []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(buf, "NaN"...)
	case math.IsInf(f, 1):
		return append(buf, "Infinity"...)
	case math.IsInf(f, -1):
		return append(buf, "-Infinity"...)
	}
	return jsontext.AppendFloat(buf, f, 64)
}

// The tags of KeyValue, AnyValue, and of the lists that AnyValue nests.
const (
	tagKey      = 1<<3 | wireBytes
	tagValue    = 2<<3 | wireBytes
	tagString   = 1<<3 | wireBytes
	tagBool     = 2<<3 | wireVarint
	tagInt      = 3<<3 | wireVarint
	tagDouble   = 4<<3 | wireFixed64
	tagArray    = 5<<3 | wireBytes
	tagKvlist   = 6<<3 | wireBytes
	tagBytes    = 7<<3 | wireBytes
	tagStrindex = 8<<3 | wireVarint
	tagValues   = 1<<3 | wireBytes
)

// read fills a from the bytes of a KeyValue. The one form that encoders write
// is a key, then a value, each with a length of one byte, and nothing else. It
// is read here, with the most frequent kind of value, because calls are what
// reading an attribute costs.
func (a *Attr) read(b []byte, l *Limits) *fault {
	if len(b) < 4 || b[0] != tagKey || b[1] >= 0x80 {
		return a.readAny(b, l)
	}
	k := 2 + int(b[1])
	if k+2 > len(b) || b[k] != tagValue || b[k+1] >= 0x80 || k+2+int(b[k+1]) != len(b) {
		return a.readAny(b, l)
	}
	a.Key = view(b[2:k])
	value := b[k+2:]
	if isShortString(value) {
		a.Value.set(String, value[2:])
		return nil
	}
	if f := a.Value.read(value, l); f != nil {
		return f.within(len(b) - len(value))
	}
	return nil
}

// readAny fills a from a KeyValue of any form that protobuf allows.
func (a *Attr) readAny(b []byte, l *Limits) *fault {
	*a = Attr{}
	var value []byte
	start := 0
	for i := 0; i < len(b); {
		tag, v, end := next(b, i)
		if end < 0 {
			return malformed(b, i)
		}
		i = end
		switch tag {
		case tagKey:
			a.Key = view(payload(b, v, end))
		case tagValue:
			start = end - int(v)
			value = merge(value, payload(b, v, end))
		}
	}
	if f := a.Value.read(value, l); f != nil {
		return f.within(start)
	}
	return nil
}

// isShortString reports whether an AnyValue is a string with a length of one
// byte, and nothing else.
func isShortString(b []byte) bool {
	return len(b) >= 2 && b[0] == tagString && b[1] < 0x80 && int(b[1]) == len(b)-2
}

// read fills v from the bytes of an AnyValue. Most are short strings, then
// integers.
func (v *Value) read(b []byte, l *Limits) *fault {
	if isShortString(b) {
		v.set(String, b[2:])
		return nil
	}
	if len(b) > 1 && b[0] == tagInt {
		if n, end := uvarint(b, 1); end == len(b) {
			*v = Value{bits: n, kind: Int}
			return nil
		}
	}
	return v.readAny(b, l)
}

// readAny fills v from an AnyValue of any form that protobuf allows.
func (v *Value) readAny(b []byte, l *Limits) *fault {
	*v = Value{}
	var nested []byte
	for i := 0; i < len(b); {
		tag, n, end := next(b, i)
		if end < 0 {
			return malformed(b, i)
		}
		i = end
		switch tag {
		case tagString:
			v.set(String, payload(b, n, end))
		case tagBool: // true for every varint but 0
			*v = Value{bits: n, kind: Bool}
		case tagInt:
			*v = Value{bits: n, kind: Int}
		case tagDouble:
			*v = Value{bits: n, kind: Double}
		case tagStrindex: // a member of the oneof, which only profiles can resolve
			*v = Value{}
		case tagBytes:
			v.set(Bytes, payload(b, n, end))
		case tagArray, tagKvlist:
			kind, id := Array, msgArrayValue
			if tag == tagKvlist {
				kind, id = KeyValueList, msgKeyValueList
			}
			w := walker{limits: l}
			if f := w.walk(id, payload(b, n, end), l.Depth-1); f != nil {
				return f.within(end - int(n))
			}
			if v.kind != kind {
				nested = nil
			}
			nested = merge(nested, payload(b, n, end))
			v.set(kind, nested)
		}
	}
	return nil
}

func (v *Value) set(k ValueKind, b []byte) {
	*v = Value{data: unsafe.SliceData(b), bits: uint64(len(b)), kind: k}
}
