// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package alert

import (
	"fmt"

	"github.com/leadline/leadline/internal/slo"
)

// Life is what the windows of a rule mean for its alert, in words: the same two
// windows are a beginning before an alert fires and its end afterwards. Word is
// the verdict, or what the alert's life makes of it; Says is what that means.
type Life struct{ Word, Says string }

// LifeOf words a verdict; a is the rule's alert, nil without one.
func LifeOf(a *Alert, r *slo.Rule, v Verdict) Life {
	switch {
	case a == nil || !a.IsActive():
		return Life{string(v), means[v]}
	case a.Frozen != "":
		return Life{"frozen", a.Frozen}
	case a.Phase == Pending:
		return Life{"pending", "fires if it lasts for as long as the rule asks, at " + a.Since.Add(r.For).UTC().Format(clock) + " UTC"}
	case !Ends(a, r).IsZero():
		return Life{"ending", fmt.Sprintf("not %s since %s, ends %s UTC if it stays so", holding(r), a.Clear.UTC().Format(clock), Ends(a, r).UTC().Format(clock))}
	case v == "":
		return Life{}
	}
	return Life{string(Critical), means[Critical]}
}

// Waits says of an alert that its conditions do not hold any more, and when it
// ends; empty of one that does not wait to end.
func Waits(a *Alert, r *slo.Rule) string {
	if Ends(a, r).IsZero() {
		return ""
	}
	l := LifeOf(a, r, "")
	return l.Word + ": " + l.Says
}

const clock = "15:04:05"

// holding says what the conditions of a rule are while they hold.
func holding(r *slo.Rule) string {
	if len(r.When) == 1 && HasPair(r) == 0 {
		return "above both"
	}
	return "so"
}

// means says what a pair of windows shows of a rule without an alert.
var means = map[Verdict]string{
	Critical:   "both windows burn above the threshold",
	Rising:     "only the short window burns above the threshold: recent, and not yet enough to call",
	Recovering: "only the long window burns above the threshold: it has stopped",
	Calm:       "neither window burns above the threshold",
	NoEvidence: "a window holds no event",
}
