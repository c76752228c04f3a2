// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/catalog"
)

// The limits of what waits for one receiver.
const (
	// maxAlerts is how many alerts one message is about.
	maxAlerts = 50
	// maxWaiting is how many deliveries wait; what comes then is collected in
	// one delivery, whatever its group, of maxCollected alerts and the number of
	// the others.
	maxWaiting   = 200
	maxCollected = 200
)

// Group keys that are no labels.
const (
	digestKey    = "digest"
	collectedKey = "collected"
)

// box is what the catalog holds of alerts and deliveries, with the changes
// that are not committed yet. It is made anew from the catalog when a commit
// fails, so it may be changed in place.
type box struct {
	alerts   map[alert.Key]alert.Alert
	notified map[catalog.NotificationKey]catalog.Notification
	parcels  []*parcel // that are not final, in order of first commits
	silences []silence
	// revision is that of the catalog of which the box was made; writer is who
	// commits.
	revision uint64
	writer   string

	// What the next commit holds.
	changes []catalog.Transition
	amended []alert.Alert
	told    map[catalog.NotificationKey]bool // notifications that changed or went

	// moved says that it is another since the status was made of it last.
	moved bool
}

// parcel is a delivery with its content.
type parcel struct {
	catalog.Delivery // whose Content is nil when the envelope is not encoded
	envelope
	dirty bool
}

// envelope is the content of a delivery as it is stored.
type envelope struct {
	Group map[string]string `json:"group,omitempty"`
	// News are the alerts that the message is about, oldest first.
	News []Notice `json:"news"`
	// More is how many alerts are not named.
	More int `json:"more,omitempty"`
}

// load reads the catalog. Its revision comes first: what is written meanwhile
// makes the next commit a conflict.
func load(ctx context.Context, store Store, writer string) (*box, error) {
	b := &box{
		alerts: make(map[alert.Key]alert.Alert), notified: make(map[catalog.NotificationKey]catalog.Notification),
		told: make(map[catalog.NotificationKey]bool), moved: true, writer: writer,
	}
	var err error
	if b.revision, err = store.Revision(ctx); err != nil {
		return nil, err
	}
	alerts, err := store.Alerts(ctx)
	if err != nil {
		return nil, err
	}
	for _, a := range alerts {
		b.alerts[a.Key] = a
	}
	notified, err := store.Notifications(ctx)
	if err != nil {
		return nil, err
	}
	for _, n := range notified {
		b.notified[n.NotificationKey] = n
	}
	if err := b.loadParcels(ctx, store); err != nil {
		return nil, err
	}
	b.silences, err = loadSilences(ctx, store)
	return b, err
}

func (b *box) loadParcels(ctx context.Context, store Store) error {
	deliveries, err := store.Outbox(ctx)
	if err != nil {
		return err
	}
	for _, d := range deliveries {
		p := &parcel{Delivery: d}
		if err := json.Unmarshal(d.Content, &p.envelope); err != nil {
			return fmt.Errorf("read delivery %s: %w", d.ID, err)
		}
		b.parcels = append(b.parcels, p)
	}
	return nil
}

// recover takes back attempts that nobody makes any more: those of a process
// that ended, ours or one whose lease is over. Nobody knows what became of them.
func (b *box) recover(now time.Time, underway func(id string) bool) {
	for _, p := range b.parcels {
		if p.State == catalog.Attempting && !p.Held(b.writer, now) && !underway(p.ID) {
			p.State, p.Doubtful, p.Error, p.dirty = catalog.Waiting, true, "the outcome of the attempt is not known", true
		}
	}
}

// commit writes what has changed. After an error the box is of no use.
func (b *box) commit(ctx context.Context, store Store, now time.Time) error {
	c := catalog.Commit{Writer: b.writer, At: now, Revision: b.revision, Transitions: b.changes, Amended: b.amended}
	for _, p := range b.parcels {
		if !p.dirty {
			continue
		}
		if err := p.seal(); err != nil {
			return err
		}
		p.dirty = false
		p.Version++
		c.Deliveries = append(c.Deliveries, p.Delivery)
	}
	for k := range b.told {
		if n, there := b.notified[k]; there {
			c.Notified = append(c.Notified, n)
		} else {
			c.Forgotten = append(c.Forgotten, k)
		}
	}
	if len(c.Transitions)+len(c.Amended)+len(c.Deliveries)+len(b.told) == 0 {
		return nil
	}
	if err := store.Commit(ctx, &c); err != nil {
		return err
	}
	b.revision++
	b.moved, b.changes, b.amended = true, nil, nil
	clear(b.told)
	b.parcels = slices.DeleteFunc(b.parcels, func(p *parcel) bool { return p.State.Final() })
	return nil
}

// seal encodes the content, unless that is done: an attempt does not change it.
func (p *parcel) seal() (err error) {
	if p.Content != nil {
		return nil
	}
	if p.Content, err = json.Marshal(p.envelope); err != nil {
		return fmt.Errorf("write delivery %s: %w", p.ID, err)
	}
	return nil
}

func (b *box) notify(n catalog.Notification) {
	b.notified[n.NotificationKey] = n
	b.told[n.NotificationKey] = true
}

func (b *box) forget(k catalog.NotificationKey) {
	delete(b.notified, k)
	b.told[k] = true
}

// incident is the notification's key for this notice.
func incident(receiver string, a *alert.Alert) catalog.NotificationKey {
	return catalog.NotificationKey{Receiver: receiver, Alert: a.Key, Episode: a.Episode}
}

// over returns the notifications of episodes that fire no more, in an order
// that does not depend on chance.
func (b *box) over() (over []catalog.NotificationKey) {
	for k := range b.notified {
		if a := b.alerts[k.Alert]; a.Phase != alert.Firing || a.Episode != k.Episode {
			over = append(over, k)
		}
	}
	slices.SortFunc(over, func(x, y catalog.NotificationKey) int {
		return cmp.Or(x.Alert.Compare(y.Alert), cmp.Compare(x.Receiver, y.Receiver), cmp.Compare(x.Episode, y.Episode))
	})
	return over
}

// says reports whether the parcel is about the incident, and as what: a
// beginning, or a reminder of it.
func (p *parcel) says(k *catalog.NotificationKey) int {
	if p.Receiver != k.Receiver || p.State.Final() || p.Reason == string(Digest) {
		return -1
	}
	return slices.IndexFunc(p.News, func(n Notice) bool {
		return n.Key == k.Alert && n.Episode == k.Episode && n.Phase == alert.Firing
	})
}

// waiting counts the deliveries to a receiver that are not final.
func (b *box) waiting(receiver string) (n int) {
	for _, p := range b.parcels {
		if p.Receiver == receiver && !p.State.Final() {
			n++
		}
	}
	return n
}

// open returns the newest delivery of a group that may still gain alerts: one
// that the receiver cannot have had.
func (b *box) open(receiver, groupKey string, reason Reason, most int) *parcel {
	for _, p := range slices.Backward(b.parcels) {
		if p.Receiver != receiver || p.GroupKey != groupKey || p.State.Final() {
			continue
		}
		if p.State == catalog.Waiting && !p.Doubtful && p.Reason == string(reason) && len(p.News) < most {
			return p
		}
		return nil // what comes later must not be said before
	}
	return nil
}

// put adds a notice to what waits for a receiver.
func (b *box) put(receiver, key string, group map[string]string, reason Reason, n Notice, due, now time.Time, newID func() string) *parcel {
	most := maxAlerts
	if key == collectedKey || key == digestKey {
		most = maxCollected + 1
	}
	p := b.open(receiver, key, reason, most)
	if p == nil {
		p = &parcel{envelope: envelope{Group: group}}
		p.Delivery = catalog.Delivery{
			ID: newID(), Receiver: receiver, GroupKey: key, Reason: string(reason), Due: due, Created: now, State: catalog.Waiting,
		}
		b.parcels = append(b.parcels, p)
	}
	if len(p.News) < maxCollected {
		p.News = append(p.News, n)
	} else {
		p.More++
	}
	if due.Before(p.Due) && p.Attempts == 0 {
		p.Due = due
	}
	p.Content, p.dirty = nil, true
	return p
}

// drop takes a notice out of a delivery, which may be nothing then.
func (b *box) drop(p *parcel, at int, now time.Time) {
	p.News = slices.Delete(slices.Clone(p.News), at, at+1)
	p.Content, p.dirty = nil, true
	if len(p.News) == 0 && p.More == 0 {
		b.supersede(p, "what it says is over", now)
	}
}

func (b *box) supersede(p *parcel, why string, now time.Time) {
	p.State, p.Finished, p.Error, p.dirty = catalog.Superseded, now, why, true
}
