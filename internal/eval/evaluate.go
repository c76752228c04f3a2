// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/budget"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// place is what evaluations are sorted by: they are large, so their places are
// moved until the order is known. The rank stands for service and name.
type place struct {
	state slo.State
	share float64
	rank  int
	at    int
}

func (p place) compare(q place) int {
	switch {
	case p.state != q.state && p.state.Worse(q.state):
		return -1
	case p.state != q.state:
		return 1
	}
	return cmp.Or(cmp.Compare(p.share, q.share), cmp.Compare(p.rank, q.rank))
}

// sorted returns the evaluations worst first, then by service and name, as
// their ranks say.
func sorted(ranks []int, all []Evaluation) []Evaluation {
	places := make([]place, len(all))
	for i := range all {
		places[i] = place{all[i].Status.State, all[i].share(), ranks[i], i}
	}
	slices.SortFunc(places, place.compare)
	out := make([]Evaluation, len(all))
	for i, p := range places {
		out[i] = all[p.at]
	}
	return out
}

// rank numbers the tracks by service and name, which does not change until the
// next Install, and costs a tenth of a tick to compare.
func rank(tracks []*track) {
	by := slices.Clone(tracks)
	slices.SortFunc(by, func(a, b *track) int { return a.objective.Compare(b.objective.Key) })
	for i, t := range by {
		t.rank = i
	}
}

// share is the part of the budget that is left, to sort by.
func (v *Evaluation) share() float64 {
	if share, known := v.Budget.Left(); v.Known && known {
		return share
	}
	return 1
}

// evaluate reads the rings of one objective.
func (t *track) evaluate(v *Evaluation, e *Engine, into *slab, at time.Time) {
	o, now := t.objective, slice.MinuteOf(at)
	t.total.Advance(now)
	if t.slices != nil {
		t.slices.Advance(now)
	}
	first, last := t.spent().Edges(wholeWindow)
	v.Objective, v.At, v.From, v.To = o, at, first.Start(), last.Stamp()
	v.Dropped, v.Counts = t.dropped, t.counted(wholeWindow)
	_, seen := t.since()
	v.Known = t.restored && seen
	v.Budget = budget.Of(v.Counts, o.Target)
	v.Former = t.former(wholeWindow, 0, o.Window)
	v.Others = t.otherWindows(now)
	v.Burn = t.burn(into)
	v.Groups = t.byGroup(now, e.members)
	t.alert(v, e, into)
	v.Trust = t.trust(e, now)
	v.sayExclusions(t, now)
	v.distrustAlerts(t)
	v.Status = t.decide(v, seen, e.filling)
}

// otherWindows returns how the objective stands over its other windows.
func (t *track) otherWindows(now slice.Minute) (all []Standing) {
	if len(t.objective.Others) == 0 {
		return nil
	}
	all = make([]Standing, len(t.objective.Others))
	for i, w := range t.objective.Others {
		first, last := t.spent().Edges(t.others + i)
		all[i] = t.standing(w, first, last, t.counted(t.others+i))
		all[i].Corrected = t.corrected(1+i, now)
		all[i].Former = t.former(t.others+i, 1+i, w)
	}
	return all
}

// counted returns what a window holds in the unit of the budget. What is
// excluded are events, whatever the unit.
func (t *track) counted(i int) slice.Counts {
	c := t.spent().Sum(i)
	if t.slices != nil {
		c.Excluded = t.total.Sum(i).Excluded
	}
	return c
}

// former returns the period before the one of the i-th window of the layout,
// which is the n-th of the objective; nil when that is no calendar window.
func (t *track) former(i, n int, w window.Window) *Standing {
	c, first, last, ok := t.spent().Former(i)
	if !ok {
		return nil
	}
	if t.slices != nil {
		events, _, _, _ := t.total.Former(i)
		c.Excluded = events.Excluded
	}
	s := t.standing(w, first, last, c)
	if t.leftOut != nil {
		s.Corrected, _, _, _ = t.leftOut.counted.Former(n)
	}
	return &s
}

func (t *track) standing(w window.Window, first, last slice.Minute, c slice.Counts) Standing {
	return Standing{Window: w, From: first.Start(), To: last.Stamp(), Counts: c, Budget: budget.Of(c, t.objective.Target)}
}

// worst returns the budget that decides the state, and the name of its window
// when the objective has several: one that is exhausted before one that is
// low, and its own before the others.
func (v *Evaluation) worst() (b budget.Budget, over string) {
	if len(v.Others) == 0 {
		return v.Budget, ""
	}
	for _, bad := range []func(budget.Budget) bool{budget.Budget.Exhausted, budget.Budget.Low} {
		if bad(v.Budget) {
			break
		}
		for _, s := range v.Others {
			if bad(s.Budget) {
				return s.Budget, s.Window.String()
			}
		}
	}
	return v.Budget, v.Objective.Window.String()
}

// slab is what the evaluations of a snapshot share: one allocation for all.
type slab struct {
	burns []Burn
	pairs []alert.Pair
}

func newSlab(tracks []*track) *slab {
	burns, pairs := 0, 0
	for _, t := range tracks {
		burns, pairs = burns+t.burns, pairs+t.pairs
	}
	return &slab{make([]Burn, 0, burns), make([]alert.Pair, 0, pairs)}
}

func (t *track) burn(into *slab) []Burn {
	first := len(into.burns)
	for i, s := range t.spans[alertWindows : alertWindows+t.burns] {
		c := t.spent().Sum(alertWindows + i)
		rate, known := budget.Rate(c, t.objective.Target)
		into.burns = append(into.burns, Burn{Window: s.Length, Counts: c, Rate: rate, Known: known})
	}
	return into.burns[first:len(into.burns):len(into.burns)]
}

// maxUnevaluated is the share of events whose expression may fail before the
// objective is misconfigured.
const maxUnevaluated = 0.01

func (t *track) decide(v *Evaluation, seen bool, filling string) slo.Status {
	if !t.restored {
		return slo.Decide(slo.Evidence{Paused: t.objective.Paused, Unreadable: textOf(t.unreadable), Restoring: true})
	}
	worst, over := v.worst()
	evidence := slo.Evidence{
		Paused: t.objective.Paused, EverSeen: seen, Valid: t.valid(v),
		Allowed: worst.Allowed, Spent: worst.Spent, Low: worst.Low(), Over: over, Unit: t.objective.Budgeting.Unit(), Excluding: v.Excluding,
	}
	if !t.objective.Indicator.Rule.Service.IsSelf() {
		evidence.Filling = filling // nobody back-fills what the server measures of itself
	}
	evidence.Page, evidence.PageEnds = v.fires(alert.Page)
	evidence.Ticket, _ = v.fires(alert.Ticket)
	evidence.SilentSince, evidence.Absent = t.silentFor(v)
	if v.Trust.UnevaluatedShare > maxUnevaluated {
		evidence.Misconfigured = fmt.Sprintf("the expression of this indicator failed for %.1f%% of its events", 100*v.Trust.UnevaluatedShare)
	}
	evidence.Distrust = v.Trust.Doubt
	return slo.Decide(evidence)
}

func textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// valid returns how many events the state is judged by: those of the window,
// and of the former period while the one at hand has just begun and the
// application goes on to send.
func (t *track) valid(v *Evaluation) uint64 {
	n := v.Counts.Total()
	if n == 0 && v.Former != nil {
		if newest, heard := t.total.Newest(); heard && v.At.Sub(newest.Stamp()) <= t.patience {
			n = v.Former.Counts.Total()
		}
	}
	return n
}

// fires returns the sentence of the alert of a severity that calls somebody:
// the fastest, when several do. One that is inhibited calls nobody, so the state
// says what people were told. Silence has a state of its own. Ends says that its
// conditions hold no more.
func (v *Evaluation) fires(severity alert.Severity) (says string, ends bool) {
	for i := range v.Alerts {
		a := &v.Alerts[i]
		if a.Severity != severity || !a.Calls() || v.isAbsent(a) {
			continue
		}
		says = a.Sentence
		if a.Group != "" {
			says = "group " + a.Group + ": " + says
		}
		waits := v.waits(a)
		if waits != "" {
			says += "; " + waits
		}
		return says, waits != ""
	}
	return "", false
}

// waits says of an alert that its conditions hold no more, and when it ends.
func (v *Evaluation) waits(a *alert.Alert) string {
	for _, r := range v.Rules {
		if r.Name == a.Rule {
			return alert.Waits(a, r)
		}
	}
	return ""
}

// silentFor returns in words how long ago the last event was, when that is
// longer than the fastest alert window, and when an alert says that nothing
// arrives; both are empty where silence is judged otherwise.
func (t *track) silentFor(v *Evaluation) (silent, absent string) {
	newest, seen := t.total.Newest()
	if !seen || t.objective.SilentIsBad || v.Excluding != "" {
		return "", ""
	}
	quiet := v.At.Sub(newest.Stamp())
	if t.leftOut != nil {
		if end, any := t.leftOut.minutes.Before(slice.MinuteOf(v.At)); any {
			quiet = min(quiet, v.At.Sub(end.Start()))
		}
	}
	if quiet > t.patience {
		silent = window.Compact(quiet.Truncate(time.Minute))
	}
	if length := v.absent(); length > 0 {
		absent = window.Compact(max(quiet, length).Truncate(time.Minute))
	}
	return silent, absent
}
