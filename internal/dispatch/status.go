// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"context"
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
	// Attempting is since when a message is being sent, Next before which
	// nothing is tried; zero when there is none.
	Attempting time.Time
	Next       time.Time
	// Delivered is when a delivery was taken last, GivenUp when one was refused
	// for good; zero for never.
	Delivered time.Time
	GivenUp   time.Time
	// LastError is why the last attempt failed; empty when it did not.
	LastError string
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
		for _, d := range before {
			switch {
			case d.State == catalog.Delivered && d.Finished.After(w.record.delivered):
				w.record.delivered = d.Finished
			case d.State == catalog.GivenUp && d.Finished.After(w.record.givenUp):
				w.record.givenUp = d.Finished
			}
		}
	}
	return nil
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
	e.status.Store(s)
}

func (e *Engine) receiverStatus(w *worker, now time.Time) ReceiverStatus {
	r := ReceiverStatus{
		Name: w.name, Delivered: w.record.delivered, GivenUp: w.record.givenUp, LastError: w.record.lastError, Counts: w.record.counts,
	}
	if w.busy != nil {
		r.Attempting = w.began
	}
	if w.gate.After(now) {
		r.Next = w.gate
	}
	if e.box == nil {
		return r
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
