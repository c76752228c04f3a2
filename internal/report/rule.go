// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/budget"
	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// Rule is a rule of an objective's alerts, with what it sees of all events.
type Rule struct {
	Name     string         `json:"name"`
	Severity alert.Severity `json:"severity"`
	// Default says that nobody wrote it: it follows from target and window.
	Default bool `json:"default"`
	ByGroup bool `json:"by_group"`
	// For is how long the conditions must hold, Guard how many bad events the
	// longest window must have; empty and 0 where that does not matter.
	For   string `json:"for"`
	Guard uint64 `json:"guard"`
	// Asks says in one line what it asks for, Sentence what it sees.
	Asks       string        `json:"asks"`
	Sentence   string        `json:"sentence"`
	Verdict    alert.Verdict `json:"verdict"`
	Life       Life          `json:"life"`
	Conditions []Condition   `json:"conditions"`
	Exhaustion Exhaustion    `json:"exhaustion"`
}

// Life says what the verdict of a rule means for its alert, if one is open: a
// word, which is the verdict while none is, and what it means.
type Life struct {
	Word string `json:"word"`
	Says string `json:"says"`
}

// openAlert returns the alert of a rule over all events that has not ended, nil
// without one.
func openAlert(v *eval.Evaluation, rule string) *alert.Alert {
	for i := range v.Alerts {
		if a := &v.Alerts[i]; a.Rule == rule && a.Group == "" && a.IsActive() {
			return a
		}
	}
	return nil
}

// Condition is one thing that must be so for a rule to fire, and what is.
type Condition struct {
	Kind slo.ConditionKind `json:"kind"`
	// Long and Short are the windows that it looks at, without a name where it
	// looks at none.
	Long  AlertWindow `json:"long"`
	Short AlertWindow `json:"short"`
	// Threshold is the burn rate (burn) or the share of the budget (spent, drop)
	// that is compared with; null of the others. Within is the time of exhausts.
	Threshold *float64 `json:"threshold"`
	Within    string   `json:"within"`
	// Share is the share of the budget that is compared with the threshold.
	Share *float64 `json:"share"`
	// Verdict is what two windows of a burn say together; empty without two.
	Verdict alert.Verdict `json:"verdict"`
	// Holds is null when no event says so.
	Holds *bool `json:"holds"`
}

// AlertWindow is what an alert window holds, in the unit of the budget.
type AlertWindow struct {
	Window string   `json:"window"`
	Burn   *float64 `json:"burn"`
	Bad    *uint64  `json:"bad"`
	Total  *uint64  `json:"total"`
}

// Exhaustion is a forecast of when the budget of the objective's window is gone.
type Exhaustion struct {
	State ExhaustionState `json:"state"`
	// At is when, of one that is expected.
	At *time.Time `json:"at"`
	// Window is whose rate is gone on with.
	Window string `json:"window"`
}

// ExhaustionState says whether the budget ends.
type ExhaustionState string

// The states.
const (
	Expected  ExhaustionState = "expected"  // at this rate, at a time
	Exhausted ExhaustionState = "exhausted" // already
	Never     ExhaustionState = "never"     // not at this rate
	Unknown   ExhaustionState = "unknown"
)

// ExhaustionStates are all of them.
var ExhaustionStates = [...]ExhaustionState{Expected, Exhausted, Never, Unknown}

// Verdicts are what pairs of windows may say; a rule without a pair says nothing.
var Verdicts = [...]alert.Verdict{alert.Critical, alert.Rising, alert.Recovering, alert.Calm, alert.NoEvidence, ""}

// rulesOf returns the rules of an objective, those first that call sooner.
func rulesOf(v *eval.Evaluation) []Rule {
	out := make([]Rule, 0, len(v.Rules))
	for _, r := range v.Rules {
		in := readingOf(v, r, "")
		rule := Rule{
			Name: r.Name, Severity: r.Severity, Default: r.Default, ByGroup: r.ByGroup, Guard: r.Guard,
			Asks: alert.Describe(r), Sentence: v.Sentence(r),
			Verdict: in.verdict(), Life: Life(alert.LifeOf(openAlert(v, r.Name), r, in.verdict())), Conditions: in.conditions(), Exhaustion: in.exhaustion(v.At),
		}
		if r.For > 0 {
			rule.For = window.Compact(r.For)
		}
		out = append(out, rule)
	}
	return out
}

// reading is what a rule sees.
type reading struct {
	rule *slo.Rule
	eval.Reading
	known bool
}

func readingOf(v *eval.Evaluation, r *slo.Rule, group string) reading {
	in, known := v.Reading(r, group)
	if !known {
		in.Seen = make([]alert.Seen, len(r.When))
	}
	return reading{r, in, known}
}

func (r *reading) verdict() alert.Verdict {
	p, _ := alert.Judge(r.rule, &r.Whole, r.Seen)
	return p.Verdict
}

func (r *reading) conditions() []Condition {
	out := make([]Condition, 0, len(r.rule.When))
	for i := range r.rule.When {
		out = append(out, r.condition(i))
	}
	return out
}

func (r *reading) condition(i int) Condition {
	c, s := &r.rule.When[i], &r.Seen[i]
	out := Condition{Kind: c.Kind, Long: r.window(c, c.Long, s.Long), Short: r.window(c, c.Short, s.Short)}
	if c.Within > 0 {
		out.Within = window.Compact(c.Within)
	}
	if c.Milli > 0 {
		threshold := float64(c.Milli) / 1000
		out.Threshold = &threshold
	}
	if c.Kind == slo.Burn && c.Short > 0 {
		p, _ := alert.Judge(&slo.Rule{When: r.rule.When[i : i+1]}, &r.Whole, r.Seen[i:i+1])
		out.Verdict = p.Verdict
	}
	if !r.known || c.Kind == slo.Absent {
		return out
	}
	out.Share = r.share(c, s)
	if answer := alert.Decide(c, &r.Whole, s); answer != alert.Unknown {
		holds := answer == alert.Yes
		out.Holds = &holds
	}
	return out
}

// window shows a window of a condition about bad events.
func (r *reading) window(c *slo.Condition, length time.Duration, seen slice.Counts) (out AlertWindow) {
	if length == 0 {
		return out
	}
	out.Window = window.Compact(length)
	if !r.known || c.Kind == slo.Absent {
		return out
	}
	total := seen.Total()
	out.Bad, out.Total = &seen.Bad, &total
	if rate, known := budget.Rate(seen, r.Whole.Target); known {
		burn := float64(rate)
		out.Burn = &burn
	}
	return out
}

// share returns the part of the budget that a condition about shares looks at.
func (r *reading) share(c *slo.Condition, s *alert.Seen) *float64 {
	bad := s.Long.Bad
	switch c.Kind {
	case slo.Spent:
		bad = r.Whole.Counts.Bad
	case slo.Drop:
	default:
		return nil
	}
	share, known := alert.Share(bad, &r.Whole)
	if !known {
		return nil
	}
	return &share
}

func (r *reading) exhaustion(at time.Time) Exhaustion {
	pace, ok := alert.PaceOf(r.rule, &r.Whole, r.Seen)
	if !ok || !r.known || pace.Counts.Total() == 0 {
		return Exhaustion{State: Unknown}
	}
	out := Exhaustion{State: Never, Window: window.Compact(pace.Window)}
	switch left, ever := alert.Exhaustion(&r.Whole, pace.Counts); {
	case ever && left == 0:
		out.State = Exhausted
	case ever:
		out.State, out.At = Expected, instant(at.Add(left).Truncate(time.Second))
	}
	return out
}

// exhaustionOf returns the forecast of an objective: that of the rule that
// calls for all events, pages first, or else that over the longest window. A page
// that waits to end still has the word, so the answer does not jump as it does.
func exhaustionOf(v *eval.Evaluation, rules []Rule) Exhaustion {
	out, longest := Exhaustion{State: Unknown}, time.Duration(0)
	for _, severity := range []alert.Severity{alert.Page, alert.Ticket} {
		for i, r := range v.Rules {
			if a := openAlert(v, r.Name); a != nil && a.Calls() && r.Severity == severity && rules[i].Exhaustion.State != Unknown {
				return rules[i].Exhaustion
			}
		}
	}
	for i, r := range v.Rules {
		if j := alert.HasPair(r); j >= 0 && r.When[j].Long > longest && rules[i].Exhaustion.State != Unknown {
			out, longest = rules[i].Exhaustion, r.When[j].Long
		}
	}
	return out
}

// Verdict is what the windows of the rule that needs somebody most say.
type Verdict struct {
	Verdict  alert.Verdict `json:"verdict"`
	Life     Life          `json:"life"`
	Rule     string        `json:"rule"`
	Sentence string        `json:"sentence"`
}

// verdicts orders them by how much they need somebody.
var verdicts = map[alert.Verdict]int{alert.Critical: 0, alert.Rising: 1, alert.Recovering: 2, alert.Calm: 3, alert.NoEvidence: 4}

// verdictOf returns the worst verdict over all events, of rules that call
// sooner before others. It is empty for an objective without pairs.
func verdictOf(v *eval.Evaluation) (out Verdict) {
	var worst *alert.Pair
	for i := range v.Pairs {
		if p := &v.Pairs[i]; worst == nil || verdicts[p.Verdict] < verdicts[worst.Verdict] {
			worst = p
		}
	}
	if worst == nil || !v.Known {
		return out
	}
	return Verdict{worst.Verdict, Life(alert.LifeOf(openAlert(v, worst.Rule.Name), worst.Rule, worst.Verdict)), worst.Rule.Name, v.Sentence(worst.Rule)}
}
