// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package wire_test

import (
	"math"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/wire"
)

// valueOf returns v as a reader returns it.
func valueOf(t *testing.T, v *commonpb.AnyValue) wire.Value {
	t.Helper()
	r := &resourcepb.Resource{Attributes: []*commonpb.KeyValue{kv("k", v)}}
	attrs, err := wire.Resource{Raw: encode(t, r)}.Attributes(nil, wire.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	return attrs[0].Value
}

// accessors is what every accessor says of a value.
type accessors struct {
	Kind    wire.ValueKind
	Str     string
	Int     int64
	Bool    bool
	Double  float64
	Text    string
	Strings []string
}

func TestValue(t *testing.T) {
	for _, c := range []struct {
		name string
		v    *commonpb.AnyValue
		want accessors
	}{
		{"empty", &commonpb.AnyValue{}, accessors{}},
		{"string", str("pro"), accessors{Kind: wire.String, Str: "pro", Text: "pro"}},
		{"empty string", str(""), accessors{Kind: wire.String}},
		{"true", truth(true), accessors{Kind: wire.Bool, Bool: true, Text: "true"}},
		{"false", truth(false), accessors{Kind: wire.Bool, Text: "false"}},
		{"int", integer(-42), accessors{Kind: wire.Int, Int: -42, Text: "-42"}},
		{"smallest int", integer(math.MinInt64), accessors{Kind: wire.Int, Int: math.MinInt64, Text: "-9223372036854775808"}},
		{"double", double(0.1), accessors{Kind: wire.Double, Double: 0.1, Text: "0.1"}},
		{"whole double", double(1e20), accessors{Kind: wire.Double, Double: 1e20, Text: "100000000000000000000"}},
		{"large double", double(1e21), accessors{Kind: wire.Double, Double: 1e21, Text: "1e+21"}},
		{"infinity", double(math.Inf(1)), accessors{Kind: wire.Double, Double: math.Inf(1), Text: "Infinity"}},
		{"minus infinity", double(math.Inf(-1)), accessors{Kind: wire.Double, Double: math.Inf(-1), Text: "-Infinity"}},
		{"bytes", blob("\xff\xfe"), accessors{Kind: wire.Bytes, Str: "\xff\xfe", Text: "//4="}},
		{"array", array(str("a"), integer(1), str(""), array(str("no")), str("b")), accessors{Kind: wire.Array, Strings: []string{"a", "", "b"}}},
		{"empty array", array(), accessors{Kind: wire.Array}},
		{"kvlist", kvlist(kv("a", str("b"))), accessors{Kind: wire.KeyValueList}},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := valueOf(t, c.v)
			got := accessors{v.Kind(), v.Str(), v.Int(), v.Bool(), v.Double(), string(v.Text(nil)), nil}
			v.EachString(func(s string) { got.Strings = append(got.Strings, s) })
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("value (-want +got):\n%s", diff)
			}
		})
	}
}

func TestValueOfNaN(t *testing.T) {
	v := valueOf(t, double(math.NaN()))
	if !math.IsNaN(v.Double()) || string(v.Text([]byte("x="))) != "x=NaN" {
		t.Errorf("got %v, text %s", v.Double(), v.Text(nil))
	}
}
