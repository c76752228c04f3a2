// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package catalogtest

import (
	"context"
	"fmt"

	"github.com/leadline/leadline/internal/budget"
	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
)

// entry returns a correction of an objective with everything that one has.
func entry(id int64, objective string) catalog.Entry {
	return catalog.Entry{
		Correction: slo.Correction{
			ID: id, Kind: slo.ExcludeBad, From: at(0).Truncate(1e9), To: at(1).Truncate(1e9),
			Bad:    []slo.BadMinute{{Minute: 29_000_000, Bad: 1 << 62}, {Minute: 29_000_001, Bad: 1}},
			Author: "ada@example.com", Reason: "the load test was ours – \"really\"",
		},
		Objective: slo.Key{Service: operation.Service{Namespace: "shop", Name: "shop-api", Environment: "prod"}, Name: objective},
		Indicator: "a1b2", Created: at(2),
		Effects: []catalog.Effect{{
			Window: "28d", From: at(-600).Truncate(1e9), To: at(3).Truncate(1e9), Unit: slo.Events,
			Before: catalog.Numbers{Counts: slice.Counts{Good: 1 << 63, Bad: 7, Excluded: 2}, Budget: budget.Budget{Allowed: 9, Spent: 7}},
			After:  catalog.Numbers{Counts: slice.Counts{Good: 1 << 63, Bad: 5, Excluded: 2}, LeftOut: slice.Counts{Bad: 2}, Budget: budget.Budget{Allowed: 9, Spent: 5}},
		}, {Window: "month in UTC", Former: true, From: at(-600).Truncate(1e9), To: at(3).Truncate(1e9)}},
	}
}

// withdrawal returns the entry that withdraws a correction of an objective.
func withdrawal(id, of int64, objective string) catalog.Entry {
	e := entry(id, objective)
	e.Withdraws, e.Bad, e.Reason = of, nil, "it was not ours after all"
	return e
}

// enter adds entries, of which none may be refused.
func (s *script) enter(all ...catalog.Entry) error {
	for _, e := range all {
		if err := s.store.Enter(s.ctx, e); err != nil {
			return fmt.Errorf("entry %d: %w", e.ID, err)
		}
	}
	return nil
}

// refused adds an entry that must be refused.
func (s *script) refused(e catalog.Entry, want errs.Kind) error {
	if err := s.store.Enter(s.ctx, e); err == nil || errs.KindOf(err) != want {
		return fmt.Errorf("entry %d that withdraws %d: got %v, want one of kind %s", e.ID, e.Withdraws, err, want)
	}
	return nil
}

// wantLedger compares the ledger before and after a restart.
func (s *script) wantLedger(want ...catalog.Entry) error {
	for range 2 {
		got, err := s.store.Ledger(s.ctx)
		if err != nil {
			return err
		}
		if err := differ("ledger", got, want); err != nil {
			return err
		}
		if err := s.reopen(); err != nil {
			return err
		}
	}
	return nil
}

func checkLedgerKept(s *script) error {
	if err := s.wantLedger(); err != nil {
		return err
	}
	all := entry(2, "up")
	all.Kind, all.Bad, all.Effects, all.Indicator = slo.ExcludeAll, nil, nil, ""
	if err := s.enter(entry(1, "up"), all, entry(3, "down")); err != nil {
		return err
	}
	return s.wantLedger(entry(1, "up"), all, entry(3, "down"))
}

func checkLedgerNumbers(s *script) error {
	for _, id := range []int64{0, 2, -1} {
		if err := s.refused(entry(id, "up"), errs.Conflict); err != nil {
			return err
		}
	}
	if err := s.enter(entry(1, "up")); err != nil {
		return err
	}
	for _, id := range []int64{0, 1, 3} {
		if err := s.refused(entry(id, "down"), errs.Conflict); err != nil {
			return err
		}
	}
	return s.wantLedger(entry(1, "up"))
}

func checkWithdrawn(s *script) error {
	if err := s.enter(entry(1, "up"), entry(2, "down")); err != nil {
		return err
	}
	for of, kind := range map[int64]errs.Kind{2: errs.NotFound, 3: errs.NotFound, 9: errs.NotFound, -1: errs.NotFound} {
		if err := s.refused(withdrawal(3, of, "up"), kind); err != nil {
			return err
		}
	}
	if err := s.enter(withdrawal(3, 1, "up")); err != nil {
		return err
	}
	if err := s.refused(withdrawal(4, 1, "up"), errs.Conflict); err != nil {
		return err
	}
	if err := s.refused(withdrawal(4, 3, "up"), errs.NotFound); err != nil {
		return err
	}
	return s.wantLedger(entry(1, "up"), entry(2, "down"), withdrawal(3, 1, "up"))
}

func checkEnterCancelled(s *script) error {
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	if err := s.store.Enter(ctx, entry(1, "up")); err == nil {
		return fmt.Errorf("an entry was made after its context had ended")
	}
	return s.wantLedger()
}
