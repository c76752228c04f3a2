// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
)

// TestArrivals counts the same spans in the store, on their way to it and in
// open minutes, each once; what nobody measured is null, silence is zero.
func TestArrivals(t *testing.T) {
	w := newWorld(noon, objective("up", time.Hour))
	now := slice.MinuteOf(noon)
	key := slice.Key{Service: shop, Tally: slice.Spans}
	for _, m := range []slice.Minute{now, now - 1, now - 12, now - 30, now - 150} {
		w.count(key, m, slice.Counts{Good: 10, Bad: 1, Excluded: 2})
	}
	w.count(slice.Key{Service: operation.Self, Tally: slice.Spans}, now, slice.Counts{Good: 1000})
	for _, c := range []struct {
		name   string
		length time.Duration
		want   string // steps, their width, those not known, accepted, refused, sent again
	}{
		{"an hour, by the minute", time.Hour, "60 of 60 s, 0 null: 40 4 8"},
		{"three hours, of which the server ran two", 3 * time.Hour, "91 of 120 s, 29 null: 50 5 10"},
		{"a week", 7 * 24 * time.Hour, "85 of 7200 s, 82 null: 50 5 10"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, err := w.report(t).Arrivals(context.Background(), c.length)
			if err != nil {
				t.Fatal(err)
			}
			nulls, total := 0, [3]uint64{}
			for i := range v.Timestamps {
				if v.Accepted[i] == nil {
					nulls++
					continue
				}
				total[0], total[1], total[2] = total[0]+*v.Accepted[i], total[1]+*v.Refused[i], total[2]+*v.Duplicates[i]
			}
			got := fmt.Sprintf("%d of %d s, %d null: %s", len(v.Timestamps), v.StepSeconds, nulls, strings.Trim(fmt.Sprint(total), "[]"))
			if got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if len(v.Services) != 1 || v.Services[0].Service != shop.Name || v.Others != 0 {
				t.Errorf("services: got %+v", v.Services)
			}
		})
	}
}

// TestArrivalsAndOperations compares three numbers of the same hour with a
// count by hand: what arrived, with the minute that runs, is all that was
// counted live; operations hold what was back-filled too, and say how much.
func TestArrivalsAndOperations(t *testing.T) {
	w := newWorld(noon)
	r := rand.New(rand.NewPCG(1, 2))
	now := slice.MinuteOf(noon)
	baseline := slice.Key{Service: shop, Operation: "GET /", Kind: operation.HTTP}
	spans := slice.Key{Service: shop, Tally: slice.Spans}
	var live, filled uint64
	var fills []slice.Closed
	for m := now - 59; m <= now; m++ {
		n := 1 + r.Uint64N(1000)
		if m < now-40 {
			filled += n
			fills = append(fills, slice.Closed{Minute: m, Source: slice.Backfill, Samples: []slice.Sample{
				{Key: baseline, Minute: m, Counts: slice.Counts{Good: n}}, {Key: spans, Minute: m, Counts: slice.Counts{Good: n}}}})
			continue
		}
		live += n
		w.count(baseline, m, slice.Counts{Good: n})
		w.count(spans, m, slice.Counts{Good: n})
	}
	rep := w.report(t)
	rep.Started = (now - 40).Start()
	if _, err := w.store.Backfill(context.Background(), series.Backfill{Minutes: each(fills), Before: now - 40}); err != nil {
		t.Fatal(err)
	}
	arrived, err := rep.Arrivals(context.Background(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	did, err := rep.Operations(context.Background(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	var accepted, byService uint64
	for i, n := range arrived.Accepted {
		if before := arrived.Timestamps[i] <= rep.Started.Unix(); before != (n == nil) {
			t.Errorf("the step to %d: got %v", arrived.Timestamps[i], n)
		}
		if n != nil {
			accepted += *n
		}
	}
	for _, n := range arrived.Services[0].Accepted {
		byService += n
	}
	got := []uint64{accepted, byService, arrived.Backfilled, did.Operations[0].Good, did.Backfilled}
	if want := []uint64{live, live, filled, live + filled, filled}; !slices.Equal(got, want) {
		t.Errorf("arrived, of the service, back-filled, of operations, of them back-filled: got %d, want %d", got, want)
	}
	if !arrived.To.Equal(noon) {
		t.Errorf("it ends at %s, not now", arrived.To)
	}
}

// each hands minutes over as a back-fill does.
func each(all []slice.Closed) iter.Seq2[slice.Closed, error] {
	return func(yield func(slice.Closed, error) bool) {
		for _, c := range all {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// TestArrivalsAreBounded names the busiest services only.
func TestArrivalsAreBounded(t *testing.T) {
	w := newWorld(noon)
	for i := range 25 {
		k := slice.Key{Service: operation.Service{Name: fmt.Sprintf("s%02d", i)}, Tally: slice.Spans}
		w.count(k, slice.MinuteOf(noon)-1, slice.Counts{Good: uint64(i)})
	}
	v, err := w.report(t).Arrivals(context.Background(), time.Hour)
	if err != nil || len(v.Services) != 20 || v.Others != 5 || v.Services[0].Service != "s24" {
		t.Errorf("got %d services and %d others, %v", len(v.Services), v.Others, err)
	}
	if _, err := w.report(t).Arrivals(context.Background(), 31*24*time.Hour); err == nil {
		t.Error("more than 30 days were answered")
	}
}
