// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/report"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
)

// TestProposals measures a service in two environments that count and one that
// does not, in minutes that are stored, on their way and open, and others that
// have nothing to propose.
func TestProposals(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 30, 0, time.UTC)
	w := newWorld(now, objective("up", 28*24*time.Hour))
	open := slice.MinuteOf(now)
	baseline := func(s operation.Service, name string, kind operation.Kind) slice.Key {
		return slice.Key{Service: s, Operation: name, Kind: kind, Version: "1"}
	}
	bare, staging := shop, shop
	bare.Environment, staging.Environment = "", "staging"
	stored := w.stored - 5
	w.count(baseline(shop, "POST /checkout", operation.HTTP), stored, slice.Counts{Good: 2}, 80*time.Millisecond, 90*time.Millisecond)
	w.count(slice.Key{Service: shop, Tally: slice.Heard}, stored, slice.Counts{Good: 1})
	w.count(baseline(shop, "POST /checkout", operation.HTTP), w.closed, slice.Counts{Good: 18, Bad: 2})
	w.count(baseline(bare, "POST /checkout", operation.HTTP), open-1, slice.Counts{Good: 10})
	w.count(baseline(shop, "POST /checkout", operation.HTTP), open-1, slice.Counts{Good: 1})
	w.count(baseline(staging, "POST /checkout", operation.HTTP), open, slice.Counts{Bad: 1000})
	worker := operation.Service{Name: "worker", Environment: "staging"}
	w.count(baseline(worker, "task ship", operation.Task), open, slice.Counts{Good: 7})
	w.count(baseline(operation.Service{Name: "cron"}, "db postgresql", operation.Database), open, slice.Counts{Good: 700})

	got, err := w.report(t).Proposals(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := []report.Proposal{
		{Service: "worker", Environment: "staging", Events: 7, Minutes: 1, Missing: "7 of 30 requests or tasks, 1 of 2 minutes with traffic", FileName: "worker.yaml"},
		{Namespace: "shop", Service: "shop-api", Events: 33, Minutes: 3, Objectives: 1, FileName: "shop-api.yaml"},
	}
	if diff := cmp.Diff(want, got.Services, cmpopts.IgnoreFields(report.Proposal{}, "File")); diff != "" {
		t.Errorf("proposals (-want +got):\n%s", diff)
	}
	for _, text := range []string{"31 of 33 were good", "target: 80%", "latency of POST /checkout: its durations support no usual threshold", "in staging, which this file does not count"} {
		if !strings.Contains(got.Services[1].File, text) {
			t.Errorf("%q is not in\n%s", text, got.Services[1].File)
		}
	}
}

// TestProposalsOfNothing are an empty list.
func TestProposalsOfNothing(t *testing.T) {
	got, err := newWorld(time.Date(2026, 11, 23, 12, 0, 30, 0, time.UTC), []*slo.Objective{}...).report(t).Proposals(context.Background())
	if err != nil || got.Services == nil || len(got.Services) > 0 {
		t.Errorf("got %+v, %v", got, err)
	}
}
