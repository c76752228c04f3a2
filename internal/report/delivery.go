// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"
	"time"

	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/dispatch"
)

// Delivery is where it is read who has been told of what.
type Delivery interface {
	Status() *dispatch.Status
	Silences(ctx context.Context) ([]catalog.Silence, error)
}

// Receivers is the answer of GET /api/v1/receivers.
type Receivers struct {
	SchemaVersion int        `json:"schema_version"`
	Receivers     []Receiver `json:"receivers"`
	// Trouble says why nothing is sent to anybody, NotAlive why heartbeats have
	// stopped; empty while all is well.
	Trouble  string `json:"trouble"`
	NotAlive string `json:"not_alive"`
	// Unrouted is how many alerts call somebody and have no receiver.
	Unrouted int `json:"unrouted"`
}

// Receiver is how one receiver stands. Nothing in it is a secret.
type Receiver struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
	// Failing is why the last attempt failed; empty when it did not.
	Failing string `json:"failing"`
	// LastSuccess is when it took a delivery last, LastFailure when it did not,
	// and why.
	LastSuccess *time.Time      `json:"last_success"`
	LastFailure ReceiverFailure `json:"last_failure"`
	// Backlog is how many deliveries wait, and Oldest since when.
	Backlog     int        `json:"backlog"`
	Oldest      *time.Time `json:"oldest"`
	Attempting  *time.Time `json:"attempting_since"`
	NextAttempt *time.Time `json:"next_attempt"`
	// Counts are since the start of the server.
	Counts ReceiverCounts `json:"counts"`
}

// ReceiverFailure is when an attempt failed, and why.
type ReceiverFailure struct {
	At    *time.Time `json:"at"`
	Cause string     `json:"cause"`
}

// ReceiverCounts are what became of deliveries and attempts.
type ReceiverCounts struct {
	Delivered  uint64 `json:"delivered"`
	Failed     uint64 `json:"failed"`
	GivenUp    uint64 `json:"given_up"`
	Heartbeats uint64 `json:"heartbeats"`
	Resends    uint64 `json:"resends"`
}

// Receivers returns how every receiver stands, by name.
func (r *Report) Receivers() Receivers {
	s := r.Delivery.Status()
	out := Receivers{SchemaVersion: SchemaVersion, Receivers: []Receiver{}, Trouble: said(s.Trouble), NotAlive: said(s.NotAlive), Unrouted: s.Unrouted}
	for _, x := range s.Receivers {
		out.Receivers = append(out.Receivers, Receiver{
			Name: x.Name, Kind: r.Kinds[x.Name], Failing: x.LastError, LastSuccess: instant(x.Delivered),
			LastFailure: ReceiverFailure{instant(x.Failed), x.Failure},
			Backlog:     x.Waiting, Oldest: instant(x.Oldest), Attempting: instant(x.Attempting), NextAttempt: instant(x.Next),
			Counts: ReceiverCounts(x.Counts),
		})
	}
	return out
}

// TestResult is the answer of POST /api/v1/receivers/{name}/test.
type TestResult struct {
	SchemaVersion int    `json:"schema_version"`
	Receiver      string `json:"receiver"`
	Delivered     bool   `json:"delivered"`
	// Error is why the receiver did not take it, and Hint how to mend that.
	Error string `json:"error"`
	Hint  string `json:"hint"`
}

func said(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// Silences is the answer of GET /api/v1/silences: those that end last first.
type Silences struct {
	SchemaVersion int       `json:"schema_version"`
	Silences      []Silence `json:"silences"`
}

// Silence keeps the alerts that it matches from being told.
type Silence struct {
	ID       string       `json:"id"`
	State    SilenceState `json:"state"`
	Matchers []string     `json:"matchers"`
	Author   string       `json:"author"`
	Reason   string       `json:"reason"`
	Created  time.Time    `json:"created_at"`
	Starts   time.Time    `json:"starts_at"`
	Ends     time.Time    `json:"ends_at"`
	// Alerts is how many alerts it keeps from being told now.
	Alerts int `json:"alerts"`
}

// OneSilence is the answer of what begins and ends a silence.
type OneSilence struct {
	SchemaVersion int     `json:"schema_version"`
	Silence       Silence `json:"silence"`
}

// NewSilence is the body of POST /api/v1/silences.
type NewSilence struct {
	// Matchers must all match: service="shop-api", group=~"eu-.*".
	Matchers []string `json:"matchers"`
	Author   string   `json:"author"`
	Reason   string   `json:"reason"`
	// Starts is now when it is left out. Ends is when it ends; or Length how long
	// it lasts, as 2h or 7d.
	Starts *time.Time `json:"starts_at,omitempty"`
	Ends   *time.Time `json:"ends_at,omitempty"`
	Length string     `json:"length,omitempty"`
}

// SilenceState says whether a silence holds.
type SilenceState string

// The states.
const (
	SilenceActive  SilenceState = "active"
	SilencePending SilenceState = "pending" // it begins later
	SilenceEnded   SilenceState = "ended"
)

// SilenceStates are all of them.
var SilenceStates = [...]SilenceState{SilenceActive, SilencePending, SilenceEnded}

// Silences returns every silence that is kept.
func (r *Report) Silences(ctx context.Context) (Silences, error) {
	all, err := r.Delivery.Silences(ctx)
	if err != nil {
		return Silences{}, err
	}
	out := Silences{SchemaVersion: SchemaVersion, Silences: []Silence{}}
	for _, s := range all {
		out.Silences = append(out.Silences, r.Silence(s))
	}
	return out, nil
}

// Silence returns a silence as it stands now.
func (r *Report) Silence(s catalog.Silence) Silence {
	out := Silence{
		ID: s.ID, State: SilenceActive, Matchers: append([]string{}, s.Matchers...), Author: s.Author, Reason: s.Comment,
		Created: s.Created.UTC(), Starts: s.Starts.UTC(), Ends: s.Ends.UTC(),
	}
	switch now := r.Now(); {
	case s.Active(now):
	case now.Before(s.Starts):
		out.State = SilencePending
	default:
		out.State = SilenceEnded
	}
	for _, id := range r.Delivery.Status().Silenced {
		if id == s.ID {
			out.Alerts++
		}
	}
	return out
}
