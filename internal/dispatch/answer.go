// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"slices"
	"time"

	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/errs"
)

// receive notes at the worker what became of a message.
func (e *Engine) receive(a answer) {
	w := a.worker
	w.busy = nil
	durable := a.message.Reason != Heartbeat && a.message.Reason != Resend
	if durable {
		e.settled = append(e.settled, a)
	}
	w.record.note(a, durable)
	switch kind := errs.KindOf(a.err); {
	case a.err == nil:
		if w.failures > 0 {
			e.parts.Logger.Info("receiver takes messages again", "receiver", w.name)
		}
		w.failures, w.gate, w.early = 0, time.Time{}, time.Time{}
	case !durable:
	case kind == errs.Unavailable:
		if w.failures == 0 {
			e.parts.Logger.Warn("receiver does not take messages; trying again", "receiver", w.name, "err", a.err)
		}
		w.failed(a.err, a.at, e.parts.Random())
	default:
		e.parts.Logger.Error("receiver refuses a message for good", "receiver", w.name, "delivery", a.message.DeliveryID, "err", a.err)
	}
}

// settle notes outcomes in the box. It may be done again after a reload.
func (e *Engine) settle(now time.Time) {
	for _, a := range e.settled {
		at := slices.IndexFunc(e.box.parcels, func(p *parcel) bool {
			return p.ID == a.message.DeliveryID && p.State == catalog.Attempting && p.Holder == e.parts.Writer
		})
		// Its outcome was committed although the commit failed, or it took longer
		// than its lease and another writer is at it.
		if at < 0 {
			continue
		}
		p := e.box.parcels[at]
		p.dirty = true
		switch {
		case a.err == nil:
			p.State, p.Finished, p.Error = catalog.Delivered, now, ""
			e.sent[groupOf{p.Receiver, p.GroupKey}] = now
			e.box.refused(p, false)
		case errs.KindOf(a.err) == errs.Unavailable:
			p.State, p.Error = catalog.Waiting, text(a.err)
			p.Doubtful = p.Doubtful || doubtful(a.err)
			p.Due = a.at.Add(backoff(p.Attempts, 0.5))
		default:
			p.State, p.Finished, p.Error = catalog.GivenUp, now, text(a.err)
			e.box.refused(p, true)
		}
		if p.State.Final() {
			e.noteOutcome(p)
		}
	}
}

// refused notes whether a receiver takes what it is told of these alerts.
func (b *box) refused(p *parcel, refused bool) {
	for i := range p.News {
		n, known := b.notified[incident(p.Receiver, &p.News[i].Alert)]
		if known && n.Refused != refused {
			n.Refused = refused
			b.notify(n)
		}
	}
}
