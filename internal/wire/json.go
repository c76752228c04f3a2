// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/leadline/leadline/internal/errs"
)

// FromJSON appends to dst the OTLP/protobuf form of the OTLP/JSON request in
// body, token by token, without a tree in between.
//
// It reads JSON as OTLP 1.11 asks: lowerCamelCase names only, ids in hex of any
// case, other bytes in base64, enums as integers and never as names, 64-bit
// integers as strings or numbers, null as absent, unknown members ignored. It is
// strict where a reading would be a guess: a field that occurs twice in an object
// and two members of one oneof are refused.
//
// On an error dst is returned as it was. The result may be four times as long as
// body, which only arrays of single digits are: a packed number has 8 bytes. Only
// there Limits.Bytes is looked at.
func FromJSON(s Signal, dst, body []byte, l Limits) ([]byte, error) {
	t := transcoder{
		// message looks for duplicates among the names that it knows. The decoder
		// would remember all names, and an object of millions of them, all of
		// which we ignore, would cost many times its own size.
		dec:    jsontext.NewDecoder(bytes.NewBuffer(body), jsontext.AllowDuplicateNames(true)),
		out:    dst,
		start:  len(dst),
		limits: &l,
	}
	f := t.message(requests[s], l.Depth)
	if f == nil {
		f = t.end()
	}
	switch {
	case t.full():
		return dst, errs.New(errs.TooLarge, "the %s request takes more than %d bytes in protobuf", s, l.Bytes)
	case f != nil:
		return dst, f.err(s)
	}
	return t.out, nil
}

// full reports whether what was written is longer than allowed.
func (t *transcoder) full() bool {
	return t.limits.Bytes > 0 && len(t.out)-t.start > t.limits.Bytes
}

// transcoder reads tokens and writes fields. A message's length stands before
// its bytes and is known after them: begin leaves one byte for it, and finish
// moves the message up when that was too little. Most messages are attributes
// of less than 128 bytes and stay where they are; every byte moves at most once
// a level, so that the output is minimal at the price of a few memory moves.
type transcoder struct {
	dec    *jsontext.Decoder
	out    []byte
	start  int // of what it writes in out
	limits *Limits
}

func (t *transcoder) tag(number int, wireType uint64) {
	t.out = binary.AppendUvarint(t.out, uint64(number)<<3|wireType)
}

// begin starts a length-delimited field and returns where its payload starts.
func (t *transcoder) begin(number int) (start int) {
	t.tag(number, wireBytes)
	t.out = append(t.out, 0)
	return len(t.out)
}

// finish writes the length of the payload that starts at start.
func (t *transcoder) finish(start int) {
	var length [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(length[:], uint64(len(t.out)-start))
	if n > 1 {
		t.out = append(t.out, length[:n-1]...)
		copy(t.out[start+n-1:], t.out[start:])
	}
	copy(t.out[start-1:], length[:n])
}

// message reads one object as the message id, in which left levels of AnyValue
// may be nested. A level too many is refused before its first token is read.
func (t *transcoder) message(id messageID, left int) *fault {
	if id == msgAnyValue {
		if left--; left < 0 {
			return tooDeep(t.limits.Depth, t.offset())
		}
	}
	if t.dec.PeekKind() != jsontext.KindBeginObject {
		return t.mismatch("an object")
	}
	if f := t.token(); f != nil {
		return f
	}
	m := &messages[id]
	seen := uint32(0) // the fields that have occurred, by number
	chosen := ""      // the member of the oneof that is set
	for t.dec.PeekKind() != jsontext.KindEndObject {
		number, f := t.name(m)
		if f != nil {
			return f
		}
		of := &m.fields[number]
		if of.kind != unused && seen&(1<<number) != 0 {
			return t.fault("second " + of.name)
		}
		seen |= 1 << number
		if of.oneof && t.dec.PeekKind() != jsontext.KindNull {
			if chosen != "" {
				return t.fault("both " + chosen + " and " + of.name)
			}
			chosen = of.name
		}
		if f := t.member(number, of, left); f != nil {
			return f
		}
	}
	return t.token()
}

// token reads a token that PeekKind has seen and that says nothing more.
func (t *transcoder) token() *fault {
	if _, err := t.dec.ReadToken(); err != nil {
		return t.syntax(err)
	}
	return nil
}

// name reads a member's name and returns its field number in m. An unknown name
// has number 0, which is no field in any message.
func (t *transcoder) name(m *message) (int, *fault) {
	// ReadValue would read an array to its end before it says that no name is one.
	if t.dec.PeekKind() != jsontext.KindString {
		return 0, t.mismatch("a member name")
	}
	raw, err := t.dec.ReadValue()
	if err != nil {
		return 0, t.syntax(err)
	}
	name := view(unquoted(raw))
	for number := range m.fields {
		if f := &m.fields[number]; f.kind != unused && f.name == name {
			return number, nil
		}
	}
	return 0, nil
}

func (t *transcoder) member(number int, f *field, left int) *fault {
	switch {
	case f.kind == unused:
		return t.skip()
	case t.dec.PeekKind() == jsontext.KindNull:
		return t.token()
	case f.many:
		return t.elements(number, f, left)
	}
	return t.value(number, f, left)
}

// elements reads an array as the repeated field f.
func (t *transcoder) elements(number int, f *field, left int) *fault {
	if t.dec.PeekKind() != jsontext.KindBeginArray {
		return t.mismatch("an array in " + f.name)
	}
	if f := t.token(); f != nil {
		return f
	}
	packed := f.kind.wireType() != wireBytes
	start := 0
	if packed {
		start = t.begin(number)
	}
	for t.dec.PeekKind() != jsontext.KindEndArray {
		var fault *fault
		if packed {
			if t.full() {
				return t.fault("too many numbers in " + f.name)
			}
			fault = t.number(f)
		} else {
			fault = t.value(number, f, left)
		}
		if fault != nil {
			return fault
		}
	}
	if packed {
		t.finish(start)
	}
	return t.token()
}

// value reads one value as an occurrence of the field f.
func (t *transcoder) value(number int, f *field, left int) *fault {
	if f.kind.wireType() != wireBytes {
		t.tag(number, f.kind.wireType())
		return t.number(f)
	}
	start := t.begin(number)
	fault := t.bytes(f, left)
	if fault == nil {
		t.finish(start)
	}
	return fault
}

// skip reads a member that we do not know, bounded in depth like a value.
func (t *transcoder) skip() *fault {
	floor := t.dec.StackDepth()
	for {
		if _, err := t.dec.ReadToken(); err != nil {
			return t.syntax(err)
		}
		switch depth := t.dec.StackDepth() - floor; {
		case depth > t.limits.Depth:
			return tooDeep(t.limits.Depth, t.offset())
		case depth == 0:
			return nil
		}
	}
}

// end checks that nothing but white space follows the request.
func (t *transcoder) end() *fault {
	switch _, err := t.dec.ReadToken(); {
	case err == io.EOF:
		return nil
	case err != nil:
		return t.syntax(err)
	}
	return t.fault("more than one JSON value")
}

func (t *transcoder) offset() int { return int(t.dec.InputOffset()) }

func (t *transcoder) fault(what string) *fault { return &fault{what, t.offset()} }

// mismatch says that something else than want comes next, or that nothing
// well-formed does.
func (t *transcoder) mismatch(want string) *fault {
	got := t.dec.PeekKind()
	if got == jsontext.KindInvalid {
		_, err := t.dec.ReadToken()
		return t.syntax(err)
	}
	return t.fault(fmt.Sprintf("want %s, got %s", want, kindName(got)))
}

func kindName(k jsontext.Kind) string {
	switch k {
	case jsontext.KindBeginObject:
		return "an object"
	case jsontext.KindBeginArray:
		return "an array"
	}
	return k.String()
}

func (t *transcoder) syntax(err error) *fault {
	var s *jsontext.SyntacticError
	switch {
	case errors.As(err, &s):
		return &fault{s.Err.Error(), int(s.ByteOffset)}
	case err == io.EOF:
		return t.fault(io.ErrUnexpectedEOF.Error())
	}
	return t.fault(err.Error())
}

// unquoted returns the text of a JSON string or number, as a view where nothing in it is
// escaped. The decoder has checked its syntax and its UTF-8.
func unquoted(raw jsontext.Value) []byte {
	if bytes.IndexByte(raw, '\\') < 0 {
		return bytes.Trim(raw, `"`)
	}
	plain, err := jsontext.AppendUnquote(nil, raw)
	if err != nil {
		panic("BUG: the decoder returned a string that cannot be unquoted: " + err.Error())
	}
	return plain
}
