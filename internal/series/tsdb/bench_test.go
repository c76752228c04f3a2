// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package tsdb_test

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/series/seriestest"
	"github.com/leadline/leadline/internal/slice"
)

// days is how much history the benchmarks read: four weeks.
const days = 28

// history returns a store with four weeks of n indicators, compacted, with
// the last minutes in the head.
func history(b *testing.B, dir string, n int) slice.Minute {
	s := open(b, dir)
	defer closed(b, s)
	r := rand.New(rand.NewPCG(1, 2))
	end := first + days*1440
	for m := first; m < end; m++ {
		c := slice.Closed{Minute: m, Source: slice.Live, Up: true}
		for i := range n {
			// A busy service with rare failures: some 1,000 events a minute.
			c.Samples = append(c.Samples, slice.Sample{
				Key:    slice.Key{Service: operation.Service{Name: "shop", Environment: "production"}, Indicator: fmt.Sprintf("%016x", i)},
				Counts: slice.Counts{Good: 1000 + r.Uint64N(60), Bad: r.Uint64N(40) / 39, Excluded: r.Uint64N(10) / 8},
			})
		}
		appended(b, s, c)
	}
	if err := s.Compact(b.Context()); err != nil {
		b.Fatal(err)
	}
	return end
}

// BenchmarkAppend appends minutes of 1,000 indicators.
func BenchmarkAppend(b *testing.B) {
	s := open(b, b.TempDir())
	defer closed(b, s)
	c := slice.Closed{Minute: first, Source: slice.Live, Up: true}
	for i := range 1000 {
		c.Samples = append(c.Samples, slice.Sample{Key: slice.Key{Indicator: fmt.Sprint(i)}})
	}
	for b.Loop() {
		for i := range c.Samples {
			c.Samples[i].Counts.Good++
		}
		appended(b, s, c)
		c.Minute++
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/3000, "ns/sample")
}

// BenchmarkRestore reads the sums of one indicator's windows: a minute wide
// for 6 hours, five for 3 days, an hour for four weeks.
func BenchmarkRestore(b *testing.B) {
	dir := b.TempDir()
	end := history(b, dir, 20)
	s := open(b, dir)
	defer closed(b, s)
	samples := 0
	for b.Loop() {
		samples = 0
		for _, w := range []struct{ depth, step int }{{360, 1}, {3 * 1440, 5}, {days * 1440, 60}} {
			rows, err := s.Sums(b.Context(), series.Query{
				Indicator: fmt.Sprintf("%016x", 7), From: end - slice.Minute(w.depth), To: end, Step: w.step,
			})
			if err != nil || len(rows) != 1 {
				b.Fatal(len(rows), err)
			}
			samples += 3 * w.depth
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(samples), "ns/sample")
}

// BenchmarkOpen opens a store with four weeks of 100 indicators, of which up to
// three hours are replayed from the log; it also tells what a sample weighs.
func BenchmarkOpen(b *testing.B) {
	const indicators = 100
	dir := b.TempDir()
	history(b, dir, indicators)
	for b.Loop() {
		closed(b, open(b, dir))
	}
	s := open(b, dir)
	if err := s.Flush(); err != nil {
		b.Fatal(err)
	}
	counts, _, _ := s.Samples()
	closed(b, s)
	b.ReportMetric(float64(weight(b, filepath.Join(dir, "slices", "01*")))/float64(counts), "B/sample")
	b.ReportMetric(float64(counts), "samples")
}

// BenchmarkHistograms merges the histograms of one operation over an hour of
// which the minutes are read, and over 27 days of which the hours are; and tells
// what one of either weighs.
func BenchmarkHistograms(b *testing.B) {
	for _, c := range []struct {
		name     string
		from, to slice.Minute
	}{
		{"an hour by the minute", first + 61, first + 120},
		{"a day", first + 1, first + 1441},
		{"4 weeks", first + 1, first + days*1440 - 59},
	} {
		b.Run(c.name, func(b *testing.B) { benchmarkHistograms(b, c.from, c.to) })
	}
}

func benchmarkHistograms(b *testing.B, from, to slice.Minute) {
	dir := b.TempDir()
	s := open(b, dir)
	defer closed(b, s)
	r := rand.New(rand.NewPCG(1, 2))
	for m := range slice.Minute(to-first) + 120 {
		h := new(slice.Histogram)
		for range 1000 {
			h.Add(time.Duration(float64(40*time.Millisecond) * (0.2 + r.ExpFloat64())))
		}
		appended(b, s, slice.Closed{Minute: first + m, Source: slice.Live, Up: true, Samples: []slice.Sample{
			{Key: slice.Key{Operation: "GET /", Version: "1"}, Histogram: h},
		}})
	}
	for b.Loop() {
		hs, err := seriestest.WholeDurations(b.Context(), s, series.Query{From: from, To: to})
		if err != nil || len(hs) != 1 || hs[0].Minutes != int(to-from) {
			b.Fatal(hs, err)
		}
	}
	if err := s.Flush(); err != nil {
		b.Fatal(err)
	}
	_, histograms, hours := s.Samples()
	b.ReportMetric(float64(weight(b, filepath.Join(dir, "histograms", "01*")))/float64(histograms), "B/minute")
	b.ReportMetric(float64(weight(b, filepath.Join(dir, "hours", "01*")))/float64(hours), "B/hour")
}

// weight returns the bytes of all files below the directories that match.
func weight(b *testing.B, pattern string) (n int64) {
	dirs, err := filepath.Glob(pattern)
	if err != nil || len(dirs) == 0 {
		b.Fatal("no blocks", err)
	}
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			info, err := d.Info()
			n += info.Size()
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	return n
}
