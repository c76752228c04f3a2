// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package wire_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/leadline/leadline/internal/wire"
)

// TestScrambledMessages reads requests whose messages hold any of their fields,
// in any order and any number of times, and compares with the published types.
// It finds by construction what byte-wise fuzzing finds by luck.
func TestScrambledMessages(t *testing.T) {
	limits := wire.Limits{Depth: 1000, Attributes: math.MaxInt}
	var items int64
	for seed := range uint64(240) {
		s := wire.Signal(seed % 3)
		scramble := scrambler{rand.New(rand.NewPCG(seed, 0)), 400, seed%2 == 0}
		body := scramble.message(newRequest(s).ProtoReflect().Descriptor(), 0)
		m := decode(t, s, body)
		if s == wire.Traces {
			got, err := readTraces(body, limits)
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			checkGroups(t, wantTraces(m.(*tracepb.TracesData)), got)
		}
		got, err := readCounts(s, body, limits)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		checkGroups(t, wantCounts(m), got)
		for _, g := range got {
			items += g.Items
		}
		if t.Failed() {
			t.Fatalf("seed %d, body %x", seed, body)
		}
		if scramble.profiles {
			continue
		}
		if err := (proto.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(body, m); err != nil {
			t.Fatal(err)
		}
		transcoded, err := wire.FromJSON(s, nil, jsonOf(t, s, encode(t, m)), limits)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		checkMessage(t, m, decode(t, s, transcoded))
	}
	if items < 300 {
		t.Errorf("only %d items in all requests: too few to mean anything", items)
	}
}

// scrambler writes messages of random fields.
type scrambler struct {
	*rand.Rand
	left     int  // how many fields may still be written
	profiles bool // whether fields that only profiles use may occur: FromJSON ignores those
}

func (s *scrambler) message(d protoreflect.MessageDescriptor, level int) (b []byte) {
	for range 1 + s.IntN(6) {
		if s.left--; s.left < 0 {
			return b
		}
		f := d.Fields().Get(s.IntN(d.Fields().Len()))
		if level < 3 && s.IntN(2) == 0 { // keep to the way down to spans, points and records
			f = d.Fields().Get(min(level, 1))
		}
		if strings.HasSuffix(string(f.Name()), "_strindex") && !s.profiles {
			continue
		}
		b = s.field(b, f, level)
	}
	return b
}

func (s *scrambler) field(b []byte, f protoreflect.FieldDescriptor, level int) []byte {
	if s.IntN(20) == 0 { // a field that nobody knows
		b = protowire.AppendTag(b, 1000, protowire.VarintType)
		b = protowire.AppendVarint(b, s.Uint64())
	}
	switch f.Kind() {
	case protoreflect.MessageKind:
		return append(b, lenField(f.Number(), s.message(f.Message(), level+1))...)
	case protoreflect.StringKind, protoreflect.BytesKind:
		return append(b, textField(f.Number(), []string{"", "a", "ü", strings.Repeat("long", 40)}[s.IntN(4)])...)
	}
	wireType := wireTypeOf(f.Kind())
	if f.IsPacked() && s.IntN(3) > 0 {
		var packed []byte
		for range s.IntN(4) {
			packed = s.number(packed, wireType)
		}
		return append(b, lenField(f.Number(), packed)...)
	}
	return s.number(protowire.AppendTag(b, f.Number(), wireType), wireType)
}

func (s *scrambler) number(b []byte, w protowire.Type) []byte {
	v := s.Uint64() >> s.IntN(64)
	switch w {
	case protowire.Fixed64Type:
		return protowire.AppendFixed64(b, v)
	case protowire.Fixed32Type:
		return protowire.AppendFixed32(b, uint32(v))
	}
	return protowire.AppendVarint(b, v)
}

func wireTypeOf(k protoreflect.Kind) protowire.Type {
	switch k {
	case protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind, protoreflect.DoubleKind:
		return protowire.Fixed64Type
	case protoreflect.Fixed32Kind:
		return protowire.Fixed32Type
	}
	return protowire.VarintType
}
