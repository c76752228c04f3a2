// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/catalog"
)

// plan compares how alerts stand with what was persisted and with what each
// receiver has been told, and puts the difference into the box. It looks at
// levels and not at edges: whatever was missed, by a failed commit, a crash or
// a snapshot that nobody saw, is still a difference the next time.
type plan struct {
	*box
	now    time.Time
	router *router
	cfg    *Config
	newID  func() string
	// sent is when a group of a receiver had its last message.
	sent map[groupOf]time.Time

	// notices are those of the standing that continue what was persisted.
	notices map[alert.Key]*Notice
	// missed are alerts whose firing ended between two standings.
	missed map[alert.Key]alert.Alert
	// stale are persisted alerts that the source has lost.
	stale []alert.Alert
	// silenced is which silence keeps an alert from being told.
	silenced map[alert.Key]string
	// unrouted counts alerts that call somebody and have no receiver.
	unrouted int
}

// groupOf names a group at a receiver.
type groupOf struct{ receiver, key string }

// reconcile makes the box what the standing asks for.
func (p *plan) reconcile(s *Standing) {
	p.notices, p.missed = make(map[alert.Key]*Notice, len(s.Notices)), make(map[alert.Key]alert.Alert)
	p.silenced = make(map[alert.Key]string)
	for i := range s.Notices {
		p.observe(&s.Notices[i])
	}
	for i := range s.Notices {
		if n := &s.Notices[i]; p.notices[n.Key] == n && n.Calls() {
			p.tell(n)
		}
	}
	for _, k := range p.over() {
		p.follow(p.notified[k])
	}
}

// observe persists what has changed of an alert.
func (p *plan) observe(n *Notice) {
	before, known := p.alerts[n.Key]
	switch {
	case n.Sequence == 0:
		return
	case known && (n.Sequence < before.Sequence || n.Sequence == before.Sequence && (n.Phase != before.Phase || n.Episode != before.Episode)):
		p.stale = append(p.stale, before)
		return
	case !known || n.Sequence > before.Sequence:
		p.change(n, before)
	case !n.Clear.Equal(before.Clear):
		p.alerts[n.Key] = n.Alert
		p.amended = append(p.amended, n.Alert)
	}
	p.notices[n.Key] = n
}

// overBefore is what is said of an episode whose end was missed: what it saw
// last is not known, and what it saw when it began is not so any more.
const overBefore = "it was over before its next episode"

func (p *plan) change(n *Notice, before alert.Alert) {
	if before.Phase == alert.Firing && (n.Episode != before.Episode || n.Phase == alert.Pending) {
		before.Phase, before.Ended, before.Sentence = alert.Resolved, n.Since, overBefore
		p.missed[n.Key] = before
	}
	p.alerts[n.Key] = n.Alert
	t := catalog.Transition{Alert: n.Alert, At: p.now}
	if n.Calls() {
		t.Silence = silencing(p.silences, n.Labels(), p.now)
	}
	p.changes = append(p.changes, t)
}

// tell makes sure that everybody who should be told of a firing alert is.
func (p *plan) tell(n *Notice) {
	labels := n.Labels()
	if id := silencing(p.silences, labels, p.now); id != "" {
		p.silenced[n.Key] = id
		return
	}
	to := p.router.destinations(labels)
	if len(to) == 0 {
		p.unrouted++
	}
	for _, d := range to {
		k := incident(d.Receiver, &n.Alert)
		if told, known := p.notified[k]; known {
			p.remind(told, d, n)
		} else if key, ok := p.enqueue(d, n); ok {
			p.notify(catalog.Notification{NotificationKey: k, GroupKey: key, At: p.now})
		}
	}
}

// enqueue adds news of a group, or to the collection when too much waits. It
// is refused when even that does not help: the alert is still to be told then.
func (p *plan) enqueue(d destination, n *Notice) (key string, ok bool) {
	key = d.groupKey
	if full := p.waiting(d.Receiver) >= maxWaiting; full && p.open(d.Receiver, key, Changed, maxAlerts) == nil {
		key, d.group = collectedKey, nil
		if p.waiting(d.Receiver) > maxWaiting && p.open(d.Receiver, key, Changed, maxCollected+1) == nil {
			return "", false
		}
	}
	p.put(d.Receiver, key, d.group, Changed, *n, p.due(d, n), p.now, p.newID)
	return key, true
}

// due is when news are told: pages at once, tickets with others of their group.
func (p *plan) due(d destination, n *Notice) time.Time {
	if n.Severity == alert.Page {
		return p.now
	}
	if last, told := p.sent[groupOf{d.Receiver, d.groupKey}]; told && !last.After(p.now) {
		if next := last.Add(d.GroupInterval); next.After(p.now) {
			return next
		}
	}
	return p.now.Add(d.GroupWait)
}

// remind says again what fires for long.
func (p *plan) remind(told catalog.Notification, d destination, n *Notice) {
	if told.At.After(p.now) { // the clock went back
		told.At = p.now
		p.notify(told)
	}
	if d.RepeatInterval < 0 || p.now.Sub(told.At) < d.RepeatInterval || p.held(&told.NotificationKey) != nil {
		return
	}
	p.put(told.Receiver, told.GroupKey, d.group, Reminder, *n, p.now, p.now, p.newID)
	told.At = p.now
	p.notify(told)
}

// held returns the delivery that says that an incident began, or reminds of
// it, and that is not over.
func (p *plan) held(k *catalog.NotificationKey) *parcel {
	for _, x := range p.parcels {
		if x.says(k) >= 0 {
			return x
		}
	}
	return nil
}

// follow tells the end of what a receiver has been told of. What it could not
// be told of so far ends in a digest; while an attempt is under way nobody
// knows, so its outcome is awaited.
func (p *plan) follow(told catalog.Notification) {
	n := p.ending(told, p.alerts[told.Alert])
	if before := p.held(&told.NotificationKey); before != nil {
		news := before.Reason == string(Changed)
		switch {
		case news && before.State == catalog.Attempting:
			return
		case before.State != catalog.Attempting:
			p.drop(before, before.says(&told.NotificationKey), p.now)
		}
		if news {
			p.put(told.Receiver, digestKey, nil, Digest, n, p.now, p.now, p.newID)
			p.forget(told.NotificationKey)
			return
		}
	}
	policy, known := p.cfg.Receivers[told.Receiver]
	if told.Refused || !known || !*policy.SendResolved {
		p.forget(told.NotificationKey)
		return
	}
	// Without waits: an end is told at once.
	d := destination{Route: &Route{Receiver: told.Receiver}, groupKey: told.GroupKey, group: groupOfKey(told.GroupKey)}
	if _, ok := p.enqueue(d, &n); ok {
		p.forget(told.NotificationKey)
	}
}

// ending returns what is said of an episode that is over. Its end may have
// been missed: the alert may fire anew by now.
func (p *plan) ending(told catalog.Notification, a alert.Alert) (n Notice) {
	if now := p.notices[told.Alert]; now != nil {
		n = *now
	}
	if m, ok := p.missed[told.Alert]; ok && m.Episode == told.Episode {
		a = m
	}
	n.Alert, n.Told, n.At = a, false, p.now
	if a.Episode != told.Episode || a.Phase == alert.Firing || a.Phase == alert.Pending {
		n.Alert = alert.Alert{
			Key: told.Alert, Severity: a.Severity, Phase: alert.Resolved, Since: a.Since, Episode: told.Episode,
			Ended: a.Since, Sequence: a.Sequence, Sentence: overBefore,
		}
	}
	return n
}
