// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package slo

import "fmt"

// State is the one word that says how an objective stands.
type State string

// The states, in the order in which they are decided: the first that matches holds.
const (
	Misconfigured State = "misconfigured"
	Paused        State = "paused"
	NotMeasured   State = "not_measured"
	NoData        State = "no_data"
	Breaching     State = "breaching"
	Exhausted     State = "exhausted"
	AtRisk        State = "at_risk"
	OK            State = "ok"
)

// severity orders states by how much they need somebody, worst first.
var severity = map[State]int{
	Breaching: 0, Exhausted: 1, Misconfigured: 2, AtRisk: 3, NoData: 4, NotMeasured: 5, Paused: 6, OK: 7,
}

// Worse reports whether s needs attention before t.
func (s State) Worse(t State) bool { return severity[s] < severity[t] }

// Evidence is what the state is decided from.
type Evidence struct {
	// Misconfigured is the reason why the indicator cannot be evaluated, or empty.
	Misconfigured string
	Paused        bool
	// Unreadable is why the history of the window cannot be read, and Restoring
	// says that it is being read; empty and false when it was. Nothing below is
	// known until then.
	Unreadable string
	Restoring  bool
	// EverSeen reports whether this generation ever counted anything, Valid how
	// many valid events the window holds.
	EverSeen bool
	Valid    uint64
	// Filling says how far a back-fill is that may bring the first events, or is
	// empty.
	Filling string
	// Page and Ticket are the sentences of the alert tiers that fire, or empty.
	Page   string
	Ticket string
	// PageEnds says that the conditions of that page do not hold any more.
	PageEnds bool
	// Allowed, Spent and Low describe the budget: of several windows that of the
	// worst, whose name Over is then.
	Allowed, Spent uint64
	Low            bool
	Over           string
	// Unit is what Valid, Allowed and Spent count.
	Unit Unit
	// Excluding says why nothing is counted now, empty while it is.
	Excluding string
	// Distrust says why the number should not be trusted, or empty.
	Distrust string
	// SilentSince is how long ago the last event ended, in words, when nothing
	// arrives now; empty while events arrive. Absent is the same as an alert
	// says it that fires, which is sooner; a page about bad events goes before.
	SilentSince, Absent string
}

// Status is a state with its cause and the next step, which every state but
// OK has. Code is the cause as a program reads it.
type Status struct {
	State    State
	Code     string
	Cause    string
	NextStep string
}

// Decide returns how an objective stands. It is the only place that does.
func Decide(e Evidence) Status {
	switch {
	case e.Misconfigured != "":
		return Status{Misconfigured, "misconfigured", e.Misconfigured, "mend the service file; leadline validate shows the line"}
	case e.Paused:
		return Status{Paused, "paused", "the service file pauses this objective", "remove paused: true when it should count again"}
	case e.Unreadable != "":
		return Status{NoData, "unreadable", "history unreadable: " + e.Unreadable, "see the server's log, mend the series store, and start the server again"}
	case e.Restoring:
		return Status{NoData, "restoring", "the history of this window is being read", "wait; large windows take some seconds after a start"}
	case !e.EverSeen && e.Filling != "":
		return Status{NotMeasured, "filling", "no event of this indicator was counted yet; " + e.Filling, "wait until the back-fill has ended"}
	case !e.EverSeen:
		return Status{NotMeasured, "never_seen", "no event of this indicator has arrived yet", "compare the service and operation names with leadline operations, and send some traffic"}
	case e.Valid == 0 && e.Excluding != "":
		return Status{NoData, "excluded", "nothing is counted now: " + e.Excluding, "wait until the exclusion ends"}
	case e.Valid == 0:
		return Status{NoData, "window_empty", "the window holds no valid event", "check that the application still sends telemetry"}
	case e.SilentSince != "":
		return silent(e.SilentSince)
	case e.Page != "" && e.PageEnds:
		return Status{Breaching, "page_burn", e.Page, "it recovers: wait until the page ends, and open the runbook if it rises again"}
	case e.Page != "":
		return Status{Breaching, "page_burn", e.Page, "open the runbook and look at what changed since the burn began"}
	case e.Absent != "":
		return silent(e.Absent)
	case e.Spent > e.Allowed:
		return Status{Exhausted, "budget_exhausted", fmt.Sprintf("bad %s%s: %s, the target allows %s", e.Unit.Noun(), e.over(), e.Unit.Amount(int64(e.Spent)), e.Unit.Amount(int64(e.Allowed))), "hold risky changes until the window recovers, or review the target"}
	case e.Ticket != "":
		return Status{AtRisk, "ticket_burn", e.Ticket, "find the slow burn in working hours"}
	case e.Low:
		return Status{AtRisk, "budget_low", fmt.Sprintf("less than 10%% of the budget%s is left: %s of %s %s", e.over(), e.Unit.Amount(int64(e.Allowed-e.Spent)), e.Unit.Amount(int64(e.Allowed)), e.Unit.Noun()), "slow down risky changes"}
	case e.Distrust != "":
		return Status{AtRisk, "low_trust", e.Distrust, "see the objective's trust"}
	}
	return Status{State: OK}
}

func silent(since string) Status {
	return Status{NoData, "silent", "no event for " + since, "check that the application still runs, gets traffic and sends telemetry"}
}

// over says over which window, where that is not the only one.
func (e *Evidence) over() string {
	if e.Over == "" {
		return ""
	}
	return " over " + e.Over
}

// States are all states, in the order in which they are decided.
var States = [...]State{Misconfigured, Paused, NotMeasured, NoData, Breaching, Exhausted, AtRisk, OK}
