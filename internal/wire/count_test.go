// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package wire_test

import (
	"strings"
	"testing"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/wire"
)

func TestCountReaderCountsEverySignal(t *testing.T) {
	for s, m := range samples {
		t.Run(s.String(), func(t *testing.T) {
			got, err := readCounts(s, encode(t, m), wire.DefaultLimits)
			if err != nil {
				t.Fatal(err)
			}
			checkGroups(t, wantCounts(m), got)
		})
	}
}

func TestCountReaderStopsAfterAnError(t *testing.T) {
	body := append(lenField(1, []byte{0}), lenField(1)...)
	r := wire.NewCountReader(wire.Logs, body, wire.DefaultLimits)
	for range 2 {
		if r.NextResource() || r.Err() == nil || r.Items() != 0 {
			t.Errorf("the reader went on after error %v", r.Err())
		}
	}
}

func TestCountReaderRefuses(t *testing.T) {
	for _, c := range malformedBodies {
		t.Run(c.name, func(t *testing.T) {
			_, err := readCounts(wire.Traces, c.body, wire.DefaultLimits)
			if errs.KindOf(err) != errs.Invalid || err == nil || !strings.HasSuffix(err.Error(), c.want) {
				t.Fatalf("got error %v, want ...%s", err, c.want)
			}
		})
	}
}

// metricRequest is a request with one metric of the given fields.
func metricRequest(fields ...[]byte) []byte {
	return lenField(1, lenField(2, lenField(2, fields...)))
}

func TestCountReaderChecksPackedNumbers(t *testing.T) {
	histogram := func(point []byte) []byte { return metricRequest(lenField(9, lenField(1, point))) }
	exponential := func(buckets []byte) []byte { return metricRequest(lenField(10, lenField(1, lenField(8, buckets)))) }
	for _, c := range []struct {
		name string
		body []byte
		want string
	}{
		{"fixed64", histogram(textField(6, "12345678")), ""},
		{"doubles", histogram(lenField(7)), ""},
		{"fixed64 cut off", histogram(textField(6, "123456789")), "truncated packed numbers at byte 12"},
		{"doubles cut off", histogram(textField(7, "1")), "truncated packed numbers at byte 12"},
		{"varints", exponential(lenField(2, []byte{0, 0xff, 1})), ""},
		{"varints cut off", exponential(lenField(2, []byte{0, 0xff})), "truncated varint at byte 15"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := readCounts(wire.Metrics, c.body, wire.DefaultLimits)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasSuffix(err.Error(), c.want)) {
				t.Errorf("got error %v, want %q", err, c.want)
			}
		})
	}
}

// TestCountReaderMerges counts as protobuf merges: the last member of a oneof
// wins, and the same member twice is one list.
func TestCountReaderMerges(t *testing.T) {
	gauge := func(points int) []byte { return lenField(5, []byte(strings.Repeat("\x0a\x00", points))) }
	sum := func(points int) []byte { return lenField(7, []byte(strings.Repeat("\x0a\x00", points))) }
	for _, c := range []struct {
		name string
		body []byte
		want int64
	}{
		{"same member twice", metricRequest(gauge(2), gauge(3)), 5},
		{"another member", metricRequest(gauge(2), sum(3)), 3},
		{"and back", metricRequest(gauge(2), sum(3), gauge(4), gauge(1)), 5},
		{"name between", metricRequest(gauge(2), textField(1, "n"), gauge(1)), 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := readCounts(wire.Metrics, c.body, wire.DefaultLimits)
			if err != nil {
				t.Fatal(err)
			}
			checkGroups(t, wantCounts(decode(t, wire.Metrics, c.body)), got)
			if got[0].Items != c.want {
				t.Errorf("%d items, want %d", got[0].Items, c.want)
			}
		})
	}
}

func TestCountReaderLimitsAttributes(t *testing.T) {
	limits := wire.Limits{Depth: 32, Attributes: 2}
	attrs := func(n int) []byte { return []byte(strings.Repeat("\x32\x00", n)) } // LogRecord.attributes
	for n, refused := range map[int]bool{2: false, 3: true} {
		_, err := readCounts(wire.Logs, lenField(1, lenField(2, lenField(2, attrs(n)))), limits)
		if (err != nil) != refused {
			t.Errorf("%d attributes: got error %v", n, err)
		}
	}
}
