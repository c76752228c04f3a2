// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/errs"
)

// Status is how delivery stands. It does not change.
type Status struct {
	At        time.Time
	Receivers []ReceiverStatus // by name
	// Trouble says why the outbox cannot be read or written, and nothing is
	// sent; nil when it can.
	Trouble error
	// NotAlive says why heartbeats have stopped; nil while they go.
	NotAlive error
	// Silenced is which silence keeps an alert from being told, of those that
	// would call somebody now.
	Silenced map[alert.Key]string
	// Told is what each receiver knows of an alert's newest episode, by receiver.
	Told map[alert.Key][]Telling
	// Unrouted is how many alerts call somebody and have no receiver.
	Unrouted int
}

// ReceiverStatus is how one receiver stands.
type ReceiverStatus struct {
	Name string
	// Waiting is how many deliveries are not over, Oldest since when the first
	// of them waits, and Collected how many alerts are told by their number
	// alone, because too much waits.
	Waiting   int
	Oldest    time.Time
	Collected int
	// Attempting is since when a message is being sent, Next when the next
	// attempt is due; zero when there is none.
	Attempting time.Time
	Next       time.Time
	// Delivered is when a delivery was taken last, GivenUp when one was refused
	// for good; zero for never.
	Delivered time.Time
	GivenUp   time.Time
	// LastError is why the last attempt failed; empty when it did not. Failure is
	// why one failed last, and Failed when: a success does not wipe them out.
	LastError string
	Failure   string
	Failed    time.Time
	// What became of attempts and deliveries since the start.
	Counts Counts
}

// Counts are what happened at a receiver since the start.
type Counts struct {
	Delivered, Failed, GivenUp uint64
	// Heartbeats and Resends count those that were taken.
	Heartbeats, Resends uint64
}

// record is what a worker remembers for its status.
type record struct {
	counts             Counts
	delivered, givenUp time.Time
	lastError          string
	failed             time.Time
	failure            string
}

func (r *record) note(a answer, durable bool) {
	r.lastError = ""
	switch {
	case a.err == nil && durable:
		r.counts.Delivered++
		r.delivered = a.at
	case a.err == nil && a.message.Reason == Heartbeat:
		r.counts.Heartbeats++
	case a.err == nil:
		r.counts.Resends++
	case !durable || errs.KindOf(a.err) == errs.Unavailable:
		r.counts.Failed++
		r.lastError = text(a.err)
	default:
		r.counts.GivenUp++
		r.givenUp, r.lastError = a.at, text(a.err)
	}
	if a.err != nil {
		r.failed, r.failure = a.at, r.lastError
	}
}

// remembered is how many deliveries are looked at for what came last.
const remembered = 50

// remember reads what receivers took and refused before this process.
func (e *Engine) remember(ctx context.Context) error {
	for _, w := range e.workers {
		before, err := e.parts.Store.Deliveries(ctx, w.name, remembered)
		if err != nil {
			return err
		}
		for _, d := range slices.Backward(before) { // oldest first: the newest wins
			if err := e.recall(w, d); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *Engine) recall(w *worker, d catalog.Delivery) error {
	p := &parcel{Delivery: d}
	if err := json.Unmarshal(d.Content, &p.envelope); err != nil {
		return fmt.Errorf("read delivery %s: %w", d.ID, err)
	}
	switch d.State {
	case catalog.Delivered:
		w.record.delivered = later(w.record.delivered, d.Finished)
		e.noteOutcome(p)
	case catalog.GivenUp:
		w.record.givenUp = later(w.record.givenUp, d.Finished)
		e.noteOutcome(p)
	}
	if d.State != catalog.Superseded && d.Error != "" && d.Attempted.After(w.record.failed) {
		w.record.failed, w.record.failure = d.Attempted, d.Error
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// Status returns how delivery stood after the last step.
func (e *Engine) Status() *Status { return e.status.Load() }

func (e *Engine) publish(now time.Time) {
	s := &Status{At: now, Trouble: e.trouble, Silenced: e.silenced, Unrouted: e.unrouted}
	if e.box != nil {
		s.NotAlive = e.alive(now)
	} else {
		s.NotAlive = e.trouble
	}
	for _, w := range e.workers {
		s.Receivers = append(s.Receivers, e.receiverStatus(w, now))
	}
	before := e.status.Load()
	if e.box != nil && e.box.moved {
		s.Told, e.box.moved = e.told(), false
	} else if before != nil {
		s.Told = before.Told
	}
	e.status.Store(s)
	if before != nil && !before.same(s) {
		e.listeners.Tell(now)
	}
}

// same reports whether nothing but the time differs.
func (s *Status) same(o *Status) bool {
	at := *s
	at.At = o.At
	return reflect.DeepEqual(&at, o)
}

// Listen returns a channel on which something arrives when alerts, silences or
// deliveries stand differently, and a function that ends it.
func (e *Engine) Listen() (<-chan time.Time, func()) { return e.listeners.Listen() }

func (e *Engine) receiverStatus(w *worker, now time.Time) ReceiverStatus {
	r := ReceiverStatus{
		Name: w.name, Delivered: w.record.delivered, GivenUp: w.record.givenUp, LastError: w.record.lastError,
		Failed: w.record.failed, Failure: w.record.failure, Counts: w.record.counts,
	}
	if w.busy != nil {
		r.Attempting = w.began
	}
	if e.box == nil {
		return r
	}
	if p, due := e.box.next(w.name, now); p != nil {
		r.Next = later(now, w.wait(p))
	} else {
		r.Next = due
	}
	for _, p := range e.box.parcels {
		if p.Receiver == w.name && !p.State.Final() {
			r.Waiting++
			r.Oldest = soonest(r.Oldest, p.Created)
			r.Collected += p.More
		}
	}
	return r
}

// How long what is over is kept.
const (
	pruneEvery      = time.Hour
	keepFinished    = 30 * 24 * time.Hour
	keepDeliveries  = 1000 // of each receiver
	keepTransitions = 400 * 24 * time.Hour
	keepChanges     = 1000 // of each alert
	keepSilences    = 90 * 24 * time.Hour
	keepAlerts      = 400 * 24 * time.Hour
)

// tidy removes what is over, from time to time.
func (e *Engine) tidy(ctx context.Context, now time.Time) error {
	for g, at := range e.sent {
		if now.Sub(at) > maxWait {
			delete(e.sent, g)
		}
	}
	maps.DeleteFunc(e.outcomes, func(k outcomeOf, _ Telling) bool { _, known := e.box.alerts[k.alert]; return !known })
	if now.Before(e.prune) {
		return nil
	}
	e.prune = now.Add(pruneEvery)
	return e.parts.Store.Prune(ctx, catalog.Prune{
		Finished: now.Add(-keepFinished), KeepDeliveries: keepDeliveries,
		Transitions: now.Add(-keepTransitions), KeepTransitions: keepChanges,
		Silences: now.Add(-keepSilences), Alerts: now.Add(-keepAlerts),
	})
}
