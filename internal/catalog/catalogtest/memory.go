// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package catalogtest

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/slo"
)

// Memory keeps alerts, outbox and silences in memory, for tests that commit
// more often than a disk can. It passes the clauses that are about them.
type Memory struct {
	mu            sync.Mutex
	alerts        map[alert.Key]alert.Alert
	transitions   []catalog.Transition
	deliveries    []catalog.Delivery
	notifications map[catalog.NotificationKey]catalog.Notification
	silences      map[string]catalog.Silence
	revision      uint64
}

// NewMemory returns an empty store.
func NewMemory() *Memory {
	return &Memory{
		alerts:        make(map[alert.Key]alert.Alert),
		notifications: make(map[catalog.NotificationKey]catalog.Notification),
		silences:      make(map[string]catalog.Silence),
	}
}

// Alerts implements catalog.AlertStore.
func (m *Memory) Alerts(ctx context.Context) ([]alert.Alert, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.SortedFunc(maps.Values(m.alerts), func(a, b alert.Alert) int { return a.Compare(b.Key) }), ctx.Err()
}

// Transitions implements catalog.AlertStore.
func (m *Memory) Transitions(ctx context.Context, objective slo.Key, limit int) (ts []catalog.Transition, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, t := range m.transitions {
		if t.Alert.Objective == objective {
			ts = append(ts, t)
		}
	}
	slices.SortStableFunc(ts, func(a, b catalog.Transition) int {
		return cmp.Or(b.At.Compare(a.At), a.Alert.Compare(b.Alert.Key), cmp.Compare(b.Alert.Sequence, a.Alert.Sequence))
	})
	return ts[:min(limit, len(ts))], ctx.Err()
}

// Commit implements catalog.OutboxStore.
func (m *Memory) Commit(ctx context.Context, c *catalog.Commit) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.conflict(c); err != nil {
		return err
	}
	for _, t := range c.Transitions {
		m.alerts[t.Alert.Key] = t.Alert
		m.transitions = append(m.transitions, t)
	}
	for _, a := range c.Amended {
		if known, is := m.alerts[a.Key]; is && known.Sequence == a.Sequence {
			m.alerts[a.Key] = a
		}
	}
	for _, d := range c.Deliveries {
		d.Content = slices.Clone(d.Content)
		if at := m.find(d.ID); at >= 0 {
			m.deliveries[at] = d
		} else {
			m.deliveries = append(m.deliveries, d)
		}
	}
	for _, k := range c.Forgotten {
		delete(m.notifications, k)
	}
	for _, n := range c.Notified {
		m.notifications[n.NotificationKey] = n
	}
	m.revision++
	return nil
}

// Revision implements catalog.OutboxStore.
func (m *Memory) Revision(ctx context.Context) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.revision, ctx.Err()
}

func (m *Memory) conflict(c *catalog.Commit) error {
	if c.Revision != m.revision {
		return errs.New(errs.Conflict, "revision %d of the outbox is not the newest", c.Revision)
	}
	latest := make(map[alert.Key]uint64)
	for _, t := range c.Transitions {
		a := t.Alert
		if a.Sequence <= max(m.alerts[a.Key].Sequence, latest[a.Key]) {
			return errs.New(errs.Conflict, "transition %d of alert %s was persisted before", a.Sequence, a.Rule)
		}
		latest[a.Key] = a.Sequence
	}
	versions := make(map[string]int)
	for _, d := range c.Deliveries {
		if at := m.find(d.ID); at >= 0 {
			versions[d.ID] = max(versions[d.ID], m.deliveries[at].Version)
			if m.deliveries[at].Held(c.Writer, c.At) {
				return errs.New(errs.Conflict, "delivery %s is held by another writer", d.ID)
			}
		}
		if versions[d.ID] != d.Version-1 {
			return errs.New(errs.Conflict, "delivery %s is not in the version before %d", d.ID, d.Version)
		}
		versions[d.ID] = d.Version
	}
	return nil
}

func (m *Memory) find(id string) int {
	return slices.IndexFunc(m.deliveries, func(d catalog.Delivery) bool { return d.ID == id })
}

// Outbox implements catalog.OutboxStore.
func (m *Memory) Outbox(ctx context.Context) (ds []catalog.Delivery, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, d := range m.deliveries {
		if d.Finished.IsZero() {
			ds = append(ds, d)
		}
	}
	return ds, ctx.Err()
}

// Deliveries implements catalog.OutboxStore.
func (m *Memory) Deliveries(ctx context.Context, receiver string, limit int) (ds []catalog.Delivery, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, d := range slices.Backward(m.deliveries) {
		if (receiver == "" || d.Receiver == receiver) && len(ds) < limit {
			ds = append(ds, d)
		}
	}
	return ds, ctx.Err()
}

// Notifications implements catalog.OutboxStore.
func (m *Memory) Notifications(ctx context.Context) ([]catalog.Notification, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.SortedFunc(maps.Values(m.notifications), func(a, b catalog.Notification) int {
		return cmp.Or(cmp.Compare(a.Receiver, b.Receiver), a.Alert.Compare(b.Alert), cmp.Compare(a.Episode, b.Episode))
	}), ctx.Err()
}

// SaveSilence implements catalog.SilenceStore.
func (m *Memory) SaveSilence(ctx context.Context, s catalog.Silence) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s.Matchers = slices.Clone(s.Matchers)
	m.silences[s.ID] = s
	m.revision++
	return ctx.Err()
}

// Silences implements catalog.SilenceStore.
func (m *Memory) Silences(ctx context.Context) ([]catalog.Silence, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.SortedFunc(maps.Values(m.silences), func(a, b catalog.Silence) int {
		return cmp.Or(b.Ends.Compare(a.Ends), cmp.Compare(a.ID, b.ID))
	}), ctx.Err()
}

// Prune implements catalog.OutboxStore.
func (m *Memory) Prune(ctx context.Context, p catalog.Prune) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	seen := make(map[string]int)
	m.deliveries = newest(m.deliveries, func(d catalog.Delivery) bool {
		if d.Finished.IsZero() {
			return true
		}
		seen[d.Receiver]++
		return seen[d.Receiver] <= p.KeepDeliveries && !d.Finished.Before(p.Finished)
	})
	changes := make(map[alert.Key]int)
	m.transitions = newest(m.transitions, func(t catalog.Transition) bool {
		changes[t.Alert.Key]++
		return changes[t.Alert.Key] <= p.KeepTransitions && !t.At.Before(p.Transitions)
	})
	maps.DeleteFunc(m.silences, func(_ string, s catalog.Silence) bool { return s.Ends.Before(p.Silences) })
	m.pruneAlerts(p.Alerts)
	return ctx.Err()
}

func (m *Memory) pruneAlerts(before time.Time) {
	needed := make(map[alert.Key]bool)
	for k := range m.notifications {
		needed[k.Alert] = true
	}
	for _, t := range m.transitions {
		needed[t.Alert.Key] = true
	}
	maps.DeleteFunc(m.alerts, func(k alert.Key, a alert.Alert) bool {
		return a.Phase != alert.Firing && a.Phase != alert.Pending && a.Since.Before(before) && !needed[k]
	})
}

// newest keeps what f says, asked from the newest.
func newest[T any](all []T, f func(T) bool) (kept []T) {
	for _, x := range slices.Backward(all) {
		if f(x) {
			kept = append(kept, x)
		}
	}
	slices.Reverse(kept)
	return kept
}
