// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package wire_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/wire"
)

// TestFromJSONReadsEveryField compares with what protojson makes of the same
// message. The bytes are equal too: lengths are minimal and fields in order.
func TestFromJSONReadsEveryField(t *testing.T) {
	for s, m := range samples {
		t.Run(s.String(), func(t *testing.T) {
			got, err := wire.FromJSON(s, nil, jsonOf(t, s, encode(t, m)), wire.DefaultLimits)
			if err != nil {
				t.Fatal(err)
			}
			checkMessage(t, m, decode(t, s, got))
			canonical, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) < len(canonical) {
				t.Errorf("%d bytes, fewer than the %d of the message", len(got), len(canonical))
			}
		})
	}
}

// span wraps the members of a span.
func spanJSON(members string) string {
	return `{"resourceSpans":[{"scopeSpans":[{"spans":[{` + members + `}]}]}]}`
}

func valueJSON(value string) string {
	return spanJSON(`"attributes":[{"key":"k","value":` + value + `}]`)
}

func pointJSON(members string) string {
	return `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"histogram":{"dataPoints":[{` + members + `}]}}]}]}]}`
}

// Wrappers of the expected messages.
func spanText(fields string) string {
	return "resource_spans { scope_spans { spans { " + fields + " } } }"
}

func valueText(value string) string {
	return spanText(`attributes { key: "k" value { ` + value + ` } }`)
}

func pointText(fields string) string {
	return "resource_metrics { scope_metrics { metrics { histogram { data_points { " + fields + " } } } } }"
}

// jsonCase is a request and the message that it means, in protobuf's text format.
type jsonCase struct {
	name   string
	signal wire.Signal
	json   string
	want   string
}

func (c jsonCase) message(t testing.TB) proto.Message {
	t.Helper()
	m := newRequest(c.signal)
	if err := prototext.Unmarshal([]byte(c.want), m); err != nil {
		t.Fatal(err)
	}
	return m
}

var jsonCases = []jsonCase{
	{"empty request", wire.Traces, ` { } `, ""},
	{"empty lists", wire.Traces, `{"resourceSpans":[{"scopeSpans":[]}]}`, "resource_spans {}"},
	{"null is absent", wire.Traces, spanJSON(`"name":null,"attributes":null,"status":null,"kind":null`), spanText("")},
	{"null members of a oneof", wire.Traces, valueJSON(`{"stringValue":null,"intValue":"1","boolValue":null}`), valueText("int_value: 1")},
	{"unknown members", wire.Traces, `{"x":[{"y":[1,"2",null,true,{}]}],` + spanJSON(`"name":"n","z":{"traceId":"q"}`)[1:], spanText(`name: "n"`)},
	{"unknown member twice", wire.Traces, `{"x":1,"x":[2]}`, ""},
	{"names are lowerCamelCase only", wire.Traces, spanJSON(`"trace_id":"5b","traceid":"5b","TraceId":"5b","name":"n"`), spanText(`name: "n"`)},
	{"escaped name", wire.Traces, spanJSON(`"na\u006de":"n"`), spanText(`name: "n"`)},
	{"ids in either case", wire.Traces, spanJSON(`"traceId":"5B8effF7","spanId":"","parentSpanId":"00"`), spanText(`trace_id: "\x5b\x8e\xff\xf7" parent_span_id: "\x00"`)},
	{"escaped text", wire.Traces, spanJSON(`"name":"a\"\\\/\n\u00fc\ud83d\ude00é"`), spanText(`name: "a\"\\/\nü😀é"`)},
	{"quote at the end", wire.Traces, spanJSON(`"name":"say \"hi\""`), spanText(`name: "say \"hi\""`)},
	{"times as strings and numbers", wire.Traces, spanJSON(`"startTimeUnixNano":"1795435200000000001","endTimeUnixNano":1795435200000000002`), spanText("start_time_unix_nano: 1795435200000000001 end_time_unix_nano: 1795435200000000002")},
	{"largest unsigned", wire.Traces, spanJSON(`"endTimeUnixNano":18446744073709551615`), spanText("end_time_unix_nano: 18446744073709551615")},
	{"enum", wire.Traces, spanJSON(`"kind":2,"status":{"code":2}`), spanText("kind: SPAN_KIND_SERVER status { code: STATUS_CODE_ERROR }")},
	{"enum that OTLP does not define", wire.Traces, spanJSON(`"kind":-1`), spanText("kind: -1")},
	{"flags", wire.Traces, spanJSON(`"flags":257,"droppedEventsCount":"3"`), spanText("flags: 257 dropped_events_count: 3")},
	{"empty value", wire.Traces, valueJSON(`{}`), valueText("")},
	{"empty string", wire.Traces, valueJSON(`{"stringValue":""}`), valueText(`string_value: ""`)},
	{"false", wire.Traces, valueJSON(`{"boolValue":false}`), valueText("bool_value: false")},
	{"smallest int", wire.Traces, valueJSON(`{"intValue":"-9223372036854775808"}`), valueText("int_value: -9223372036854775808")},
	{"int as a number", wire.Traces, valueJSON(`{"intValue":-7}`), valueText("int_value: -7")},
	{"int with a fraction of zero", wire.Traces, valueJSON(`{"intValue":7.0}`), valueText("int_value: 7")},
	{"int with an exponent", wire.Traces, valueJSON(`{"intValue":"1.5E3"}`), valueText("int_value: 1500")},
	{"double", wire.Traces, valueJSON(`{"doubleValue":-1.5e-3}`), valueText("double_value: -0.0015")},
	{"double as text", wire.Traces, valueJSON(`{"doubleValue":"2.5"}`), valueText("double_value: 2.5")},
	{"double from an integer", wire.Traces, valueJSON(`{"doubleValue":3}`), valueText("double_value: 3")},
	{"nan", wire.Traces, valueJSON(`{"doubleValue":"NaN"}`), valueText("double_value: nan")},
	{"infinity", wire.Traces, valueJSON(`{"doubleValue":"Infinity"}`), valueText("double_value: inf")},
	{"minus infinity", wire.Traces, valueJSON(`{"doubleValue":"-Infinity"}`), valueText("double_value: -inf")},
	{"bytes in base64", wire.Traces, valueJSON(`{"bytesValue":"+/8="}`), valueText(`bytes_value: "\xfb\xff"`)},
	{"bytes in base64 for URLs, no padding", wire.Traces, valueJSON(`{"bytesValue":"-_8"}`), valueText(`bytes_value: "\xfb\xff"`)},
	{"bytes with an escaped slash", wire.Traces, valueJSON(`{"bytesValue":"+\/8="}`), valueText(`bytes_value: "\xfb\xff"`)},
	{"array", wire.Traces, valueJSON(`{"arrayValue":{"values":[{"stringValue":"a"},{},{"arrayValue":{}}]}}`), valueText(`array_value { values { string_value: "a" } values {} values { array_value {} } }`)},
	{"kvlist", wire.Traces, valueJSON(`{"kvlistValue":{"values":[{"key":"x","value":{"boolValue":true}}]}}`), valueText(`kvlist_value { values { key: "x" value { bool_value: true } } }`)},
	{"packed numbers", wire.Metrics, pointJSON(`"bucketCounts":["1",0,2],"explicitBounds":[0.5,"Infinity"],"sum":0`), pointText("bucket_counts: [1, 0, 2] explicit_bounds: [0.5, inf] sum: 0")},
	{"no packed numbers", wire.Metrics, pointJSON(`"bucketCounts":[]`), pointText("")},
	{"zigzag", wire.Metrics, `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"exponentialHistogram":{"dataPoints":[{"scale":-3,"positive":{"offset":2,"bucketCounts":["300"]}}]}}]}]}]}`,
		"resource_metrics { scope_metrics { metrics { exponential_histogram { data_points { scale: -3 positive { offset: 2 bucket_counts: 300 } } } } } }"},
	{"log", wire.Logs, `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"severityNumber":17,"body":{"stringValue":"x"},"eventName":"e","flags":1}]}]}]}`,
		`resource_logs { scope_logs { log_records { severity_number: SEVERITY_NUMBER_ERROR body { string_value: "x" } event_name: "e" flags: 1 } } }`},
}

func TestFromJSON(t *testing.T) {
	for _, c := range jsonCases {
		t.Run(c.name, func(t *testing.T) {
			got, err := wire.FromJSON(c.signal, []byte("kept"), []byte(c.json), wire.DefaultLimits)
			if err != nil {
				t.Fatal(err)
			}
			body, kept := bytes.CutPrefix(got, []byte("kept"))
			if !kept {
				t.Error("dst was overwritten")
			}
			checkMessage(t, c.message(t), decode(t, c.signal, body))
		})
	}
}

var badJSON = []struct {
	name, json, want string
}{
	{"empty body", "", "unexpected EOF at byte 0"},
	{"white space", " \n", "unexpected EOF at byte 0"},
	{"not JSON", "hello", "invalid character 'h' at start of value at byte 0"},
	{"not an object", "[]", "want an object, got an array at byte 0"},
	{"null request", "null", "want an object, got null at byte 0"},
	{"two requests", "{}{}", "more than one JSON value at byte 3"},
	{"garbage behind", "{} x", "invalid character 'x' at start of value at byte 3"},
	{"cut off", `{"resourceSpans":[`, "unexpected EOF at byte 18"},
	{"cut off in a string", `{"resourceSpa`, "unexpected EOF at byte 13"},
	{"no comma between members", `{"a":1 "b":2}`, "invalid character '\"' after object value (expecting ',' or '}') at byte 7"},
	{"no comma between elements", `{"resourceSpans":[{} {}]}`, "invalid character '{' after array element (expecting ',' or ']') at byte 21"},
	{"comma before the end", `{"resourceSpans":[{},]}`, "invalid character ',' at start of value at byte 20"},
	{"no colon", `{"resourceSpans" []}`, "invalid character '[' after object name (expecting ':') at byte 17"},
	{"no colon before an object", spanJSON(`"status" {}`), "after object name (expecting ':') at byte 53"},
	{"number with leading zero", spanJSON(`"kind":02`), "invalid character '2' after object value"},
	{"unknown member is malformed", `{"x":[1,}`, "invalid character"},
	{"double cut off", valueJSON(`{"doubleValue":1.}`), "invalid character '}' in number"},
	{"name twice", spanJSON(`"name":"a","name":"b"`), "second name at byte 61"},
	{"name twice, once null", spanJSON(`"name":null,"name":"b"`), "second name at byte 62"},
	{"invalid UTF-8", spanJSON("\"name\":\"\xff\""), "invalid UTF-8 at byte 52"},
	{"lone surrogate", spanJSON(`"name":"\ud800"`), `invalid surrogate pair`},
	{"list is an object", `{"resourceSpans":{}}`, "want an array in resourceSpans, got an object at byte 16"},
	{"message is a number", `{"resourceSpans":[1]}`, "want an object, got number at byte 18"},
	{"null in a list", `{"resourceSpans":[null]}`, "want an object, got null at byte 18"},
	{"name is a number", spanJSON(`"name":1`), "want a string in name, got number at byte 50"},
	{"name is an object", spanJSON(`"name":{}`), "want a string in name, got an object at byte 50"},
	{"odd hex", spanJSON(`"traceId":"123"`), "traceId: encoding/hex: odd length hex string at byte 59"},
	{"bad hex", spanJSON(`"spanId":"0g"`), "spanId: encoding/hex: invalid byte: U+0067 'g' at byte 57"},
	{"id in base64", spanJSON(`"traceId":"W47/95gDgQPSabYzgT/GDA=="`), "encoding/hex: invalid byte"},
	{"id is a number", spanJSON(`"spanId":1234`), "want a string in spanId, got number"},
	{"enum by name", spanJSON(`"kind":"SPAN_KIND_SERVER"`), "want a number in kind, got string at byte 50"},
	{"enum in a string", spanJSON(`"kind":"2"`), "want a number in kind, got string at byte 50"},
	{"enum of 33 bits", spanJSON(`"kind":4294967298`), `kind: bad number "4294967298" at byte 61`},
	{"time is negative", spanJSON(`"endTimeUnixNano":"-1"`), `endTimeUnixNano: bad number`},
	{"time of 65 bits", spanJSON(`"endTimeUnixNano":18446744073709551616`), `endTimeUnixNano: bad number`},
	{"time with a fraction", spanJSON(`"endTimeUnixNano":1.5`), `endTimeUnixNano: bad number`},
	{"time beyond exact doubles", spanJSON(`"endTimeUnixNano":1.7954352e18`), `endTimeUnixNano: bad number`},
	{"time is empty", spanJSON(`"endTimeUnixNano":""`), `endTimeUnixNano: bad number`},
	{"time is true", spanJSON(`"endTimeUnixNano":true`), `want a number in endTimeUnixNano, got true`},
	{"int is text", valueJSON(`{"intValue":"seven"}`), `intValue: bad number`},
	{"int in hex", valueJSON(`{"intValue":"0x10"}`), `intValue: bad number`},
	{"int with a plus", valueJSON(`{"intValue":"+1"}`), `intValue: bad number`},
	{"int with a space", valueJSON(`{"intValue":" 1"}`), `intValue: bad number`},
	{"int of 65 bits", valueJSON(`{"intValue":"9223372036854775808"}`), `intValue: bad number`},
	{"bool is text", valueJSON(`{"boolValue":"true"}`), `want a true in boolValue, got string`},
	{"double is too large", valueJSON(`{"doubleValue":1e400}`), `doubleValue: bad number`},
	{"double in hex", valueJSON(`{"doubleValue":"0x1p4"}`), `doubleValue: bad number`},
	{"double spelled inf", valueJSON(`{"doubleValue":"inf"}`), `doubleValue: bad number`},
	{"bad base64", valueJSON(`{"bytesValue":"a*"}`), `bytesValue: illegal base64 data`},
	{"both alphabets of base64", valueJSON(`{"bytesValue":"-/8="}`), `bytesValue: illegal base64 data`},
	{"two members of a oneof", valueJSON(`{"stringValue":"a","intValue":1}`), `both stringValue and intValue`},
	{"long bad number", valueJSON(`{"intValue":"` + strings.Repeat("9", 99) + `"}`), strings.Repeat("9", 39) + `" at byte 190`},
}

func TestFromJSONRefuses(t *testing.T) {
	for _, c := range badJSON {
		t.Run(c.name, func(t *testing.T) {
			dst := []byte("kept")
			got, err := wire.FromJSON(wire.Traces, dst, []byte(c.json), wire.DefaultLimits)
			if errs.KindOf(err) != errs.Invalid || err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got error %v, want %q", err, c.want)
			}
			if string(got) != "kept" {
				t.Errorf("dst became %q", got)
			}
		})
	}
}

// TestFromJSONLengths crosses the sizes at which a length takes one more byte.
func TestFromJSONLengths(t *testing.T) {
	for _, n := range []int{0, 1, 126, 127, 128, 129, 1<<14 - 1, 1 << 14, 1<<14 + 1, 1 << 21} {
		name := strings.Repeat("x", n)
		got, err := wire.FromJSON(wire.Traces, nil, []byte(spanJSON(`"name":"`+name+`"`)), wire.DefaultLimits)
		if err != nil {
			t.Fatal(err)
		}
		if want := spanRequest(textField(5, name)); !bytes.Equal(got, want) {
			t.Errorf("name of %d bytes: %d bytes, want %d", n, len(got), len(want))
		}
	}
}

// TestFromJSONForgetsUnknownNames guards the memory: names that we ignore are
// not remembered, however many there are.
func TestFromJSONForgetsUnknownNames(t *testing.T) {
	allocs := func(names int) float64 {
		var body []byte
		for i := range names {
			body = fmt.Appendf(body, `,"%x":0`, i)
		}
		body = append(append([]byte("{"), body[1:]...), '}')
		return testing.AllocsPerRun(2, func() {
			if _, err := wire.FromJSON(wire.Traces, nil, body, wire.DefaultLimits); err != nil {
				t.Fatal(err)
			}
		})
	}
	if few, many := allocs(10), allocs(100_000); many > few {
		t.Errorf("%v allocations for 10 unknown names, %v for 100,000", few, many)
	}
}

// TestFromJSONStopsAtItsLimit reads an array of numbers that takes four times
// its length in protobuf, of which the end is not even JSON: it must be refused
// as too large before it is read that far.
func TestFromJSONStopsAtItsLimit(t *testing.T) {
	numbers := func(n int, end string) []byte {
		return []byte(`{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"histogram":{"dataPoints":[{"explicitBounds":[1` +
			strings.Repeat(",1", n-1) + end + `]}]}}]}]}]}`)
	}
	l := wire.DefaultLimits
	l.Bytes = 8_100
	if out, err := wire.FromJSON(wire.Metrics, []byte("kept"), numbers(1_000, ""), l); err != nil || len(out) <= 8_000 {
		t.Errorf("a thousand numbers: %d bytes, %v", len(out), err)
	}
	out, err := wire.FromJSON(wire.Metrics, []byte("kept"), numbers(100_000, "!"), l)
	if errs.KindOf(err) != errs.TooLarge || string(out) != "kept" {
		t.Errorf("a hundred thousand: %q, %v", out, err)
	}
}
