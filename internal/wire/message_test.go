// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"testing"

	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// onlyProfiles are the fields that the tables leave out on purpose.
var onlyProfiles = map[protoreflect.FullName]bool{
	"opentelemetry.proto.common.v1.AnyValue.string_value_strindex": true,
	"opentelemetry.proto.common.v1.KeyValue.key_strindex":          true,
}

// TestTables holds every line of the tables against the published definitions.
// It is the only test of unexported things here: the tables are data, and a
// wrong line would show through the exported API only for the one field.
func TestTables(t *testing.T) {
	c := checker{t, map[messageID]bool{}}
	c.message(msgTraces, (&tracepb.TracesData{}).ProtoReflect().Descriptor())
	c.message(msgMetrics, (&metricspb.MetricsData{}).ProtoReflect().Descriptor())
	c.message(msgLogs, (&logspb.LogsData{}).ProtoReflect().Descriptor())
	if len(c.seen) != len(messages) {
		t.Errorf("reached %d of %d messages", len(c.seen), len(messages))
	}
}

type checker struct {
	*testing.T
	seen map[messageID]bool
}

func (c checker) message(id messageID, want protoreflect.MessageDescriptor) {
	if c.seen[id] {
		return
	}
	c.seen[id] = true
	known := 0
	for _, f := range messages[id].fields {
		if f.kind != unused {
			known++
		}
	}
	for i := range want.Fields().Len() {
		d := want.Fields().Get(i)
		if onlyProfiles[d.FullName()] {
			continue
		}
		if int(d.Number()) >= len(messages[id].fields) {
			c.Errorf("%s: not in the table", d.FullName())
			continue
		}
		known--
		c.field(messages[id].fields[d.Number()], d)
	}
	if known != 0 {
		c.Errorf("%s: %d fields too many in the table", want.FullName(), known)
	}
}

func (c checker) field(got field, d protoreflect.FieldDescriptor) {
	oneof := d.ContainingOneof() != nil && !d.ContainingOneof().IsSynthetic()
	want := field{name: d.JSONName(), kind: kindOf(d), of: got.of, many: d.IsList(), oneof: oneof}
	if got != want {
		c.Errorf("%s: got %+v, want %+v", d.FullName(), got, want)
	}
	if got.many && got.kind != nested && got.kind != text && !d.IsPacked() {
		c.Errorf("%s: the table says packed", d.FullName())
	}
	if got.kind == nested {
		c.message(got.of, d.Message())
	}
}

func kindOf(d protoreflect.FieldDescriptor) fieldKind {
	switch d.Name() {
	case "trace_id", "span_id", "parent_span_id":
		return hexBytes
	}
	return map[protoreflect.Kind]fieldKind{
		protoreflect.StringKind:   text,
		protoreflect.BytesKind:    base64Bytes,
		protoreflect.BoolKind:     boolean,
		protoreflect.EnumKind:     enum,
		protoreflect.Int64Kind:    int64s,
		protoreflect.Uint32Kind:   uint32s,
		protoreflect.Uint64Kind:   uint64s,
		protoreflect.Sint32Kind:   sint32s,
		protoreflect.Fixed32Kind:  fixed32s,
		protoreflect.Fixed64Kind:  fixed64s,
		protoreflect.Sfixed64Kind: sfixed64s,
		protoreflect.DoubleKind:   doubles,
		protoreflect.MessageKind:  nested,
	}[d.Kind()]
}
