// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package wire

// The messages of OTLP that this package knows, as tables: a field is one line.
// The checking walk and the JSON transcoder read them; a test holds them
// against the published definitions. Fields that are missing here (those which
// only profiles use) are unknown fields: passed over in protobuf, ignored in JSON.

// message describes one protobuf message; fields are indexed by field number.
type message struct {
	fields []field
	item   bool // one of the things that CountReader counts
}

// field describes one field. The zero field stands for a number that is not used.
type field struct {
	name  string // lowerCamelCase, the only spelling that OTLP/JSON allows
	kind  fieldKind
	of    messageID // what a nested field holds
	many  bool      // repeated; packed where the kind is a number
	oneof bool      // member of the message's only real oneof
}

// fieldKind is a field's type in protobuf and, with it, its spelling in JSON.
type fieldKind uint8

const (
	unused fieldKind = iota
	text
	hexBytes    // bytes that OTLP/JSON spells in hex: trace and span ids
	base64Bytes // all other bytes
	boolean
	enum // an integer in OTLP/JSON, never a name
	int64s
	uint32s
	uint64s
	sint32s // zigzag
	fixed32s
	fixed64s
	sfixed64s
	doubles
	nested
)

// wireType is how a single value of the kind is encoded.
func (k fieldKind) wireType() uint64 {
	switch k {
	case text, hexBytes, base64Bytes, nested:
		return wireBytes
	case fixed64s, sfixed64s, doubles:
		return wireFixed64
	case fixed32s:
		return wireFixed32
	}
	return wireVarint
}

func one(name string, k fieldKind) field      { return field{name: name, kind: k} }
func repeated(name string, k fieldKind) field { return field{name: name, kind: k, many: true} }
func sub(name string, of messageID) field     { return field{name: name, kind: nested, of: of} }
func list(name string, of messageID) field {
	return field{name: name, kind: nested, of: of, many: true}
}
func choice(name string, k fieldKind) field { return field{name: name, kind: k, oneof: true} }
func choiceOf(name string, of messageID) field {
	return field{name: name, kind: nested, of: of, oneof: true}
}

type messageID uint8

const (
	msgTraces messageID = iota
	msgResourceSpans
	msgScopeSpans
	msgSpan
	msgEvent
	msgLink
	msgStatus
	msgMetrics
	msgResourceMetrics
	msgScopeMetrics
	msgMetric
	msgGauge
	msgSum
	msgHistogram
	msgExponentialHistogram
	msgSummary
	msgNumberDataPoint
	msgHistogramDataPoint
	msgExponentialHistogramDataPoint
	msgBuckets
	msgSummaryDataPoint
	msgValueAtQuantile
	msgExemplar
	msgLogs
	msgResourceLogs
	msgScopeLogs
	msgLogRecord
	msgResource
	msgEntityRef
	msgScope
	msgKeyValue
	msgAnyValue
	msgArrayValue
	msgKeyValueList
)

// The request and, within it, the resource message of each signal.
var (
	requests  = [...]messageID{Traces: msgTraces, Metrics: msgMetrics, Logs: msgLogs}
	resources = [...]messageID{Traces: msgResourceSpans, Metrics: msgResourceMetrics, Logs: msgResourceLogs}
)

var messages = [...]message{
	msgTraces: {fields: []field{
		1: list("resourceSpans", msgResourceSpans),
	}},
	msgResourceSpans: {fields: []field{
		1: sub("resource", msgResource),
		2: list("scopeSpans", msgScopeSpans),
		3: one("schemaUrl", text),
	}},
	msgScopeSpans: {fields: []field{
		1: sub("scope", msgScope),
		2: list("spans", msgSpan),
		3: one("schemaUrl", text),
	}},
	msgSpan: {item: true, fields: []field{
		1:  one("traceId", hexBytes),
		2:  one("spanId", hexBytes),
		3:  one("traceState", text),
		4:  one("parentSpanId", hexBytes),
		5:  one("name", text),
		6:  one("kind", enum),
		7:  one("startTimeUnixNano", fixed64s),
		8:  one("endTimeUnixNano", fixed64s),
		9:  list("attributes", msgKeyValue),
		10: one("droppedAttributesCount", uint32s),
		11: list("events", msgEvent),
		12: one("droppedEventsCount", uint32s),
		13: list("links", msgLink),
		14: one("droppedLinksCount", uint32s),
		15: sub("status", msgStatus),
		16: one("flags", fixed32s),
	}},
	msgEvent: {fields: []field{
		1: one("timeUnixNano", fixed64s),
		2: one("name", text),
		3: list("attributes", msgKeyValue),
		4: one("droppedAttributesCount", uint32s),
	}},
	msgLink: {fields: []field{
		1: one("traceId", hexBytes),
		2: one("spanId", hexBytes),
		3: one("traceState", text),
		4: list("attributes", msgKeyValue),
		5: one("droppedAttributesCount", uint32s),
		6: one("flags", fixed32s),
	}},
	msgStatus: {fields: []field{
		2: one("message", text),
		3: one("code", enum),
	}},
	msgMetrics: {fields: []field{
		1: list("resourceMetrics", msgResourceMetrics),
	}},
	msgResourceMetrics: {fields: []field{
		1: sub("resource", msgResource),
		2: list("scopeMetrics", msgScopeMetrics),
		3: one("schemaUrl", text),
	}},
	msgScopeMetrics: {fields: []field{
		1: sub("scope", msgScope),
		2: list("metrics", msgMetric),
		3: one("schemaUrl", text),
	}},
	msgMetric: {fields: []field{
		1:  one("name", text),
		2:  one("description", text),
		3:  one("unit", text),
		5:  choiceOf("gauge", msgGauge),
		7:  choiceOf("sum", msgSum),
		9:  choiceOf("histogram", msgHistogram),
		10: choiceOf("exponentialHistogram", msgExponentialHistogram),
		11: choiceOf("summary", msgSummary),
		12: list("metadata", msgKeyValue),
	}},
	msgGauge: {fields: []field{
		1: list("dataPoints", msgNumberDataPoint),
	}},
	msgSum: {fields: []field{
		1: list("dataPoints", msgNumberDataPoint),
		2: one("aggregationTemporality", enum),
		3: one("isMonotonic", boolean),
	}},
	msgHistogram: {fields: []field{
		1: list("dataPoints", msgHistogramDataPoint),
		2: one("aggregationTemporality", enum),
	}},
	msgExponentialHistogram: {fields: []field{
		1: list("dataPoints", msgExponentialHistogramDataPoint),
		2: one("aggregationTemporality", enum),
	}},
	msgSummary: {fields: []field{
		1: list("dataPoints", msgSummaryDataPoint),
	}},
	msgNumberDataPoint: {item: true, fields: []field{
		2: one("startTimeUnixNano", fixed64s),
		3: one("timeUnixNano", fixed64s),
		4: choice("asDouble", doubles),
		5: list("exemplars", msgExemplar),
		6: choice("asInt", sfixed64s),
		7: list("attributes", msgKeyValue),
		8: one("flags", uint32s),
	}},
	msgHistogramDataPoint: {item: true, fields: []field{
		2:  one("startTimeUnixNano", fixed64s),
		3:  one("timeUnixNano", fixed64s),
		4:  one("count", fixed64s),
		5:  one("sum", doubles),
		6:  repeated("bucketCounts", fixed64s),
		7:  repeated("explicitBounds", doubles),
		8:  list("exemplars", msgExemplar),
		9:  list("attributes", msgKeyValue),
		10: one("flags", uint32s),
		11: one("min", doubles),
		12: one("max", doubles),
	}},
	msgExponentialHistogramDataPoint: {item: true, fields: []field{
		1:  list("attributes", msgKeyValue),
		2:  one("startTimeUnixNano", fixed64s),
		3:  one("timeUnixNano", fixed64s),
		4:  one("count", fixed64s),
		5:  one("sum", doubles),
		6:  one("scale", sint32s),
		7:  one("zeroCount", fixed64s),
		8:  sub("positive", msgBuckets),
		9:  sub("negative", msgBuckets),
		10: one("flags", uint32s),
		11: list("exemplars", msgExemplar),
		12: one("min", doubles),
		13: one("max", doubles),
		14: one("zeroThreshold", doubles),
	}},
	msgBuckets: {fields: []field{
		1: one("offset", sint32s),
		2: repeated("bucketCounts", uint64s),
	}},
	msgSummaryDataPoint: {item: true, fields: []field{
		2: one("startTimeUnixNano", fixed64s),
		3: one("timeUnixNano", fixed64s),
		4: one("count", fixed64s),
		5: one("sum", doubles),
		6: list("quantileValues", msgValueAtQuantile),
		7: list("attributes", msgKeyValue),
		8: one("flags", uint32s),
	}},
	msgValueAtQuantile: {fields: []field{
		1: one("quantile", doubles),
		2: one("value", doubles),
	}},
	msgExemplar: {fields: []field{
		2: one("timeUnixNano", fixed64s),
		3: choice("asDouble", doubles),
		4: one("spanId", hexBytes),
		5: one("traceId", hexBytes),
		6: choice("asInt", sfixed64s),
		7: list("filteredAttributes", msgKeyValue),
	}},
	msgLogs: {fields: []field{
		1: list("resourceLogs", msgResourceLogs),
	}},
	msgResourceLogs: {fields: []field{
		1: sub("resource", msgResource),
		2: list("scopeLogs", msgScopeLogs),
		3: one("schemaUrl", text),
	}},
	msgScopeLogs: {fields: []field{
		1: sub("scope", msgScope),
		2: list("logRecords", msgLogRecord),
		3: one("schemaUrl", text),
	}},
	msgLogRecord: {item: true, fields: []field{
		1:  one("timeUnixNano", fixed64s),
		2:  one("severityNumber", enum),
		3:  one("severityText", text),
		5:  sub("body", msgAnyValue),
		6:  list("attributes", msgKeyValue),
		7:  one("droppedAttributesCount", uint32s),
		8:  one("flags", fixed32s),
		9:  one("traceId", hexBytes),
		10: one("spanId", hexBytes),
		11: one("observedTimeUnixNano", fixed64s),
		12: one("eventName", text),
	}},
	msgResource: {fields: []field{
		1: list("attributes", msgKeyValue),
		2: one("droppedAttributesCount", uint32s),
		3: list("entityRefs", msgEntityRef),
	}},
	msgEntityRef: {fields: []field{
		1: one("schemaUrl", text),
		2: one("type", text),
		3: repeated("idKeys", text),
		4: repeated("descriptionKeys", text),
	}},
	msgScope: {fields: []field{
		1: one("name", text),
		2: one("version", text),
		3: list("attributes", msgKeyValue),
		4: one("droppedAttributesCount", uint32s),
	}},
	msgKeyValue: {fields: []field{
		1: one("key", text),
		2: sub("value", msgAnyValue),
	}},
	msgAnyValue: {fields: []field{
		1: choice("stringValue", text),
		2: choice("boolValue", boolean),
		3: choice("intValue", int64s),
		4: choice("doubleValue", doubles),
		5: choiceOf("arrayValue", msgArrayValue),
		6: choiceOf("kvlistValue", msgKeyValueList),
		7: choice("bytesValue", base64Bytes),
	}},
	msgArrayValue: {fields: []field{
		1: list("values", msgAnyValue),
	}},
	msgKeyValueList: {fields: []field{
		1: list("values", msgKeyValue),
	}},
}
