// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package spec_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/leadline/leadline/internal/spec"
)

// example is one that the specification of OpenSLO gives, written again in
// words of our own with the same structure: the same kinds, fields, operators,
// durations, starts and references. Where the specification shows a part of a
// document, the rest of it is ours. SOURCE stands for a metric source.
type example struct {
	where, what, text string
	source            string // as the specification has it
	ours              map[string]string
}

const (
	promSource = "{type: Prometheus, metricSourceRef: metrics, spec: {query: anything}}"
	anySource  = "{type: Any, spec: {query: anything}}"
)

// ratioSources and thresholdSources are what stands for SOURCE when Leadline
// is the source.
var (
	ratioSources     = map[string]string{"GOOD": "{type: leadline, spec: {availability: {}}}", "TOTAL": "{type: leadline, spec: {of: {http: GET /search}}}"}
	thresholdSources = map[string]string{"VALUE": "{type: leadline, spec: {latency: {of: {http: GET /search}, unit: ms}}}"}
)

const slicedExample = `apiVersion: openslo/v1
kind: SLO
metadata: {name: line-up, displayName: The line is up}
spec:
  service: line
  indicator:
    metadata: {name: line-up, displayName: Time with a line}
    spec:
      ratioMetric:
        good: {metricSource: GOOD}
        total: {metricSource: TOTAL}
  timeWindow:
    - duration: %s
      isRolling: false
      calendar: {startTime: 2022-01-01 12:00:00, timeZone: America/New_York}
  budgetingMethod: Timeslices
  objectives:
%s`

const conditionExample = `apiVersion: openslo/v1
kind: AlertCondition
metadata: {name: busy, displayName: Busy}
spec:
  description: Too much work for too long.
  severity: page
  condition: {kind: burnrate, op: lte, threshold: 2, lookbackWindow: 1h, alertAfter: 5m}
`

var examples = []example{
	{where: "DataSource", what: "CloudWatch with its keys", text: `apiVersion: openslo/v1
kind: DataSource
metadata: {name: cloud}
spec:
  type: CloudWatch
  connectionDetails: {accessKeyID: id, secretAccessKey: key}
`},
	{where: "SLO", what: "an inline SLI of Datadog; no timeWindow, no budgetingMethod", text: `apiVersion: openslo/v1
kind: SLO
metadata: {name: bar, displayName: Bar}
spec:
  service: bar
  indicator:
    metadata: {name: bar-fails, displayName: Bar fails}
    spec:
      ratioMetric:
        counter: true
        good: {metricSource: GOOD}
        total: {metricSource: TOTAL}
  objectives:
    - {displayName: Bar in all, target: 0.98}
`, source: "{metricSourceRef: dog, type: Datadog, spec: {query: anything}}", ours: ratioSources},
	{where: "Objectives", what: "a target and a targetPercent in one list", text: `apiVersion: openslo/v1
kind: SLO
metadata: {name: two}
spec:
  service: two
  indicator: {metadata: {name: two}, spec: {ratioMetric: {good: {metricSource: {type: leadline, spec: {availability: {}}}}, total: {metricSource: {type: leadline, spec: {}}}}}}
  timeWindow: [{duration: 4w, isRolling: true}]
  budgetingMethod: Occurrences
  objectives:
    - {displayName: First in all, target: 0.98}
    - {displayName: Second in all, targetPercent: 99.99}
`},
	{where: "Ratio Metric", what: "good and total of Prometheus", text: `apiVersion: openslo/v1
kind: SLI
metadata: {name: served}
spec:
  ratioMetric:
    counter: true
    good: {metricSource: GOOD}
    total: {metricSource: TOTAL}
`, source: promSource, ours: ratioSources},
	{where: "Ratio Metric", what: "a thresholdMetric of a DataSource that is Redshift", text: `apiVersion: openslo/v1
kind: SLI
metadata: {name: lag}
spec:
  thresholdMetric: {metricSource: VALUE}
---
apiVersion: openslo/v1
kind: DataSource
metadata: {name: warehouse}
spec: {type: Redshift, connectionDetails: {}}
`, source: "{metricSourceRef: warehouse, spec: {region: here, clusterId: one, databaseName: two, query: anything}}", ours: thresholdSources},
	{where: "Ratio Metric", what: "a thresholdMetric of Redshift with its keys", text: `apiVersion: openslo/v1
kind: SLI
metadata: {name: lag}
spec:
  thresholdMetric: {metricSource: VALUE}
`, source: "{type: Redshift, spec: {region: here, clusterId: one, databaseName: two, query: anything, accessKeyID: id, secretAccessKey: key}}", ours: thresholdSources},
	{where: "AlertPolicy", what: "a condition and a target by name", text: `apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: BusyPolicy, displayName: Busy}
spec:
  description: Mail when it is busy.
  alertWhenBreaching: true
  alertWhenResolved: false
  conditions: [{conditionRef: busy}]
  notificationTargets: [{targetRef: mail}]
---
` + conditionExample},
	{where: "AlertPolicy", what: "a condition inline", text: `apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: BusyPolicy, displayName: Busy}
spec:
  description: Mail when it is busy.
  alertWhenBreaching: true
  alertWhenResolved: false
  conditions:
    - kind: AlertCondition
      metadata: {name: busy, displayName: Busy}
      spec:
        description: The burn rate is above 2.
        severity: page
        condition: {kind: burnrate, op: lte, threshold: 2, lookbackWindow: 1h, alertAfter: 5m}
  notificationTargets: [{targetRef: mail}]
`},
	{where: "AlertCondition", what: "a burn rate with op lte", text: conditionExample},
	{where: "AlertNotificationTarget", what: "e-mail", text: `apiVersion: openslo/v1
kind: AlertNotificationTarget
metadata: {name: MailToTheTeam}
spec: {description: Mails to the team., target: email}
`},
	{where: "AlertNotificationTarget", what: "Slack", text: `apiVersion: openslo/v1
kind: AlertNotificationTarget
metadata: {name: ChatOfTheTeam}
spec: {description: Writes to the channel., target: slack}
`},
	{where: "examples/budgeting-method", what: "Occurrences of a thresholdMetric", text: `apiVersion: openslo/v1
kind: SLO
metadata: {name: find, displayName: Finding}
spec:
  description: Nobody waits longer.
  service: shop
  indicator:
    metadata: {name: find-takes, displayName: What finding takes}
    spec: {thresholdMetric: {metricSource: VALUE}}
  timeWindow: [{duration: 2w, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{displayName: Well, op: lt, value: 500, target: 0.99}]
  alertPolicies:
`, source: anySource, ours: thresholdSources},
	{where: "examples/budgeting-method", what: "RatioTimeslices with an op", text: `apiVersion: openslo/v1
kind: SLO
metadata: {name: front, displayName: Front}
spec:
  description: The front page is there.
  service: shop
  indicator:
    metadata: {name: front-codes, displayName: Codes of the front page}
    spec:
      ratioMetric:
        good: {metricSource: GOOD}
        total: {metricSource: TOTAL}
  timeWindow: [{duration: 2w, isRolling: true}]
  budgetingMethod: RatioTimeslices
  objectives: [{displayName: Good, op: gt, timeSliceWindow: 1m, target: 0.99}]
`, source: anySource, ours: ratioSources},
	{where: "examples/budgeting-method", what: "Timeslices of a calendar window of `1m` from noon on", text: fmt.Sprintf(slicedExample, "1m", `    - {displayName: Ours, op: gt, target: 0.995, timeSliceTarget: 0.99, timeSliceWindow: 1m}
    - {displayName: Contract, target: 0.99, timeSliceTarget: 0.99, timeSliceWindow: 1m}
  alertPolicies:
`), source: anySource, ours: ratioSources},
	{where: "examples/treat-low-traffic-as-equally-important", what: "Timeslices of a calendar week from Saturday noon on", text: fmt.Sprintf(slicedExample, "1w", `    - {displayName: Objective, op: gt, target: 0.9995, timeSliceTarget: 0.95, timeSliceWindow: 1m}
`), source: anySource, ours: ratioSources},
}

// with returns the example with a source for each metric.
func (e example) with(source string, ours map[string]string) string {
	text := e.text
	for _, name := range []string{"GOOD", "TOTAL", "VALUE"} {
		if s := ours[name]; s != "" {
			text = strings.ReplaceAll(text, "metricSource: "+name, "metricSource: "+s)
		}
		text = strings.ReplaceAll(text, "metricSource: "+name, "metricSource: "+source)
	}
	return text
}

// verdict says how a text is taken, in one cell of a table.
func verdict(text string) (accepted bool, cell string) {
	set := spec.Parse([]spec.Source{{Path: "example.yaml", Content: []byte(text)}})
	all, word := set.Problems, "refused"
	if len(all) == 0 {
		all, word = set.Warnings, "accepted"
	}
	var reasons []string
	for _, p := range all {
		reason := p.What
		if p.Why != "" {
			reason += " (" + p.Why + ")"
		}
		if len(reasons) == 0 || reasons[len(reasons)-1] != reason {
			reasons = append(reasons, reason)
		}
	}
	if len(reasons) > 0 {
		word += ": " + strings.Join(reasons, "; ")
	}
	return len(set.Problems) == 0, word
}

const (
	pageOfOpenSLO    = "../../docs/reference/openslo.md"
	headingOfExample = "## The specification's own examples\n"
)

// TestTheExamplesOfTheSpecification holds the reference page to what the
// reader makes of the examples, and writes it with -update.
func TestTheExamplesOfTheSpecification(t *testing.T) {
	var rows strings.Builder
	asTheyStand, withOurs := 0, 0
	count := map[bool]int{true: 1}
	for _, e := range examples {
		accepted, cell := verdict(e.with(e.source, nil))
		acceptedOurs, ours := verdict(e.with(e.source, e.ours))
		asTheyStand, withOurs = asTheyStand+count[accepted], withOurs+count[acceptedOurs]
		if ours == cell {
			ours = "the same"
		}
		fmt.Fprintf(&rows, "| %s | %s | %s | %s |\n", e.where, e.what, cell, ours)
	}
	section := fmt.Sprintf(`%s
What this version makes of every example in the text and the examples folder of OpenSLO v1, each written again with the same structure;
where the specification shows a part, the rest is ours. As they stand **%d of %d** are accepted: most ask a metrics database. With
Leadline as their source, and everything else as it is, **%d of %d**. This section is written by
`+"`go test ./internal/spec/ -run TestTheExamples -update`"+`.

| section | example | as it stands | with Leadline as the source |
|---|---|---|---|
%s`, headingOfExample, asTheyStand, len(examples), withOurs, len(examples), rows.String())
	page, err := os.ReadFile(pageOfOpenSLO)
	if err != nil {
		t.Fatal(err)
	}
	before, old, _ := strings.Cut(string(page), headingOfExample)
	if headingOfExample+old == section {
		return
	}
	if flag.Lookup("update").Value.String() != "true" {
		t.Fatalf("the page is not what the reader says, which is\n%s", section)
	}
	if err := os.WriteFile(pageOfOpenSLO, []byte(before+section), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestTheDocumentedOpenSLOIsValid reads the example of the page.
func TestTheDocumentedOpenSLOIsValid(t *testing.T) {
	page, err := os.ReadFile(pageOfOpenSLO)
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(page), "```yaml\n")
	text, _, _ = strings.Cut(text, "```")
	if set := parse(text); len(set.Problems)+len(set.Warnings) > 0 || len(set.Objectives) != 1 {
		t.Errorf("got %d objectives, %v %v", len(set.Objectives), set.Problems, set.Warnings)
	}
}
