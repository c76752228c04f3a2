// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package spec_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/spec"
	"github.com/leadline/leadline/internal/testkit/textcase"
)

// TestCases reads service files, and writes those that are right as OpenSLO. A line "file NAME" begins another; without
// one, a case is the file shop.yaml. In the files of testdata that are named
// short-*, a case holds only what stands below spec, of the service shop-api;
// in those named slo-* what stands below spec of an SLO, without the fields
// that are as in sloDefaults.
func TestCases(t *testing.T) {
	textcase.Run(t, "testdata/*.txt", func(t *testing.T, file string, c textcase.Case) []string {
		lines := c.Given
		if strings.HasPrefix(file, "short-") {
			lines = append([]string{"apiVersion: leadline/v1", "kind: Service", "metadata: {name: shop-api, owner: team}", "spec:"}, indented(lines)...)
		}
		if strings.HasPrefix(file, "slo-") {
			lines = append([]string{"apiVersion: openslo/v1", "kind: SLO", "metadata: {name: pay}", "spec:"}, indented(withDefaults(lines))...)
		}
		set := spec.Parse(sources(lines))
		if len(set.Problems) == 0 {
			comesBack(t, set)
		}
		var said []string
		for _, p := range set.Problems {
			said = append(said, p.Error())
		}
		for _, p := range set.Warnings {
			said = append(said, "warning: "+p.Error())
		}
		for _, o := range set.Objectives {
			said = append(said, describe(o)...)
		}
		return said
	})
}

// sloDefaults stand below the lines of a case that do not say otherwise.
var sloDefaults = []string{
	"service: shop-api",
	"indicator: {metadata: {name: up}, spec: {ratioMetric: {good: {metricSource: {type: leadline, spec: {availability: {}}}}, total: {metricSource: {type: leadline, spec: {}}}}}}",
	"timeWindow: [{duration: 4w, isRolling: true}]",
	"budgetingMethod: Occurrences",
	"objectives: [{target: 0.99}]",
}

func withDefaults(lines []string) []string {
	all := slices.Clone(lines)
	for _, standard := range sloDefaults {
		field, _, _ := strings.Cut(standard, ":")
		if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, field) }) {
			all = append(all, standard)
		}
	}
	return all
}

func indented(lines []string) (out []string) {
	for _, l := range lines {
		out = append(out, "  "+l)
	}
	return out
}

func sources(lines []string) (all []spec.Source) {
	for _, line := range lines {
		if name, found := strings.CutPrefix(line, "file "); found {
			all = append(all, spec.Source{Path: name})
			continue
		}
		if len(all) == 0 {
			all = append(all, spec.Source{Path: "shop.yaml"})
		}
		last := &all[len(all)-1]
		last.Content = append(last.Content, line+"\n"...)
	}
	return all
}

// describe says what an objective was read as, without what its case has not set.
func describe(o *slo.Objective) []string {
	var windows []string
	for _, w := range o.Windows() {
		windows = append(windows, w.String())
	}
	line := fmt.Sprintf("%s:%d %s of %s: %s over %s", o.File, o.Line, o.Name, o.Service, o.Target.Percent(), strings.Join(windows, ", "))
	for _, part := range []struct{ name, value string }{
		{"journey", o.Journey}, {"owner", o.Owner}, {"runbook", o.Runbook}, {"description", o.Description},
	} {
		if part.value != "" && part.value != "team" {
			line += fmt.Sprintf(", %s %q", part.name, part.value)
		}
	}
	if o.Budgeting.Sliced() {
		line += ", " + o.Budgeting.String()
	}
	for _, x := range o.Exclusions {
		line += ", without " + x.String()
	}
	if o.SilentIsBad {
		line += ", silence is bad"
	}
	if o.Paused {
		line += ", paused"
	}
	lines := []string{line, "  " + o.Indicator.Describe()}
	if o.Alerting.WithoutDefaults {
		lines = append(lines, "  no default alerts")
	}
	for _, r := range o.Alerting.Rules {
		lines = append(lines, "  alert "+alert.Describe(&r))
	}
	return lines
}
