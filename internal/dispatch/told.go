// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"cmp"
	"slices"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/catalog"
)

// Telling is what a receiver has been told of an episode of an alert, or is to
// be told.
type Telling struct {
	Receiver string
	Episode  uint64
	// Over says that it is about the end of the episode; otherwise it is about
	// its beginning, or a reminder.
	Over bool
	// State is one of Waiting, Attempting, Delivered and GivenUp; At is when it
	// was delivered or given up, and since when it waits.
	State catalog.DeliveryState
	At    time.Time
	// Attempts counts those that were begun; Error is why the last one failed.
	Attempts int
	Error    string
	// DeliveryID names the delivery; empty when that is too long ago.
	DeliveryID string
}

// outcomeOf names an alert at a receiver.
type outcomeOf struct {
	receiver string
	alert    alert.Key
}

// noteOutcome keeps what became of a delivery for each of its alerts.
func (e *Engine) noteOutcome(p *parcel) {
	for i := range p.News {
		k := outcomeOf{p.Receiver, p.News[i].Key}
		if p.News[i].Episode >= e.outcomes[k].Episode {
			e.outcomes[k] = p.telling(i)
		}
	}
}

// telling says how the delivery stands of its i-th alert.
func (p *parcel) telling(i int) Telling {
	t := Telling{
		Receiver: p.Receiver, Episode: p.News[i].Episode, Over: p.News[i].Phase != alert.Firing,
		State: p.State, At: p.Created, Attempts: p.Attempts, Error: p.Error, DeliveryID: p.ID,
	}
	if p.State.Final() {
		t.At = p.Finished
	}
	return t
}

// told returns what each receiver knows of the newest episode of each alert:
// what waits, else what came of it, else that it has been told.
func (e *Engine) told() map[alert.Key][]Telling {
	newest := make(map[outcomeOf]Telling)
	add := func(k outcomeOf, t Telling) {
		if t.Episode == e.box.alerts[k.alert].Episode {
			newest[k] = t
		}
	}
	for k, n := range e.box.notified {
		t := Telling{Receiver: k.Receiver, Episode: k.Episode, State: catalog.Delivered, At: n.At}
		if n.Refused {
			t.State = catalog.GivenUp
		}
		add(outcomeOf{k.Receiver, k.Alert}, t)
	}
	for k, t := range e.outcomes {
		add(k, t)
	}
	for _, p := range e.box.parcels {
		for i := range p.News {
			if !p.State.Final() {
				add(outcomeOf{p.Receiver, p.News[i].Key}, p.telling(i))
			}
		}
	}
	told := make(map[alert.Key][]Telling)
	for k, t := range newest {
		told[k.alert] = append(told[k.alert], t)
	}
	for _, all := range told {
		slices.SortFunc(all, func(a, b Telling) int { return cmp.Compare(a.Receiver, b.Receiver) })
	}
	return told
}
