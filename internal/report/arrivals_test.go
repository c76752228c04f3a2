// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/operation"
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
		{"an hour, by the minute", time.Hour, "60 of 60 s, 0 null: 30 3 6"},
		{"three hours, of which the server ran two", 3 * time.Hour, "90 of 120 s, 29 null: 40 4 8"},
		{"a week", 7 * 24 * time.Hour, "84 of 7200 s, 82 null: 40 4 8"},
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
