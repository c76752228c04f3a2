// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/budget"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

func (s *Snapshot) sort() {
	slices.SortFunc(s.Evaluations, func(a, b Evaluation) int {
		switch {
		case a.Status.State.Worse(b.Status.State):
			return -1
		case b.Status.State.Worse(a.Status.State):
			return 1
		}
		return cmp.Or(
			cmp.Compare(a.share(), b.share()),
			cmp.Compare(a.Objective.Service.String(), b.Objective.Service.String()),
			cmp.Compare(a.Objective.Name, b.Objective.Name))
	})
}

// share is the part of the budget that is left, to sort by.
func (v *Evaluation) share() float64 {
	if !v.Known || v.Budget.Allowed == 0 {
		return 1
	}
	return float64(v.Budget.Remaining()) / float64(v.Budget.Allowed)
}

// evaluate reads the rings of one objective.
func (e *Engine) evaluate(t *track, at time.Time) Evaluation {
	o, now := t.objective, slice.MinuteOf(at)
	total := t.total()
	total.Advance(now)
	first, last := total.Edges(wholeWindow)
	v := Evaluation{
		Objective: o, At: at, From: first.Start(), To: last.Stamp(), Dropped: t.dropped,
	}
	_, seen := total.Oldest()
	v.Counts = t.withSilence(total.Sum(wholeWindow), now)
	v.Known = t.restored && (seen || !v.Counts.IsZero())
	v.Budget = budget.Of(v.Counts, o.Target)
	v.Burn = t.burn(total)
	v.Groups = t.groups(now)
	v.Trust = e.trust(t, now, v.Counts)
	v.Status = t.decide(&v, at, seen)
	return v
}

// withSilence adds, where the objective says that silence is bad, one bad
// event for each minute without a valid one.
func (t *track) withSilence(c slice.Counts, now slice.Minute) slice.Counts {
	if !t.objective.SilentIsBad {
		return c
	}
	if r := t.tallies[slice.Silent]; r != nil {
		r.Advance(now)
		c.Bad += r.Sum(wholeWindow).Good
	}
	return c
}

func (t *track) burn(r *window.Ring) []Burn {
	out := make([]Burn, 0, len(t.spans)-1)
	for i, s := range t.spans {
		if i == wholeWindow {
			continue
		}
		c := r.Sum(i)
		rate, known := budget.Rate(c, t.objective.Target)
		out = append(out, Burn{Window: s.Length, Counts: c, Rate: rate, Known: known})
	}
	return out
}

// groups returns what each group counted, most bad events first.
func (t *track) groups(now slice.Minute) (out []Group) {
	for k, r := range t.rings {
		if k.Group == "" {
			continue
		}
		r.Advance(now)
		if c := r.Sum(wholeWindow); !c.IsZero() {
			out = append(out, Group{k.Group, c})
		}
	}
	slices.SortFunc(out, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Counts.Bad, a.Counts.Bad), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// maxUnevaluated is the share of events whose expression may fail before the
// objective is misconfigured; maxExcluded is the share that may be excluded
// before the rest is too little to trust.
const (
	maxUnevaluated = 0.01
	maxExcluded    = 0.5
	fewEvents      = 20 // below it a share of events says nothing
)

func (t *track) decide(v *Evaluation, at time.Time, seen bool) slo.Status {
	if !t.restored {
		return slo.Status{State: slo.NoData, Code: "restoring", Cause: "the history of this window is being read", NextStep: "wait; large windows take some seconds after a start"}
	}
	evidence := slo.Evidence{
		Paused: t.objective.Paused, EverSeen: seen || v.Counts.Bad > 0, Valid: v.Counts.Total(),
		Allowed: v.Budget.Allowed, Spent: v.Budget.Spent, Low: v.Budget.Low(),
		Page: t.fires(alert.Page, v), Ticket: t.fires(alert.Ticket, v),
		SilentSince: t.silentFor(at),
	}
	if v.Trust.UnevaluatedShare > maxUnevaluated {
		evidence.Misconfigured = fmt.Sprintf("the expression of this indicator failed for %.1f%% of its events", 100*v.Trust.UnevaluatedShare)
	}
	if v.Trust.ExcludedShare > maxExcluded && v.Counts.Excluded >= fewEvents {
		evidence.Distrust = fmt.Sprintf("%.0f%% of the events are excluded, so few are left to judge by", 100*v.Trust.ExcludedShare)
	}
	return slo.Decide(evidence)
}

// fires returns the sentence of the fastest tier of a severity whose windows
// both burn faster than its threshold.
func (t *track) fires(severity alert.Severity, v *Evaluation) string {
	for _, tier := range t.tiers {
		if tier.Severity != severity {
			continue
		}
		long, short := v.burnOver(tier.Long), v.burnOver(tier.Short)
		if long.Counts.Bad >= alert.GuardBadEvents &&
			budget.Burns(long.Counts, t.objective.Target, tier.ThresholdMilli) &&
			budget.Burns(short.Counts, t.objective.Target, tier.ThresholdMilli) {
			return fmt.Sprintf("%s burn %.3gx, %s %.3gx, threshold %.4gx",
				Compact(tier.Long), float64(long.Rate), Compact(tier.Short), float64(short.Rate), tier.Threshold())
		}
	}
	return ""
}

func (v *Evaluation) burnOver(length time.Duration) Burn {
	for _, b := range v.Burn {
		if b.Window == length {
			return b
		}
	}
	return Burn{}
}

// silentFor returns in words how long ago the last event was, when that is
// longer than the fastest alert window and silence is not judged otherwise.
func (t *track) silentFor(at time.Time) string {
	newest, seen := t.total().Newest()
	if !seen || t.objective.SilentIsBad {
		return ""
	}
	limit := time.Hour
	if len(t.tiers) > 0 {
		limit = max(t.tiers[0].Long, 2*window.Lateness*time.Minute)
	}
	quiet := at.Sub(newest.Stamp())
	if quiet <= limit {
		return ""
	}
	return Compact(quiet.Truncate(time.Minute))
}

// trust reads what is known about the numbers of an objective.
func (e *Engine) trust(t *track, now slice.Minute, c slice.Counts) Trust {
	trust := Trust{LateShare: -1, RefusedShare: -1, ExcludedShare: -1, Source: slice.Live}
	if first, ok := t.total().Oldest(); ok {
		trust.MeasuredSince = first.Start()
	}
	if n := c.Total() + c.Excluded; n > 0 {
		trust.ExcludedShare = float64(c.Excluded) / float64(n)
	}
	if r := t.tallies[slice.Unevaluated]; r != nil {
		r.Advance(now)
		if failed := r.Sum(wholeWindow).Good; failed > 0 {
			trust.UnevaluatedShare = float64(failed) / float64(failed+c.Total()+c.Excluded)
		}
	}
	e.serviceTrust(&trust, t, now)
	return trust
}

// serviceTrust reads what the objective's service sent.
func (e *Engine) serviceTrust(trust *Trust, t *track, now slice.Minute) {
	s := e.services[serviceWindow{t.objective.Indicator.Rule.Service, t.objective.Window.Length}]
	if s == nil {
		return
	}
	for _, r := range []*window.Ring{s.spans, s.late, s.heard} {
		r.Advance(now)
	}
	trust.Coverage = min(1, float64(s.heard.Sum(wholeWindow).Good)/t.objective.Window.Length.Minutes())
	spans := s.spans.Sum(wholeWindow)
	if n := spans.Good + spans.Bad; n > 0 {
		trust.RefusedShare = float64(spans.Bad) / float64(n)
		trust.LateShare = float64(s.late.Sum(wholeWindow).Good) / float64(n)
	}
	if trust.RefusedShare > 0 {
		trust.Notes = append(trust.Notes, fmt.Sprintf("%d spans of this service were refused: they arrived after their minute had closed, or their clock runs ahead", spans.Bad))
	}
}

// Compact prints a duration with the largest units that divide it: 1h, 28d, 90m is 1h30m.
func Compact(d time.Duration) string {
	if d > 0 && d%(24*time.Hour) == 0 {
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}
