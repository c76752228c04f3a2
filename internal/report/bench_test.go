// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/report"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/series/tsdb"
	"github.com/leadline/leadline/internal/slice"
)

// past returns a report over the embedded store, with so many days of an
// objective of 28 d, of its operation, which has a new version every week, and
// of others; in a minute of each so many events take different times.
func past(b *testing.B, days, operations, events int) (*report.Report, time.Time) {
	store, err := tsdb.Open(slog.New(slog.DiscardHandler), tsdb.Options{Dir: b.TempDir(), Writer: "w1", Retention: 500 * 24 * time.Hour})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { store.Close() })
	o := objective("up", 28*24*time.Hour)
	w := newWorld(time.Now().Truncate(time.Hour), o)
	w.generations, w.store = []catalog.Generation{}, store
	rng, end := rand.New(rand.NewPCG(1, 2)), slice.MinuteOf(w.now)
	_, err = store.Backfill(b.Context(), series.Backfill{Before: end, Minutes: func(yield func(slice.Closed, error) bool) {
		for m := end - slice.Minute(days)*1440; m < end; m++ {
			c := slice.Counts{Good: 50 + rng.Uint64N(20), Bad: rng.Uint64N(40) / 39}
			minute := slice.Closed{Minute: m, Samples: []slice.Sample{{Key: totalOf(o), Counts: c}}}
			for i := range operations {
				h := &slice.Histogram{}
				for range events {
					h.Add(time.Duration(float64(50*time.Millisecond) * (0.2 + rng.ExpFloat64())))
				}
				baseline := slice.Key{Service: shop, Operation: "POST /checkout", Kind: operation.HTTP, Version: fmt.Sprint(m / (7 * 1440))}
				if i > 0 {
					baseline.Operation = fmt.Sprintf("GET /%d", i)
				}
				minute.Samples = append(minute.Samples, slice.Sample{Key: baseline, Counts: c, Histogram: h})
			}
			if !yield(minute, nil) {
				return
			}
		}
	}})
	if err != nil {
		b.Fatal(err)
	}
	w.engine.Restored(w.fresh)
	w.engine.Evaluate()
	return w.starting(), w.now
}

// BenchmarkRange reads an objective with its burn rates, and what happened to
// it, over ranges of up to the longest.
func BenchmarkRange(b *testing.B) {
	for _, days := range []int{28, 400} {
		r, now := past(b, days+28, 1, 1)
		v, err := r.Find(report.Which{Name: "up"})
		if err != nil {
			b.Fatal(err)
		}
		from := now.Add(-time.Duration(days) * 24 * time.Hour)
		b.Run(fmt.Sprintf("series/%dd", days), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if d, err := r.SLO(b.Context(), v, "", from, now); err != nil || len(d.Series.Burn) == 0 {
					b.Fatal(len(d.Series.Burn), err)
				}
			}
		})
		b.Run(fmt.Sprintf("events/%dd", days), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if l, err := r.Events(b.Context(), v, from, now); err != nil || len(l.Versions) < days/7 {
					b.Fatal(len(l.Versions), err)
				}
			}
		})
	}
}

// BenchmarkService reads a service of twenty operations over ranges that are
// read by the minute, by hours that steps cut, and by whole hours.
func BenchmarkService(b *testing.B) {
	r, now := past(b, 29, 20, 50)
	for _, hours := range []int{1, 6, 24, 48, 7 * 24, 28 * 24} {
		b.Run(fmt.Sprintf("%dh", hours), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p, err := r.Service(b.Context(), report.WhichService{Service: shop.Name}, now.Add(-time.Duration(hours)*time.Hour), now)
				if err != nil || len(p.Operations) != 20 || p.Distribution.Count == 0 {
					b.Fatal(len(p.Operations), err)
				}
			}
		})
	}
}
