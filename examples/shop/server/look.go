// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/leadline/leadline/examples/shop/story"
)

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
				Long, Short story.Burn
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

// View asks how an objective and one of its rules stand.
func (s Server) View(ctx context.Context, service, objective, rule string) (story.View, error) {
	var a answer
	path := "/api/v1/slos/" + url.PathEscape(service) + "/" + url.PathEscape(objective) + "?from=now-2m&to=now"
	if err := s.get(ctx, path, &a); err != nil {
		return story.View{}, err
	}
	v := story.View{
		Known: true, State: a.SLO.State, Bad: deref(a.SLO.Bad),
		Allowed: deref(a.SLO.Budget.Allowed), Remaining: deref(a.SLO.Budget.Remaining),
	}
	for _, r := range a.SLO.Rules {
		if r.Name != rule {
			continue
		}
		_, asks, _ := strings.Cut(r.Asks, " when ")
		v.Asks, _, _ = strings.Cut(asks, ", from")
		if len(r.Conditions) == 0 {
			continue
		}
		c := r.Conditions[0]
		v.Long, v.Short = c.Long, c.Short
		v.Threshold, v.Holds = deref(c.Threshold), deref(c.Holds)
	}
	for _, alert := range a.SLO.Alerts {
		if alert.Rule == rule && alert.State == "firing" {
			v.EndsAt = alert.EndsAt
		}
	}
	return v, nil
}
