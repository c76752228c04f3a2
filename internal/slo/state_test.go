// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package slo_test

import (
	"testing"

	"github.com/leadline/leadline/internal/slo"
)

// reasons are what a state may be decided from, the first that matches first.
var reasons = []struct {
	state slo.State
	code  string
	set   func(*slo.Evidence)
}{
	{slo.Misconfigured, "misconfigured", func(e *slo.Evidence) { e.Misconfigured = "the expression fails" }},
	{slo.Paused, "paused", func(e *slo.Evidence) { e.Paused = true }},
	{slo.NoData, "unreadable", func(e *slo.Evidence) { e.Unreadable = "block 7: checksum" }},
	{slo.NoData, "restoring", func(e *slo.Evidence) { e.Restoring = true }},
	{slo.NotMeasured, "filling", func(e *slo.Evidence) { e.EverSeen, e.Filling = false, "a back-fill is being taken in" }},
	{slo.NotMeasured, "never_seen", func(e *slo.Evidence) { e.EverSeen = false }},
	{slo.NoData, "excluded", func(e *slo.Evidence) { e.Valid, e.Excluding = 0, "database maintenance, until 12:00" }},
	{slo.NoData, "window_empty", func(e *slo.Evidence) { e.Valid = 0 }},
	{slo.NoData, "silent", func(e *slo.Evidence) { e.SilentSince = "2h" }},
	{slo.Breaching, "page_burn", func(e *slo.Evidence) { e.Page = "1h burn 20x" }},
	{slo.NoData, "silent", func(e *slo.Evidence) { e.Absent = "5m" }},
	{slo.Exhausted, "budget_exhausted", func(e *slo.Evidence) { e.Spent = e.Allowed + 1 }},
	{slo.AtRisk, "ticket_burn", func(e *slo.Evidence) { e.Ticket = "1d burn 3x" }},
	{slo.AtRisk, "budget_low", func(e *slo.Evidence) { e.Low = true }},
	{slo.AtRisk, "low_trust", func(e *slo.Evidence) { e.Distrust = "60% are excluded" }},
}

// TestDecideHoldsTheOrder goes through every combination of reasons: the
// first decides, whatever else is true.
func TestDecideHoldsTheOrder(t *testing.T) {
	for set := range 1 << len(reasons) {
		e := slo.Evidence{EverSeen: true, Valid: 1000, Allowed: 10, Spent: 1}
		want := slo.Status{State: slo.OK}
		for i := len(reasons) - 1; i >= 0; i-- {
			if set&(1<<i) != 0 {
				reasons[i].set(&e)
				want = slo.Status{State: reasons[i].state, Code: reasons[i].code}
			}
		}
		got := slo.Decide(e)
		if got.State != want.State || got.Code != want.Code {
			t.Errorf("%+v: got %s, %s, want %s, %s", e, got.State, got.Code, want.State, want.Code)
		}
		if bare := got.State == slo.OK; (got.Cause == "") != bare || (got.NextStep == "") != bare {
			t.Errorf("%s, %s: cause %q, next step %q", got.State, got.Code, got.Cause, got.NextStep)
		}
	}
}

func TestExactlySpentIsNotExhausted(t *testing.T) {
	e := slo.Evidence{EverSeen: true, Valid: 1000, Allowed: 10, Spent: 10}
	if got := slo.Decide(e); got.State != slo.OK {
		t.Errorf("got %s, want ok", got.State)
	}
}

func TestWorseOrdersStates(t *testing.T) {
	worst := []slo.State{slo.Breaching, slo.Exhausted, slo.Misconfigured, slo.AtRisk, slo.NoData, slo.NotMeasured, slo.Paused, slo.OK}
	if len(worst) != len(slo.States) {
		t.Fatalf("there are %d states, %d are ordered here", len(slo.States), len(worst))
	}
	for i, a := range worst {
		for j, b := range worst {
			if got := a.Worse(b); got != (i < j) {
				t.Errorf("%s worse than %s: got %v", a, b, got)
			}
		}
	}
}
