// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package textcase

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/leadline/leadline/internal/wire"
)

// Event is a span and the attributes of its resource.
type Event struct {
	Span     *wire.Span
	Resource []wire.Attr
}

// start is when every span starts.
var start = time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)

// ReadEvent reads a span from lines:
//
//	span POST /checkout              its name
//	kind server
//	status error
//	takes 120ms
//	http.response.status_code = 200  an attribute: integer, decimal, true or
//	tags = [a, b]                    false, list of texts, "text" or text
//	resource service.version = 2     an attribute of the resource
func ReadEvent(t *testing.T, lines []string) Event {
	t.Helper()
	var span, resource []byte
	for _, line := range lines {
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "span":
			span = text(span, 5, rest)
		case "kind":
			span = varint(span, 6, index(t, rest, "unspecified", "internal", "server", "client", "producer", "consumer"))
		case "status":
			span = message(span, 15, varint(nil, 3, index(t, rest, "unset", "ok", "error")))
		case "takes":
			span = appendTimes(t, span, rest)
		case "resource":
			resource = message(resource, 1, attribute(t, rest))
		default:
			span = message(span, 9, attribute(t, line))
		}
	}
	return decode(t, span, resource)
}

// Spans reads every span of an ExportTraceServiceRequest, with its resource.
// What it passes to do is valid until do returns.
func Spans(t testing.TB, body []byte, do func(Event)) {
	t.Helper()
	r := wire.NewTraceReader(body, wire.DefaultLimits)
	for r.NextResource() {
		attrs, err := r.Resource().Attributes(nil, wire.DefaultLimits)
		if err != nil {
			t.Fatal(err)
		}
		for r.NextScope() {
			for r.NextSpan() {
				do(Event{r.Span(), attrs})
			}
		}
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
}

func decode(t *testing.T, span, resource []byte) Event {
	spans := message(message(nil, 1, resource), 2, message(nil, 2, span))
	var e Event
	Spans(t, message(nil, 1, spans), func(read Event) {
		span := *read.Span
		e = Event{&span, read.Resource}
	})
	return e
}

func appendTimes(t *testing.T, span []byte, takes string) []byte {
	d, err := time.ParseDuration(takes)
	if err != nil {
		t.Fatal(err)
	}
	span = protowire.AppendTag(span, 7, protowire.Fixed64Type)
	span = protowire.AppendFixed64(span, uint64(start.UnixNano()))
	span = protowire.AppendTag(span, 8, protowire.Fixed64Type)
	return protowire.AppendFixed64(span, uint64(start.Add(d).UnixNano()))
}

// attribute encodes "key = value" as a KeyValue.
func attribute(t *testing.T, line string) []byte {
	key, value, found := strings.Cut(line, " = ")
	if !found {
		t.Fatalf("line %q: want key = value", line)
	}
	return message(text(nil, 1, key), 2, anyValue(t, value))
}

// anyValue encodes a value as an AnyValue.
func anyValue(t *testing.T, value string) []byte {
	if n, err := strconv.ParseInt(value, 10, 64); err == nil {
		return varint(nil, 3, uint64(n))
	}
	if f, err := strconv.ParseFloat(value, 64); err == nil {
		return doubleValue(f)
	}
	switch {
	case value == "true" || value == "false":
		return varint(nil, 2, protowire.EncodeBool(value == "true"))
	case strings.HasPrefix(value, "["):
		var list []byte
		for item := range strings.SplitSeq(strings.Trim(value, "[]"), ", ") {
			list = message(list, 1, text(nil, 1, item))
		}
		return message(nil, 5, list)
	case strings.HasPrefix(value, `"`):
		unquoted, err := strconv.Unquote(value)
		if err != nil {
			t.Fatalf("value %s: %v", value, err)
		}
		return text(nil, 1, unquoted)
	}
	return text(nil, 1, value)
}

func index(t *testing.T, word string, words ...string) uint64 {
	for i, w := range words {
		if w == word {
			return uint64(i)
		}
	}
	t.Fatalf("%q is none of %q", word, words)
	return 0
}

// NewSpan returns a span of a kind with text attributes from alternating keys
// and values, for fuzzing.
func NewSpan(t *testing.T, kind uint8, name string, keysAndValues ...string) *wire.Span {
	t.Helper()
	span := varint(text(nil, 5, name), 6, uint64(kind))
	for i := 0; i < len(keysAndValues); i += 2 {
		span = message(span, 9, message(text(nil, 1, keysAndValues[i]), 2, text(nil, 1, keysAndValues[i+1])))
	}
	return decode(t, span, nil).Span
}
