// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package tsdb_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/series/seriestest"
	"github.com/leadline/leadline/internal/series/tsdb"
	"github.com/leadline/leadline/internal/slice"
)

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		name string
		opts tsdb.Options
		want string
	}{
		{"no directory", tsdb.Options{Writer: "w"}, "no directory"},
		{"no writer", tsdb.Options{Dir: "x"}, "no writer"},
		{"short retention", tsdb.Options{Dir: "x", Writer: "w", Retention: time.Hour}, "below 24h"},
		{"short retention of histograms", tsdb.Options{Dir: "x", Writer: "w", HistogramRetention: time.Hour}, "below 24h"},
		{"hours that go before their minutes", tsdb.Options{Dir: "x", Writer: "w", HourRetention: 48 * time.Hour}, "shorter than by the minute"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := tsdb.Open(slog.New(slog.DiscardHandler), c.opts)
			if err == nil || !strings.Contains(err.Error(), c.want) || errs.KindOf(err) != errs.Invalid {
				t.Errorf("got %v, want an invalid that contains %q", err, c.want)
			}
		})
	}
}

func TestDirectoryInUse(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	_, err := tsdb.Open(slog.New(slog.DiscardHandler), tsdb.Options{Dir: dir, Writer: "w2"})
	if errs.KindOf(err) != errs.Conflict || errs.HintOf(err) == "" {
		t.Errorf("got %v of kind %s, want a conflict with a hint", err, errs.KindOf(err))
	}
	closed(t, s)
	closed(t, open(t, dir))
}

// TestDamagedBlock expects an error that names the block.
func TestDamagedBlock(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	appended(t, s, traffic(400)...)
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	closed(t, s)
	indexes, err := filepath.Glob(filepath.Join(dir, "slices", "*", "index"))
	if err != nil || len(indexes) == 0 {
		t.Fatal("no blocks", err)
	}
	if err := os.Truncate(indexes[0], 10); err != nil {
		t.Fatal(err)
	}
	_, err = tsdb.Open(slog.New(slog.DiscardHandler), tsdb.Options{Dir: dir, Writer: "w1"})
	block := filepath.Base(filepath.Dir(indexes[0]))
	if err == nil || !strings.Contains(err.Error(), block) || errs.HintOf(err) == "" {
		t.Errorf("got %v, want an error with a hint that names block %s", err, block)
	}
}

// TestDamagedLog flips bits in the write-ahead log: what is lost is told by
// Last and told again, and nothing is counted wrongly.
func TestDamagedLog(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long under the race detector; make test runs it")
	}
	t.Parallel()
	cs := traffic(60)
	dir := t.TempDir()
	s := open(t, dir)
	defer closed(t, s)
	appended(t, s, cs...)
	for _, shelf := range []string{"slices", "histograms"} {
		n := size(t, wal(t, dir, shelf))
		for at := int64(0); at < n; at += n / 12 {
			t.Run(fmt.Sprintf("%s at %d", shelf, at), func(t *testing.T) {
				damaged := copyTo(t, dir)
				flip(t, wal(t, damaged, shelf), at)
				checkRecovery(t, damaged, cs)
			})
		}
	}
}

func flip(t *testing.T, file string, at int64) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	b[at] ^= 0x10
	if err := os.WriteFile(file, b, 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestCompaction keeps six days beside two overlapping backfills through all
// compactions, starts again in between, and compares with the model.
func TestCompaction(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long under the race detector; make test runs it")
	}
	t.Parallel()
	dir := t.TempDir()
	s, model := open(t, dir), seriestest.NewMemory()
	const days = 6
	for d := range days {
		for _, c := range sparse(d) {
			appended(t, s, c)
			appended(t, model, c)
		}
		if d == 4 {
			fillDays(t, s, model, 1, 4, "b2", "c3")
			fillDays(t, s, model, 2, 5, "d4")
			closed(t, s)
			s = open(t, dir)
		}
	}
	if err := s.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := s.Blocks(); n > 2*days {
		t.Errorf("%d blocks of %d days: nothing was compacted", n, days)
	}
	for range 2 {
		for _, indicator := range []string{"a1", "b2", "c3", "d4"} {
			wantSameSums(t, s, model, indicator, first, first+days*1440)
		}
		closed(t, s)
		s = open(t, dir)
	}
	closed(t, s)
}

// sparse returns day d with a minute every seven minutes.
func sparse(d int) (cs []slice.Closed) {
	for m := 0; m < 1440; m += 7 {
		cs = append(cs, slice.Closed{
			Minute: first + slice.Minute(d*1440+m), Source: slice.Live, Up: true,
			Samples: []slice.Sample{{Key: slice.Key{Indicator: "a1"}, Counts: slice.Counts{Good: uint64(m), Bad: uint64(d)}}},
		})
	}
	return cs
}

func fillDays(t *testing.T, s, model series.Store, from, to int, indicators ...string) {
	t.Helper()
	var cs []slice.Closed
	for m := from * 1440; m < to*1440; m += 11 {
		c := slice.Closed{Minute: first + slice.Minute(m)}
		for _, id := range append(indicators, "a1") {
			c.Samples = append(c.Samples, slice.Sample{Key: slice.Key{Indicator: id}, Counts: slice.Counts{Good: uint64(m - from*1440)}})
		}
		cs = append(cs, c)
	}
	for _, s := range []series.Store{s, model} {
		if _, err := s.Backfill(t.Context(), series.Backfill{Minutes: yielding(cs), Before: first + 1<<20}); err != nil {
			t.Fatal(err)
		}
	}
}

func wantSameSums(t *testing.T, got, want series.Store, indicator string, from, to slice.Minute) {
	t.Helper()
	q := series.Query{Indicator: indicator, From: from, To: to, Step: 60}
	g, err1 := got.Sums(t.Context(), q)
	w, err2 := want.Sums(t.Context(), q)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if len(g) != len(w) || len(g) == 0 {
		t.Fatalf("%s: %d rows, want %d", indicator, len(g), len(w))
	}
	sums := make(map[slice.Source][]series.Sum)
	for _, r := range w {
		sums[r.Source] = r.Sums
	}
	for _, r := range g {
		for i := range r.Sums {
			if r.Sums[i] != sums[r.Source][i] {
				t.Fatalf("%s, %s, hour %d: got %v, want %v", indicator, r.Source, i, r.Sums[i], sums[r.Source][i])
			}
		}
	}
}

// TestRetention keeps histograms for a day by the minute and for three by the
// hour: blocks beyond that go, and a backfill beyond it is not written.
func TestRetention(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	s, err := tsdb.Open(slog.New(slog.DiscardHandler), tsdb.Options{
		Dir: t.TempDir(), Writer: "w1", Retention: 2 * day, HistogramRetention: day, HourRetention: 3 * day,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer closed(t, s)
	h := new(slice.Histogram)
	h.Add(time.Second)
	op := slice.Key{Operation: "GET /"}
	for m := slice.Minute(0); m < 5*1440; m += 10 {
		c := slice.Closed{Minute: first + m, Source: slice.Live, Up: true}
		c.Samples = []slice.Sample{{Key: slice.Key{Indicator: "a1"}}, {Key: op, Histogram: h}}
		appended(t, s, c)
	}
	if err := s.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	end := first + 5*1440
	for _, c := range []struct {
		what     string
		from, to slice.Minute
		counts   bool
		timings  int // minutes
	}{
		{"the first day", first + 1, first + 1441, false, 0},
		{"two days and a half ago", end + 1 - 2*1440 - 840, end + 1 - 2*1440 - 720, false, 12},
		{"a day and a half ago", end + 1 - 1440 - 840, end + 1 - 1440 - 720, true, 12},
		{"a part of an hour then", end + 1 - 1440 - 840, end + 1 - 1440 - 790, true, 0},
		{"the other part", end + 1 - 1440 - 790, end + 1 - 1440 - 780, true, 6},
		{"today", end - 720, end, true, 72},
	} {
		rows, err1 := s.Sums(t.Context(), series.Query{Indicator: "a1", From: c.from, To: c.to, Step: 60})
		hs, err2 := seriestest.WholeDurations(t.Context(), s, series.Query{From: c.from, To: c.to})
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		timings := 0
		for _, d := range hs {
			timings += d.Minutes
			if n := int(d.Histogram.Count()); n != d.Minutes {
				t.Errorf("%s: %d durations in %d minutes", c.what, n, d.Minutes)
			}
		}
		if len(rows) > 0 != c.counts || timings != c.timings {
			t.Errorf("%s: got %d rows of counts and %d minutes of histograms, want some: %v, and %d", c.what, len(rows), timings, c.counts, c.timings)
		}
	}
	if at := s.OldestHistogram(); at < end-1440-180 {
		t.Errorf("histograms are kept by the minute since %s, a day before %s", at.Start(), end.Start())
	}
	old := slice.Closed{Minute: end - 4*1440, Samples: []slice.Sample{{Key: slice.Key{Indicator: "b2"}}}}
	got, err := s.Backfill(t.Context(), series.Backfill{Minutes: yielding([]slice.Closed{old}), Before: end})
	if err != nil || got != (series.Report{Expired: 1}) {
		t.Errorf("backfill beyond retention: got %+v %v, want 1 expired", got, err)
	}
}

// TestSilence expects nothing below an error at level info, through
// compactions, overlapping blocks and a Close in the middle of them.
func TestSilence(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(io.Writer(&out), nil))
	s, err := tsdb.Open(log, tsdb.Options{Dir: t.TempDir(), Writer: "w1"})
	if err != nil {
		t.Fatal(err)
	}
	appended(t, s, traffic(400)...)
	fillDays(t, s, seriestest.NewMemory(), -1, 0, "b2")
	closed(t, s)
	if out.Len() > 0 {
		t.Errorf("the log says:\n%s", out.String())
	}
}
