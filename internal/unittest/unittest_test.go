// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package unittest_test

import (
	"context"
	"encoding/xml"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/spec"
	"github.com/leadline/leadline/internal/unittest"
)

const services = `{apiVersion: leadline/v1, kind: Service, metadata: {name: shop-api, namespace: shop}, spec: {objectives: [
{name: up, availability: {}, target: 99%, windows: [28d, 7d]},
{name: gold, availability: {}, target: 99%, window: 28d, by: [tier]},
{name: lag, custom: {where: 'attributes["lag"] > 3', good: 'status_code < 500'}, target: 99%, window: 28d}]}}
---
{apiVersion: leadline/v1, kind: Service, metadata: {name: other, environments: [staging, test]}, spec: {objectives: [
{name: up, availability: {}, target: 99%, window: 28d},
{name: lonely, availability: {}, target: 99%, window: 28d}]}}
---
apiVersion: leadline/v1
kind: Test
tests:
`

// run runs tests below the service files, and says what failed with lines
// counted from the first test.
func run(t *testing.T, tests string) []unittest.Result {
	t.Helper()
	f, problems := spec.ParseTests(spec.Source{Path: "t", Content: []byte(services + tests)})
	if len(problems) > 0 {
		t.Fatal(problems[0])
	}
	set := spec.Parse([]spec.Source{{Path: "t", Content: f.Defined}})
	if len(set.Problems) > 0 {
		t.Fatal(set.Problems[0])
	}
	results, err := unittest.Run(t.Context(), f, set.Objectives)
	if err != nil {
		t.Fatal(err)
	}
	above := strings.Count(services, "\n")
	for i := range results {
		results[i].Line -= above
		for j := range results[i].Failures {
			results[i].Failures[j].Line -= above
		}
	}
	return results
}

const rule = "Each request and task of shop-api (prod, production or no environment) is good if it succeeds; client errors (4xx except 429), health checks, synthetic traffic and attempts that are retried are excluded; split by tier."

func TestFailuresSayWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ name, tests, want string }{
		{"nothing is", "- {name: a, objective: shop-api/up, load: 1 good x5m, expect: [{at: 5m, state: ok}]}", ""},
		{"numbers", `- name: a
  objective: shop/shop-api/up
  load: 99 good 1 bad x10m
  expect:
    - at: 10m
      state: breaching
      sli: 99.1%
      events: {good: 990, excluded: '> 0'}
      budget: {remaining: 1}
      burn: {1h: '> 1', 10m: 1}
      alerts: [page-1h]
`, `FAIL t:1: a
  t:6:14: up at 10m: state
    want  breaching
    got   at_risk
  t:7:12: up at 10m: sli
    want  99.1%
    got   99.00%
  t:8:37: up at 10m: excluded events
    want  > 0
    got   0
  t:9:27: up at 10m: budget remaining
    want  1
    got   0
  t:10:18: up at 10m: burn 1h
    want  > 1
    got   1.00x
  t:10:30: up at 10m: burn 10m
    want  1
    got   no alert window is so long: there are 5m, 30m, 1h, 2h, 6h, 1d, 3d
  t:11:16: up at 10m: alert page-1h
    want  firing
    got   inactive
      state    at_risk, budget_low: less than 10% of the budget over 28d is left: 0 of 10 events
      events   990 good, 10 bad, 0 excluded: sli 99.0000%
      budget   10 allowed, 10 spent, 0 remaining (events)
      burn     5m 1x, 30m 1x, 1h 1x, 2h 1x, 6h 1x, 1d 1x, 3d 1x
`},
		{"alerts", `- name: a
  objective: shop-api/up
  load: 100 good x1d, 100 bad x10m
  expect: [{at: 1d10m, alerts: [{rule: page-6h, severity: ticket, inhibited_by: ticket-1d, verdict: rising}, ticket-2d]}]
`, `FAIL t:1: a
  t:4:33: up at 1d10m: alert page-6h
    want  firing
    got   inactive
  t:4:33: up at 1d10m: alert page-6h, severity
    want  ticket
    got   page
  t:4:33: up at 1d10m: alert page-6h, inhibited by
    want  ticket-1d
    got   nothing
  t:4:110: up at 1d10m: alert ticket-2d
    want  firing
    got   no rule has this name: there are absent, page-1h, page-6h, ticket-1d, ticket-3d
  t:4:32: up at 1d10m: alerts
    want  nothing else
    got   page-1h firing: 1h burn 16.4x, 5m 100x, threshold 13.44x; 31% of the budget left, exhausted in 12h at this rate
      state    breaching, page_burn: 1h burn 16.4x, 5m 100x, threshold 13.44x; 31% of the budget left, exhausted in 12h at this rate
      events   144000 good, 1000 bad, 0 excluded: sli 99.3103%
      budget   1450 allowed, 1000 spent, 450 remaining (events)
      burn     5m 100x, 30m 32.26x, 1h 16.39x, 2h 8.264x, 6h 2.77x, 1d 0.692x, 3d 0.6897x
      alert    page-1h firing since 1d9m: 1h burn 16.4x, 5m 100x, threshold 13.44x; 31% of the budget left, exhausted in 12h at this rate
`},
		{"spans", `- name: a
  spans:
    - {span: {http: GET /, code: 503, attributes: {tier: silver}}, is: {gold: good in tier=gold, lag: not counted}}
    - {span: {http: GET /, code: 404, attributes: {lag: 4, tier: gold}}, is: {gold: excluded in tier=gold, lag: bad}}
    - {span: {otlp: {name: tidy, kind: 1}}, is: {gold: good}}
    - {span: {http: GET /, service: catalog}, is: {gold: good}}
    - {span: {http: GET /, attributes: {lag: much}}, is: {lag: unevaluated}}
`, `FAIL t:1: a
  t:3:79: gold of this span
    want  good in tier=gold
    got   bad in tier=silver
      the span is GET /, by default bad
      ` + rule + `
  t:4:113: lag of this span
    want  bad
    got   good
      the span is GET /, by default excluded
      Each request and task of shop-api (prod, production or no environment) is counted if attributes["lag"] > 3, and good if status_code < 500; health checks, synthetic traffic and attempts that are retried are excluded.
  t:5:56: gold of this span
    want  good
    got   not counted
      the span is no operation: internal
      ` + rule + `
  t:6:58: gold of this span
    want  good
    got   not counted
      the span is GET / of catalog
      ` + rule + `
`},
		{"names", `- {name: a, objective: up, expect: [{at: 5m, state: ok}]}
- {name: b, objective: down, expect: [{at: 5m, state: ok}, {at: 6m, state: ok}]}
- {name: c, objective: lonely, expect: [{at: 5m, state: ok}]}
- {name: d, objective: other@staging/lonely, expect: [{at: 5m, over: 7d, sli: none}]}
- {name: e, objective: shop-api/up, expect: [{at: 5m, over: 7d, sli: none}]}
- {name: f, objective: shop-api/up, load: [{group: tier=gold, events: 1 good}], expect: [{at: 5m, sli: none}]}
- {name: g, objective: shop-api/up, load: [{operation: {call: api.example.com}, events: 1 good}], expect: [{at: 5m, sli: none}]}
`, `FAIL t:1: a
  t:1:24: "up" are several objectives: write one of other@staging/up, other@test/up, shop/shop-api@production/up
FAIL t:2: b
  t:2:24: there is no objective "down": there are gold, lag, lonely, up
FAIL t:3: c
  t:3:24: "lonely" are several objectives: write one of other@staging/lonely, other@test/lonely
FAIL t:4: d
  t:4:70: lonely has no window "7d": it has 28d
FAIL t:6: f
  t:6:44: up has no groups: add by: with the attributes that split the count, or remove group
FAIL t:7: g
  t:7:44: none of the objectives that this test names counts these events
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got strings.Builder
			if err := unittest.WriteFailures(&got, run(t, c.tests)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got.String()); diff != "" {
				t.Errorf("failures (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWriteJUnit(t *testing.T) {
	results := run(t, "- {name: a <good> one, objective: shop-api/up, load: 1 good, expect: [{at: 1m, sli: 100%}]}\n- {name: b, objective: shop-api/up, expect: [{at: 1m, state: ok}]}")
	var out strings.Builder
	if err := unittest.WriteJUnit(&out, results, []unittest.Broken{{File: "x.test.yaml", Problems: []string{"x.test.yaml:1:1: no"}}}); err != nil {
		t.Fatal(err)
	}
	want := `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="leadline test" tests="3" failures="1" errors="1">
  <testsuite name="t" tests="2" failures="1" errors="0" skipped="0">
    <testcase name="a &lt;good&gt; one" classname="t" file="t" line="1"></testcase>
    <testcase name="b" classname="t" file="t" line="2">
      <failure message="up at 1m: state: want ok, got not_measured">  t:2:62: up at 1m: state&#xA;    want  ok&#xA;    got   not_measured&#xA;      state    not_measured, never_seen: no event of this indicator has arrived yet&#xA;      events   0 good, 0 bad, 0 excluded: sli none&#xA;      budget   0 allowed, 0 spent, 0 remaining (events)&#xA;      burn     5m none, 30m none, 1h none, 2h none, 6h none, 1d none, 3d none&#xA;</failure>
    </testcase>
  </testsuite>
  <testsuite name="x.test.yaml" tests="1" failures="0" errors="1" skipped="0">
    <testcase name="the file can be read" classname="x.test.yaml" file="x.test.yaml">
      <error message="x.test.yaml:1:1: no">x.test.yaml:1:1: no</error>
    </testcase>
  </testsuite>
</testsuites>
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("report (-want +got):\n%s", diff)
	}
	if err := xml.Unmarshal([]byte(out.String()), &struct{ XMLName xml.Name }{}); err != nil {
		t.Error(err)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	f, problems := spec.ParseTests(spec.Source{Path: "t", Content: []byte(services + "- {name: a, objective: shop-api/up, load: 1 good x300d, expect: [{at: 300d, sli: 100%}]}")})
	if len(problems) > 0 {
		t.Fatal(problems[0])
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	set := spec.Parse([]spec.Source{{Path: "t", Content: f.Defined}})
	if _, err := unittest.Run(ctx, f, set.Objectives); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestDocumentedExample runs the test file of the documentation on the shop's
// service file, which it is about.
func TestDocumentedExample(t *testing.T) {
	page, err := os.ReadFile("../../docs/reference/unit-tests.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(page), "```yaml\n")
	example, _, found := strings.Cut(after, "```\n")
	if !found {
		t.Fatal("the page has no example")
	}
	f, problems := spec.ParseTests(spec.Source{Path: "unit-tests.md", Content: []byte(example)})
	if len(problems) > 0 {
		t.Fatal(problems[0])
	}
	shop, err := os.ReadFile("../../examples/shop/services/shop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	results, err := unittest.Run(t.Context(), f, spec.Parse([]spec.Source{{Path: "shop.yaml", Content: shop}}).Objectives)
	if err != nil {
		t.Fatal(err)
	}
	var failures strings.Builder
	if err := unittest.WriteFailures(&failures, results); err != nil || len(results) != 2 || failures.Len() > 0 {
		t.Errorf("%d tests, %v\n%s", len(results), err, failures.String())
	}
}
