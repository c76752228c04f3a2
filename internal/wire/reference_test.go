// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package wire_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/leadline/leadline/internal/wire"
)

// This file reads requests with the published Go types, and puts what they and
// our readers say into one form, so that tests compare the two.

// TracesData and its siblings have the same bytes as the export requests.
func newRequest(s wire.Signal) proto.Message {
	switch s {
	case wire.Traces:
		return &tracepb.TracesData{}
	case wire.Metrics:
		return &metricspb.MetricsData{}
	}
	return &logspb.LogsData{}
}

func encode(t testing.TB, m proto.Message) []byte {
	t.Helper()
	b, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func decode(t testing.TB, s wire.Signal, body []byte) proto.Message {
	t.Helper()
	m := newRequest(s)
	if err := proto.Unmarshal(body, m); err != nil {
		t.Fatal(err)
	}
	return m
}

// checkGroups compares what the published types read with what we read.
func checkGroups(t *testing.T, want, got []group) {
	t.Helper()
	if !reflect.DeepEqual(want, got) { // cmp is slow, which the fuzzer notices
		t.Errorf("groups (-want +got):\n%s", cmp.Diff(want, got))
	}
}

// checkMessage compares two messages; NaN equals NaN.
func checkMessage(t *testing.T, want, got proto.Message) {
	t.Helper()
	if !proto.Equal(want, got) {
		t.Errorf("message (-want +got):\n%s", cmp.Diff(want, got, protocmp.Transform()))
	}
}

// jsonOf returns the request in body as OTLP/JSON, by way of protojson.
func jsonOf(t testing.TB, s wire.Signal, body []byte) []byte {
	t.Helper()
	b, err := protojson.MarshalOptions{UseEnumNumbers: true}.Marshal(decode(t, s, body))
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		t.Fatal(err)
	}
	hexIDs(t, tree)
	if b, err = json.Marshal(tree); err != nil {
		t.Fatal(err)
	}
	return b
}

// hexIDs spells the ids in a tree as OTLP/JSON does; protojson has base64.
func hexIDs(t testing.TB, tree any) {
	switch tree := tree.(type) {
	case []any:
		for _, v := range tree {
			hexIDs(t, v)
		}
	case map[string]any:
		for k, v := range tree {
			if k != "traceId" && k != "spanId" && k != "parentSpanId" {
				hexIDs(t, v)
				continue
			}
			id, err := base64.StdEncoding.DecodeString(v.(string))
			if err != nil {
				t.Fatal(err)
			}
			tree[k] = hex.EncodeToString(id)
		}
	}
}

// group is a resource and what it sent.
type group struct {
	Attrs []attr
	Scope []scope
	Items int64
}

type scope struct {
	wire.Scope
	Spans []span
}

type span struct {
	TraceID, SpanID, Parent, Name string
	Kind                          wire.SpanKind
	Status                        wire.StatusCode
	Start, End                    uint64
	Attrs                         []attr
}

type attr struct {
	Key     string
	Kind    wire.ValueKind
	Text    string
	Strings []string
}

// readTraces reads body with TraceReader.
func readTraces(body []byte, l wire.Limits) (groups []group, err error) {
	r := wire.NewTraceReader(body, l)
	for r.NextResource() {
		attrs, err := r.Resource().Attributes(nil, l)
		if err != nil {
			return nil, err
		}
		g := group{Attrs: attrsOf(attrs)}
		for r.NextScope() {
			s := scope{Scope: r.Scope()}
			for r.NextSpan() {
				s.Spans = append(s.Spans, spanOf(r.Span()))
			}
			g.Scope = append(g.Scope, s)
		}
		groups = append(groups, g)
	}
	return groups, r.Err()
}

// readCounts reads body with CountReader.
func readCounts(s wire.Signal, body []byte, l wire.Limits) (groups []group, err error) {
	r := wire.NewCountReader(s, body, l)
	for r.NextResource() {
		attrs, err := r.Resource().Attributes(nil, l)
		if err != nil {
			return nil, err
		}
		groups = append(groups, group{Attrs: attrsOf(attrs), Items: r.Items()})
	}
	return groups, r.Err()
}

func spanOf(s *wire.Span) span {
	return span{
		s.TraceID, s.SpanID, s.ParentSpanID, s.Name, s.Kind, s.Status,
		s.StartUnixNano, s.EndUnixNano, attrsOf(s.Attrs),
	}
}

func attrsOf(attrs []wire.Attr) (out []attr) {
	for _, a := range attrs {
		got := attr{Key: a.Key, Kind: a.Value.Kind(), Text: string(a.Value.Text(nil))}
		a.Value.EachString(func(s string) { got.Strings = append(got.Strings, s) })
		out = append(out, got)
	}
	return out
}

// wantTraces and wantCounts say the same of a request decoded by the Go types.
func wantTraces(m *tracepb.TracesData) (groups []group) {
	for _, rs := range m.ResourceSpans {
		g := group{Attrs: wantAttrs(rs.GetResource().GetAttributes())}
		for _, ss := range rs.ScopeSpans {
			s := scope{Scope: wire.Scope{Name: ss.GetScope().GetName(), Version: ss.GetScope().GetVersion()}}
			for _, sp := range ss.Spans {
				s.Spans = append(s.Spans, wantSpan(sp))
			}
			g.Scope = append(g.Scope, s)
		}
		groups = append(groups, g)
	}
	return groups
}

func wantSpan(s *tracepb.Span) span {
	want := span{
		TraceID: string(s.TraceId), SpanID: string(s.SpanId), Parent: string(s.ParentSpanId), Name: s.Name,
		Start: s.StartTimeUnixNano, End: s.EndTimeUnixNano, Attrs: wantAttrs(s.Attributes),
	}
	if s.Kind >= 0 && s.Kind <= tracepb.Span_SPAN_KIND_CONSUMER {
		want.Kind = wire.SpanKind(s.Kind)
	}
	if c := s.GetStatus().GetCode(); c >= 0 && c <= tracepb.Status_STATUS_CODE_ERROR {
		want.Status = wire.StatusCode(c)
	}
	return want
}

func wantAttrs(attrs []*commonpb.KeyValue) (out []attr) {
	for _, a := range attrs {
		want := attr{Key: a.Key}
		var text any
		switch v := a.GetValue().GetValue().(type) {
		case *commonpb.AnyValue_StringValue:
			want.Kind, want.Text = wire.String, v.StringValue
		case *commonpb.AnyValue_BoolValue:
			want.Kind, text = wire.Bool, v.BoolValue
		case *commonpb.AnyValue_IntValue:
			want.Kind, text = wire.Int, v.IntValue
		case *commonpb.AnyValue_DoubleValue:
			want.Kind, want.Text = wire.Double, doubleText(v.DoubleValue)
		case *commonpb.AnyValue_BytesValue:
			want.Kind, want.Text = wire.Bytes, base64.StdEncoding.EncodeToString(v.BytesValue)
		case *commonpb.AnyValue_KvlistValue:
			want.Kind = wire.KeyValueList
		case *commonpb.AnyValue_ArrayValue:
			want.Kind, want.Strings = wire.Array, stringsOf(v.ArrayValue)
		}
		if text != nil {
			b, _ := json.Marshal(text)
			want.Text = string(b)
		}
		out = append(out, want)
	}
	return out
}

// doubleText is protojson's spelling, without the quotes of NaN and infinity.
func doubleText(f float64) string {
	b, _ := protojson.Marshal(&commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: f}})
	b = bytes.TrimSuffix(b[bytes.IndexByte(b, ':')+1:], []byte("}"))
	return string(bytes.Trim(b, `" `))
}

func stringsOf(a *commonpb.ArrayValue) (out []string) {
	for _, v := range a.GetValues() {
		if s, ok := v.GetValue().(*commonpb.AnyValue_StringValue); ok {
			out = append(out, s.StringValue)
		}
	}
	return out
}

func wantCounts(m proto.Message) (groups []group) {
	add := func(r *resourcepb.Resource, items int) {
		groups = append(groups, group{Attrs: wantAttrs(r.GetAttributes()), Items: int64(items)})
	}
	switch m := m.(type) {
	case *tracepb.TracesData:
		for _, r := range m.ResourceSpans {
			n := 0
			for _, s := range r.ScopeSpans {
				n += len(s.Spans)
			}
			add(r.Resource, n)
		}
	case *metricspb.MetricsData:
		for _, r := range m.ResourceMetrics {
			n := 0
			for _, s := range r.ScopeMetrics {
				for _, metric := range s.Metrics {
					n += points(metric)
				}
			}
			add(r.Resource, n)
		}
	case *logspb.LogsData:
		for _, r := range m.ResourceLogs {
			n := 0
			for _, s := range r.ScopeLogs {
				n += len(s.LogRecords)
			}
			add(r.Resource, n)
		}
	}
	return groups
}

func points(m *metricspb.Metric) int {
	return len(m.GetGauge().GetDataPoints()) + len(m.GetSum().GetDataPoints()) +
		len(m.GetHistogram().GetDataPoints()) + len(m.GetExponentialHistogram().GetDataPoints()) +
		len(m.GetSummary().GetDataPoints())
}
