// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package spec_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/spec"
)

const testHead = "apiVersion: leadline/v1\nkind: Test\ntests:\n"

func TestParseTestsSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ name, content, want string }{
		{"no test", "apiVersion: leadline/v1\nkind: Service\n", "t.test.yaml:1:1: the file holds no test; begin it with apiVersion: leadline/v1 and kind: Test"},
		{"an empty list", testHead, "t.test.yaml:1:1: the file holds no test; add one below tests:"},
		{"two documents", testHead + "---\n" + testHead, `t.test.yaml:5:1: the file holds two documents of kind Test; write all tests below one tests:`},
		{"nothing expected", testHead + "- {name: a}\n", "t.test.yaml:4:3: a test expects nothing; it could not fail; add expect:, or spans:"},
		{"an expectation of nothing", testHead + "- {name: a, objective: up, expect: [{at: 5m}]}\n", "t.test.yaml:4:37: an expectation expects nothing; it could not fail; add state, sli, events, budget, burn or alerts"},
		{"no objective", testHead + "- {name: a, expect: [{at: 5m, state: ok}]}\n", "t.test.yaml:4:22: an expectation names no objective; nor does the test; add objective: with the name that it has in the service file"},
		{"a load without an objective", testHead + "- {name: a, load: 1 good, expect: [{at: 5m, objective: up, state: ok}]}\n", "t.test.yaml:4:19: the load names no objective; nor does the test; add objective: to the test, or write {objective: NAME, events: ...}"},
		{"an unknown field", testHead + "- {name: a, objective: up, expects: [], expect: [{at: 5m, state: ok}]}\n", `t.test.yaml:4:28: a test has no field "expects"; did you mean "expect"?`},
		{"an unknown state", testHead + "- {name: a, objective: up, expect: [{at: 5m, state: okay}]}\n", `t.test.yaml:4:53: state is "okay"; write one of misconfigured, paused, not_measured, no_data, breaching, exhausted, at_risk, ok`},
		{"half a minute", testHead + "- {name: a, objective: up, expect: [{at: 30s, state: ok}]}\n", `t.test.yaml:4:42: at "30s" is not a time of this test; it begins at 2026-01-05T00:00:00Z and lasts 400 days at most; write whole minutes since then, for example 5m or 2d10h30m, or a time`},
		{"a time before the start", testHead + "- {name: a, objective: up, expect: [{at: 2026-01-04T00:00:00Z, state: ok}]}\n", `t.test.yaml:4:42: at "2026-01-04T00:00:00Z" is not a time of this test; it begins at 2026-01-05T00:00:00Z and lasts 400 days at most; write whole minutes since then, for example 5m or 2d10h30m, or a time`},
		{"an sli without its unit", testHead + "- {name: a, objective: up, expect: [{at: 5m, sli: 99.9}]}\n", `t.test.yaml:4:51: sli "99.9" cannot be compared; "99.9" has no %; write for example 12% or '> 12%'`},
		{"a load that lasts too long", testHead + "- {name: a, objective: up, load: 1 good x300d, expect: [{at: 5m, sli: 1%}]}\n", ""},
		{"a longer one", testHead + "- {name: a, objective: up, load: '1 good x300d, 1 bad x101d', expect: [{at: 5m, sli: 1%}]}\n", "t.test.yaml:4:34: a load lasts too long; 400 days are the most"},
		{"too many events", testHead + "- {name: a, objective: up, load: 1000000001 good, expect: [{at: 5m, sli: 1%}]}\n", `t.test.yaml:4:34: events "1000000001 good" cannot be read; "1000000001" is not a number of events in a minute, at most 1000000000; write for example 100 good 1 bad x60m, nothing x5m`},
		{"events of a kind that is none", testHead + "- {name: a, objective: up, load: 1 fine, expect: [{at: 5m, sli: 1%}]}\n", `t.test.yaml:4:34: events "1 fine" cannot be read; "fine" is none of good, bad and excluded, once each; write for example 100 good 1 bad x60m, nothing x5m`},
		{"a load of two things", testHead + "- {name: a, objective: up, load: [{objective: up, operation: {http: GET /}, events: 1 good}], expect: [{at: 5m, sli: 1%}]}\n", "t.test.yaml:4:35: a load is of several things; write one of objective, operation and span"},
		{"an alert of no phase", testHead + "- {name: a, objective: up, expect: [{at: 5m, alerts: [page-1h fired]}]}\n", `t.test.yaml:4:55: "page-1h fired" is not an alert; write the rule and what it is, for example page-1h firing: one of inactive, pending, firing, resolved, no_longer_measured`},
		{"the state of a group", testHead + "- {name: a, objective: up, expect: [{at: 5m, group: tier=gold, state: ok}]}\n", "t.test.yaml:4:37: state is not one of a group, or of another window; write an expectation of its own for it"},
		{"a span that cannot be", testHead + "- {name: a, objective: up, spans: [{span: {http: POST, code: 42}, is: great}]}\n",
			"t.test.yaml:4:50: http \"POST\" is not a method and a route; write for example http: POST /checkout\nt.test.yaml:4:62: code \"42\" is not an HTTP status code; write for example 503\nt.test.yaml:4:71: a span cannot be \"great\"; write good, bad, excluded, unevaluated or not counted, and in GROUP after it where the group matters"},
		{"OTLP that is none", testHead + "- {name: a, objective: up, spans: [{span: {otlp: {kind: [1]}}, is: good}]}\n", "t.test.yaml:4:43: the span cannot be read: read traces request: want a number in kind, got an array at byte 50"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, problems := spec.ParseTests(spec.Source{Path: "t.test.yaml", Content: []byte(c.content)})
			var got []string
			for _, p := range problems {
				got = append(got, p.Error())
			}
			if diff := cmp.Diff(c.want, strings.Join(got, "\n")); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseTests(t *testing.T) {
	f, problems := spec.ParseTests(spec.Source{Path: "t.test.yaml", Content: []byte(`apiVersion: leadline/v1
kind: Service
---
apiVersion: leadline/v1
kind: Test
services: [shop.yaml]
start: 2026-03-01T00:00:00Z
tests:
  - name: a
    objective: up
    load: [100 good 2 bad 3 excluded x1h, nothing x5m, 7 bad]
    expect:
      - {at: 2d10h, state: ok}
      - {at: 2026-03-01T01:00:00Z, burn: {1h: '>= 2.5x'}}
--- # a second service file
kind: Service
`)})
	if len(problems) > 0 {
		t.Fatal(problems[0])
	}
	if got, want := string(f.Defined), "apiVersion: leadline/v1\nkind: Service\n"+strings.Repeat("\n", 12)+"--- # a second service file\nkind: Service\n"; got != want {
		t.Errorf("service files in place: got %q, want %q", got, want)
	}
	test := f.Tests[0]
	var at []time.Duration
	for _, x := range test.Expect {
		at = append(at, x.At)
	}
	if diff := cmp.Diff([]time.Duration{time.Hour, 58 * time.Hour}, at); diff != "" {
		t.Errorf("times, in their order (-want +got):\n%s", diff)
	}
	type part struct {
		From slice.Minute
		spec.Part
	}
	var parts []part
	for _, l := range test.Loads {
		parts = append(parts, part{l.From, l.Parts[0]})
	}
	want := []part{
		{0, spec.Part{Counts: slice.Counts{Good: 100, Bad: 2, Excluded: 3}, Minutes: 60}},
		{60, spec.Part{Minutes: 5}},
		{65, spec.Part{Counts: slice.Counts{Bad: 7}, Minutes: 1}},
	}
	if diff := cmp.Diff(want, parts); diff != "" {
		t.Errorf("loads (-want +got):\n%s", diff)
	}
}

func TestNumberMatches(t *testing.T) {
	for _, c := range []struct {
		text string
		got  float64
		want bool
	}{
		{"13.4", 13.44, true}, {"13.44", 13.4, false}, {"13", 13.44, true}, {"0.00", -0.001, true}, {"-72", -72, true}, {"72", -72, false},
		{"> 13.44", 13.44, false}, {">= 13.44", 13.44, true}, {"< 1", 0.99, true}, {"<= 1", 1.01, false}, {"none", 0, false},
	} {
		f, problems := spec.ParseTests(spec.Source{Path: "t.test.yaml", Content: []byte(testHead + "- {name: a, objective: up, expect: [{at: 5m, burn: {1h: '" + c.text + "'}}]}\n")})
		if len(problems) > 0 {
			t.Fatal(problems[0])
		}
		if got := f.Tests[0].Expect[0].Checks[0].Number.Matches(c.got); got != c.want {
			t.Errorf("%g is %s: got %t, want %t", c.got, c.text, got, c.want)
		}
	}
}

// FuzzParseTests reads whatever it is: a file without a problem has tests that
// could fail and end.
func FuzzParseTests(f *testing.F) {
	f.Add([]byte(testHead + "- {name: a, objective: up, load: ['1 good 2 bad x5m, nothing', {span: {http: GET /, code: 500, attributes: {a: [1, x, 0.5, true]}}, events: 3 x2d}], expect: [{at: 2d10m, state: ok, burn: {1h: '< 3'}, alerts: [page-1h, {rule: x, is: resolved}]}]}\n"))
	f.Add([]byte(testHead + "- {name: a, spans: [{span: {otlp: {name: x, kind: 2, attributes: [{key: k, value: {intValue: 1}}]}}, is: {up: bad in a=b}}]}\n---\nkind: Service\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		file, problems := spec.ParseTests(spec.Source{Path: "t.test.yaml", Content: content})
		if (file == nil) == (len(problems) == 0) {
			t.Fatalf("file %v and %d problems", file, len(problems))
		}
		if file == nil {
			return
		}
		for _, test := range file.Tests {
			if len(test.Spans)+len(test.Expect) == 0 {
				t.Errorf("test %q expects nothing", test.Name)
			}
			for _, l := range test.Loads {
				if (l.Span != nil) == (l.Objective.Text != "" || l.Operation.Name != "") {
					t.Errorf("a load of nothing, or of several: %+v", l)
				}
			}
		}
		spec.Parse([]spec.Source{{Path: "t.test.yaml", Content: file.Defined}})
	})
}
