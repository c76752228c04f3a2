// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/client"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/report"
)

// began is when the tests began: times that are told from now would move on
// between two requests.
var began = time.Now().UTC().Truncate(time.Minute)

func ago(hours int) string {
	return began.Add(-time.Duration(hours) * time.Hour).Format(time.RFC3339)
}

// corrected is a server with three days of history, whose ledger is empty.
func corrected(t *testing.T) (*server, func() *server) {
	cfg := settings(t)
	s := serve(t, cfg)
	s.post("application/json", `{"generate":"3d","seed":4}`)
	return s, func() *server { return serve(t, cfg) }
}

func (s *server) client() *client.Client {
	s.t.Helper()
	c, err := client.New(s.base, "")
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// numbers returns what the API shows of an objective's own window.
func (s *server) numbers(name string) report.EffectNumbers {
	s.t.Helper()
	v, err := s.client().SLO(context.Background(), report.Which{Service: "shop-api", Name: name}, "", "")
	if err != nil {
		s.t.Fatal(err)
	}
	o := v.SLO
	return report.EffectNumbers{Good: *o.Good, Bad: *o.Bad, Excluded: *o.Excluded, Corrected: o.Corrected, Allowed: *o.Budget.Allowed, Spent: *o.Budget.Spent, Remaining: *o.Budget.Remaining}
}

func (s *server) same(when, name string, want report.EffectNumbers) {
	s.t.Helper()
	if diff := cmp.Diff(want, s.numbers(name)); diff != "" {
		s.t.Errorf("%s, %s (-want +got):\n%s", when, name, diff)
	}
}

func (s *server) correct(r report.CorrectionRequest) report.Correction {
	s.t.Helper()
	r.Service, r.Author = "shop-api", "ada@example.com"
	if r.Reason == "" {
		r.Reason = "the load test was ours"
	}
	made, err := s.client().Correct(context.Background(), r)
	if err != nil {
		s.t.Fatal(err)
	}
	return made.Correction
}

func (s *server) ledger() []report.Correction {
	s.t.Helper()
	v, err := s.client().Corrections(context.Background(), report.Which{})
	if err != nil {
		s.t.Fatal(err)
	}
	return v.Corrections
}

// TestCorrectionsHoldAndEnd tries, makes and withdraws corrections of both kinds
// over restarts: what was said before is what is shown then, to the event.
func TestCorrectionsHoldAndEnd(t *testing.T) {
	s, restart := corrected(t)
	raw := s.numbers("up")
	if raw.Bad < 10 {
		t.Fatalf("the history has %d bad events", raw.Bad)
	}
	span := report.CorrectionRequest{Objective: "up", From: ago(30), To: ago(20), DryRun: true}
	tried := s.correct(span)
	s.same("after a dry run", "up", raw)
	if n := len(s.ledger()); n != 0 {
		t.Errorf("a dry run wrote %d entries", n)
	}
	span.DryRun = false
	made := s.correct(span)
	if diff := cmp.Diff(tried.Effects[0].After, made.Effects[0].After); diff != "" {
		t.Errorf("the dry run said otherwise (-tried +made):\n%s", diff)
	}
	if made.Effects[0].Before != raw || made.Effects[0].After.Good >= raw.Good {
		t.Errorf("the effect is %+v of %+v", made.Effects[0], raw)
	}
	s.same("after a correction", "up", made.Effects[0].After)

	few := s.correct(report.CorrectionRequest{Objective: "up", Kind: "exclude_bad", Bad: 3, From: ago(19), To: ago(0)})
	after := few.Effects[0].After
	if want := made.Effects[0].After; after.Good != want.Good || after.Bad != want.Bad-3 || after.Spent != after.Bad || after.Corrected.Bad != want.Corrected.Bad+3 {
		t.Errorf("three bad events less: got %+v of %+v", after, want)
	}
	s.same("after three bad events", "up", after)
	before := s.ledger()
	s.stop()

	s = restart()
	s.same("after a restart", "up", after)
	if diff := cmp.Diff(before, s.ledger()); diff != "" || len(before) != 2 || !before[0].Applies || !before[1].Applies {
		t.Errorf("the ledger after a restart (-before +after):\n%s", diff)
	}
	s.withdraw(made.ID, few.ID)
	s.same("after withdrawals", "up", raw)
	if all := s.ledger(); len(all) != 4 || all[0].Withdraws != few.ID || all[2].WithdrawnBy != all[0].ID || all[2].Applies || all[0].Effects[0].After != raw {
		t.Errorf("the ledger after withdrawals: %+v", all)
	}
	s.stop()
	s = restart()
	defer s.stop()
	s.same("after withdrawals and a restart", "up", raw)
}

func (s *server) withdraw(ids ...int64) {
	s.t.Helper()
	for _, id := range ids {
		if _, err := s.client().Withdraw(context.Background(), fmt.Sprint(id), report.WithdrawalRequest{Author: "ada", Reason: "it was not ours"}); err != nil {
			s.t.Fatal(err)
		}
	}
}

// TestCorrectionsAreExplained reads what each correction leaves out now.
func TestCorrectionsAreExplained(t *testing.T) {
	s, _ := corrected(t)
	defer s.stop()
	whole := s.correct(report.CorrectionRequest{Objective: "up", From: ago(30), To: ago(20)})
	part := s.correct(report.CorrectionRequest{Objective: "up", From: ago(25), To: ago(15), Reason: "so was the second"})
	few := s.correct(report.CorrectionRequest{Objective: "up", Kind: "exclude_bad", Bad: 2, From: ago(16), To: ago(1)})
	v, err := s.client().SLO(context.Background(), report.Which{Service: "shop-api", Name: "up"}, "", "")
	if err != nil {
		t.Fatal(err)
	}
	var sum report.Counts
	for i, want := range []report.Correction{whole, part, few} {
		got := v.SLO.Corrections[i]
		x := want.Effects[0]
		did := report.Counts{
			Good: x.After.Corrected.Good - x.Before.Corrected.Good, Bad: x.After.Corrected.Bad - x.Before.Corrected.Bad,
			Excluded: x.After.Corrected.Excluded - x.Before.Corrected.Excluded,
		}
		if got.LeavesOut != did || got.ID != want.ID {
			t.Errorf("correction %d leaves out %+v, and did %+v", want.ID, got.LeavesOut, did)
		}
		sum = report.Counts{Good: sum.Good + did.Good, Bad: sum.Bad + did.Bad, Excluded: sum.Excluded + did.Excluded}
	}
	if v.SLO.Corrected != sum || !strings.Contains(strings.Join(v.SLO.Trust.Notes, "\n"), "corrections that apply to this window: 3") {
		t.Errorf("the window leaves out %+v, the corrections %+v; notes %q", v.SLO.Corrected, sum, v.SLO.Trust.Notes)
	}
}

func TestCorrectionsAreRefused(t *testing.T) {
	s, _ := corrected(t)
	defer s.stop()
	s.withdraw(s.correct(report.CorrectionRequest{Objective: "up", From: ago(30), To: ago(20)}).ID)
	ok := report.CorrectionRequest{Service: "shop-api", Objective: "up", From: ago(30), To: ago(20), Author: "ada", Reason: "ours"}
	for name, c := range map[string]struct {
		change func(*report.CorrectionRequest)
		kind   errs.Kind
		want   string
	}{
		"unknown objective":   {func(r *report.CorrectionRequest) { r.Objective = "upp" }, errs.NotFound, `did you mean "shop-api/up"?`},
		"no author":           {func(r *report.CorrectionRequest) { r.Author = "" }, errs.Invalid, "has no author"},
		"a novel":             {func(r *report.CorrectionRequest) { r.Reason = strings.Repeat("a", 501) }, errs.Invalid, "501 characters"},
		"the future":          {func(r *report.CorrectionRequest) { r.To = "2199-01-01T00:00:00Z" }, errs.Invalid, "service file"},
		"backwards":           {func(r *report.CorrectionRequest) { r.To = ago(40) }, errs.Invalid, "not after its begin"},
		"too long":            {func(r *report.CorrectionRequest) { r.Objective, r.From = "up-today", ago(48) }, errs.Invalid, "at most 1d"},
		"too long ago":        {func(r *report.CorrectionRequest) { r.Objective = "up-today"; r.From, r.To = ago(60), ago(50) }, errs.Invalid, "no window"},
		"nothing there":       {func(r *report.CorrectionRequest) { r.From, r.To = ago(200), ago(100) }, errs.Invalid, "change no number"},
		"more than there are": {func(r *report.CorrectionRequest) { r.Kind, r.Bad, r.From = "exclude_bad", 1<<40, ago(24) }, errs.Invalid, "cannot be left out"},
		"another kind":        {func(r *report.CorrectionRequest) { r.Kind = "forgive" }, errs.Invalid, "exclude or exclude_bad"},
	} {
		r := ok
		c.change(&r)
		_, err := s.client().Correct(context.Background(), r)
		if text := fmt.Sprint(err, errs.HintOf(err)); err == nil || errs.KindOf(err) != c.kind || !strings.Contains(text, c.want) {
			t.Errorf("%s: got %s of kind %s, want %q", name, text, errs.KindOf(err), c.want)
		}
	}
	for id, kind := range map[string]errs.Kind{"1": errs.Conflict, "2": errs.NotFound, "99": errs.NotFound, "x": errs.NotFound} {
		if _, err := s.client().Withdraw(context.Background(), id, report.WithdrawalRequest{Author: "ada", Reason: "ours"}); errs.KindOf(err) != kind {
			t.Errorf("withdraw %s: got %v", id, err)
		}
	}
	for _, kind := range []string{"exclude", "exclude_bad"} {
		r := report.CorrectionRequest{Objective: "up", Kind: kind, From: ago(24), To: ago(12)}
		if kind == "exclude_bad" {
			r.From, r.To, r.Bad = ago(12), ago(1), 1
		}
		made := s.correct(r)
		r.Service, r.Author, r.Reason = "shop-api", made.Author, made.Reason
		if _, err := s.client().Correct(context.Background(), r); errs.KindOf(err) != errs.Conflict {
			t.Errorf("%s, once more: got %v", kind, err)
		}
	}
	if n := len(s.ledger()); n != 4 {
		t.Errorf("the ledger has %d entries", n)
	}
}

// TestCorrectionsAtTheSameTime makes many at once: each is in the ledger, with
// numbers that follow from one another.
func TestCorrectionsAtTheSameTime(t *testing.T) {
	s, _ := corrected(t)
	defer s.stop()
	raw := s.numbers("up")
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			r := report.CorrectionRequest{Service: "shop-api", Objective: "up", From: ago(20 + 2*i), To: ago(19 + 2*i), Author: "ada", Reason: "ours"}
			if _, err := s.client().Correct(context.Background(), r); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	all := s.ledger()
	if len(all) != 6 {
		t.Fatalf("the ledger has %d entries", len(all))
	}
	for i := range all {
		before := raw
		if i+1 < len(all) {
			before = all[i+1].Effects[0].After
		}
		if all[i].Effects[0].Before != before {
			t.Errorf("entry %d began with %+v, the one before ended with %+v", all[i].ID, all[i].Effects[0].Before, before)
		}
	}
	s.same("after all", "up", all[0].Effects[0].After)
}
