// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// view is how the objective of a story stands, as the API says it.
type view struct {
	known     bool // somebody has looked
	state     string
	allowed   int64 // the budget, in events
	remaining int64
	bad       int64
	asks      string // when the rule pages, in its own words
	threshold float64
	long      burn
	short     burn
	holds     bool       // both windows are above the threshold
	endsAt    *time.Time // of an alert that waits to end
}

// burn is a window and how fast the budget burns in it; it is not measured
// where no event lies in it.
type burn struct {
	Window string   `json:"window"`
	Rate   *float64 `json:"burn"`
}

func (b burn) String() string {
	if b.Rate == nil {
		return b.Window + " not measured"
	}
	return fmt.Sprintf("%s burn %.3gx", b.Window, *b.Rate)
}

// above reports whether the budget burns faster than a threshold.
func (b burn) above(threshold float64) bool { return b.Rate != nil && *b.Rate > threshold }

// answer is what the API says of an objective, as far as the demo needs it.
type answer struct {
	SLO struct {
		State  string
		Bad    *int64
		Budget struct{ Allowed, Remaining *int64 }
		Rules  []struct {
			Name, Asks string
			Conditions []struct {
				Kind        string
				Long, Short burn
				Threshold   *float64
				Holds       *bool
			}
		}
		Alerts []struct {
			Rule, State string
			EndsAt      *time.Time `json:"ends_at"`
		}
	}
}

// view asks how an objective and one of its rules stand.
func (s server) view(ctx context.Context, service, objective, rule string) (view, error) {
	var a answer
	path := "/api/v1/slos/" + url.PathEscape(service) + "/" + url.PathEscape(objective) + "?from=now-2m&to=now"
	if err := s.get(ctx, path, &a); err != nil {
		return view{}, err
	}
	v := view{
		known: true, state: a.SLO.State, bad: deref(a.SLO.Bad),
		allowed: deref(a.SLO.Budget.Allowed), remaining: deref(a.SLO.Budget.Remaining),
	}
	for _, r := range a.SLO.Rules {
		if r.Name != rule {
			continue
		}
		_, asks, _ := strings.Cut(r.Asks, " when ")
		v.asks, _, _ = strings.Cut(asks, ", from")
		if len(r.Conditions) == 0 {
			continue
		}
		c := r.Conditions[0]
		v.long, v.short = c.Long, c.Short
		v.threshold, v.holds = deref(c.Threshold), deref(c.Holds)
	}
	for _, alert := range a.SLO.Alerts {
		if alert.Rule == rule && alert.State == "firing" {
			v.endsAt = alert.EndsAt
		}
	}
	return v, nil
}

// left is the share of the budget that is left.
func (v view) left() string {
	if v.allowed == 0 {
		return "no budget yet"
	}
	return fmt.Sprintf("%.1f%% of the budget left", 100*float64(v.remaining)/float64(v.allowed))
}

// standing says it while nothing is wrong.
func (v view) standing() string {
	if !v.known {
		return "not looked at yet"
	}
	return v.state + ", " + v.left()
}

// burning says how fast the budget burns, against what calls somebody.
func (v view) burning() string {
	if !v.known {
		return "not looked at yet"
	}
	if v.short.Window == "" {
		return v.standing()
	}
	return fmt.Sprintf("%s, %s, pages above %.4gx", v.long, v.short, v.threshold)
}

// clearing says what an alert still waits for.
func (v view) clearing(now time.Time) string {
	switch {
	case v.endsAt != nil && v.endsAt.After(now):
		return fmt.Sprintf("%s, %s; stays clear for %s more", v.long, v.short, span(v.endsAt.Sub(now)))
	case v.holds && v.long.above(v.threshold):
		return fmt.Sprintf("%s, %s; one has to fall below %.4gx", v.long, v.short, v.threshold)
	}
	return v.burning()
}

// costSince is what was spent since an earlier view. Its events are of the whole
// window, of which the oldest have left it meanwhile: at most a few.
func (v view) costSince(before view) (string, bool) {
	if v.allowed == 0 || before.allowed == 0 || v.bad < before.bad {
		return "", false
	}
	share := func(w view) float64 { return 100 * float64(w.remaining) / float64(w.allowed) }
	return fmt.Sprintf("%d failed events: %.1f%% of the budget was left before, %.1f%% is left now", v.bad-before.bad, share(before), share(v)), true
}
