// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package wire_test

import (
	"encoding/binary"
	"testing"

	"github.com/leadline/leadline/internal/testkit/otlpgen"
	"github.com/leadline/leadline/internal/wire"
)

const benchSpans = 512 // Python's batch

// servedSpans is a request as a Flask or FastAPI application sends it: some
// twelve attributes on every span.
func servedSpans() []byte {
	return otlpgen.Traces(1, benchSpans, otlpgen.Options{
		ErrorShare: 0.01,
		Mix:        []otlpgen.Operation{otlpgen.GetItem, otlpgen.GetItem, otlpgen.GetCart, otlpgen.Checkout},
	})
}

// BenchmarkTraceReader reads everything that the reader offers.
func BenchmarkTraceReader(b *testing.B) {
	body := servedSpans()
	r := wire.NewTraceReader(nil, wire.DefaultLimits)
	var sink uint64
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		r.Reset(body)
		sink += drain(r)
	}
	if r.Err() != nil || sink == 0 {
		b.Fatal(r.Err())
	}
	perSpan(b)
}

func perSpan(b *testing.B) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchSpans, "ns/span")
}

// drain touches every field and attribute.
func drain(r *wire.TraceReader) (sum uint64) {
	for r.NextResource() {
		sum += uint64(len(r.Resource().Raw))
		for r.NextScope() {
			sum += uint64(len(r.Scope().Name))
			for r.NextSpan() {
				s := r.Span()
				sum += s.EndUnixNano - s.StartUnixNano + uint64(s.Kind) + uint64(s.Status) + uint64(len(s.Name)+len(s.TraceID)+len(s.SpanID))
				for i := range s.Attrs {
					a := &s.Attrs[i]
					sum += uint64(len(a.Key)) + uint64(a.Value.Kind())
				}
			}
		}
	}
	return sum
}

// BenchmarkFieldScan is the floor: the same bytes, every field down to the keys
// and values of attributes, nothing interpreted, nothing kept, nothing checked
// but bounds.
func BenchmarkFieldScan(b *testing.B) {
	body := servedSpans()
	var sink uint64
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		sink += scanFields(body, 0)
	}
	if sink == 0 {
		b.Fatal("nothing scanned")
	}
	perSpan(b)
}

// The fields into which scanFields descends, by level: resource_spans, spans of
// scopes, spans, attributes, and then the fields of KeyValue and AnyValue.
var descend = [...]uint64{1, 2, 2, 9, 2}

func scanFields(b []byte, level int) (sum uint64) {
	for i := 0; i < len(b); {
		var tag, v uint64
		tag, i = scanVarint(b, i)
		switch tag & 7 {
		case 0:
			v, i = scanVarint(b, i)
			sum += v
		case 1:
			sum += binary.LittleEndian.Uint64(b[i:])
			i += 8
		case 5:
			i += 4
		case 2:
			v, i = scanVarint(b, i)
			if level < len(descend) && tag>>3 == descend[level] {
				sum += scanFields(b[i:i+int(v)], level+1)
			}
			sum += v
			i += int(v)
		}
	}
	return sum
}

func scanVarint(b []byte, i int) (uint64, int) {
	if b[i] < 0x80 {
		return uint64(b[i]), i + 1
	}
	v, n := binary.Uvarint(b[i:])
	return v, i + n
}

func BenchmarkFromJSON(b *testing.B) {
	body := jsonOf(b, wire.Traces, servedSpans())
	var out []byte
	var err error
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if out, err = wire.FromJSON(wire.Traces, out[:0], body, wire.DefaultLimits); err != nil {
			b.Fatal(err)
		}
	}
	perSpan(b)
}

func TestReadingSpansDoesNotAllocate(t *testing.T) {
	body := otlpgen.Traces(1, benchSpans, otlpgen.Options{ErrorShare: 0.5})
	r := wire.NewTraceReader(nil, wire.DefaultLimits)
	var sink uint64
	if got := testing.AllocsPerRun(20, func() { r.Reset(body); sink += drain(r) }); got != 0 {
		t.Errorf("%v allocations for %d spans, want none", got, benchSpans)
	}
	if r.Err() != nil || sink == 0 {
		t.Fatal(r.Err())
	}
}
