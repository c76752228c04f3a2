// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leadline/leadline/examples/shop/screen"
	"github.com/leadline/leadline/internal/notify/notifytest"
)

// fakeScene is a server that pages so long after the trouble began, and tells
// the end so long after it was mended. A time of zero means never.
type fakeScene struct {
	pages, ends     time.Duration
	notices         chan Notice
	troubled, cured time.Time
	lost            int  // looks that fail, from the first on
	absent          bool // what pages is silence
}

func (f *fakeScene) notify(after time.Duration, n Notice) {
	if after > 0 {
		time.AfterFunc(after, func() { f.notices <- n })
	}
}

// calls is the scenario whose alert calls.
func (f *fakeScene) calls() Scenario {
	if f.absent {
		return silence()
	}
	return BadDeploy()
}

func (f *fakeScene) Begin(context.Context) error {
	f.troubled = time.Now()
	f.notify(10*time.Second, Notice{Status: "firing", Severity: "ticket", Objective: "checkout-is-fast", Rule: "ticket-1d", Title: "Ticket: checkout-is-fast of shop/shop-api"})
	f.notify(f.pages, Notice{
		Status: "firing", Severity: "page", Objective: f.calls().Objective, Rule: f.calls().Rule,
		Title:   "Page: checkout-succeeds (journey checkout) of shop/shop-api, production",
		Facts:   []string{"Promise: A customer opens an item, fills the basket, pays, and gets a confirmation.", "Why: 1h burn 13.6x, 5m 22.4x, threshold 13.44x; 71.9% of the budget left, exhausted in 35h at this rate"},
		Runbook: "http://127.0.0.1:9/runbooks/checkout-fails", Page: "http://127.0.0.1:8/slo/shop/shop-api/checkout-succeeds",
	})
	return nil
}

func (f *fakeScene) End(context.Context) error {
	f.cured = time.Now()
	f.notify(f.ends, Notice{
		Status: "resolved", Severity: "page", Objective: f.calls().Objective, Rule: f.calls().Rule,
		Title: "Resolved: checkout-succeeds (journey checkout) of shop/shop-api, production",
		Facts: []string{"When: 12:02:00 UTC to 12:09:00 UTC, 7m"},
	})
	return nil
}

// Look burns the more the longer something is wrong.
func (f *fakeScene) Look(context.Context) (View, error) {
	if f.lost > 0 {
		f.lost--
		return View{}, errors.New("no answer")
	}
	if f.absent {
		return View{Known: true, State: "ok", Allowed: 4000, Remaining: 3000, Bad: 1000, Asks: "no event arrives for 2m"}, nil
	}
	v := View{
		Known: true, State: "ok", Allowed: 4000, Remaining: 3000, Bad: 1000, Threshold: 13.44,
		Asks: "burn above 13.44x over 1h and 5m", Long: Burn{"1h", new(float64)}, Short: Burn{"5m", new(float64)},
	}
	if f.troubled.IsZero() {
		return v, nil
	}
	wrong := time.Since(f.troubled)
	if !f.cured.IsZero() {
		wrong = f.cured.Sub(f.troubled)
		*v.Short.Rate = -10 * time.Since(f.cured).Minutes()
	}
	v.Bad += int64(3 * wrong.Seconds())
	v.Remaining -= int64(3 * wrong.Seconds())
	*v.Long.Rate += 8 * wrong.Minutes()
	*v.Short.Rate = max(0, *v.Short.Rate+20*wrong.Minutes())
	v.Holds = *v.Long.Rate > v.Threshold && *v.Short.Rate > v.Threshold
	if !f.cured.IsZero() && !v.Holds {
		ends := f.cured.Add(f.ends)
		v.EndsAt = &ends
	}
	return v, nil
}

// TestStory holds what people see, from the first customer to the cost, against
// text cases.
func TestStory(t *testing.T) {
	for _, c := range []struct {
		name    string
		plays   Scenario // the bad deploy where it is none
		scene   fakeScene
		wait    time.Duration
		orders  []time.Duration // when somebody asks to mend it
		ends    time.Duration   // when the demo is ended
		opened  time.Duration   // how long customers have come already
		want    error
		reaches phase
	}{
		{name: "nobody-mends", scene: fakeScene{pages: 80 * time.Second, ends: 6 * time.Minute}, wait: time.Minute, reaches: over},
		{name: "somebody-mends", scene: fakeScene{pages: 80 * time.Second, ends: 6 * time.Minute}, wait: time.Minute, orders: []time.Duration{150 * time.Second}, reaches: over},
		{name: "at-once", scene: fakeScene{pages: 80 * time.Second, ends: 6 * time.Minute, lost: 3}, reaches: over},
		{name: "silence", plays: silence(), scene: fakeScene{pages: 3 * time.Minute, ends: 20 * time.Second, absent: true}, wait: 30 * time.Second, reaches: over},
		{name: "no-page", scene: fakeScene{}, wait: time.Minute, want: ErrLate, reaches: troubled},
		{name: "no-end", scene: fakeScene{pages: 80 * time.Second}, want: ErrLate, reaches: mended},
		{name: "opened-late-in-a-minute", opened: 10 * time.Second, scene: fakeScene{pages: 80 * time.Second}, ends: 125 * time.Second, reaches: troubled},
		{name: "history-took-long", opened: 2 * time.Minute, scene: fakeScene{pages: 80 * time.Second}, ends: 65 * time.Second, reaches: troubled},
		{name: "ended-early", scene: fakeScene{pages: 80 * time.Second}, ends: 100 * time.Second, reaches: troubled},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var out bytes.Buffer
				c.scene.notices = make(chan Notice, 10)
				orders := make(chan string, 1)
				if c.plays.name == "" {
					c.plays = BadDeploy()
				}
				s := &Story{
					Scenario: c.plays, Scene: &c.scene, Screen: screen.Plain(&out), Wait: c.wait, Opened: time.Now().Add(-c.opened),
					Notices: c.scene.notices, Orders: orders,
					Pages: Links{Objective: "http://127.0.0.1:8/slo/shop/shop-api/checkout-succeeds", Desk: "http://127.0.0.1:9", Binary: "bin/leadline"},
				}
				for _, at := range c.orders {
					time.AfterFunc(at, func() { orders <- "in the terminal" })
				}
				ctx := t.Context()
				if c.ends > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, c.ends)
					defer cancel()
				}
				if err := s.Play(ctx); !errors.Is(err, c.want) {
					t.Errorf("the story ended with %v, want %v", err, c.want)
				}
				if got := s.now().phase; got != c.reaches {
					t.Errorf("the story reached phase %d, want %d", got, c.reaches)
				}
				notifytest.Golden(t, "story-"+c.name+".txt", out.String())
			})
		})
	}
}
