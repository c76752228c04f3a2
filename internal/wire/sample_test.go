// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package wire_test

import (
	"math"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	metricspb "go.opentelemetry.io/proto/otlp/metrics/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/leadline/leadline/internal/wire"
)

// samples holds, for each signal, one request in which every field of every
// message is set.
var samples = map[wire.Signal]proto.Message{
	wire.Traces:  sampleTraces(),
	wire.Metrics: sampleMetrics(),
	wire.Logs:    sampleLogs(),
}

var (
	traceID = []byte{0x5b, 0x8e, 0xff, 0xf7, 0x98, 0x03, 0x81, 0x03, 0xd2, 0x69, 0xb6, 0x33, 0x81, 0x3f, 0xc6, 0x0c}
	spanID  = []byte{0xee, 0xe1, 0x9b, 0x7e, 0xc3, 0xc1, 0xb1, 0x74}
)

const noon = 1_795_435_200_000_000_000 // 2026-11-23 12:00 UTC

func str(s string) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: s}}
}

func integer(n int64) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: n}}
}

func double(f float64) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_DoubleValue{DoubleValue: f}}
}

func truth(b bool) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_BoolValue{BoolValue: b}}
}

func blob(b string) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_BytesValue{BytesValue: []byte(b)}}
}

func array(v ...*commonpb.AnyValue) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_ArrayValue{ArrayValue: &commonpb.ArrayValue{Values: v}}}
}

func kvlist(kv ...*commonpb.KeyValue) *commonpb.AnyValue {
	return &commonpb.AnyValue{Value: &commonpb.AnyValue_KvlistValue{KvlistValue: &commonpb.KeyValueList{Values: kv}}}
}

func kv(key string, v *commonpb.AnyValue) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: v}
}

// everyKind is one attribute of each kind, and the edges of the numbers.
func everyKind() []*commonpb.KeyValue {
	return []*commonpb.KeyValue{
		kv("http.route", str("/items/{id}")), kv("empty.string", str("")), kv("unicode", str("Zürich \"☕\"\n")),
		kv("yes", truth(true)), kv("no", truth(false)),
		kv("int", integer(200)), kv("zero", integer(0)), kv("int.min", integer(math.MinInt64)), kv("int.max", integer(math.MaxInt64)),
		kv("double", double(0.25)), kv("double.whole", double(1e8)), kv("double.tiny", double(5e-324)), kv("double.big", double(1.5e300)),
		kv("nan", double(math.NaN())), kv("inf", double(math.Inf(1))), kv("-inf", double(math.Inf(-1))),
		kv("bytes", blob("\x00\xff\x10>?")), kv("array", array(str("a"), integer(1), str("b"), array(str("nested")), kvlist())),
		kv("kvlist", kvlist(kv("k", array(kvlist(kv("deep", truth(true))))))),
		kv("empty", &commonpb.AnyValue{}), kv("absent", nil), kv("", str("no key")),
	}
}

func sampleResource() *resourcepb.Resource {
	return &resourcepb.Resource{
		Attributes:             append(everyKind(), kv("service.name", str("shop-api"))),
		DroppedAttributesCount: 3,
		EntityRefs: []*commonpb.EntityRef{{
			SchemaUrl: "https://example.com", Type: "service",
			IdKeys: []string{"service.name", ""}, DescriptionKeys: []string{"service.version"},
		}},
	}
}

func sampleScope() *commonpb.InstrumentationScope {
	return &commonpb.InstrumentationScope{
		Name: "opentelemetry.instrumentation.flask", Version: "0.66b2",
		Attributes: everyKind(), DroppedAttributesCount: 1,
	}
}

func sampleTraces() *tracepb.TracesData {
	full := &tracepb.Span{
		TraceId: traceID, SpanId: spanID, TraceState: "a=b", ParentSpanId: []byte{1, 2, 3, 4, 5, 6, 7, 8}, Flags: 0x101,
		Name: "GET /items/{id}", Kind: tracepb.Span_SPAN_KIND_SERVER,
		StartTimeUnixNano: noon, EndTimeUnixNano: noon + 12_000_000,
		Attributes: everyKind(), DroppedAttributesCount: 2,
		Events: []*tracepb.Span_Event{{
			TimeUnixNano: noon + 1, Name: "exception", Attributes: everyKind(), DroppedAttributesCount: 4,
		}},
		DroppedEventsCount: 5,
		Links: []*tracepb.Span_Link{{
			TraceId: traceID, SpanId: spanID, TraceState: "c=d", Attributes: everyKind(), DroppedAttributesCount: 6, Flags: 1,
		}},
		DroppedLinksCount: 7,
		Status:            &tracepb.Status{Message: "boom", Code: tracepb.Status_STATUS_CODE_ERROR},
	}
	return &tracepb.TracesData{ResourceSpans: []*tracepb.ResourceSpans{
		{
			Resource:  sampleResource(),
			SchemaUrl: "https://opentelemetry.io/schemas/1.21.0",
			ScopeSpans: []*tracepb.ScopeSpans{
				{Scope: sampleScope(), Spans: []*tracepb.Span{full, {}}, SchemaUrl: "https://opentelemetry.io/schemas/1.21.0"},
				{},
			},
		},
		{ScopeSpans: []*tracepb.ScopeSpans{{Spans: []*tracepb.Span{full}}}},
	}}
}

func sampleExemplars() []*metricspb.Exemplar {
	return []*metricspb.Exemplar{
		{TimeUnixNano: noon, SpanId: spanID, TraceId: traceID, FilteredAttributes: everyKind(), Value: &metricspb.Exemplar_AsDouble{AsDouble: 0.5}},
		{Value: &metricspb.Exemplar_AsInt{AsInt: -5}},
	}
}

func sampleMetrics() *metricspb.MetricsData {
	numbers := []*metricspb.NumberDataPoint{
		{Attributes: everyKind(), StartTimeUnixNano: noon, TimeUnixNano: noon + 1, Exemplars: sampleExemplars(), Flags: 1, Value: &metricspb.NumberDataPoint_AsInt{AsInt: math.MinInt64}},
		{Value: &metricspb.NumberDataPoint_AsDouble{AsDouble: math.Inf(-1)}},
		{},
	}
	buckets := func(offset int32) *metricspb.ExponentialHistogramDataPoint_Buckets {
		return &metricspb.ExponentialHistogramDataPoint_Buckets{Offset: offset, BucketCounts: []uint64{0, 1, math.MaxUint64}}
	}
	cumulative := metricspb.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE
	metrics := []*metricspb.Metric{
		{Name: "g", Description: "a gauge", Unit: "1", Metadata: everyKind(), Data: &metricspb.Metric_Gauge{Gauge: &metricspb.Gauge{DataPoints: numbers}}},
		{Name: "s", Data: &metricspb.Metric_Sum{Sum: &metricspb.Sum{DataPoints: numbers, AggregationTemporality: cumulative, IsMonotonic: true}}},
		{Name: "h", Data: &metricspb.Metric_Histogram{Histogram: &metricspb.Histogram{AggregationTemporality: cumulative, DataPoints: []*metricspb.HistogramDataPoint{{
			Attributes: everyKind(), StartTimeUnixNano: noon, TimeUnixNano: noon + 1, Count: math.MaxUint64, Sum: proto.Float64(0),
			BucketCounts: []uint64{1, 0, math.MaxUint64}, ExplicitBounds: []float64{0.005, 10}, Exemplars: sampleExemplars(),
			Flags: 1, Min: proto.Float64(-0.5), Max: proto.Float64(math.MaxFloat64),
		}}}}},
		{Name: "e", Data: &metricspb.Metric_ExponentialHistogram{ExponentialHistogram: &metricspb.ExponentialHistogram{AggregationTemporality: cumulative, DataPoints: []*metricspb.ExponentialHistogramDataPoint{{
			Attributes: everyKind(), StartTimeUnixNano: noon, TimeUnixNano: noon + 1, Count: 9, Sum: proto.Float64(1), Scale: -10, ZeroCount: 2,
			Positive: buckets(math.MinInt32), Negative: buckets(math.MaxInt32), Flags: 1, Exemplars: sampleExemplars(),
			Min: proto.Float64(0), Max: proto.Float64(1), ZeroThreshold: 1e-9,
		}}}}},
		{Name: "q", Data: &metricspb.Metric_Summary{Summary: &metricspb.Summary{DataPoints: []*metricspb.SummaryDataPoint{{
			Attributes: everyKind(), StartTimeUnixNano: noon, TimeUnixNano: noon + 1, Count: 4, Sum: 2, Flags: 1,
			QuantileValues: []*metricspb.SummaryDataPoint_ValueAtQuantile{{Quantile: 0.99, Value: 1.5}, {}},
		}}}}},
		{},
	}
	return &metricspb.MetricsData{ResourceMetrics: []*metricspb.ResourceMetrics{
		{Resource: sampleResource(), SchemaUrl: "u", ScopeMetrics: []*metricspb.ScopeMetrics{{Scope: sampleScope(), Metrics: metrics, SchemaUrl: "v"}, {}}},
		{},
	}}
}

func sampleLogs() *logspb.LogsData {
	records := []*logspb.LogRecord{
		{
			TimeUnixNano: noon, ObservedTimeUnixNano: noon + 1, SeverityNumber: logspb.SeverityNumber_SEVERITY_NUMBER_ERROR2, SeverityText: "ERROR",
			Body: kvlist(everyKind()...), Attributes: everyKind(), DroppedAttributesCount: 1, Flags: 0xffffffff,
			TraceId: traceID, SpanId: spanID, EventName: "browser.web_vital",
		},
		{Body: str("plain")},
		{},
	}
	return &logspb.LogsData{ResourceLogs: []*logspb.ResourceLogs{
		{Resource: sampleResource(), SchemaUrl: "u", ScopeLogs: []*logspb.ScopeLogs{{Scope: sampleScope(), LogRecords: records, SchemaUrl: "v"}, {}}},
	}}
}
