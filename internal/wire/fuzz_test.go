// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package wire_test

import (
	"strings"
	"testing"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protopath"
	"google.golang.org/protobuf/reflect/protorange"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/testkit/otlpgen"
	"github.com/leadline/leadline/internal/wire"
)

// fuzzLimits are low, so that the fuzzer meets them.
var fuzzLimits = wire.Limits{Depth: 4, Attributes: 24}

// ours reports whether err is a refusal that protobuf itself does not ask for.
func ours(err error) bool {
	for _, reason := range []string{"nested deeper", "attributes", "group in field"} {
		if strings.Contains(err.Error(), reason) {
			return true
		}
	}
	return false
}

// seeds adds small requests of a signal: the fuzzer shrinks what it finds, and
// gets nowhere with requests of several kilobytes.
func seeds(f *testing.F, s wire.Signal, add func([]byte)) {
	for _, c := range jsonCases {
		if c.signal == s {
			add(encode(f, c.message(f)))
		}
	}
	if s == wire.Traces {
		for _, c := range mergedBodies {
			add(c.body)
		}
		add(otlpgen.Traces(1, 1, otlpgen.Options{ErrorShare: 1}))
	}
	for _, c := range malformedBodies {
		add(c.body)
	}
	for _, p := range places {
		if p.signal == s {
			add(p.body(nest(fuzzLimits.Depth, true)))
		}
	}
}

func FuzzTraceReader(f *testing.F) {
	seeds(f, wire.Traces, func(b []byte) { f.Add(b) })
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := readTraces(body, fuzzLimits)
		checkError(t, err)
		var m tracepb.TracesData
		if proto.Unmarshal(body, &m) != nil {
			return
		}
		if err != nil {
			if !ours(err) {
				t.Fatalf("protobuf reads what we refuse: %v", err)
			}
			return
		}
		checkGroups(t, wantTraces(&m), got)
	})
}

func FuzzCountReader(f *testing.F) {
	for s := range samples {
		seeds(f, s, func(b []byte) { f.Add(uint8(s), b) })
	}
	f.Fuzz(func(t *testing.T, signal uint8, body []byte) {
		s := wire.Signal(signal % 3)
		got, err := readCounts(s, body, fuzzLimits)
		checkError(t, err)
		m := newRequest(s)
		unmarshal := proto.Unmarshal(body, m)
		switch {
		case err == nil && unmarshal != nil:
			// CountReader checks every byte: all that it may overlook is UTF-8.
			if !strings.Contains(unmarshal.Error(), "UTF-8") {
				t.Fatalf("protobuf refuses what we read: %v", unmarshal)
			}
		case err != nil && unmarshal == nil:
			if !ours(err) {
				t.Fatalf("protobuf reads what we refuse: %v", err)
			}
		case err == nil:
			checkGroups(t, wantCounts(m), got)
		}
	})
}

func FuzzFromJSON(f *testing.F) {
	for _, c := range jsonCases {
		f.Add(uint8(c.signal), []byte(c.json))
	}
	for _, c := range badJSON {
		f.Add(uint8(wire.Traces), []byte(c.json))
	}
	f.Fuzz(func(t *testing.T, signal uint8, body []byte) {
		s := wire.Signal(signal % 3)
		got, err := wire.FromJSON(s, nil, body, fuzzLimits)
		checkError(t, err)
		if err != nil {
			return
		}
		if len(got) > 4*len(body) {
			t.Fatalf("%d bytes of JSON made %d bytes", len(body), len(got))
		}
		// What we write is well-formed, minimal enough to survive a round trip
		// through protojson, and read by our own readers.
		want := decode(t, s, got)
		if _, err := readCounts(s, got, fuzzLimits); err != nil && !strings.Contains(err.Error(), "attributes") {
			t.Fatalf("own output refused: %v", err)
		}
		again, err := wire.FromJSON(s, nil, jsonOf(t, s, got), fuzzLimits)
		if err != nil {
			t.Fatalf("own output as JSON refused: %v", err)
		}
		checkMessage(t, want, decode(t, s, again))
	})
}

// FuzzJSONOfProtobuf goes the other way: whatever protojson writes, FromJSON
// reads as the same message.
func FuzzJSONOfProtobuf(f *testing.F) {
	for s := range samples {
		seeds(f, s, func(b []byte) { f.Add(uint8(s), b) })
	}
	f.Fuzz(func(t *testing.T, signal uint8, body []byte) {
		s := wire.Signal(signal % 3)
		want := newRequest(s)
		opts := proto.UnmarshalOptions{DiscardUnknown: true}
		if opts.Unmarshal(body, want) != nil || profiles(want) {
			return
		}
		got, err := wire.FromJSON(s, nil, jsonOf(t, s, encode(t, want)), fuzzLimits)
		if err != nil {
			if !ours(err) {
				t.Fatal(err)
			}
			return
		}
		checkMessage(t, want, decode(t, s, got))
	})
}

// checkError fails unless err is nil or blames the sender.
func checkError(t *testing.T, err error) {
	t.Helper()
	if err != nil && errs.KindOf(err) != errs.Invalid {
		t.Fatalf("error of kind %v: %v", errs.KindOf(err), err)
	}
}

// profiles reports whether m uses a field that only profiles have: the
// published types read it, for us it is unknown.
func profiles(m proto.Message) bool {
	found := false
	_ = protorange.Range(m.ProtoReflect(), func(p protopath.Values) error {
		last := p.Path.Index(-1)
		if last.Kind() == protopath.FieldAccessStep && strings.HasSuffix(string(last.FieldDescriptor().Name()), "_strindex") {
			found = true
		}
		return nil
	})
	return found
}
