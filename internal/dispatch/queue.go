// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/catalog"
)

// urgency orders what waits for one receiver: lower is sent first.
type urgency int

const (
	beginsPage urgency = iota
	begins
	ends
	reminds
	digests
)

func (p *parcel) urgency() urgency {
	switch Reason(p.Reason) {
	case Reminder:
		return reminds
	case Digest:
		return digests
	}
	u := ends
	for i := range p.News {
		switch n := &p.News[i]; {
		case n.Phase == alert.Firing && n.Severity == alert.Page:
			return beginsPage
		case n.Phase == alert.Firing:
			u = begins
		}
	}
	return u
}

// next returns what is to be sent to a receiver now, or nothing, and when to
// look again. Of a group only the oldest delivery may be sent, so that an end
// never arrives before its beginning. A delivery that fails lets others go
// first: one that a receiver cannot digest does not hold up its pages. A digest
// waits until nothing that still fires is left to tell.
func (b *box) next(receiver string, now time.Time) (best *parcel, later time.Time) {
	seen := make(map[string]bool)
	begun := true
	for _, p := range b.parcels {
		if p.Receiver != receiver || p.State.Final() {
			continue
		}
		u := p.urgency()
		begun = begun && u > begins
		if seen[p.GroupKey] {
			continue
		}
		seen[p.GroupKey] = true
		switch {
		case p.State != catalog.Waiting:
		case p.Due.After(now):
			later = soonest(later, p.Due)
		case best == nil || u < best.urgency() || u == best.urgency() && p.Attempts < best.Attempts:
			best = p
		}
	}
	if best != nil && best.urgency() == digests && !begun {
		return nil, later
	}
	return best, later
}

// soonest returns the earlier of two times, of which zero is none.
func soonest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
