// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package catalogtest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/slo"
)

// change returns a transition to Firing in the middle of an alert's life.
func change(s operation.Service, rule, group string, sequence uint64, hours int) catalog.Transition {
	return catalog.Transition{At: at(hours), Alert: alert.Alert{
		Key:      alert.Key{Objective: slo.Key{Service: s, Name: "api-up"}, Rule: rule, Group: group},
		Severity: alert.Page, Phase: alert.Firing, Since: at(hours), Episode: sequence, Started: at(hours), Sequence: sequence,
		Frozen: "coverage\n'quoted'", Sentence: "1h burn 22x",
	}}
}

// ended returns the transition in which the alert is over.
func ended(t catalog.Transition, hours int) catalog.Transition {
	t.At = at(hours)
	t.Alert.Phase, t.Alert.Since, t.Alert.Ended = alert.Resolved, at(hours), at(hours)
	t.Alert.Sequence++
	return t
}

func delivery(id, receiver string, hours int) catalog.Delivery {
	return catalog.Delivery{
		ID: id, Receiver: receiver, GroupKey: `service="shop"`, Reason: "changed", Content: []byte("{\"a\":\"\xff\x00\"}"),
		Due: at(hours), Created: at(hours), State: catalog.Waiting, Version: 1,
	}
}

// next returns the delivery in its next version.
func next(d catalog.Delivery, f func(*catalog.Delivery)) catalog.Delivery {
	d.Version++
	f(&d)
	return d
}

func done(hours int) func(*catalog.Delivery) {
	return func(d *catalog.Delivery) { d.State, d.Finished = catalog.Delivered, at(hours) }
}

func notified(receiver string, t catalog.Transition) catalog.Notification {
	return catalog.Notification{
		NotificationKey: catalog.NotificationKey{Receiver: receiver, Alert: t.Alert.Key, Episode: t.Alert.Episode},
		GroupKey:        `service="shop"`, At: t.At,
	}
}

// commit commits on top of what is there.
func (s *script) commit(c catalog.Commit) (err error) {
	if c.Revision, err = s.store.Revision(s.ctx); err != nil {
		return err
	}
	return s.store.Commit(s.ctx, &c)
}

// conflicts returns an error unless the commit is refused as a conflict.
func (s *script) conflicts(what string, c catalog.Commit) error { return refused(what, s.commit(c)) }

func refused(what string, err error) error {
	if errs.KindOf(err) != errs.Conflict {
		return fmt.Errorf("%s: got %w, want a conflict", what, errors.Join(err, errors.New("kind "+errs.KindOf(err).String())))
	}
	return nil
}

// wantBox compares alerts, outbox and notifications before and after a restart.
func (s *script) wantBox(alerts []alert.Alert, ds []catalog.Delivery, ns []catalog.Notification) error {
	for range 2 {
		gotAlerts, err := s.store.Alerts(s.ctx)
		gotDeliveries, err2 := s.store.Outbox(s.ctx)
		gotNotified, err3 := s.store.Notifications(s.ctx)
		if err := errors.Join(err, err2, err3,
			differ("alerts", gotAlerts, alerts), differ("outbox", gotDeliveries, ds), differ("notifications", gotNotified, ns)); err != nil {
			return err
		}
		if err := s.reopen(); err != nil {
			return err
		}
	}
	return nil
}

func checkEmptyOutbox(s *script) error {
	if err := s.commit(catalog.Commit{}); err != nil {
		return err
	}
	silences, err := s.store.Silences(s.ctx)
	ds, err2 := s.store.Deliveries(s.ctx, "", 10)
	ts, err3 := s.store.Transitions(s.ctx, slo.Key{Service: shop, Name: "api-up"}, 10)
	return errors.Join(err, err2, err3, differ("silences", silences, []catalog.Silence(nil)), differ("deliveries", ds, []catalog.Delivery(nil)),
		differ("transitions", ts, []catalog.Transition(nil)), s.wantBox(nil, nil, nil))
}

func checkAmended(s *script) error {
	a, b := change(shop, "fast", "", 3, 0), change(shop, "slow", "", 3, 0)
	if err := s.commit(catalog.Commit{Transitions: []catalog.Transition{a, b}}); err != nil {
		return err
	}
	now, past, future, unknown := a.Alert, b.Alert, b.Alert, change(worker, "fast", "", 1, 0).Alert
	now.Clear, past.Clear, future.Clear = at(1), at(1), at(1)
	past.Sequence, future.Sequence = 2, 4
	if err := s.commit(catalog.Commit{Amended: []alert.Alert{now, past, future, unknown}}); err != nil {
		return err
	}
	ts, err := s.store.Transitions(s.ctx, a.Alert.Objective, 10)
	return errors.Join(err, s.wantBox([]alert.Alert{now, b.Alert}, nil, nil),
		differ("transitions", ts, []catalog.Transition{a, b}))
}

func checkAlerts(s *script) error {
	a, b, c := change(shop, "fast", "", 1, 0), change(shop, "fast", "eu 'x'", 3, 0), change(shop, "slow", "", 2, 1)
	other := change(worker, "fast", "", 1, 2)
	if err := s.commit(catalog.Commit{Transitions: []catalog.Transition{b, a, other}}); err != nil {
		return err
	}
	if err := s.commit(catalog.Commit{Transitions: []catalog.Transition{c}}); err != nil {
		return err
	}
	if err := s.wantBox([]alert.Alert{other.Alert, a.Alert, b.Alert, c.Alert}, nil, nil); err != nil {
		return err
	}
	b = ended(b, 5)
	b.Alert.Sequence = 9 // changes in between were missed
	if err := s.commit(catalog.Commit{Transitions: []catalog.Transition{b}}); err != nil {
		return err
	}
	return s.wantBox([]alert.Alert{other.Alert, a.Alert, b.Alert, c.Alert}, nil, nil)
}

func checkCommitIsWhole(s *script) error {
	a, b, d := change(shop, "fast", "", 1, 0), change(shop, "slow", "", 1, 0), delivery("d1", "pager", 0)
	if err := s.commit(catalog.Commit{Transitions: []catalog.Transition{a}, Deliveries: []catalog.Delivery{d}, Notified: []catalog.Notification{notified("pager", a)}}); err != nil {
		return err
	}
	want := func() error {
		return s.wantBox([]alert.Alert{a.Alert}, []catalog.Delivery{d}, []catalog.Notification{notified("pager", a)})
	}
	if err := want(); err != nil {
		return err
	}
	// The part that conflicts is last, first, and in the middle.
	for _, c := range []catalog.Commit{
		{Transitions: []catalog.Transition{b}, Deliveries: []catalog.Delivery{delivery("d2", "pager", 1), d}, Notified: []catalog.Notification{notified("pager", b)}},
		{Transitions: []catalog.Transition{a, b}, Deliveries: []catalog.Delivery{delivery("d3", "pager", 1)}},
		{Transitions: []catalog.Transition{b, a}, Forgotten: []catalog.NotificationKey{notified("pager", a).NotificationKey}},
	} {
		if err := s.conflicts("a commit with a part that was done", c); err != nil {
			return err
		}
		if err := want(); err != nil {
			return err
		}
	}
	return nil
}

func checkSecondWriter(s *script) error {
	first := change(shop, "fast", "", 4, 0)
	if err := s.commit(catalog.Commit{Transitions: []catalog.Transition{first}}); err != nil {
		return err
	}
	for _, sequence := range []uint64{1, 3, 4} {
		second := ended(change(shop, "fast", "", sequence-1, 1), 1)
		if err := s.conflicts(fmt.Sprintf("sequence %d after 4", sequence), catalog.Commit{Transitions: []catalog.Transition{second}}); err != nil {
			return err
		}
	}
	ts, err := s.store.Transitions(s.ctx, first.Alert.Objective, 10)
	return errors.Join(err, differ("transitions", ts, []catalog.Transition{first}), s.wantBox([]alert.Alert{first.Alert}, nil, nil))
}

func checkCommitCancelled(s *script) error {
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	a := change(shop, "fast", "", 1, 0)
	err := s.store.Commit(ctx, &catalog.Commit{Transitions: []catalog.Transition{a}, Deliveries: []catalog.Delivery{delivery("d1", "pager", 0)}})
	if !errors.Is(err, context.Canceled) {
		return fmt.Errorf("commit with a cancelled context: got %w", err)
	}
	return s.wantBox(nil, nil, nil)
}

func checkDeliveryKept(s *script) error {
	d := delivery("d1", "pager", 0)
	if err := s.commit(catalog.Commit{Deliveries: []catalog.Delivery{d}}); err != nil {
		return err
	}
	steps := []func(*catalog.Delivery){
		func(d *catalog.Delivery) { d.State, d.Attempts, d.Attempted = catalog.Attempting, 1, at(1) },
		func(d *catalog.Delivery) {
			d.State, d.Due, d.Doubtful, d.Error = catalog.Waiting, at(2), true, "reset by 'peer'"
		},
		func(d *catalog.Delivery) { d.Content, d.Reason = []byte("{}"), "digest" },
	}
	for _, f := range steps {
		d = next(d, f)
		if err := s.commit(catalog.Commit{Deliveries: []catalog.Delivery{d}}); err != nil {
			return err
		}
		if err := s.wantBox(nil, []catalog.Delivery{d}, nil); err != nil {
			return err
		}
	}
	d = next(d, done(3))
	if err := s.commit(catalog.Commit{Deliveries: []catalog.Delivery{d}}); err != nil {
		return err
	}
	ds, err := s.store.Deliveries(s.ctx, "pager", 10)
	return errors.Join(err, differ("deliveries", ds, []catalog.Delivery{d}), s.wantBox(nil, nil, nil))
}

func checkOutboxOrder(s *script) error {
	// The clock goes back meanwhile, and ids say nothing.
	ds := []catalog.Delivery{delivery("d9", "pager", 5), delivery("d1", "chat", 4), delivery("d5", "pager", 3)}
	for _, d := range ds {
		if err := s.commit(catalog.Commit{Deliveries: []catalog.Delivery{d}}); err != nil {
			return err
		}
	}
	ds[0] = next(ds[0], func(d *catalog.Delivery) { d.Due = at(9) })
	if err := s.commit(catalog.Commit{Deliveries: ds[:1]}); err != nil {
		return err
	}
	if err := s.wantBox(nil, ds, nil); err != nil {
		return err
	}
	all, err := s.store.Deliveries(s.ctx, "", 2)
	pager, err2 := s.store.Deliveries(s.ctx, "pager", 10)
	return errors.Join(err, err2, differ("the newest two", all, []catalog.Delivery{ds[2], ds[1]}), differ("those of one receiver", pager, []catalog.Delivery{ds[2], ds[0]}))
}

func checkOutdatedDelivery(s *script) error {
	first := delivery("d1", "pager", 0)
	second := next(first, func(d *catalog.Delivery) { d.State, d.Attempts = catalog.Attempting, 1 })
	for _, d := range []catalog.Delivery{first, second} {
		if err := s.commit(catalog.Commit{Deliveries: []catalog.Delivery{d}}); err != nil {
			return err
		}
	}
	for what, d := range map[string]catalog.Delivery{
		"a version that is there":      second,
		"a version that was skipped":   next(next(second, done(1)), done(1)),
		"a delivery that was never in": next(delivery("d2", "pager", 0), done(1)),
	} {
		if err := s.conflicts(what, catalog.Commit{Deliveries: []catalog.Delivery{d}}); err != nil {
			return err
		}
	}
	return s.wantBox(nil, []catalog.Delivery{second}, nil)
}

func checkDeliveryTwice(s *script) error {
	d := delivery("d1", "pager", 0)
	if err := s.commit(catalog.Commit{Deliveries: []catalog.Delivery{d}}); err != nil {
		return err
	}
	if err := s.conflicts("an id that is there", catalog.Commit{Deliveries: []catalog.Delivery{delivery("d1", "chat", 1)}}); err != nil {
		return err
	}
	return s.wantBox(nil, []catalog.Delivery{d}, nil)
}

func checkNotifications(s *script) error {
	a := notified("pager", change(shop, "fast", "", 1, 0))
	b := notified("pager", change(shop, "fast", "", 2, 1))
	c := notified("chat", change(worker, "slow", "eu", math.MaxInt64, 1))
	if err := s.commit(catalog.Commit{Notified: []catalog.Notification{b, a, c}}); err != nil {
		return err
	}
	if err := s.wantBox(nil, nil, []catalog.Notification{c, a, b}); err != nil {
		return err
	}
	a.Refused, a.At, a.GroupKey = true, at(3), "other"
	for range 2 { // the second time it is not there
		if err := s.commit(catalog.Commit{Notified: []catalog.Notification{a}, Forgotten: []catalog.NotificationKey{b.NotificationKey}}); err != nil {
			return err
		}
	}
	return s.wantBox(nil, nil, []catalog.Notification{c, a})
}

func checkTransitions(s *script) error {
	a, b := change(shop, "fast", "", 1, 0), change(shop, "slow", "", 1, 1)
	b.Silence = "s1"
	last := ended(a, 2)
	for _, t := range []catalog.Transition{a, b, last, change(worker, "fast", "", 1, 3)} {
		if err := s.commit(catalog.Commit{Transitions: []catalog.Transition{t}}); err != nil {
			return err
		}
	}
	want := []catalog.Transition{last, b, a}
	for _, limit := range []int{2, 3, 10} {
		got, err := s.store.Transitions(s.ctx, a.Alert.Objective, limit)
		if err := errors.Join(err, differ(fmt.Sprintf("the newest %d", limit), got, want[:min(limit, 3)])); err != nil {
			return err
		}
	}
	return nil
}

func checkSilences(s *script) error {
	early := catalog.Silence{ID: "s1", Matchers: []string{`service="shop"`, `group=~"a,b|c"`}, Author: "ada", Comment: "deploy 'x'", Created: at(0), Starts: at(1), Ends: at(2)}
	late := catalog.Silence{ID: "s0", Matchers: []string{`severity="ticket"`}, Author: "bob", Created: at(0), Starts: at(1), Ends: at(5)}
	for _, c := range []catalog.Silence{early, late} {
		if err := s.store.SaveSilence(s.ctx, c); err != nil {
			return err
		}
	}
	if err := s.wantSilences(late, early); err != nil {
		return err
	}
	early.Ends = at(9)
	if err := s.store.SaveSilence(s.ctx, early); err != nil {
		return err
	}
	return s.wantSilences(early, late)
}

// wantSilences compares the silences before and after a restart.
func (s *script) wantSilences(want ...catalog.Silence) error {
	for range 2 {
		got, err := s.store.Silences(s.ctx)
		if err := errors.Join(err, differ("silences", got, want)); err != nil {
			return err
		}
		if err := s.reopen(); err != nil {
			return err
		}
	}
	return nil
}

// aged fills the catalog with what is over at hour 2, at hour 6, and not.
func (s *script) aged() (alerts []alert.Alert, open []catalog.Delivery, finished []catalog.Delivery, ns []catalog.Notification, err error) {
	gone, kept, firing := change(shop, "a-gone", "", 1, 0), change(shop, "b-kept", "", 1, 0), change(shop, "c-firing", "", 1, 0)
	told := change(shop, "d-told", "", 1, 0)
	c := catalog.Commit{Transitions: []catalog.Transition{gone, kept, firing, told, ended(gone, 2), ended(kept, 6), ended(told, 2)}}
	waiting := delivery("d3", "pager", 0)
	old, new := next(delivery("d1", "pager", 0), done(2)), next(delivery("d2", "pager", 0), done(6))
	c.Deliveries = []catalog.Delivery{delivery("d1", "pager", 0), delivery("d2", "pager", 0), waiting, old, new}
	c.Notified = []catalog.Notification{notified("pager", told)}
	err = s.commit(c)
	for i, hours := range []int{2, 6} {
		silence := catalog.Silence{ID: fmt.Sprint("s", i), Author: "ada", Created: at(0), Starts: at(0), Ends: at(hours)}
		err = errors.Join(err, s.store.SaveSilence(s.ctx, silence))
	}
	return []alert.Alert{ended(gone, 2).Alert, ended(kept, 6).Alert, firing.Alert, ended(told, 2).Alert},
		[]catalog.Delivery{waiting}, []catalog.Delivery{new, old}, c.Notified, err
}

// wantHistory compares how many deliveries, transitions and silences there are.
func (s *script) wantHistory(deliveries, transitions, silences int) error {
	ds, err := s.store.Deliveries(s.ctx, "", 100)
	ts, err2 := s.store.Transitions(s.ctx, change(shop, "", "", 1, 0).Alert.Objective, 100)
	ss, err3 := s.store.Silences(s.ctx)
	return errors.Join(err, err2, err3, differ("deliveries, transitions, silences", []int{len(ds), len(ts), len(ss)}, []int{deliveries, transitions, silences}))
}

func checkPrune(s *script) error {
	alerts, open, finished, ns, err := s.aged()
	if err != nil {
		return err
	}
	if err := s.store.Prune(s.ctx, catalog.Prune{Finished: at(4), KeepDeliveries: 10, Transitions: at(4), KeepTransitions: 10, Silences: at(4), Alerts: at(4)}); err != nil {
		return err
	}
	ds, err := s.store.Deliveries(s.ctx, "", 100)
	return errors.Join(err, s.wantBox(alerts[1:], open, ns), s.wantHistory(2, 1, 1),
		differ("deliveries", ds, slices.Concat(open, finished[:1])))
}

// checkPruneLate: a change that was persisted long after it happened keeps its
// alert, or who still knows of it could never write it again.
func checkPruneLate(s *script) error {
	began, over := change(shop, "late", "", 1, 0), ended(change(shop, "late", "", 1, 0), 2)
	over.At = at(6)
	if err := s.commit(catalog.Commit{Transitions: []catalog.Transition{began, over}}); err != nil {
		return err
	}
	if err := s.store.Prune(s.ctx, catalog.Prune{KeepDeliveries: 10, Transitions: at(4), KeepTransitions: 10, Alerts: at(4)}); err != nil {
		return err
	}
	return s.wantBox([]alert.Alert{over.Alert}, nil, nil)
}

func checkPruneNewest(s *script) error {
	alerts, open, finished, ns, err := s.aged()
	if err != nil {
		return err
	}
	if err := s.store.Prune(s.ctx, catalog.Prune{KeepDeliveries: 1, KeepTransitions: 1}); err != nil {
		return err
	}
	ds, err := s.store.Deliveries(s.ctx, "", 100)
	ts, err2 := s.store.Transitions(s.ctx, alerts[0].Objective, 100)
	for _, t := range ts {
		if t.Alert.Sequence == 1 && t.Alert.Rule != "c-firing" {
			err2 = errors.Join(err2, fmt.Errorf("change 1 of %s is there, and not the newest alone", t.Alert.Rule))
		}
	}
	return errors.Join(err, err2, s.wantBox(alerts, open, ns), s.wantHistory(2, 4, 2), differ("deliveries", ds, slices.Concat(open, finished[:1])))
}

func checkPruneNothing(s *script) error {
	alerts, open, _, ns, err := s.aged()
	if err != nil {
		return err
	}
	if err := s.store.Prune(s.ctx, catalog.Prune{Finished: time.Time{}, KeepDeliveries: 100, KeepTransitions: 100}); err != nil {
		return err
	}
	return errors.Join(s.wantBox(alerts, open, ns), s.wantHistory(3, 7, 2))
}
