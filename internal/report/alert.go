// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"slices"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/dispatch"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/slo"
)

// Alerts is the answer of GET /api/v1/alerts: those that were ever more than
// inactive, worst first.
type Alerts struct {
	SchemaVersion int       `json:"schema_version"`
	EvaluatedAt   time.Time `json:"evaluated_at"`
	Alerts        []Alert   `json:"alerts"`
}

// AlertState is where an alert stands, in one word.
type AlertState string

// The states. Frozen is an alert that fires or is pending, and of which
// nothing can be concluded at present.
const (
	AlertFiring     AlertState = "firing"
	AlertPending    AlertState = "pending"
	AlertFrozen     AlertState = "frozen"
	AlertUnmeasured AlertState = "no_longer_measured"
	AlertResolved   AlertState = "resolved"
)

// AlertStates are all of them.
var AlertStates = [...]AlertState{AlertFiring, AlertPending, AlertFrozen, AlertUnmeasured, AlertResolved}

// Alert is one alert as it stands.
type Alert struct {
	State AlertState `json:"state"`
	// Phase is where it stands apart from being frozen.
	Phase       alert.Phase    `json:"phase"`
	Severity    alert.Severity `json:"severity"`
	Rule        string         `json:"rule"`
	Group       string         `json:"group"`
	Namespace   string         `json:"namespace"`
	Service     string         `json:"service"`
	Environment string         `json:"environment"`
	Objective   string         `json:"objective"`
	Journey     string         `json:"journey"`
	Owner       string         `json:"owner"`
	Runbook     string         `json:"runbook"`
	// Episode counts how often it has fired; Since is when the phase began.
	Episode   uint64     `json:"episode"`
	Since     time.Time  `json:"since"`
	StartedAt *time.Time `json:"started_at"`
	EndedAt   *time.Time `json:"ended_at"`
	// ClearSince is since when the conditions of an alert that fires do not hold.
	ClearSince *time.Time `json:"clear_since"`
	// EndsAt is when it is over at the earliest, unless they hold again before.
	EndsAt *time.Time `json:"ends_at"`
	// Verdict is what its pair of windows says now; empty without one.
	Verdict    alert.Verdict `json:"verdict"`
	Life       Life          `json:"life"`
	Sentence   string        `json:"sentence"`
	NextStep   string        `json:"next_step"`
	Conditions []Condition   `json:"conditions"`
	Exhaustion Exhaustion    `json:"exhaustion"`
	// Frozen says why it neither begins nor ends, InhibitedBy which faster rule
	// calls for it, or did until it ended: then it is quiet until InhibitedUntil.
	// SilencedBy is which silence keeps it from being told.
	Frozen         string          `json:"frozen"`
	InhibitedBy    string          `json:"inhibited_by"`
	InhibitedUntil *time.Time      `json:"inhibited_until"`
	SilencedBy     string          `json:"silenced_by"`
	Deliveries     []AlertDelivery `json:"deliveries"`
}

// AlertDelivery is what a receiver has been told of the alert's episode, or is
// to be told.
type AlertDelivery struct {
	Receiver string `json:"receiver"`
	// Says is what it is about: that the alert began, or that it ended.
	Says       string    `json:"says"`
	State      string    `json:"state"`
	At         time.Time `json:"at"`
	Attempts   int       `json:"attempts"`
	Error      string    `json:"error"`
	DeliveryID string    `json:"delivery_id"`
}

// AlertFilter chooses alerts; what is empty chooses all.
type AlertFilter struct {
	States     []AlertState
	Severities []alert.Severity
	Owners     []string
	Services   []string
}

// Validate says which state or severity is none.
func (f *AlertFilter) Validate() error {
	for _, s := range f.States {
		if !slices.Contains(AlertStates[:], s) {
			return errs.New(errs.Invalid, "%q is no state of an alert", s).WithHint("write firing, pending, frozen, no_longer_measured or resolved")
		}
	}
	for _, s := range f.Severities {
		if s != alert.Page && s != alert.Ticket {
			return errs.New(errs.Invalid, "%q is no severity", s).WithHint("write page or ticket")
		}
	}
	return nil
}

func (f *AlertFilter) takes(a *Alert) bool {
	return takes(f.States, a.State) && takes(f.Severities, a.Severity) && takes(f.Owners, a.Owner) && takes(f.Services, a.Service)
}

func takes[T comparable](some []T, x T) bool { return len(some) == 0 || slices.Contains(some, x) }

// Alerts returns the alerts that a filter chooses, worst first.
func (r *Report) Alerts(f AlertFilter) Alerts {
	s, d := r.Evaluations.Snapshot(), r.Delivery.Status()
	out := Alerts{SchemaVersion: SchemaVersion, EvaluatedAt: s.At.UTC(), Alerts: []Alert{}}
	for i := range s.Evaluations {
		out.Alerts = append(out.Alerts, alertsOf(&s.Evaluations[i], d)...)
	}
	for i := range s.Gone {
		if s.Gone[i].Phase != alert.Inactive {
			out.Alerts = append(out.Alerts, alertOf(&s.Gone[i], d))
		}
	}
	out.Alerts = slices.DeleteFunc(out.Alerts, func(a Alert) bool { return !f.takes(&a) })
	slices.SortStableFunc(out.Alerts, compareAlerts)
	return out
}

// phases orders them by how much they need somebody.
var phases = map[alert.Phase]int{alert.Firing: 0, alert.Pending: 1, alert.Unmeasured: 2, alert.Resolved: 3}

func compareAlerts(a, b Alert) int {
	quiet := func(a *Alert) int {
		if a.InhibitedBy+a.SilencedBy != "" {
			return 1
		}
		return 0
	}
	if c := cmp.Compare(phases[a.Phase], phases[b.Phase]); c != 0 || a.EndedAt != nil {
		return cmp.Or(c, b.Since.Compare(a.Since))
	}
	return cmp.Or(cmp.Compare(a.Severity, b.Severity), cmp.Compare(quiet(&a), quiet(&b)), b.Since.Compare(a.Since))
}

// alertsOf returns the alerts of one objective.
func alertsOf(v *eval.Evaluation, d *dispatch.Status) []Alert {
	out := []Alert{}
	for i := range v.Alerts {
		if v.Alerts[i].Phase == alert.Inactive {
			continue
		}
		a := alertOf(&v.Alerts[i], d)
		o := v.Objective
		a.Journey, a.Owner, a.Runbook = o.Journey, o.Owner, o.Runbook
		if a.EndedAt == nil {
			a.NextStep = v.Status.NextStep
		}
		if r := ruleNamed(v, a.Rule); r != nil {
			in := readingOf(v, r, a.Group)
			a.Verdict, a.Conditions, a.Exhaustion = in.verdict(), in.conditions(), in.exhaustion(v.At)
			a.Life = Life(alert.LifeOf(&v.Alerts[i], r, a.Verdict))
			a.EndsAt, a.InhibitedUntil = instant(alert.Ends(&v.Alerts[i], r)), instant(quietUntil(v, &v.Alerts[i], r))
		}
		out = append(out, a)
	}
	return out
}

// quietUntil returns until when an alert is quiet because of one that has ended.
func quietUntil(v *eval.Evaluation, a *alert.Alert, r *slo.Rule) (until time.Time) {
	for i := range v.Alerts {
		if faster := &v.Alerts[i]; faster.Rule == a.InhibitedBy && faster.Group == a.Group {
			until = alert.QuietUntil(r, faster)
		}
	}
	return until
}

func ruleNamed(v *eval.Evaluation, name string) *slo.Rule {
	if i := slices.IndexFunc(v.Rules, func(r *slo.Rule) bool { return r.Name == name }); i >= 0 {
		return v.Rules[i]
	}
	return nil
}

// alertOf returns what is known of an alert without its objective.
func alertOf(a *alert.Alert, d *dispatch.Status) Alert {
	o := &a.Objective
	out := Alert{
		State: AlertState(a.Phase), Phase: a.Phase, Severity: a.Severity, Rule: a.Rule, Group: a.Group,
		Namespace: o.Service.Namespace, Service: o.Service.Name, Environment: o.Service.Environment, Objective: o.Name,
		Episode: a.Episode, Since: a.Since.UTC(), StartedAt: instant(a.Started), EndedAt: instant(a.Ended), ClearSince: instant(a.Clear),
		Sentence: a.Sentence, Conditions: []Condition{}, Exhaustion: Exhaustion{State: Unknown},
		Frozen: a.Frozen, InhibitedBy: a.InhibitedBy, SilencedBy: d.Silenced[a.Key], Deliveries: []AlertDelivery{},
	}
	if a.Frozen != "" {
		out.State = AlertFrozen
	}
	if a.Phase == alert.Pending { // what it was told of is an earlier episode
		out.StartedAt, out.EndedAt = nil, nil
		return out
	}
	for _, t := range d.Told[a.Key] {
		if t.Episode != a.Episode {
			continue
		}
		told := AlertDelivery{
			Receiver: t.Receiver, Says: "began", State: string(t.State), At: t.At.UTC(),
			Attempts: t.Attempts, Error: t.Error, DeliveryID: t.DeliveryID,
		}
		if t.Over {
			told.Says = "ended"
		}
		out.Deliveries = append(out.Deliveries, told)
	}
	return out
}

// instant returns nil for a time that is not.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
