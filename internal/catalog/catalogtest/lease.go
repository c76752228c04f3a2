// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package catalogtest

import (
	"errors"
	"fmt"
	"time"

	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/errs"
)

// checkRevision commits twice what was made of the same revision: the second
// knows nothing of the first, although no row of it conflicts.
func checkRevision(s *script) error {
	a, b := change(shop, "fast", "", 1, 0), change(shop, "slow", "", 1, 0)
	read, err := s.store.Revision(s.ctx)
	if err != nil {
		return err
	}
	first := catalog.Commit{Revision: read, Notified: []catalog.Notification{notified("pager", a)}}
	second := catalog.Commit{Revision: read, Notified: []catalog.Notification{notified("pager", b)}, Deliveries: []catalog.Delivery{delivery("d1", "pager", 0)}}
	want := []catalog.Notification{notified("pager", a)}
	if err := errors.Join(s.store.Commit(s.ctx, &first), refused("a second commit", s.store.Commit(s.ctx, &second)), s.wantBox(nil, nil, want), s.wantRevision(read+1)); err != nil {
		return err
	}
	second.Revision++
	if err := s.store.SaveSilence(s.ctx, catalog.Silence{ID: "s1", Matchers: []string{}, Ends: at(1)}); err != nil {
		return err
	}
	return errors.Join(refused("a commit that does not know of a silence", s.store.Commit(s.ctx, &second)), s.wantBox(nil, nil, want), s.wantRevision(read+2))
}

func (s *script) wantRevision(want uint64) error {
	got, err := s.store.Revision(s.ctx)
	return errors.Join(err, differ("revision", got, want))
}

// checkLease has one writer attempt deliveries and another want them.
func checkLease(s *script) error {
	begun := at(1)
	ends := begun.Add(time.Minute)
	for i, c := range []struct {
		what   string
		state  catalog.DeliveryState
		leased time.Time
		writer string
		at     time.Time
		taken  bool
	}{
		{"another writer at once", catalog.Attempting, ends, "b", begun, false},
		{"another writer just before the end", catalog.Attempting, ends, "b", ends.Add(-1), false},
		{"another writer at the end", catalog.Attempting, ends, "b", ends, true},
		{"the holder", catalog.Attempting, ends, "a", begun, true},
		{"another writer of a lease by a clock that was ahead", catalog.Attempting, begun.Add(catalog.LongestLease + 1), "b", begun, true},
		{"another writer of the longest lease", catalog.Attempting, begun.Add(catalog.LongestLease), "b", begun, false},
		{"another writer of what is not attempted", catalog.Waiting, ends, "b", begun, true},
	} {
		d := delivery(fmt.Sprint("d", i), "pager", 0)
		held := next(d, func(d *catalog.Delivery) { d.State, d.Holder, d.Leased, d.Attempts = c.state, "a", c.leased, 1 })
		for _, d := range []catalog.Delivery{d, held} {
			if err := s.commit(catalog.Commit{Writer: "a", At: begun, Deliveries: []catalog.Delivery{d}}); err != nil {
				return err
			}
		}
		if err := s.reopen(); err != nil {
			return err
		}
		want := next(held, func(d *catalog.Delivery) { d.Holder, d.Leased, d.Attempts = c.writer, c.at.Add(time.Minute), 2 })
		err := s.commit(catalog.Commit{Writer: c.writer, At: c.at, Deliveries: []catalog.Delivery{want}})
		if c.taken != (err == nil) || err != nil && errs.KindOf(err) != errs.Conflict {
			return fmt.Errorf("%s: got %w, want it taken: %v", c.what, errors.Join(err, errors.New("kind "+errs.KindOf(err).String())), c.taken)
		}
		if !c.taken {
			want = held
		}
		got, err := s.store.Deliveries(s.ctx, "", 1)
		if err := errors.Join(err, differ(c.what, got, []catalog.Delivery{want})); err != nil {
			return err
		}
	}
	return nil
}
