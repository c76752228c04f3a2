// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package spec_test

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/spec"
)

// comesBack writes objectives as OpenSLO and reads them again: they are the
// same but for what was said to be left out.
func comesBack(t *testing.T, set *spec.Set) {
	if len(set.Objectives) == 0 {
		return
	}
	text, losses, err := spec.WriteOpenSLO(set.Objectives, set.Described)
	if err != nil {
		t.Fatal(err)
	}
	again := spec.Parse([]spec.Source{{Path: "export.yaml", Content: text}})
	for _, p := range append(again.Problems, again.Warnings...) {
		t.Errorf("%v in\n%s", p, text)
	}
	if d := cmp.Diff(withoutLost(set.Objectives, losses), plain(again.Objectives)); d != "" {
		t.Errorf("%s\n%s", d, text)
	}
	if d := cmp.Diff(set.Described, again.Described); d != "" {
		t.Error(d)
	}
	twice, _, err := spec.WriteOpenSLO(again.Objectives, again.Described)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text, twice) && !strings.Contains(string(text), "# left out") {
		t.Errorf("written again it differs: %s", cmp.Diff(string(text), string(twice)))
	}
}

// plain is what objectives are, without where they stand.
func plain(objectives []*slo.Objective) (out []string) {
	for _, o := range objectives {
		o := *o
		o.File, o.Line = "", 0
		lines := describe(&o)
		lines[1] = string(o.Indicator.ID)
		out = append(out, lines...)
	}
	return out
}

// withoutLost removes what was left out.
func withoutLost(objectives []*slo.Objective, losses []spec.Loss) []string {
	var kept []*slo.Objective
	for _, o := range objectives {
		o := *o
		var rules []slo.Rule
		for _, x := range o.Exclusions {
			if !lost(losses, &o, x.String()) {
				panic("an exclusion is not said to be left out")
			}
		}
		o.Exclusions = nil
		for _, r := range o.Alerting.Rules {
			if !lost(losses, &o, "alert rule "+r.Name+":") {
				rules = append(rules, r)
			}
		}
		o.Alerting.Rules = rules
		kept = append(kept, &o)
	}
	return plain(kept)
}

func lost(losses []spec.Loss, o *slo.Objective, text string) bool {
	for _, l := range losses {
		if !l.Kept && l.File == o.File && l.Line == o.Line && strings.Contains(l.What, text) {
			return true
		}
	}
	return false
}

func TestTheShopComesBack(t *testing.T) {
	shop, err := os.ReadFile("../../examples/shop/services/shop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	set := parse(string(shop))
	comesBack(t, set)
}

// TestNamesAreUnique: many services have an objective of the same name, and
// names of ours are longer than those that every reader of OpenSLO takes.
func TestNamesAreUnique(t *testing.T) {
	long := strings.Repeat("a", 90)
	var sources []spec.Source
	for _, service := range []string{"shop", "Shop", "cart", "shop/cart", long, long + "b"} {
		text := strings.Replace(good, "shop-api", service, 1) + strings.ReplaceAll(more, "NAME", long)
		sources = append(sources, spec.Source{Path: service, Content: []byte(text)})
	}
	set := spec.Parse(sources)
	comesBack(t, set)
	text, _, err := spec.WriteOpenSLO(set.Objectives, set.Described)
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`(?m)^kind: (.*)\nmetadata:\n  name: (.*)$`).FindAllStringSubmatch(string(text), -1)
	seen := map[string]bool{}
	for _, n := range names {
		if seen[n[0]] || len(n[2]) > 63 || strings.ToLower(n[2]) != n[2] {
			t.Errorf("%s %q is there twice, or is no usable name", n[1], n[2])
		}
		seen[n[0]] = true
	}
	if len(names) != 6+2*6 {
		t.Errorf("got %d documents", len(names))
	}
}

const more = `    - {name: NAME, latency: {under: 0.3001s}, target: 99%, window: 7d}
`
