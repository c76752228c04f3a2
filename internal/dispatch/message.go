// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/slo"
)

// message returns a delivery as its receiver is told: the news, newest first,
// and what else of the group still fires.
func (e *Engine) message(w *worker, p *parcel) *Message {
	m := e.blank(w, Reason(p.Reason), p.ID)
	m.Attempt, m.GroupKey, m.Group, m.Truncated = p.Attempts, p.GroupKey, p.Group, p.More
	m.Alerts = slices.Clone(p.News)
	slices.SortStableFunc(m.Alerts, func(a, b Notice) int { return b.At.Compare(a.At) })
	if m.Reason == Changed && p.GroupKey != collectedKey {
		for _, n := range e.open(w.name, p.GroupKey) {
			if p.says(&catalog.NotificationKey{Receiver: w.name, Alert: n.Key, Episode: n.Episode}) >= 0 {
				continue
			}
			if len(m.Alerts) >= 2*maxAlerts {
				m.Truncated++
				continue
			}
			m.Alerts = append(m.Alerts, n)
		}
	}
	return m
}

func (e *Engine) blank(w *worker, r Reason, id string) *Message {
	return &Message{DeliveryID: id, Attempt: 1, Receiver: w.name, Reason: r, Resend: w.policy.Resend, URL: e.parts.URL}
}

// open returns the alerts that a receiver has been told of and that still
// fire, in a group or, without a key, in all; those told last come first.
func (e *Engine) open(receiver, key string) (open []Notice) {
	for k, told := range e.box.notified {
		if k.Receiver != receiver || told.Refused || key != "" && told.GroupKey != key {
			continue
		}
		n := e.notices[k.Alert]
		if n == nil || n.Phase != alert.Firing || n.Episode != k.Episode || e.box.untold(&k) {
			continue
		}
		again := *n
		again.Told = true
		open = append(open, again)
	}
	slices.SortFunc(open, func(a, b Notice) int {
		return cmp.Or(b.Started.Compare(a.Started), a.Compare(b.Key))
	})
	return open
}

// untold reports whether the news of an incident still wait.
func (b *box) untold(k *catalog.NotificationKey) bool {
	return slices.ContainsFunc(b.parcels, func(p *parcel) bool { return p.Reason == string(Changed) && p.says(k) >= 0 })
}

// pulse sends what is not worth keeping: heartbeats, and repetitions to
// receivers that forget. It returns when to look again.
func (e *Engine) pulse(now time.Time) (next time.Time) {
	alive := e.alive(now)
	for _, w := range e.workers {
		if w.policy.Resend > 0 && !now.Before(w.resend) {
			w.resend, w.repeats = now.Add(w.policy.Resend), e.repeats(w)
		}
		var m *Message
		switch {
		case w.busy != nil:
		case w.policy.Heartbeat > 0 && !now.Before(w.beat):
			w.beat = now.Add(w.policy.Heartbeat)
			if alive == nil {
				m = e.blank(w, Heartbeat, e.parts.NewID())
			}
		case len(w.repeats) > 0 && !now.Before(w.gate):
			m, w.repeats = w.repeats[0], w.repeats[1:]
		}
		if m != nil {
			w.begin(m, now)
		}
		if w.policy.Heartbeat > 0 && w.busy == nil {
			next = soonest(next, w.beat)
		}
		if w.policy.Resend > 0 {
			next = soonest(next, w.resend)
		}
	}
	return next
}

// repeats returns everything that fires, to a receiver that forgets.
func (e *Engine) repeats(w *worker) (all []*Message) {
	for some := range slices.Chunk(e.open(w.name, ""), maxAlerts) {
		m := e.blank(w, Resend, e.parts.NewID())
		m.Alerts = some
		all = append(all, m)
	}
	return all
}

// How long may pass before we are not called alive: between two evaluations,
// and until a page is delivered.
const (
	evaluationWithin = time.Minute
	pageWithin       = 5 * time.Minute
)

// alive says why whoever relies on us should not: a switch outside pages when
// heartbeats stop.
func (e *Engine) alive(now time.Time) error {
	if e.standing == nil || now.Sub(e.seen) > evaluationWithin {
		return errs.New(errs.Unavailable, "objectives are not evaluated")
	}
	if err := e.parts.Alive(); err != nil {
		return err
	}
	for _, p := range e.box.parcels {
		if !p.State.Final() && p.urgency() == beginsPage && now.Sub(p.Created) > pageWithin {
			return errs.New(errs.Unavailable, "a page to %s waits since %s", p.Receiver, p.Created.Format(time.RFC3339))
		}
	}
	for k, told := range e.box.notified {
		if n := e.notices[k.Alert]; told.Refused && n != nil && n.Severity == alert.Page && n.Phase == alert.Firing {
			return errs.New(errs.Unavailable, "a page was refused by %s", k.Receiver)
		}
	}
	return nil
}

// Test sends a test message to a receiver, past its queue, and returns what the
// receiver answers. One that takes it is told again what it has refused.
func (e *Engine) Test(ctx context.Context, receiver string) error {
	at := slices.IndexFunc(e.workers, func(w *worker) bool { return w.name == receiver })
	if at < 0 {
		return errs.New(errs.NotFound, "there is no receiver %q", receiver).WithHint("the receivers are: " + e.cfg.names())
	}
	w, now := e.workers[at], e.parts.Now()
	m := e.blank(w, Test, e.parts.NewID())
	m.Alerts = []Notice{{
		Alert: alert.Alert{
			Key:      alert.Key{Objective: slo.Key{Service: operation.Service{Name: "leadline"}, Name: "test"}, Rule: "test"},
			Severity: alert.Ticket, Phase: alert.Firing, Since: now, Started: now, Episode: 1, Sequence: 1,
			Sentence: "this is a test: nothing is broken",
		},
		Description: "A test of this receiver.", NextStep: "nothing", At: now,
	}}
	if err := send(ctx, w.channel, w.policy.Timeout, m); err != nil {
		return err
	}
	select {
	case e.tested <- receiver:
		e.poke()
	default: // as many have been tested since the last step
	}
	return nil
}
