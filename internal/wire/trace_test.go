// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package wire_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/testkit/otlpgen"
	"github.com/leadline/leadline/internal/wire"
)

// The hand-built messages below say what encoders never say.

// lenField is a length-delimited field with the concatenated payload.
func lenField(n protowire.Number, payload ...[]byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, n, protowire.BytesType), bytes.Join(payload, nil))
}

func varintField(n protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, n, protowire.VarintType), v)
}

func textField(n protowire.Number, s string) []byte { return lenField(n, []byte(s)) }

// spanRequest is a request with one span of the given fields.
func spanRequest(fields ...[]byte) []byte {
	return lenField(1, lenField(2, lenField(2, fields...)))
}

func TestTraceReaderReadsEverything(t *testing.T) {
	got, err := readTraces(encode(t, samples[wire.Traces]), wire.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	checkGroups(t, wantTraces(samples[wire.Traces].(*tracepb.TracesData)), got)
}

// mergedBodies mean by protobuf's definition what nobody sends.
var mergedBodies = []struct {
	name string
	body []byte
}{
	{"empty body", nil},
	{"resource after its spans", lenField(1, spansAB(), lenField(1, serviceName("late")))},
	{"resource twice", lenField(1, lenField(1, serviceName("a")), spansAB(), lenField(1, serviceName("b")), lenField(1, serviceName("c")))},
	{"empty resource, then a resource", lenField(1, lenField(1), lenField(1, serviceName("a")))},
	{"scope after its spans", lenField(1, lenField(2, lenField(2, textField(5, "a")), lenField(1, textField(1, "late"))))},
	{"scope twice", lenField(1, lenField(2, lenField(1, textField(1, "n")), lenField(1, textField(2, "v")), lenField(1, textField(1, "m"))))},
	{"scalar twice", spanRequest(textField(5, "a"), varintField(6, 2), textField(5, "b"), varintField(6, 3))},
	{"status twice", spanRequest(lenField(15, varintField(3, 2)), lenField(15, textField(2, "text")))},
	{"unknown fields", lenField(1, varintField(99, 1), spansAB(), textField(1<<29-1, "x"))},
	{"known number, other wire type", spanRequest(varintField(5, 1), textField(6, "server"), textField(7, "12345678"))},
	{"enum that OTLP does not define", spanRequest(varintField(6, 77), lenField(15, varintField(3, 9)))},
	{"enum of 64 bits", spanRequest(varintField(6, 1<<32+2), lenField(15, varintField(3, 1<<40+1)))},
	{"varint that is not minimal", spanRequest([]byte{6 << 3, 0x82, 0x80, 0x00})},
	{"ids of any length", spanRequest(textField(1, "short"), lenField(2))},
	{"value twice", oneAttr(lenField(2, textField(1, "a")), lenField(2, varintField(3, 7)))},
	{"two members of the value's oneof", oneAttr(lenField(2, textField(1, "a"), varintField(2, 1)))},
	{"array twice", oneAttr(lenField(2, arrayOf("a"), arrayOf("b"), arrayOf("c")))},
	{"array in two values", oneAttr(lenField(2, arrayOf("a")), lenField(2, arrayOf("b")), lenField(2, arrayOf("c")))},
	{"array, string, array", oneAttr(lenField(2, arrayOf("a"), textField(1, "s"), arrayOf("b")))},
	{"array, kvlist, array", oneAttr(lenField(2, arrayOf("a"), lenField(6), arrayOf("b")))},
	{"array, strindex, array", oneAttr(lenField(2, arrayOf("a"), varintField(8, 1), arrayOf("b")))},
	{"string, strindex", oneAttr(lenField(2, textField(1, "a"), varintField(8, 1)))},
	{"array element twice a string", oneAttr(lenField(2, lenField(5, lenField(1, textField(1, "a"), textField(1, "b")))))},
	{"no value", oneAttr()},
	{"bool of more than one bit", oneAttr(lenField(2, varintField(2, 1<<40)))},
	{"events with unknown fields", spanRequest(lenField(11, varintField(9, 1)), lenField(13, textField(77, "x")))},
}

// Parts of the merged bodies.

func serviceName(s string) []byte {
	return lenField(1, textField(1, "service.name"), lenField(2, textField(1, s)))
}

func spansAB() []byte {
	return lenField(2, lenField(2, textField(5, "a")), lenField(2, textField(5, "b")))
}

func oneAttr(value ...[]byte) []byte {
	return spanRequest(lenField(9, append(value, textField(1, "k"))...))
}

func arrayOf(s string) []byte { return lenField(5, lenField(1, textField(1, s))) }

// TestTraceReaderMerges holds us against the published types.
func TestTraceReaderMerges(t *testing.T) {
	for _, c := range mergedBodies {
		t.Run(c.name, func(t *testing.T) {
			got, err := readTraces(c.body, wire.DefaultLimits)
			if err != nil {
				t.Fatal(err)
			}
			checkGroups(t, wantTraces(decode(t, wire.Traces, c.body).(*tracepb.TracesData)), got)
		})
	}
}

var eleven = bytes.Repeat([]byte{0x80}, 11)

// malformedBodies are refused by every reader; the position is part of the contract.
var malformedBodies = []struct {
	name string
	body []byte
	want string
}{
	{"tag without a value", []byte{0x0a}, "truncated varint at byte 1"},
	{"length beyond the body", []byte{0x0a, 0x05, 0x00}, "length 5 of field 1 exceeds its message at byte 0"},
	{"length beyond its message", lenField(1, []byte{0x12, 0x7f}), "length 127 of field 2 exceeds its message at byte 2"},
	{"length of 2^63", append([]byte{0x0a}, binary.AppendUvarint(nil, 1<<63)...), "length 9223372036854775808 of field 1 exceeds its message at byte 0"},
	{"length of 2^64-1", append([]byte{0x0a}, binary.AppendUvarint(nil, 1<<64-1)...), "length 18446744073709551615 of field 1 exceeds its message at byte 0"},
	{"tag of 11 bytes", eleven, "varint of more than 64 bits at byte 0"},
	{"length of 11 bytes", append([]byte{0x0a}, eleven...), "varint of more than 64 bits at byte 1"},
	{"number of 11 bytes", append([]byte{0x08}, eleven...), "varint of more than 64 bits at byte 1"},
	{"number cut off", []byte{0x08, 0x80}, "truncated varint at byte 1"},
	{"fixed64 cut off", []byte{0x09, 1, 2, 3}, "truncated field 1 at byte 0"},
	{"fixed32 cut off", []byte{0x0d, 1, 2, 3}, "truncated field 1 at byte 0"},
	{"field number 0", []byte{0x02, 0x00}, "field number 0 at byte 0"},
	{"field number 2^29", append(binary.AppendUvarint(nil, 1<<32), 0), "field number out of range at byte 0"},
	{"group", []byte{0x0b, 0x0c}, "group in field 1 at byte 0"},
	{"end of a group", []byte{0x0c}, "group in field 1 at byte 0"},
	{"wire type 6", []byte{0x0e}, "reserved wire type 6 in field 1 at byte 0"},
	{"wire type 7", []byte{0x0f}, "reserved wire type 7 in field 1 at byte 0"},
	{"in a span", spanRequest([]byte{0x00}), "field number 0 at byte 6"},
	{"in an attribute", spanRequest(lenField(9, []byte{0x0b})), "group in field 1 at byte 8"},
	{"in a value", spanRequest(lenField(9, textField(1, "k"), lenField(2, []byte{0x0b}))), "group in field 1 at byte 13"},
	{"in an event", spanRequest(lenField(11, []byte{0x0b})), "group in field 1 at byte 8"},
	{"in a link's attribute", spanRequest(lenField(13, lenField(4, []byte{0x0b}))), "group in field 1 at byte 10"},
	{"in a status", spanRequest(lenField(15, []byte{0x0b})), "group in field 1 at byte 8"},
	{"in a scope", lenField(1, lenField(2, lenField(1, []byte{0x0b}))), "group in field 1 at byte 6"},
	{"after the spans", append(spanRequest(), 0x0b), "group in field 1 at byte 6"},
}

func TestTraceReaderRefuses(t *testing.T) {
	for _, c := range malformedBodies {
		t.Run(c.name, func(t *testing.T) {
			_, err := readTraces(c.body, wire.DefaultLimits)
			if err == nil || !strings.HasSuffix(err.Error(), c.want) {
				t.Fatalf("got error %v, want ...%s", err, c.want)
			}
			if errs.KindOf(err) != errs.Invalid || !strings.HasPrefix(err.Error(), "read traces request: ") {
				t.Errorf("got %v error %q", errs.KindOf(err), err)
			}
		})
	}
}

func TestTraceReaderStopsAfterAnError(t *testing.T) {
	r := wire.NewTraceReader(append(spanRequest([]byte{0}), spanRequest()...), wire.DefaultLimits)
	if !r.NextResource() || !r.NextScope() || r.NextSpan() {
		t.Fatal("want a resource and a scope, and no span")
	}
	if r.NextSpan() || r.NextScope() || r.NextResource() || r.Err() == nil {
		t.Error("the reader went on after an error")
	}
}

// TestTraceReaderTruncation cuts a request at every byte: each cut is refused,
// or falls between two resources.
func TestTraceReaderTruncation(t *testing.T) {
	one := otlpgen.Traces(1, 2, otlpgen.Options{ErrorShare: 1})
	body := append(one, otlpgen.Traces(2, 2, otlpgen.Options{})...)
	for n := range body {
		if n == 0 || n == len(one) {
			continue
		}
		if _, err := readTraces(body[:n], wire.DefaultLimits); errs.KindOf(err) != errs.Invalid || err == nil {
			t.Fatalf("cut at byte %d of %d: got error %v", n, len(body), err)
		}
	}
}

func TestTraceReaderIsReusable(t *testing.T) {
	first, second := otlpgen.Traces(1, 20, otlpgen.Options{}), otlpgen.Traces(2, 3, otlpgen.Options{})
	r := wire.NewTraceReader([]byte{0}, wire.DefaultLimits)
	for _, body := range [][]byte{first, second, {0}, first, nil} {
		r.Reset(body)
		n := 0
		for r.NextResource() {
			for r.NextScope() {
				for r.NextSpan() {
					n++
				}
			}
		}
		if want, err := readTraces(body, wire.DefaultLimits); n != spanCount(want) || (err == nil) != (r.Err() == nil) {
			t.Errorf("body of %d bytes: %d spans and error %v, want %d and %v", len(body), n, r.Err(), spanCount(want), err)
		}
	}
	if s := r.Span(); s.Name != "" || len(s.Attrs) != 0 || s.Attrs[:1][0].Key != "" {
		t.Error("a reset reader still holds views onto the former body")
	}
}

func spanCount(groups []group) (n int) {
	for _, g := range groups {
		for _, s := range g.Scope {
			n += len(s.Spans)
		}
	}
	return n
}

func TestValidIDs(t *testing.T) {
	trace, id := strings.Repeat("t", 16), strings.Repeat("s", 8)
	for _, c := range []struct {
		name        string
		trace, span string
		want        bool
	}{
		{"right", trace, id, true},
		{"one bit set", strings.Repeat("\x00", 15) + "\x01", strings.Repeat("\x00", 7) + "\x01", true},
		{"absent", "", "", false},
		{"short trace id", trace[1:], id, false},
		{"long trace id", trace + "t", id, false},
		{"short span id", trace, id[1:], false},
		{"hex instead of bytes", trace + trace, id + id, false},
		{"trace id of zeros", strings.Repeat("\x00", 16), id, false},
		{"span id of zeros", trace, strings.Repeat("\x00", 8), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := wire.Span{TraceID: c.trace, SpanID: c.span}
			if got := s.ValidIDs(); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestAttributeLimit(t *testing.T) {
	limits := wire.Limits{Depth: 32, Attributes: 3}
	attrs := func(n protowire.Number, count int) []byte {
		return bytes.Repeat(lenField(n, textField(1, "k")), count)
	}
	for _, c := range []struct {
		name string
		body func(count int) []byte
	}{
		{"span", func(n int) []byte { return spanRequest(attrs(9, n)) }},
		{"event", func(n int) []byte { return spanRequest(lenField(11, attrs(3, n))) }},
		{"link", func(n int) []byte { return spanRequest(lenField(13, attrs(4, n))) }},
		{"scope", func(n int) []byte { return lenField(1, lenField(2, lenField(1, attrs(3, n)))) }},
		{"resource", func(n int) []byte { return lenField(1, lenField(1, attrs(1, n))) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := readTraces(c.body(3), limits); err != nil {
				t.Errorf("3 attributes: %v", err)
			}
			_, err := readTraces(c.body(4), limits)
			if errs.KindOf(err) != errs.Invalid || !strings.Contains(err.Error(), "more than 3 attributes") {
				t.Errorf("4 attributes: got error %v", err)
			}
		})
	}
	t.Run("a kvlist is not bound", func(t *testing.T) {
		body := spanRequest(lenField(9, lenField(2, lenField(6, attrs(1, 10)))))
		if _, err := readTraces(body, limits); err != nil {
			t.Error(err)
		}
	})
}

func TestResourceAttributesAppends(t *testing.T) {
	r := wire.Resource{Raw: bytes.Repeat(lenField(1, textField(1, "k")), 3)}
	limits := wire.Limits{Depth: 32, Attributes: 3}
	have := []wire.Attr{{Key: "kept"}}
	got, err := r.Attributes(have, limits)
	if err != nil || len(got) != 4 || got[0].Key != "kept" {
		t.Errorf("got %d attributes, error %v", len(got), err)
	}
	r.Raw = append(r.Raw, 0x0b)
	got, err = r.Attributes(have, limits)
	if err == nil || err.Error() != "read resource: group in field 1 at byte 15" || len(got) != 1 {
		t.Errorf("got %d attributes, error %v", len(got), err)
	}
}
