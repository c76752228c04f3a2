// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package conform

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/encoding/protowire"
)

// A payload is a valid request with one item. Its text is the value of a
// resource attribute: provocations and padding go there.

const (
	itemTime = 1_700_000_000_000_000_000
	traceHex = "5b8efff798038103d269b633813fc60c"
	spanHex  = "eee19b7ec3c1b174"
)

// payload returns a request of the cell's signal and format.
func (c *call) payload(text string) []byte {
	if c.Transport == JSON {
		return jsonPayload(c.Signal, text)
	}
	return protoPayload(c.Signal, field(1, keyValue("text", str(1, text))))
}

// field returns a length-delimited field.
func field(number protowire.Number, parts ...[]byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, number, protowire.BytesType), slices.Concat(parts...))
}

func str(number protowire.Number, text string) []byte { return field(number, []byte(text)) }

func varint(number protowire.Number, value uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, number, protowire.VarintType), value)
}

func fixed64(number protowire.Number, value uint64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(nil, number, protowire.Fixed64Type), value)
}

// keyValue returns the content of a KeyValue whose AnyValue has that content.
func keyValue(key string, value []byte) []byte {
	return slices.Concat(str(1, key), field(2, value))
}

// protoPayload returns an Export*ServiceRequest whose resource has that
// content. The three signals nest alike: resource 1, scopes 2; items 2.
func protoPayload(signal Signal, resource []byte) []byte {
	return field(1, field(1, resource), field(2, field(2, protoItem(signal))))
}

func protoItem(signal Signal) []byte {
	switch signal {
	case Metrics:
		point := slices.Concat(fixed64(2, itemTime), fixed64(3, itemTime+1e9), fixed64(6, 7))
		return slices.Concat(str(1, "requests"), field(7, field(1, point), varint(2, 2), varint(3, 1)))
	case Logs:
		return slices.Concat(fixed64(1, itemTime), varint(2, 9), field(5, str(1, "hello")))
	}
	return slices.Concat(
		field(1, bytes.Repeat([]byte{0x5b}, 16)), field(2, bytes.Repeat([]byte{0xee}, 8)),
		str(5, "GET /"), varint(6, 2), fixed64(7, itemTime), fixed64(8, itemTime+1e6))
}

var jsonNames = map[Signal]struct{ resources, scopes, items, rejected string }{
	Traces:  {"resourceSpans", "scopeSpans", "spans", "rejectedSpans"},
	Metrics: {"resourceMetrics", "scopeMetrics", "metrics", "rejectedDataPoints"},
	Logs:    {"resourceLogs", "scopeLogs", "logRecords", "rejectedLogRecords"},
}

func jsonPayload(signal Signal, text string) []byte {
	return jsonRequest(signal, attribute("text", `{"stringValue":"`+text+`"}`), jsonItem(signal, ""))
}

func attribute(key, value string) string { return fmt.Sprintf(`{"key":%q,"value":%s}`, key, value) }

// jsonRequest returns a request with one resource attribute and one item.
func jsonRequest(signal Signal, attribute, item string) []byte {
	n := jsonNames[signal]
	var b strings.Builder
	fmt.Fprintf(&b, `{"%s":[{"resource":{"attributes":[`, n.resources)
	b.WriteString(attribute)
	fmt.Fprintf(&b, `]},"%s":[{"%s":[%s]}]}]}`, n.scopes, n.items, item)
	return []byte(b.String())
}

// jsonItem returns an item; more is put in front of its members.
func jsonItem(signal Signal, more string) string {
	switch signal {
	case Metrics:
		return fmt.Sprintf(`{%s"name":"requests","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[{"startTimeUnixNano":"%d","timeUnixNano":"%d","asInt":"7"}]}}`, more, itemTime, itemTime+1_000_000_000)
	case Logs:
		return fmt.Sprintf(`{%s"timeUnixNano":"%d","severityNumber":9,"body":{"stringValue":"hello"}}`, more, itemTime)
	}
	return fmt.Sprintf(`{%s"traceId":"%s","spanId":"%s","name":"GET /","kind":2,"startTimeUnixNano":"%d","endTimeUnixNano":"%d"}`,
		more, traceHex, spanHex, itemTime, itemTime+1_000_000)
}

// nested returns a request in which values are nested that many levels deep.
func (c *call) nested(levels int) []byte { return Nested(c.Transport, c.Signal, levels) }

// Nested returns a request in which an attribute's value is arrays in arrays,
// that many AnyValues deep.
func Nested(transport Transport, signal Signal, levels int) []byte {
	if transport == JSON {
		const open, end = `{"arrayValue":{"values":[`, `]}}`
		value := strings.Repeat(open, levels-1) + `{"intValue":"1"}` + strings.Repeat(end, levels-1)
		return jsonRequest(signal, attribute("deep", value), jsonItem(signal, ""))
	}
	return protoPayload(signal, field(1, keyValue("deep", nestedValue(levels))))
}

// nestedValue writes from the inside out, backwards, because a length depends
// on all that it encloses.
func nestedValue(levels int) []byte {
	reversed := reverse(varint(3, 1))
	for range levels - 1 {
		reversed = enclose(reversed, 1) // ArrayValue.values
		reversed = enclose(reversed, 5) // AnyValue.array_value
	}
	return reverse(reversed)
}

func enclose(reversed []byte, number protowire.Number) []byte {
	prefix := protowire.AppendVarint(protowire.AppendTag(nil, number, protowire.BytesType), uint64(len(reversed)))
	return append(reversed, reverse(prefix)...)
}

func reverse(b []byte) []byte {
	slices.Reverse(b)
	return b
}
