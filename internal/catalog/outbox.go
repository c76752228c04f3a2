// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"context"
	"time"

	"github.com/leadline/leadline/internal/alert"
)

// OutboxStore keeps what is to be sent to whom, what was, and what each
// receiver has been told.
type OutboxStore interface {
	// Commit does all of c or nothing, and adds one to the revision. It is
	// errs.Conflict, and nothing is done, when another writer was first: when the
	// revision is not the one that c was made of; when a transition's sequence is
	// not above the persisted one of its alert; when a delivery is not stored in
	// the version before its own (and not absent, for version 1), or is held by
	// another writer.
	//
	// An error of any other kind does not say whether c was done.
	Commit(ctx context.Context, c *Commit) error
	// Revision returns how often the outbox or a silence was changed. What is
	// read after it is at least that new.
	Revision(ctx context.Context) (uint64, error)
	// Outbox returns the deliveries that are waiting or being attempted, in the
	// order in which they were first committed.
	Outbox(ctx context.Context) ([]Delivery, error)
	// Notifications returns what receivers have been told, in order of
	// receivers, alerts and episodes.
	Notifications(ctx context.Context) ([]Notification, error)
	// Deliveries returns the newest deliveries to a receiver in any state,
	// newest first, limit at most; an empty name stands for all receivers.
	Deliveries(ctx context.Context, receiver string, limit int) ([]Delivery, error)
	// Prune removes what is over: see Prune.
	Prune(ctx context.Context, p Prune) error
}

// Commit is one step of the outbox: the transitions of alerts, and the
// deliveries that they cause; or the intent or outcome of an attempt.
type Commit struct {
	// Writer names who commits, the same across its restarts. At is when, by its
	// clock, and Revision that of the outbox that it has read.
	Writer   string
	At       time.Time
	Revision uint64

	Transitions []Transition
	// Amended are alerts that remember something new without having changed
	// their phase, as when their conditions stop holding (Clear): each takes the
	// place of the persisted one with the same sequence. It is no error if the
	// alert has gone on since.
	Amended []alert.Alert
	// Deliveries are new with Version 1; with a higher one they replace the
	// version before.
	Deliveries []Delivery
	// Notified is put in place of what the receiver had been told of the
	// incident. Forgotten is removed; it is no error if it is not there.
	Notified  []Notification
	Forgotten []NotificationKey
}

// Delivery is one message to one receiver, from the change that caused it to
// the receiver's answer.
type Delivery struct {
	// ID is the same in every attempt and unique for ever.
	ID       string
	Receiver string
	// GroupKey names what its alerts have in common. Deliveries of the same
	// receiver and group are sent in order.
	GroupKey string
	Reason   string
	// Content is the message as the dispatcher encodes it.
	Content []byte
	// Due is when it is to be attempted, Created when it was first committed.
	Due, Created time.Time
	State        DeliveryState
	// Attempts counts the attempts that were begun; Attempted is when the last
	// one was.
	Attempts  int
	Attempted time.Time
	// Holder is the writer that attempts it, and Leased until when no other may;
	// see Held.
	Holder string
	Leased time.Time
	// Doubtful says that the outcome of some attempt is not known: the receiver
	// may have had the message.
	Doubtful bool
	// Finished is when the state became a final one.
	Finished time.Time
	// Error is what the last attempt ended with, or why the delivery was given
	// up or superseded. It names no secret.
	Error string
	// Version counts the commits of this delivery, from 1.
	Version int
}

// LongestLease is how far ahead a lease may end: one that ends later was
// written by a clock that was ahead, and holds nothing.
const LongestLease = 5 * time.Minute

// Held reports whether another writer is attempting the delivery, so that
// this one may neither attempt nor change it. A writer that ended in an attempt
// holds it until its lease is over.
func (d *Delivery) Held(from string, at time.Time) bool {
	return d.State == Attempting && d.Holder != from && d.Leased.After(at) && !d.Leased.After(at.Add(LongestLease))
}

// DeliveryState is where a delivery stands.
type DeliveryState string

// The states of a delivery; the last three are final.
const (
	Waiting    DeliveryState = "waiting"
	Attempting DeliveryState = "attempting" // intent was noted, the outcome is not known yet
	Delivered  DeliveryState = "delivered"  // the receiver took it
	GivenUp    DeliveryState = "given_up"   // the receiver refuses it for good
	Superseded DeliveryState = "superseded" // what it said is over, or another delivery says it
)

// Final reports whether nothing more happens to the delivery.
func (s DeliveryState) Final() bool { return s == Delivered || s == GivenUp || s == Superseded }

// NotificationKey names an incident (an alert and its episode) at a receiver.
type NotificationKey struct {
	Receiver string
	Alert    alert.Key
	Episode  uint64
}

// Notification notes that a delivery to the receiver says that the incident
// began. It goes when the receiver has been told that the incident is over.
type Notification struct {
	NotificationKey
	// GroupKey is the group of that delivery: what follows is told in it too.
	GroupKey string
	// At is when the receiver was told last, or reminded.
	At time.Time
	// Refused says that the receiver refused the message for good.
	Refused bool
}

// Prune says what is over and may go: deliveries that finished before Finished,
// and of each receiver all final ones but the newest KeepDeliveries;
// transitions before Transitions, and of each alert all but the newest
// KeepTransitions; silences that ended before Silences; alerts that are over
// since before Alerts, whose end no receiver is still to be told and of which no
// transition is kept. A time of zero removes nothing. What waits is never removed,
// and neither is an alert that fires or is pending.
type Prune struct {
	Finished        time.Time
	KeepDeliveries  int
	Transitions     time.Time
	KeepTransitions int
	Silences        time.Time
	Alerts          time.Time
}
