// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package seriestest is the conformance suite of series stores, and the naive
// store in memory that they are compared with.
//
// Each clause of the contract is a function that uses a store and returns an
// error where it breaks the clause, so that the suite can be run against a
// store that is broken on purpose: Check must name the clause.
package seriestest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
)

// Opener opens a store; calling it again after Close opens the same data again.
type Opener func() (series.Store, error)

// Run checks every clause, each against an empty store from fresh.
func Run(t *testing.T, fresh func(t *testing.T) Opener) {
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
	for _, c := range clauses {
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

// check runs the clause with a store that is open, and closes it.
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
	store series.Store
}

// reopen closes the store, if it is open, and opens it again.
func (s *script) reopen() (err error) {
	if s.store != nil {
		if err := s.store.Close(); err != nil {
			return fmt.Errorf("close: %w", err)
		}
	}
	s.store, err = s.open()
	return err
}

// start is the first minute that clauses use. It is no multiple of an hour,
// and six hours of minutes from it span several blocks of a database.
var start = slice.Minute(29_500_007)

// The series that clauses use.
var (
	shop     = operation.Service{Namespace: "web", Name: "shop", Environment: "production"}
	other    = operation.Service{Name: "worker"}
	total    = slice.Key{Service: shop, Indicator: "a1"}
	gold     = slice.Key{Service: shop, Indicator: "a1", Group: "tier=gold"}
	silver   = slice.Key{Service: shop, Indicator: "a1", Group: "tier=silver"}
	foreign  = slice.Key{Service: other, Indicator: "b2"}
	baseline = slice.Key{Service: shop, Operation: "POST /checkout", Kind: operation.HTTP}
	silence  = slice.Key{Service: shop, Indicator: "a1", Tally: slice.Silent}
	spans    = slice.Key{Service: shop, Tally: slice.Spans}
	version  = slice.Key{Service: shop, Operation: "POST /checkout", Kind: operation.HTTP, Version: "1.2.0"}
)

func counted(k slice.Key, good, bad, excluded uint64) slice.Sample {
	return slice.Sample{Key: k, Counts: slice.Counts{Good: good, Bad: bad, Excluded: excluded}}
}

func live(m slice.Minute, samples ...slice.Sample) slice.Closed {
	return slice.Closed{Minute: m, Source: slice.Live, Up: true, Samples: samples}
}

// append stores minutes that must be accepted.
func (s *script) append(cs ...slice.Closed) error {
	for _, c := range cs {
		if err := s.store.Append(s.ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// sums asks for totals of an indicator by the minute, n minutes from start.
func (s *script) sums(indicator string, n int) ([]series.Row, error) {
	return s.store.Sums(s.ctx, series.Query{Indicator: indicator, From: start, To: start + slice.Minute(n), Step: 1})
}

// wantSums compares the totals of an indicator, one entry a minute from
// start, over all sources.
func (s *script) wantSums(indicator string, want ...series.Sum) error {
	rows, err := s.sums(indicator, len(want))
	if err != nil {
		return err
	}
	got := make([]series.Sum, len(want))
	for _, r := range rows {
		for i := range got {
			got[i] = got[i].Plus(r.Sums[i])
		}
	}
	return differ("sums of "+indicator, got, want)
}

func measured(good, bad, excluded uint64) series.Sum {
	return series.Sum{Counts: slice.Counts{Good: good, Bad: bad, Excluded: excluded}, Minutes: 1}
}

var absent series.Sum

// differ returns an error that shows how got differs from want.
func differ(what string, got, want any) error {
	diff := gocmp.Diff(want, got, cmpopts.EquateEmpty())
	if diff == "" {
		return nil
	}
	return fmt.Errorf("%s (-want +got):\n%s", what, diff)
}

// wantKind checks the kind of an error that must not be nil.
func wantKind(what string, err error, want errs.Kind) error {
	switch {
	case err == nil:
		return fmt.Errorf("%s: got no error, want one of kind %s", what, want)
	case errs.KindOf(err) != want:
		return fmt.Errorf("%s: got an error of kind %s, want %s: %w", what, errs.KindOf(err), want, err)
	}
	return nil
}

// sortRows gives rows an order, which stores need not.
func sortRows(rows []series.Row) []series.Row {
	slices.SortFunc(rows, func(a, b series.Row) int {
		return compare(a.Key, a.Source, b.Key, b.Source)
	})
	return rows
}

func compare(a slice.Key, as slice.Source, b slice.Key, bs slice.Source) int {
	return cmp.Or(
		cmp.Compare(fmt.Sprintf("%q", a), fmt.Sprintf("%q", b)),
		cmp.Compare(as, bs),
	)
}
