// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package expr_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/expr"
)

type attributes map[string]expr.Value

func (a attributes) Attribute(key string) expr.Value { return a[key] }

func event() *expr.Event {
	return &expr.Event{
		Attributes: attributes{
			"basket.items": expr.Int(21), "basket.value": expr.Double(19.5), "tier": expr.Text("gold"), "beta": expr.Bool(true),
			"tags": expr.List([]string{"a", "b"}), "long": expr.Text(strings.Repeat("x", expr.MaxAttribute+1)), "odd": {},
		},
		StatusCode:    404,
		Duration:      1500 * time.Millisecond,
		Error:         true,
		Name:          "POST /checkout",
		Kind:          "server",
		StartUnixNano: 1000e9,
		EndUnixNano:   1001.5e9,
	}
}

func TestEval(t *testing.T) {
	tests := []struct {
		name, text string
		want       bool
		wantErr    bool
	}{
		{"from the guide, where", `attributes["basket.items"] > 20`, true, false},
		{"from the guide, good", `status_code < 500 && duration < duration("2s")`, true, false},
		{"double", `attributes["basket.value"] <= 19.5`, true, false},
		{"int with double", `attributes["basket.items"] == 21.0`, true, false},
		{"dots as fields", `attributes.tier == "gold"`, true, false},
		{"list", `"b" in attributes["tags"]`, true, false},
		{"one of", `attributes["tier"] in ["gold", "silver"]`, true, false},
		{"regular expression", `name.matches("^POST /check")`, true, false},
		{"variables", `error && kind == "server" && end - start == duration`, true, false},
		{"bool attribute", `attributes["beta"]`, true, false},
		{"missing is null", `attributes["none"] == null`, true, false},
		{"missing is not equal", `attributes["none"] == "x"`, false, false},
		{"missing is unequal", `attributes["none"] != "x"`, true, false},
		{"missing, in", `"none" in attributes`, false, false},
		{"present, in", `"tier" in attributes`, true, false},
		{"missing, has", `has(attributes.none)`, false, false},
		{"present, has", `has(attributes.tier)`, true, false},
		{"missing in a comparison is false", `attributes["none"] > 20`, false, false},
		{"missing on the right is false", `20 > attributes["none"]`, false, false},
		{"missing, negated, is false", `!(attributes["none"] > 20)`, false, false},
		{"missing beside what decides", `attributes["none"] > 20 || status_code == 404`, true, false},
		{"missing in a function", `attributes["none"].startsWith("x")`, false, false},
		{"missing alone", `attributes["none"]`, false, false},
		{"null is missing", `attributes["odd"] == null`, true, false},
		{"wrong type", `attributes["tier"] > 20`, false, true},
		{"too long", `attributes["long"] == "x"`, false, true},
		{"not a bool", `attributes["tier"]`, false, true},
		{"division by zero", `1 / (status_code - 404) == 1`, false, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, err := expr.Compile(test.text)
			if err != nil {
				t.Fatalf("Compile(%s): %v", test.text, err)
			}
			got, err := p.Eval(event())
			if got != test.want || (err != nil) != test.wantErr {
				t.Errorf("Eval(%s) = %t, %v; want %t, error %t", test.text, got, err, test.want, test.wantErr)
			}
		})
	}
}

func TestEvalWithoutAttributes(t *testing.T) {
	p, err := expr.Compile(`attributes["x"] == null && status_code == 0`)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := p.Eval(&expr.Event{}); !got || err != nil {
		t.Errorf("Eval of the zero event = %t, %v; want true", got, err)
	}
}

func TestCompileRefuses(t *testing.T) {
	tests := []struct {
		name, text   string
		line, column int
		message      string
	}{
		{"nothing", "  ", 1, 1, "empty"},
		{"syntax", "status_code <", 1, 14, "Syntax error"},
		{"second line", "status_code < 500 &&\n  durations > 1", 2, 3, "undeclared reference to 'durations' (did you mean 'duration'?)"},
		{"unknown name", "latency > 1", 1, 1, "undeclared reference to 'latency'; known are attributes"},
		{"not a duration", `duration < duration("2 seconds")`, 1, 21, "invalid duration"},
		{"types", `status_code < "500"`, 1, 13, "no matching overload"},
		{"not a bool", "status_code + 1", 1, 1, "type int, want bool"},
		{"loops", `["a"].exists(x, x == "a")`, 1, 13, "undeclared reference to 'exists'"},
		{"too long", `name == "` + strings.Repeat("x", expr.MaxLength) + `"`, 1, 1, "size"},
		{"too many nodes", strings.Repeat("error || ", 105) + "error", 1, 1, ""},
		{"too deep", strings.Repeat("(", 100) + "error" + strings.Repeat(")", 100), 1, 1, "recursion"},
		{"regular expression", `name.matches("(")`, 1, 14, "not a regular expression"},
		{"regular expression too large", `name.matches("(a{1,100}){1,100}")`, 1, 14, ""},
		{"too costly", `name.matches("` + strings.Repeat("a", 400) + `") && name.matches("` + strings.Repeat("b", 400) + `") && name.matches(attributes["x"])`, 1, 1, "may cost"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := expr.Compile(test.text)
			var e *expr.Error
			if !errors.As(err, &e) {
				t.Fatalf("Compile: %v, want an *expr.Error", err)
			}
			if e.Line != test.line || e.Column != test.column || !strings.Contains(e.Message, test.message) {
				t.Errorf("Compile: %v; want %d:%d: …%s…", e, test.line, test.column, test.message)
			}
		})
	}
}

func FuzzCompile(f *testing.F) {
	for _, seed := range []string{
		`attributes["a"] > 20`, `status_code < 500 && duration < duration("2s")`, `has(attributes.x)`,
		`name.matches("a+")`, `[1, 2][status_code] == 2`, `{"a": 1}[name] == 1`, `"`, `attributes`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := expr.Compile(text)
		if err != nil {
			var e *expr.Error
			if !errors.As(err, &e) || e.Line < 1 || e.Column < 1 || e.Message == "" {
				t.Fatalf("Compile(%q): %v: no place or no message", text, err)
			}
			return
		}
		if _, err := p.Eval(event()); err != nil && strings.Contains(err.Error(), "internal error") {
			t.Fatalf("Eval(%q): %v", text, err)
		}
	})
}

func BenchmarkEval(b *testing.B) {
	p, err := expr.Compile(`attributes["basket.items"] > 20 && status_code < 500 && duration < duration("2s")`)
	if err != nil {
		b.Fatal(err)
	}
	e := event()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Eval(e); err != nil {
			b.Fatal(err)
		}
	}
}
