// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/report"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
)

var noon = time.Date(2026, 11, 23, 12, 0, 30, 0, time.UTC)

// asJSON returns the value as a reader of the API sees it.
func asJSON(t *testing.T, v any) map[string]any {
	t.Helper()
	content, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(content, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestNumbersAreNullWithoutEvidence(t *testing.T) {
	w := newWorld(noon, objective("up", 28*24*time.Hour))
	got := asJSON(t, w.report(t).SLOs(t.Context()).SLOs[0])
	for _, field := range []string{"sli", "good", "bad", "total", "excluded"} {
		if got[field] != nil {
			t.Errorf("%s: got %v, want null", field, got[field])
		}
	}
	for field, v := range got["budget"].(map[string]any) {
		if v != nil {
			t.Errorf("budget.%s: got %v, want null", field, v)
		}
	}
	burns := got["burn"].([]any)
	for _, b := range burns {
		if rate := b.(map[string]any)["rate"]; rate != nil {
			t.Errorf("burn rate: got %v, want null", rate)
		}
	}
	if len(burns) == 0 {
		t.Error("no burn windows")
	}
	trust := got["trust"].(map[string]any)
	for _, field := range []string{"late_share", "refused_share", "excluded_share", "measured_since"} {
		if trust[field] != nil {
			t.Errorf("trust.%s: got %v, want null", field, trust[field])
		}
	}
	if notes := trust["notes"].([]any); len(notes) != 1 || !strings.Contains(notes[0].(string), "found damaged: 1;") {
		t.Errorf("notes: got %q, want the damage of the log and not its torn end", notes)
	}
	if got["state"] != "not_measured" || got["cause"] == "" || got["next_step"] == "" {
		t.Errorf("state %v, cause %v, next step %v", got["state"], got["cause"], got["next_step"])
	}
}

func TestNumbersAreTheEvaluations(t *testing.T) {
	opened := noon.Add(-time.Hour)
	o := objective("up", 28*24*time.Hour)
	o.Defined = opened
	w := newWorld(noon, o)
	w.count(totalOf(o), slice.MinuteOf(noon), slice.Counts{Good: 995, Bad: 5, Excluded: 2})
	group := totalOf(o)
	group.Group = "tier=gold"
	w.count(group, slice.MinuteOf(noon), slice.Counts{Good: 3, Bad: 1})
	began := opened.Add(-time.Hour)
	w.generations = []catalog.Generation{
		{Current: catalog.Current{Objective: o.Key, Indicator: "0123456789abcdef"}, Number: 1, From: began, To: opened},
		{Current: catalog.Current{Objective: o.Key, Indicator: o.Indicator.ID}, Number: 2, From: opened},
	}
	d, err := detail(w.report(t), report.Which{Service: "shop-api", Name: "up"}, noon.Add(-time.Hour), noon)
	if err != nil {
		t.Fatal(err)
	}
	s := d.SLO
	if *s.Good != 995 || *s.Bad != 5 || *s.Total != 1000 || *s.Excluded != 2 || *s.SLI != 0.995 {
		t.Errorf("got good %d, bad %d, total %d, excluded %d, SLI %v", *s.Good, *s.Bad, *s.Total, *s.Excluded, *s.SLI)
	}
	if *s.Budget.Allowed != 10 || *s.Budget.Spent != 5 || *s.Budget.Remaining != 5 {
		t.Errorf("budget: got %d allowed, %d spent, %d remaining", *s.Budget.Allowed, *s.Budget.Spent, *s.Budget.Remaining)
	}
	if s.Target != "0.99" || s.Window != "28d" || s.Definition.File != "shop.yaml" || s.Definition.Line != 7 {
		t.Errorf("target %s, window %s, defined at %v", s.Target, s.Window, s.Definition)
	}
	if len(s.Groups) != 1 || s.Groups[0].Group != "tier=gold" || *s.Groups[0].SLI != 0.75 {
		t.Errorf("groups: got %+v", s.Groups)
	}
	if s.Generation.To != nil || s.Generation.From == nil || !s.Generation.From.Equal(opened) || len(s.Generations) != 2 || !s.Generations[0].To.Equal(opened) {
		t.Errorf("generations: got %+v and %+v", s.Generation, s.Generations)
	}
}

func TestFind(t *testing.T) {
	up, other, staging := objective("up", time.Hour), objective("up", time.Hour), objective("up", time.Hour)
	other.Service = operation.Service{Namespace: "blog", Name: "blog-api", Environment: "production"}
	staging.Service.Environment = "staging"
	w := newWorld(noon, up, other, staging)
	r := w.report(t)
	for _, c := range []struct {
		name  string
		which report.Which
		want  errs.Kind
		found slo.Key
	}{
		{"by service", report.Which{Service: "blog-api", Name: "up"}, 0, other.Key},
		{"by environment", report.Which{Environment: "staging", Name: "up"}, 0, staging.Key},
		{"by namespace and environment", report.Which{Namespace: "shop", Environment: "production", Name: "up"}, 0, up.Key},
		{"several", report.Which{Service: "shop-api", Name: "up"}, errs.Invalid, slo.Key{}},
		{"none of this name", report.Which{Service: "blog-api", Name: "down"}, errs.NotFound, slo.Key{}},
		{"none of this service", report.Which{Service: "cart", Name: "up"}, errs.NotFound, slo.Key{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, err := r.Find(c.which)
			if c.want != 0 {
				if errs.KindOf(err) != c.want || errs.HintOf(err) == "" {
					t.Errorf("got %v of kind %v, want %v with a hint", err, errs.KindOf(err), c.want)
				}
				return
			}
			if err != nil || v.Objective.Key != c.found {
				t.Errorf("got %v, %v", v, err)
			}
		})
	}
}

func TestErrorsOfTheCatalogAreOurs(t *testing.T) {
	w := newWorld(noon, objective("up", time.Hour))
	_, err := detail(w.report(t), report.Which{Name: "up"}, noon.Add(-time.Hour), noon)
	if errs.KindOf(err) != errs.Internal || !strings.Contains(err.Error(), "disk on fire") {
		t.Errorf("got %v", err)
	}
}

func TestOperations(t *testing.T) {
	o := objective("up", time.Hour)
	w := newWorld(noon, o)
	key := func(name, version string) slice.Key {
		return slice.Key{Service: shop, Operation: name, Kind: operation.KindOf(name), Version: version}
	}
	now := slice.MinuteOf(noon)
	// One minute each of the store, on its way to it, and open; and one that is
	// too old.
	for i, m := range []slice.Minute{now - 60, now - 59, w.stored, w.closed, now} {
		w.count(key("POST /checkout", "1"), m, slice.Counts{Good: uint64(1) << (4 * i)}, 100*time.Millisecond)
	}
	w.count(key("POST /checkout", "2"), now, slice.Counts{Bad: 2, Excluded: 1}, time.Second)
	w.count(key("GET /", "1"), now, slice.Counts{Excluded: 1})
	got, err := w.report(t).Operations(context.Background(), report.OperationsWindow)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Operations) != 2 || !got.From.Equal(noon.Truncate(time.Minute).Add(-59*time.Minute)) || !got.To.Equal(noon.Truncate(time.Minute).Add(time.Minute)) {
		t.Fatalf("got %+v", got)
	}
	c := got.Operations[0]
	if c.Operation != "POST /checkout" || c.Good != 0x11110 || c.Bad != 2 || c.Excluded != 1 || !c.Bound || len(c.Versions) != 2 {
		t.Errorf("got %+v", c)
	}
	if c.P50 == nil || *c.P50 < 90 || *c.P50 > 110 || *c.P99 < 900 || *c.P99 > 1100 {
		t.Errorf("quantiles: got %v, %v", c.P50, c.P99)
	}
	long, err := w.report(t).Operations(context.Background(), 24*time.Hour)
	if err != nil || long.Window != "1d" || long.Operations[0].Good != 0x11111 {
		t.Errorf("over a day: got %+v, %v, want the minute before the hour too", long, err)
	}
	if g := got.Operations[1]; g.P50 != nil || g.Bound {
		t.Errorf("without valid events and objectives: got %+v", g)
	}
}

func TestIntake(t *testing.T) {
	w := newWorld(noon, objective("up", time.Hour))
	now := slice.MinuteOf(noon)
	for tally, n := range map[slice.Tally]uint64{slice.Spans: 7, slice.Points: 8, slice.Records: 9} {
		w.count(slice.Key{Service: shop, Tally: tally}, now, slice.Counts{Good: n})
	}
	w.health = errors.New("sync the log: no space left on device")
	got, err := w.report(t).IntakeNow(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if s := got.Services; len(s) != 1 || s[0].Spans != 7 || s[0].Points != 8 || s[0].Records != 9 || !s[0].LastSeen.Equal(noon) {
		t.Errorf("services: got %+v", s)
	}
	if got.Health.State != "red" || !strings.Contains(got.Health.Cause, "no space") {
		t.Errorf("health: got %+v", got.Health)
	}
	if d := got.Log.Damage; len(d) != 1 || d[0] != (report.Damage{Segment: "intake-1", Offset: 10, Length: 20, Reason: "checksum"}) {
		t.Errorf("damage: got %+v; the torn end of a segment is none", d)
	}
}

// TestOldGenerationsStayVisible reads what an earlier rule counted, and
// nothing for an indicator that never was the objective's.
func TestOldGenerationsStayVisible(t *testing.T) {
	o := objective("up", 28*24*time.Hour)
	w := newWorld(noon, o)
	w.count(totalOf(o), slice.MinuteOf(noon), slice.Counts{Good: 995, Bad: 5})
	before := totalOf(o)
	before.Indicator = "0123456789abcdef"
	w.count(before, slice.MinuteOf(noon)-30, slice.Counts{Good: 7, Bad: 2})
	opened := noon.Add(-20 * time.Minute)
	w.generations = []catalog.Generation{
		{Current: catalog.Current{Objective: o.Key, Indicator: "0123456789abcdef", Rule: "kind latency", Target: "0.95", Window: "7d"}, Number: 1, From: noon.Add(-time.Hour), To: opened},
		{Current: catalog.Current{Objective: o.Key, Indicator: o.Indicator.ID}, Number: 2, From: opened},
	}
	r := w.report(t)
	d, err := detail(r, report.Which{Name: "up", Generation: "0123456789abcdef"}, noon.Add(-time.Hour), noon.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	var good, bad uint64
	for i := range d.Series.Good {
		if d.Series.Good[i] != nil {
			good, bad = good+*d.Series.Good[i], bad+*d.Series.Bad[i]
		}
	}
	if g := d.SLO.Generations[0]; g.Number != 1 || g.Rule != "kind latency" || g.Target != "0.95" || g.Window != "7d" {
		t.Errorf("the old generation is listed as %+v", g)
	}
	if good != 7 || bad != 2 || *d.SLO.Good != 995 {
		t.Errorf("the old rule counted %d good and %d bad, want 7 and 2; the number of today is %d, want 995", good, bad, *d.SLO.Good)
	}
	_, err = detail(r, report.Which{Name: "up", Generation: "fedcba9876543210"}, noon.Add(-time.Hour), noon)
	if errs.KindOf(err) != errs.NotFound {
		t.Errorf("a generation that never was: got %v", err)
	}
}

// TestAnAnswerIsOfOneGeneration asks while the catalog knows of a generation
// by which nothing has been evaluated yet.
func TestAnAnswerIsOfOneGeneration(t *testing.T) {
	first, second, third := noon.Add(-3*time.Hour), noon.Add(-2*time.Hour), noon.Add(-time.Second)
	o := objective("up", 28*24*time.Hour)
	o.Defined = second
	w := newWorld(noon, o)
	w.count(totalOf(o), slice.MinuteOf(noon), slice.Counts{Good: 995, Bad: 5})
	current := func(indicator sli.ID) catalog.Current { return catalog.Current{Objective: o.Key, Indicator: indicator} }
	w.generations = []catalog.Generation{
		{Current: current("0123456789abcdef"), Number: 1, From: first, To: second},
		{Current: current(o.Indicator.ID), Number: 2, From: second, To: third},
		{Current: current("fedcba9876543210"), Number: 3, From: third},
	}
	d, err := detail(w.report(t), report.Which{Name: "up"}, noon.Add(-time.Hour), noon.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	s, id := d.SLO, string(o.Indicator.ID)
	if s.Indicator.ID != id || s.Generation.IndicatorID != id || !s.Generation.From.Equal(second) || s.Generation.To != nil {
		t.Errorf("indicator %s, generation %+v; want both of %s", s.Indicator.ID, s.Generation, id)
	}
	if g := s.Generations; len(g) != 2 || g[1].IndicatorID != id || g[1].To != nil || g[0].To == nil {
		t.Errorf("generations: got %+v, want the first two, of which the second runs", g)
	}
	if want := "generation 3 is loading: everything shown is still of generation 2"; !slices.Contains(s.Trust.Notes, want) {
		t.Errorf("notes: got %q, want %q", s.Trust.Notes, want)
	}
}

// TestTheListSaysWhenAGenerationBegan reads the list, which has no catalog.
func TestTheListSaysWhenAGenerationBegan(t *testing.T) {
	known, unknown := objective("known", time.Hour), objective("unknown", time.Hour)
	known.Defined = noon.Add(-time.Hour)
	for _, s := range newWorld(noon, known, unknown).report(t).SLOs(t.Context()).SLOs {
		switch from := s.Generation.From; s.Name {
		case "known":
			if from == nil || !from.Equal(known.Defined) {
				t.Errorf("got %v, want %s", from, known.Defined)
			}
		default:
			if from != nil {
				t.Errorf("got %s for what nobody knows", from)
			}
		}
	}
}
