// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package catalogtest is the conformance suite of catalogs. Each clause of the
// contract is a function that returns an error where a store breaks it, so
// that Check can be run against stores that are broken on purpose.
package catalogtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/leadline/leadline/internal/catalog"
)

// Opener opens a catalog; calling it again after Close opens the same data again.
type Opener func() (catalog.Store, error)

// Run checks every clause, each against an empty catalog from fresh.
func Run(t *testing.T, fresh func(t *testing.T) Opener) {
	run(t, fresh, clauses)
	run(t, fresh, outboxClauses)
}

// RunOutbox checks the clauses about alerts, outbox and silences.
func RunOutbox(t *testing.T, fresh func(t *testing.T) Opener) { run(t, fresh, outboxClauses) }

func run(t *testing.T, fresh func(t *testing.T) Opener, clauses []clause) {
	for _, c := range clauses {
		t.Run(c.name, func(t *testing.T) {
			if err := c.check(fresh(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// Check returns what each clause finds, by the clause's name; clauses that
// hold are not in it.
func Check(fresh func() Opener) map[string]error {
	broken := make(map[string]error)
	for _, c := range slices.Concat(clauses, outboxClauses) {
		if err := c.check(fresh()); err != nil {
			broken[c.name] = err
		}
	}
	return broken
}

type clause struct {
	name string
	run  func(*script) error
}

var clauses = []clause{
	{"an empty catalog holds nothing", checkEmpty},
	{"a new objective opens a generation", checkOpen},
	{"an unchanged objective is left alone", checkUnchanged},
	{"a changed rule starts another generation", checkReplaced},
	{"an objective that is gone ends", checkVanished},
	{"an objective that comes back counts on", checkReturned},
	{"a changed target stays in the generation", checkRetargeted},
	{"services and environments stay apart", checkApart},
	{"an objective is defined once", checkTwice},
	{"a generation ends after it starts", checkBackwards},
	{"a failed reconcile changes nothing", checkCancelled},
	{"definitions are kept until they are forgotten", checkDefinitions},
	{"entries of the ledger are kept as they were made", checkLedgerKept},
	{"entries are numbered one after the other", checkLedgerNumbers},
	{"a correction is withdrawn once, and stays", checkWithdrawn},
	{"a failed entry changes nothing", checkEnterCancelled},
}

var outboxClauses = []clause{
	{"an empty outbox holds nothing", checkEmptyOutbox},
	{"an alert is kept as it was persisted", checkAlerts},
	{"an alert is amended until it goes on", checkAmended},
	{"a change and what it causes are one transaction", checkCommitIsWhole},
	{"the second writer of a change is refused", checkSecondWriter},
	{"a failed commit changes nothing", checkCommitCancelled},
	{"a delivery is kept as it was committed", checkDeliveryKept},
	{"the outbox is in order of first commits", checkOutboxOrder},
	{"an outdated version of a delivery is refused", checkOutdatedDelivery},
	{"a delivery id is there once", checkDeliveryTwice},
	{"a commit that was made of an older revision is refused", checkRevision},
	{"a delivery that is being attempted is held until its lease ends", checkLease},
	{"notifications are kept until they are forgotten", checkNotifications},
	{"changes of an objective are newest first", checkTransitions},
	{"silences are kept as they were saved", checkSilences},
	{"pruning removes what is over and nothing else", checkPrune},
	{"pruning keeps alerts whose changes are kept", checkPruneLate},
	{"pruning keeps the newest", checkPruneNewest},
	{"pruning without limits of time removes nothing", checkPruneNothing},
}

func (c clause) check(open Opener) error {
	s := &script{ctx: context.Background(), open: open}
	if err := s.reopen(); err != nil {
		return err
	}
	err := c.run(s)
	return errors.Join(err, s.store.Close())
}

// script is what a clause works with.
type script struct {
	ctx   context.Context
	open  Opener
	store catalog.Store
}

// reopen closes the catalog, if it is open, and opens it again.
func (s *script) reopen() (err error) {
	if s.store != nil {
		if err := s.store.Close(); err != nil {
			return fmt.Errorf("close: %w", err)
		}
	}
	s.store, err = s.open()
	return err
}

// at returns an instant that many hours into the script, to the nanosecond.
func at(hours int) time.Time {
	return time.Date(2026, 3, 1, hours, 0, 0, 123_456_789, time.UTC)
}

// differ returns an error that shows how got differs from want.
func differ(what string, got, want any) error {
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		return fmt.Errorf("%s (-want +got):\n%s", what, diff)
	}
	return nil
}
