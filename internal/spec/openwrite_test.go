// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package spec_test

import (
	"bytes"
	"os"
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
