// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package catalogtest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slo"
)

var (
	shop   = operation.Service{Namespace: "web", Name: "shop", Environment: "production"}
	worker = operation.Service{Name: "worker"}
)

func current(s operation.Service, name string, id sli.ID) catalog.Current {
	return catalog.Current{
		Objective: slo.Key{Service: s, Name: name}, Indicator: id,
		Rule: "rule of " + string(id) + "\n'quoted'", Target: "0.999", Window: "28d",
	}
}

func generation(c catalog.Current, number int, from, to time.Time) catalog.Generation {
	return catalog.Generation{Current: c, Number: number, From: from, To: to}
}

// forever is the end of a generation that runs.
var forever time.Time

func (s *script) reconcile(hours int, want []catalog.Change, cs ...catalog.Current) error {
	got, err := s.store.Reconcile(s.ctx, cs, at(hours))
	if err != nil {
		return err
	}
	return differ(fmt.Sprintf("changes at hour %d", hours), got, want)
}

// wantRunning compares the running generations before and after a restart.
func (s *script) wantRunning(want ...catalog.Generation) error {
	for range 2 {
		got, err := s.store.Running(s.ctx)
		if err != nil {
			return err
		}
		if err := differ("running generations", got, want); err != nil {
			return err
		}
		if err := s.reopen(); err != nil {
			return err
		}
	}
	return nil
}

func (s *script) wantGenerations(k slo.Key, want ...catalog.Generation) error {
	got, err := s.store.Generations(s.ctx, k)
	if err != nil {
		return err
	}
	return differ("generations", got, want)
}

func checkEmpty(s *script) error {
	if err := s.wantRunning(); err != nil {
		return err
	}
	if err := s.wantGenerations(slo.Key{Service: shop, Name: "api-up"}); err != nil {
		return err
	}
	ds, err := s.store.LastGood(s.ctx)
	if err != nil {
		return err
	}
	if err := differ("definitions", ds, []catalog.Definition(nil)); err != nil {
		return err
	}
	return s.reconcile(0, nil)
}

func checkOpen(s *script) error {
	fast, up := current(shop, "is-fast", "f1"), current(shop, "api-up", "a1")
	first, second := generation(up, 1, at(0), forever), generation(fast, 1, at(0), forever)
	if err := s.reconcile(0, []catalog.Change{{Kind: catalog.Opened, Generation: first}, {Kind: catalog.Opened, Generation: second}}, fast, up); err != nil {
		return err
	}
	if err := s.wantRunning(first, second); err != nil {
		return err
	}
	return s.wantGenerations(up.Objective, first)
}

func checkUnchanged(s *script) error {
	up, fast := current(shop, "api-up", "a1"), current(shop, "is-fast", "f1")
	if _, err := s.store.Reconcile(s.ctx, []catalog.Current{up}, at(0)); err != nil {
		return err
	}
	if err := s.reconcile(1, nil, up); err != nil {
		return err
	}
	added := generation(fast, 1, at(2), forever)
	if err := s.reconcile(2, []catalog.Change{{Kind: catalog.Opened, Generation: added}}, up, fast); err != nil {
		return err
	}
	return s.wantRunning(generation(up, 1, at(0), forever), added)
}

func checkReplaced(s *script) error {
	before, after := current(shop, "api-up", "a1"), current(shop, "api-up", "a2")
	if _, err := s.store.Reconcile(s.ctx, []catalog.Current{before}, at(0)); err != nil {
		return err
	}
	ended, opened := generation(before, 1, at(0), at(5)), generation(after, 2, at(5), forever)
	if err := s.reconcile(5, []catalog.Change{{Kind: catalog.Ended, Generation: ended}, {Kind: catalog.Opened, Generation: opened}}, after); err != nil {
		return err
	}
	if err := s.wantRunning(opened); err != nil {
		return err
	}
	return s.wantGenerations(before.Objective, ended, opened)
}

func checkVanished(s *script) error {
	up, fast := current(shop, "api-up", "a1"), current(shop, "is-fast", "f1")
	if _, err := s.store.Reconcile(s.ctx, []catalog.Current{up, fast}, at(0)); err != nil {
		return err
	}
	ended := generation(up, 1, at(0), at(3))
	if err := s.reconcile(3, []catalog.Change{{Kind: catalog.Ended, Generation: ended}}, fast); err != nil {
		return err
	}
	if err := s.reconcile(4, nil, fast); err != nil {
		return err
	}
	if err := s.wantRunning(generation(fast, 1, at(0), forever)); err != nil {
		return err
	}
	return s.wantGenerations(up.Objective, ended)
}

func checkReturned(s *script) error {
	up := current(shop, "api-up", "a1")
	for hour, cs := range [][]catalog.Current{{up}, {}, {up}} {
		if _, err := s.store.Reconcile(s.ctx, cs, at(hour)); err != nil {
			return err
		}
	}
	return s.wantGenerations(up.Objective, generation(up, 1, at(0), at(1)), generation(up, 2, at(2), forever))
}

func checkRetargeted(s *script) error {
	up := current(shop, "api-up", "a1")
	if _, err := s.store.Reconcile(s.ctx, []catalog.Current{up}, at(0)); err != nil {
		return err
	}
	up.Target, up.Window = "0.99", "7d"
	same := generation(up, 1, at(0), forever)
	if err := s.reconcile(1, []catalog.Change{{Kind: catalog.Retargeted, Generation: same}}, up); err != nil {
		return err
	}
	return s.wantRunning(same)
}

func checkApart(s *script) error {
	staging := shop
	staging.Environment = "staging"
	bare := operation.Service{Name: "shop"}
	cs := []catalog.Current{
		current(bare, "api-up", "a1"), current(worker, "api-up", "a1"),
		current(shop, "api-up", "a1"), current(staging, "api-up", "a1"),
	}
	if _, err := s.store.Reconcile(s.ctx, cs, at(0)); err != nil {
		return err
	}
	ended := generation(cs[3], 1, at(0), at(1))
	if err := s.reconcile(1, []catalog.Change{{Kind: catalog.Ended, Generation: ended}}, cs[:3]...); err != nil {
		return err
	}
	if err := s.wantRunning(
		generation(cs[0], 1, at(0), forever), generation(cs[1], 1, at(0), forever), generation(cs[2], 1, at(0), forever),
	); err != nil {
		return err
	}
	return s.wantGenerations(cs[3].Objective, ended)
}

func checkTwice(s *script) error {
	up, again := current(shop, "api-up", "a1"), current(shop, "api-up", "a2")
	if _, err := s.store.Reconcile(s.ctx, []catalog.Current{up}, at(0)); err != nil {
		return err
	}
	_, err := s.store.Reconcile(s.ctx, []catalog.Current{again, current(worker, "x", "x1"), again}, at(1))
	if errs.KindOf(err) != errs.Invalid {
		return fmt.Errorf("an objective twice: got %w, want an error of kind invalid", err)
	}
	return s.wantRunning(generation(up, 1, at(0), forever))
}

func checkBackwards(s *script) error {
	before, after := current(shop, "api-up", "a1"), current(shop, "api-up", "a2")
	if _, err := s.store.Reconcile(s.ctx, []catalog.Current{before}, at(9)); err != nil {
		return err
	}
	if _, err := s.store.Reconcile(s.ctx, []catalog.Current{after}, at(4)); err != nil {
		return err
	}
	return s.wantGenerations(before.Objective, generation(before, 1, at(9), at(9)), generation(after, 2, at(9), forever))
}

func checkCancelled(s *script) error {
	up := current(shop, "api-up", "a1")
	if _, err := s.store.Reconcile(s.ctx, []catalog.Current{up}, at(0)); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(s.ctx)
	cancel()
	if _, err := s.store.Reconcile(ctx, nil, at(1)); !errors.Is(err, context.Canceled) {
		return fmt.Errorf("reconcile with a cancelled context: got %w", err)
	}
	return s.wantRunning(generation(up, 1, at(0), forever))
}
