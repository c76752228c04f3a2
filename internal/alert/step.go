// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"cmp"
	"time"

	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// Step returns what becomes of an alert when its rule is read at an instant.
//
//   - It begins on evidence, after the rule's delay, and is resolved on
//     evidence, once its conditions have not held for a while (see hold).
//   - Without evidence, and in doubt, it stays what it is and says so.
//   - When its longest window has gone empty, it ends as no longer measured.
//
// The same instant again changes nothing, so a restart may repeat it.
func Step(a Alert, r *slo.Rule, in Reading, at time.Time) Alert {
	a = a.notAfter(at)
	a.Severity, a.Frozen = r.Severity, ""
	switch {
	case in.Doubt != "":
		return a.freeze(in.Doubt)
	case in.Empty:
		return a.lose(at)
	case in.Answer == Unknown:
		return a.freeze(noEvidence)
	case in.Answer == Yes:
		return a.hold(r, at)
	}
	return a.clear(r, at)
}

// noEvidence is why an alert is frozen whose short window is empty.
const noEvidence = "no event says whether it goes on"

// notAfter moves what the alert remembers into the past: the clock has gone
// back, and a delay that began in the future would never end.
func (a Alert) notAfter(at time.Time) Alert {
	for _, t := range []*time.Time{&a.Since, &a.Clear, &a.Started, &a.Ended} {
		if t.After(at) {
			*t = at
		}
	}
	return a
}

// freeze holds an alert that could otherwise end; one that has not begun has
// nothing to hold.
func (a Alert) freeze(why string) Alert {
	if a.Phase == Pending || a.Phase == Firing {
		a.Frozen = why
	}
	return a
}

// hold is what becomes of an alert whose conditions hold.
func (a Alert) hold(r *slo.Rule, at time.Time) Alert {
	a.Clear = time.Time{}
	if a.Phase == Firing {
		return a
	}
	if a.Phase != Pending && r.For > 0 {
		return a.enter(Pending, at)
	}
	if a.Phase == Pending && at.Sub(a.Since) < r.For {
		return a
	}
	a = a.enter(Firing, at)
	a.Episode++
	a.Started, a.Ended = at, time.Time{}
	return a
}

// clear is what becomes of an alert whose conditions do not hold.
func (a Alert) clear(r *slo.Rule, at time.Time) Alert {
	switch a.Phase {
	case Pending:
		return a.enter(Inactive, at)
	case Firing:
		if a.Clear.IsZero() {
			a.Clear = at
		}
		if at.Sub(a.Clear) >= hold(r) {
			return a.end(Resolved, at)
		}
	}
	return a
}

// lose is what becomes of an alert of which nothing is measured any more.
func (a Alert) lose(at time.Time) Alert {
	switch a.Phase {
	case Pending:
		return a.enter(Inactive, at)
	case Firing:
		return a.end(Unmeasured, at)
	}
	return a
}

// Leave ends an alert that nobody asks for any more, and says why: its rule,
// its group or its objective is gone, or paused.
func Leave(a Alert, why string, at time.Time) Alert {
	a = a.notAfter(at)
	if a.Phase == Firing || a.Phase == Pending {
		a.Sentence = why
	}
	a.Frozen, a.InhibitedBy = "", ""
	return a.lose(at)
}

func (a Alert) enter(p Phase, at time.Time) Alert {
	a.Phase, a.Since = p, at
	a.Sequence++
	return a
}

func (a Alert) end(p Phase, at time.Time) Alert {
	a = a.enter(p, at)
	a.Ended, a.Clear = at, time.Time{}
	return a
}

// Inhibit says of each alert of one objective and group which other calls
// somebody for the same burn; they stand in the order of Rules, of which
// rules holds each one's.
//
// What begins to fire while a faster one fires is quiet, and so is what fired
// before it. When the faster one has ended, a slower one stays quiet until its
// shortest window holds only what came afterwards: if it still fires then, the
// burn goes on at a lower rate, and is worth a call of its own. Silence
// inhibits nothing and is not inhibited, because it is no burn.
func Inhibit(alerts []*Alert, rules []*slo.Rule, at time.Time) {
	for i, a := range alerts {
		a.InhibitedBy = ""
		if a.Phase != Firing || IsAbsent(rules[i]) {
			continue
		}
		for j, faster := range alerts[:i] {
			if IsAbsent(rules[j]) || !faster.firedSince(at.Add(-shortest(rules[i]))) {
				continue
			}
			if faster.Calls() { // it says more than one that is over
				a.InhibitedBy = faster.Rule
				break
			}
			a.InhibitedBy = cmp.Or(a.InhibitedBy, faster.Rule)
		}
	}
}

// QuietUntil returns until when an alert stays quiet after a faster one that
// has ended; zero while that fires.
func QuietUntil(r *slo.Rule, faster *Alert) time.Time {
	if faster.Phase == Firing || faster.Ended.IsZero() {
		return time.Time{}
	}
	return faster.Ended.Add(shortest(r))
}

// Ends returns when an alert that waits to end does so at the earliest; zero
// of any other.
func Ends(a *Alert, r *slo.Rule) time.Time {
	if a.Phase != Firing || a.Clear.IsZero() || a.Frozen != "" {
		return time.Time{}
	}
	return a.Clear.Add(hold(r))
}

// firedSince reports whether the alert fires, or did after the instant.
func (a *Alert) firedSince(t time.Time) bool {
	return a.Phase == Firing || a.Ended.After(t)
}

// IsAbsent reports whether the rule is about silence.
func IsAbsent(r *slo.Rule) bool { return len(r.When) == 1 && r.When[0].Kind == slo.Absent }

// Missing says that intake ran in too few of a window's minutes to conclude
// anything from it; empty when it ran in at least half of them.
func Missing(length time.Duration, unmeasured int) string {
	minutes := int(length / time.Minute)
	if 2*unmeasured <= minutes {
		return ""
	}
	return "intake did not run in most of the last " + window.Compact(length)
}
