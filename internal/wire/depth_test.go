// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package wire_test

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/wire"
)

// nest returns an AnyValue with the given levels, arrays or kvlists around an
// empty value. It writes the lengths from the inside out and the bytes from the
// back, since wrapping copy by copy would be quadratic.
func nest(levels int, kvlists bool) []byte {
	size := levels * 32
	b := make([]byte, size)
	at := size
	var scratch [16]byte
	wrap := func(n protowire.Number) {
		head := protowire.AppendVarint(protowire.AppendTag(scratch[:0], n, protowire.BytesType), uint64(size-at))
		at -= len(head)
		copy(b[at:], head)
	}
	for range levels - 1 {
		if kvlists {
			wrap(2) // KeyValue.value
		}
		wrap(1) // values
		if kvlists {
			wrap(6)
		} else {
			wrap(5)
		}
	}
	return b[at:]
}

// places are where a value may stand, with the signal that reads it. The first
// two are read by TraceReader and by CountReader.
var places = []struct {
	name   string
	signal wire.Signal
	body   func(value []byte) []byte
	json   string
}{
	{"span attribute", wire.Traces, func(v []byte) []byte { return spanRequest(lenField(9, lenField(2, v))) },
		`{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[{"value":%s}]}]}]}]}`},
	{"log body", wire.Logs, func(v []byte) []byte { return lenField(1, lenField(2, lenField(2, lenField(5, v)))) },
		`{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":%s}]}]}]}`},
	{"resource attribute", wire.Traces, func(v []byte) []byte { return lenField(1, lenField(1, lenField(1, lenField(2, v)))) },
		`{"resourceSpans":[{"resource":{"attributes":[{"value":%s}]}}]}`},
	{"scope attribute", wire.Traces, func(v []byte) []byte { return lenField(1, lenField(2, lenField(1, lenField(3, lenField(2, v))))) },
		`{"resourceSpans":[{"scopeSpans":[{"scope":{"attributes":[{"value":%s}]}}]}]}`},
	{"event attribute", wire.Traces, func(v []byte) []byte { return spanRequest(lenField(11, lenField(3, lenField(2, v)))) },
		`{"resourceSpans":[{"scopeSpans":[{"spans":[{"events":[{"attributes":[{"value":%s}]}]}]}]}]}`},
	{"link attribute", wire.Traces, func(v []byte) []byte { return spanRequest(lenField(13, lenField(4, lenField(2, v)))) },
		`{"resourceSpans":[{"scopeSpans":[{"spans":[{"links":[{"attributes":[{"value":%s}]}]}]}]}]}`},
	{"data point attribute", wire.Metrics, func(v []byte) []byte {
		return lenField(1, lenField(2, lenField(2, lenField(5, lenField(1, lenField(7, lenField(2, v)))))))
	}, `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"gauge":{"dataPoints":[{"attributes":[{"value":%s}]}]}}]}]}]}`},
	{"exemplar attribute", wire.Metrics, func(v []byte) []byte {
		return lenField(1, lenField(2, lenField(2, lenField(5, lenField(1, lenField(5, lenField(7, lenField(2, v))))))))
	}, `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"gauge":{"dataPoints":[{"exemplars":[{"filteredAttributes":[{"value":%s}]}]}]}}]}]}]}`},
}

func readAny(s wire.Signal, body []byte, l wire.Limits) (err error) {
	if s == wire.Traces {
		if _, err := readTraces(body, l); err != nil {
			return err
		}
	}
	_, err = readCounts(s, body, l)
	return err
}

func TestDepthLimit(t *testing.T) {
	for _, p := range places {
		for _, kvlists := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, kvlists %v", p.name, kvlists), func(t *testing.T) {
				l := wire.DefaultLimits
				if err := readAny(p.signal, p.body(nest(l.Depth, kvlists)), l); err != nil {
					t.Errorf("%d levels: %v", l.Depth, err)
				}
				checkTooDeep(t, readAny(p.signal, p.body(nest(l.Depth+1, kvlists)), l))
			})
		}
	}
}

// bottomless is how many levels the tests below send, and deep what they send
// where the same code has been seen to refuse that.
const (
	bottomless = 3_000_000
	deep       = 10_000
)

// TestBottomlessProtobuf refuses 3 million levels. The byte that the error names
// is the furthest that was looked at: 32 levels down, and no more.
func TestBottomlessProtobuf(t *testing.T) {
	for _, p := range places {
		for name, value := range map[string][]byte{"arrays": nest(deep, false), "kvlists": nest(deep, true)} {
			t.Run(p.name+", "+name, func(t *testing.T) {
				checkTooDeep(t, readAny(p.signal, p.body(value), wire.DefaultLimits))
			})
		}
	}
	for _, kvlists := range []bool{false, true} {
		value := nest(bottomless, kvlists)
		for _, p := range places[:2] {
			t.Run(fmt.Sprintf("%s, kvlists %v", p.name, kvlists), func(t *testing.T) {
				checkTooDeep(t, readAny(p.signal, p.body(value), wire.DefaultLimits))
			})
		}
	}
}

func TestBottomlessJSON(t *testing.T) {
	check := func(name string, s wire.Signal, json, value string, levels int) {
		t.Run(name, func(t *testing.T) {
			body := fmt.Appendf(nil, json, strings.Repeat(value, levels))
			_, err := wire.FromJSON(s, nil, body, wire.DefaultLimits)
			checkTooDeep(t, err)
		})
	}
	const arrays, kvlists = `{"arrayValue":{"values":[`, `{"kvlistValue":{"values":[{"value":`
	for i, p := range places {
		levels := deep
		if i < 2 {
			levels = bottomless
		}
		check(p.name+", arrays", p.signal, p.json, arrays, levels)
		check(p.name+", kvlists", p.signal, p.json, kvlists, levels)
	}
	check("arrays in an unknown member", wire.Traces, `{"unknown":%s`, "[", bottomless)
	check("objects in an unknown member", wire.Traces, `{"unknown":%s`, `{"a":`, bottomless)
}

// TestBottomlessJSONInTheWrongPlace stops at the first bracket where no list may be.
func TestBottomlessJSONInTheWrongPlace(t *testing.T) {
	for name, c := range map[string]struct{ json, want string }{
		"name":    {`{%s`, "want a member name, got an array at byte 1"},
		"scalar":  {spanJSON(`"name":%s`), "want a string in name, got an array at byte 50"},
		"message": {`{"resourceSpans":[%s]}`, "want an object, got an array at byte 18"},
		"number":  {spanJSON(`"kind":%s`), "want a number in kind, got an array at byte 50"},
		"request": {`%s`, "want an object, got an array at byte 0"},
		"behind":  {`{}%s`, "more than one JSON value at byte 3"},
	} {
		t.Run(name, func(t *testing.T) {
			body := fmt.Appendf(nil, c.json, strings.Repeat("[", bottomless))
			_, err := wire.FromJSON(wire.Traces, nil, body, wire.DefaultLimits)
			if err == nil || !strings.HasSuffix(err.Error(), c.want) {
				t.Errorf("got error %v, want ...%s", err, c.want)
			}
		})
	}
}

func TestDepthLimitOfJSON(t *testing.T) {
	value := func(levels int) string {
		return strings.Repeat(`{"arrayValue":{"values":[`, levels-1) + "{}" + strings.Repeat("]}}", levels-1)
	}
	for _, p := range places {
		t.Run(p.name, func(t *testing.T) {
			l := wire.DefaultLimits
			body, err := wire.FromJSON(p.signal, nil, fmt.Appendf(nil, p.json, value(l.Depth)), l)
			if err != nil {
				t.Fatalf("%d levels: %v", l.Depth, err)
			}
			if want := p.body(nest(l.Depth, false)); !bytes.Equal(body, want) {
				t.Errorf("got  %x\nwant %x", body, want)
			}
			_, err = wire.FromJSON(p.signal, nil, fmt.Appendf(nil, p.json, value(l.Depth+1)), l)
			checkTooDeep(t, err)
		})
	}
}

var position = regexp.MustCompile(`nested deeper than 32 levels at byte (\d+)$`)

// checkTooDeep fails unless err refuses the depth within the bytes that 33
// levels take: at most 9 for each of the three lengths of a level, and 40 in JSON.
func checkTooDeep(t *testing.T, err error) {
	t.Helper()
	if errs.KindOf(err) != errs.Invalid || err == nil {
		t.Fatalf("got error %v, want an Invalid one", err)
	}
	m := position.FindStringSubmatch(err.Error())
	if m == nil {
		t.Fatalf("got error %v", err)
	}
	if at, _ := strconv.Atoi(m[1]); at > 33*40+100 {
		t.Errorf("read as far as byte %d", at)
	}
}
