// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package dispatch brings alerts to the people whom they call.
//
// It owns the way from an alert's change of phase to a receiver's answer:
// which receivers are told (routes, silences), what is told together
// (groups), and the durable outbox that makes sure of it. A change of phase
// and the deliveries that it causes are one transaction of the catalog, made
// before anything is sent; every attempt is noted before it is made, and its
// outcome after. So a crash at any point delivers, and at most repeats one
// attempt, marked as a repeat with the same delivery id.
//
// Several engines may share an outbox. An attempt is a lease: until it is over
// nobody else touches the delivery. And a commit is of the revision that was
// read, so that what another engine, or a silence, has changed meanwhile makes
// it a conflict, and it is planned anew.
//
// It does not decide when an alert fires (packages alert and eval), and it
// does not know what a receiver's messages look like: that is a Channel's
// part. Every receiver has its own queue, so that one that hangs delays none
// of the others.
package dispatch

import (
	"context"
	"time"

	"github.com/leadline/leadline/internal/alert"
)

// Channel sends messages to one receiver.
type Channel interface {
	// Send delivers m or says why not, within ctx. It may be called for the
	// same delivery id again, when the outcome of an attempt is not known;
	// m.Attempt says so. It must not keep m.
	//
	// Errors tell what to do: one of kind errs.Unavailable is tried again,
	// after its RetryAfter when that is set; any other is final, because the
	// same message would be refused again. An error that wraps the cause (a
	// deadline, an end of file, a reset connection) tells that the receiver may
	// have taken the message all the same. No error names a secret.
	Send(ctx context.Context, m *Message) error
}

// Message is one delivery to one receiver: the alerts of a group that have
// something new, and those that are still firing.
type Message struct {
	// DeliveryID is the same in every attempt, and unique among deliveries.
	DeliveryID string
	// Attempt counts from 1. From 2 on the receiver may have had the message
	// before.
	Attempt int
	// Receiver is the receiver's name, Group what the alerts of the message
	// have in common: label and value.
	Receiver string
	GroupKey string
	Group    map[string]string
	// Reason is why the message is sent.
	Reason Reason
	// Alerts are those that the message is about, newest change first.
	Alerts []Notice
	// Truncated is how many more there are: a message is bounded.
	Truncated int
	// Resend is how soon the same will be said again while it lasts, to a
	// receiver that forgets what is not repeated (an Alertmanager); zero to the
	// others.
	Resend time.Duration
	// URL is where the server's pages are, without a slash at the end; empty
	// when that is not configured.
	URL string
}

// Reason is why a message is sent.
type Reason string

// The reasons.
const (
	Changed   Reason = "changed"   // an alert began to fire, or its episode ended
	Reminder  Reason = "reminder"  // it still fires, and the receiver wants to be reminded
	Resend    Reason = "resend"    // everything that fires, to a receiver that forgets what is not repeated
	Digest    Reason = "digest"    // what fired and ended while the receiver could not be reached
	Test      Reason = "test"      // somebody wants to see whether it arrives
	Heartbeat Reason = "heartbeat" // we are alive, for a switch that pages when this stops
)

// Notice is one alert as a receiver is told of it: everything that a person
// needs to begin, fixed when the alert changed, so that a late delivery says
// what was true then.
type Notice struct {
	alert.Alert
	// Told says that the receiver has been told of it before, and that it is in
	// the message because it still fires: the message is about the others.
	Told bool `json:",omitempty"`
	// Description, Owner, Runbook and Journey are those of the objective, as they
	// are written; URL is its page, empty where the server's address is not known.
	Description string
	Owner       string
	Runbook     string
	Journey     string
	URL         string
	// Target and Window read as in the service file: "99.9%", "28d".
	Target, Window string
	// SLI is the share of good events in the window, as decimal text, and
	// BudgetLeft the share of the budget that remains (below 0 when it is
	// exhausted); empty when there is no evidence.
	SLI, BudgetLeft string
	// NextStep is what to do first.
	NextStep string
	// At is when the notice was true.
	At time.Time
}
