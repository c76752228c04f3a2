// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package payload

import (
	"encoding/binary"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// The numbers of the OTLP fields that a template uses, message by message.
const (
	requestResourceSpans = 1

	resourceSpansResource = 1
	resourceSpansScope    = 2
	resourceSpansSchema   = 3

	resourceAttributes = 1

	scopeSpansScope  = 1
	scopeSpansSpan   = 2
	scopeSpansSchema = 3

	scopeName    = 1
	scopeVersion = 2

	spanTraceID    = 1
	spanID         = 2
	spanParent     = 4
	spanName       = 5
	spanKind       = 6
	spanStart      = 7
	spanEnd        = 8
	spanAttributes = 9
	spanEvents     = 11
	spanStatus     = 15
	spanFlags      = 16

	eventTime       = 1
	eventName       = 2
	eventAttributes = 3

	statusMessage = 2
	statusCode    = 3

	keyValueKey   = 1
	keyValueValue = 2
	valueString   = 1
	valueInt      = 3
)

// The kinds and the status code of OTLP spans.
const (
	kindServer   = 2
	kindClient   = 3
	kindConsumer = 5

	statusError = 2
)

// attribute is a key with a string or an int64.
type attribute struct {
	key   string
	value any
}

// call is one span before it is encoded.
type call struct {
	Event
	name      string
	kind      uint64
	scope     string
	trace     int
	parent    int // index among the request's calls, or -1
	remote    bool
	lead      time.Duration // from this span's end to its trace's end
	attrs     []attribute
	exception string
}

// process is the resource that sends the request.
type process struct {
	attrs  []attribute
	schema string
}

// encode writes the request and finds in it what Render overwrites. Trace and
// span ids hold their own index until then, which is how locate recognises them.
func encode(service string, from process, calls []call, traces int) *Template {
	scopes, order := byScope(calls)
	var rs []byte
	rs = appendMessage(rs, resourceSpansResource, appendAttributes(nil, resourceAttributes, from.attrs))
	for _, name := range order {
		rs = appendMessage(rs, resourceSpansScope, encodeScope(name, from.schema, calls, scopes[name]))
	}
	t := &Template{Service: service, raw: appendMessage(nil, requestResourceSpans, rs), traces: traces}
	t.spans = locate(t.raw, calls)
	for _, c := range calls {
		t.Events = append(t.Events, c.Event)
	}
	return t
}

// byScope groups the indexes of calls as an SDK groups spans: by the
// instrumentation that made them, in order of appearance.
func byScope(calls []call) (map[string][]int, []string) {
	scopes := map[string][]int{}
	var order []string
	for i, c := range calls {
		if _, seen := scopes[c.scope]; !seen {
			order = append(order, c.scope)
		}
		scopes[c.scope] = append(scopes[c.scope], i)
	}
	return scopes, order
}

func encodeScope(name, schema string, calls []call, members []int) []byte {
	scope := appendString(nil, scopeName, name)
	scope = appendString(scope, scopeVersion, "0.66b1")
	out := appendMessage(nil, scopeSpansScope, scope)
	for _, i := range members {
		out = appendMessage(out, scopeSpansSpan, encodeSpan(&calls[i], i))
	}
	return appendString(out, scopeSpansSchema, schema)
}

func encodeSpan(c *call, index int) []byte {
	out := appendMessage(nil, spanTraceID, binary.BigEndian.AppendUint64(make([]byte, 8, 16), uint64(c.trace)))
	out = appendMessage(out, spanID, binary.BigEndian.AppendUint64(nil, uint64(index)))
	if c.parent >= 0 || c.remote {
		out = appendMessage(out, spanParent, make([]byte, 8))
	}
	out = appendString(out, spanName, c.name)
	out = appendVarint(out, spanKind, c.kind)
	out = appendFixed64(out, spanStart, 0)
	out = appendFixed64(out, spanEnd, 0)
	out = appendAttributes(out, spanAttributes, c.attrs)
	if c.exception != "" {
		out = appendMessage(out, spanEvents, encodeException(c.exception))
	}
	if c.Failed {
		out = appendMessage(out, spanStatus, encodeStatus(c.exception))
	}
	out = protowire.AppendTag(out, spanFlags, protowire.Fixed32Type)
	return protowire.AppendFixed32(out, 0x100)
}

func encodeStatus(message string) []byte {
	var out []byte
	if message != "" {
		out = appendString(out, statusMessage, message)
	}
	return appendVarint(out, statusCode, statusError)
}

func encodeException(message string) []byte {
	out := appendFixed64(nil, eventTime, 0)
	out = appendString(out, eventName, "exception")
	return appendAttributes(out, eventAttributes, []attribute{
		{"exception.type", "shop.errors.ProviderTimeout"},
		{"exception.message", message},
		{"exception.stacktrace", stackTrace + message + "\n"},
		{"exception.escaped", "False"},
	})
}

func appendAttributes(out []byte, field protowire.Number, attrs []attribute) []byte {
	for _, a := range attrs {
		var value []byte
		switch v := a.value.(type) {
		case string:
			value = appendString(nil, valueString, v)
		case int64:
			value = appendVarint(nil, valueInt, uint64(v))
		default:
			panic("BUG: attribute " + a.key + " is neither text nor a number")
		}
		pair := appendMessage(appendString(nil, keyValueKey, a.key), keyValueValue, value)
		out = appendMessage(out, field, pair)
	}
	return out
}

func appendMessage(out []byte, field protowire.Number, body []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(out, field, protowire.BytesType), body)
}

func appendString(out []byte, field protowire.Number, text string) []byte {
	return protowire.AppendString(protowire.AppendTag(out, field, protowire.BytesType), text)
}

func appendVarint(out []byte, field protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(out, field, protowire.VarintType), v)
}

func appendFixed64(out []byte, field protowire.Number, v uint64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(out, field, protowire.Fixed64Type), v)
}
