// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package tsdb_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/series/seriestest"
	"github.com/leadline/leadline/internal/series/tsdb"
	"github.com/leadline/leadline/internal/slice"
)

// first is a minute whose stamp is a multiple of two hours, where the
// database begins chunks and blocks.
const first = slice.Minute(245_000*120 - 1)

func open(t testing.TB, dir string) *tsdb.Store {
	t.Helper()
	s, err := tsdb.Open(slog.New(slog.DiscardHandler), tsdb.Options{Dir: dir, Writer: "w1"})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closed(t testing.TB, s series.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func appended(t testing.TB, s series.Store, cs ...slice.Closed) {
	t.Helper()
	for _, c := range cs {
		if err := s.Append(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
}

// traffic returns n minutes of a dense indicator, sparse groups and a
// baseline with durations; the same for the same arguments.
func traffic(n int) (cs []slice.Closed) {
	r := rand.New(rand.NewPCG(1, 2))
	shop := operation.Service{Name: "shop", Environment: "production"}
	for i := range n {
		c := slice.Closed{Minute: first + slice.Minute(i), Source: slice.Live, Up: i%10 != 9}
		add := func(k slice.Key, h *slice.Histogram) {
			c.Samples = append(c.Samples, slice.Sample{
				Key: k, Counts: slice.Counts{Good: r.Uint64N(500), Bad: r.Uint64N(3), Excluded: r.Uint64N(9)}, Histogram: h,
			})
		}
		add(slice.Key{Service: shop, Indicator: "a1"}, nil)
		for g := range 4 {
			if r.IntN(1+g*g) == 0 {
				add(slice.Key{Service: shop, Indicator: "a1", Group: fmt.Sprintf("g=%d", g)}, nil)
			}
		}
		if 100 <= i && i < 120 {
			// It ends just before a multiple of two hours: its chunk stays open.
			add(slice.Key{Service: shop, Indicator: "a1", Group: "short-lived"}, nil)
		}
		h := new(slice.Histogram)
		for range r.IntN(20) {
			h.Add(time.Duration(r.ExpFloat64() * float64(50*time.Millisecond)))
		}
		add(slice.Key{Service: shop, Operation: "POST /checkout", Kind: operation.HTTP}, h)
		cs = append(cs, c)
	}
	return cs
}

// wantEqual compares all that two stores say about a range of minutes.
func wantEqual(t *testing.T, got, want series.Store, from, to slice.Minute) {
	t.Helper()
	unordered := cmp.Options{
		cmpopts.SortSlices(func(a, b series.Row) bool { return fmt.Sprint(a.Key, a.Source) < fmt.Sprint(b.Key, b.Source) }),
	}
	for _, indicator := range []string{"a1", ""} {
		q := series.Query{Indicator: indicator, From: from, To: to, Step: 1, Parts: series.Parts{All: true}}
		g, err1 := got.Sums(t.Context(), q)
		w, err2 := want.Sums(t.Context(), q)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if diff := cmp.Diff(w, g, unordered, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("sums of %q (-want +got):\n%s", indicator, diff)
		}
	}
	q := series.Query{From: from, To: to}
	g, err1 := seriestest.WholeDurations(t.Context(), got, q)
	w, err2 := seriestest.WholeDurations(t.Context(), want, q)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if diff := cmp.Diff(w, g, unordered, cmpopts.EquateEmpty()); diff != "" {
		t.Fatalf("histograms (-want +got):\n%s", diff)
	}
}

// checkRecovery opens what a crash left in dir. The minutes up to Last must be
// whole; those after it are told again, as the intake log does, and then the
// store must be as if nothing had happened. It returns how many were told.
func checkRecovery(t *testing.T, dir string, cs []slice.Closed) int {
	t.Helper()
	s := open(t, dir)
	defer closed(t, s)
	model := seriestest.NewMemory()
	last, any, err := s.Last(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	known := 0
	for any && known < len(cs) && cs[known].Minute <= last {
		known++
	}
	appended(t, model, cs[:known]...)
	if known > 0 {
		wantEqual(t, s, model, first, last+1)
	}
	appended(t, s, cs...)
	appended(t, model, cs...)
	wantEqual(t, s, model, first, first+slice.Minute(len(cs)))
	return len(cs) - known
}

// copyTo copies a data directory that is in use, as a kill would leave it.
func copyTo(t *testing.T, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

// wal returns the only segment of a shelf's write-ahead log.
func wal(t *testing.T, dir, shelf string) string {
	t.Helper()
	segments, err := filepath.Glob(filepath.Join(dir, shelf, "wal", "0*"))
	if err != nil || len(segments) != 1 {
		t.Fatalf("segments %v, %v: want one", segments, err)
	}
	return segments[0]
}

func size(t *testing.T, file string) int64 {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// TestKilledInAppend cuts the write-ahead log of either shelf at any byte that
// the last minutes wrote: a process that is killed has written a prefix.
func TestKilledInAppend(t *testing.T) {
	t.Parallel()
	cs := traffic(6)
	for _, shelf := range []string{"slices", "histograms"} {
		t.Run(shelf, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir)
			defer closed(t, s)
			appended(t, s, cs[:3]...)
			from := size(t, wal(t, dir, shelf))
			appended(t, s, cs[3:5]...)
			to := size(t, wal(t, dir, shelf))
			if to <= from {
				t.Fatalf("the log did not grow: %d to %d bytes", from, to)
			}
			told := make(map[int]bool)
			for cut := from; cut <= to; cut += 1 + (to-from)/40 {
				torn := copyTo(t, dir)
				if err := os.Truncate(wal(t, torn, shelf), cut); err != nil {
					t.Fatal(err)
				}
				told[checkRecovery(t, torn, cs)] = true
			}
			if !told[3] || !told[2] {
				t.Errorf("cuts left %v minutes to tell, want some of 3 and 2", told)
			}
		})
	}
}

// TestKilledBetweenShelves has histograms one minute ahead of counts.
func TestKilledBetweenShelves(t *testing.T) {
	t.Parallel()
	cs := traffic(5)
	dir := t.TempDir()
	s := open(t, dir)
	defer closed(t, s)
	appended(t, s, cs[:3]...)
	before := copyTo(t, dir)
	appended(t, s, cs[3])
	after := copyTo(t, dir)
	for name, from := range map[string]string{"slices behind": "slices", "histograms behind": "histograms"} {
		t.Run(name, func(t *testing.T) {
			mixed := copyTo(t, after)
			if err := os.RemoveAll(filepath.Join(mixed, from)); err != nil {
				t.Fatal(err)
			}
			if err := os.CopyFS(filepath.Join(mixed, from), os.DirFS(filepath.Join(before, from))); err != nil {
				t.Fatal(err)
			}
			if told := checkRecovery(t, mixed, cs); told != 2 {
				t.Errorf("%d minutes were missing, want 2", told)
			}
		})
	}
}

// TestPowerCut keeps the chunk files and loses the end of the log, back to the
// last point at which Append synced it.
func TestPowerCut(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long under the race detector; make test runs it")
	}
	t.Parallel()
	cs := traffic(175) // crosses two hours, and is too short for a compaction
	for _, shelf := range []string{"slices", "histograms"} {
		t.Run(shelf, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir)
			appended(t, s, cs[:120]...)
			synced := size(t, wal(t, dir, shelf)) // minute 120 is about to cross
			appended(t, s, cs[120:]...)
			end := size(t, wal(t, dir, shelf))
			s.WriteChunks()
			closed(t, s) // flushes the chunk files, which a cut of the power may do too
			most := 0
			for cut := synced; cut <= end; cut += 1 + (end-synced)/10 {
				torn := copyTo(t, dir)
				if err := os.Truncate(wal(t, torn, shelf), cut); err != nil {
					t.Fatal(err)
				}
				most = max(most, checkRecovery(t, torn, cs))
			}
			if most < 10 {
				t.Errorf("at most %d minutes were lost, the test cuts too little", most)
			}
		})
	}
}

// TestFailedCommit lets the commit of a minute with a new series fail. The
// retry must bring the series into the log, so that it is there after a start.
func TestFailedCommit(t *testing.T) {
	cs := traffic(125) // the short-lived group begins with minute 100; an hour ends with 120
	dir := t.TempDir()
	s := open(t, dir)
	appended(t, s, cs[:100]...)
	if err := s.BreakLogs(); err != nil {
		t.Fatal(err)
	}
	for _, shelf := range []string{"histograms", "slices"} {
		if err := s.Append(t.Context(), cs[100]); err == nil || !strings.Contains(err.Error(), shelf) {
			t.Fatalf("got %v, want the commit to %s to fail", err, shelf)
		}
	}
	appended(t, s, cs[100:120]...)
	if err := s.Append(t.Context(), cs[120]); err == nil || !strings.Contains(err.Error(), "merge hour") {
		t.Fatalf("got %v, want the commit of the hour to fail", err)
	}
	appended(t, s, cs[120:]...)
	if got := s.MergedBefore(); got != first+121 {
		t.Errorf("merged before minute %d, want 121", got-first)
	}
	torn := copyTo(t, dir)
	closed(t, s)
	if told := checkRecovery(t, torn, cs); told != 0 {
		t.Errorf("%d minutes were missing", told)
	}
}

// TestKilledInBackfill interrupts a backfill between blocks and runs it again.
func TestKilledInBackfill(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long under the race detector; make test runs it")
	}
	t.Parallel()
	cs := traffic(2500)
	before := first + 2500
	model, want := seriestest.NewMemory(), series.Report{}
	run := func(s series.Store, b series.Backfill) series.Report {
		b.Before = before
		r, err := s.Backfill(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	want = run(model, series.Backfill{Minutes: yielding(cs)})
	dir := t.TempDir()
	s := open(t, dir)
	var torn []string
	n := 0
	got := run(s, series.Backfill{
		Minutes: func(yield func(slice.Closed, error) bool) {
			for _, c := range cs {
				if n++; n%700 == 0 {
					torn = append(torn, copyTo(t, dir))
				}
				if !yield(c, nil) {
					return
				}
			}
		},
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("report (-want +got):\n%s", diff)
	}
	closed(t, s)
	for i, dir := range torn {
		t.Run(fmt.Sprint("killed at minute ", (i+1)*700), func(t *testing.T) {
			s := open(t, dir)
			defer closed(t, s)
			got := run(s, series.Backfill{Minutes: yielding(cs)})
			if got.Stored+got.Measured != want.Stored {
				t.Errorf("stored %d and found %d, want %d in all", got.Stored, got.Measured, want.Stored)
			}
			wantEqual(t, s, model, first, before)
		})
	}
	if len(torn) == 0 {
		t.Error("nothing was interrupted")
	}
}

func yielding(cs []slice.Closed) func(yield func(slice.Closed, error) bool) {
	return func(yield func(slice.Closed, error) bool) {
		for _, c := range cs {
			if !yield(c, nil) {
				return
			}
		}
	}
}

// TestKilledInHour cuts the log of the hours at any byte that the end of an
// hour wrote: opening the store merges the hour again.
func TestKilledInHour(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long under the race detector; make test runs it")
	}
	t.Parallel()
	cs := traffic(140) // the second minute begins an hour
	dir := t.TempDir()
	s := open(t, dir)
	defer closed(t, s)
	appended(t, s, cs[:120]...)
	from := size(t, wal(t, dir, "hours"))
	appended(t, s, cs[120:]...)
	to := size(t, wal(t, dir, "hours"))
	if to <= from {
		t.Fatalf("the log did not grow: %d to %d bytes", from, to)
	}
	model := seriestest.NewMemory()
	appended(t, model, cs...)
	for cut := from; cut <= to; cut += 1 + (to-from)/8 {
		torn := copyTo(t, dir)
		if err := os.Truncate(wal(t, torn, "hours"), cut); err != nil {
			t.Fatal(err)
		}
		checkHour(t, torn, model)
	}
	for _, without := range []string{"hours", filepath.Join("hours", "wal")} {
		torn := copyTo(t, dir)
		if err := os.RemoveAll(filepath.Join(torn, without)); err != nil {
			t.Fatal(err)
		}
		checkHour(t, torn, model)
	}
}

// checkHour expects the two hours that ended to be merged.
func checkHour(t *testing.T, dir string, model series.Store) {
	t.Helper()
	s := open(t, dir)
	defer closed(t, s)
	if got, want := s.MergedBefore(), first+121; got != want {
		t.Errorf("merged before minute %d, want %d", got-first, want-first)
	}
	wantEqual(t, s, model, first, first+140)
	wantEqual(t, s, model, first+1, first+121)
}

// TestKilledBetweenBlocks has a backfill that died when the hours of its block
// were there and the counts were not, and runs others, with other minutes.
func TestKilledBetweenBlocks(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long under the race detector; make test runs it")
	}
	t.Parallel()
	cs := traffic(400)
	for name, c := range map[string]struct {
		lost  []string
		again [][]slice.Closed
	}{
		"only hours, the same again":        {[]string{"slices", "histograms"}, [][]slice.Closed{cs[100:200]}},
		"only hours, all":                   {[]string{"slices", "histograms"}, [][]slice.Closed{cs}},
		"hours and minutes, all":            {[]string{"slices"}, [][]slice.Closed{cs}},
		"hours and minutes, piece by piece": {[]string{"slices"}, [][]slice.Closed{cs[90:130], cs[:110], cs[120:]}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir)
			filled := func(s series.Store, cs []slice.Closed) {
				t.Helper()
				if _, err := s.Backfill(t.Context(), series.Backfill{Minutes: yielding(cs), Before: first + 400}); err != nil {
					t.Fatal(err)
				}
			}
			filled(s, cs[100:200])
			closed(t, s)
			for _, shelf := range c.lost {
				blocks, err := filepath.Glob(filepath.Join(dir, shelf, "01*"))
				if err != nil || len(blocks) == 0 {
					t.Fatalf("no blocks of %s: %v", shelf, err)
				}
				for _, b := range blocks {
					if err := os.RemoveAll(b); err != nil {
						t.Fatal(err)
					}
				}
			}
			s = open(t, dir)
			defer closed(t, s)
			model := seriestest.NewMemory()
			for _, cs := range c.again {
				filled(s, cs)
				filled(model, cs)
			}
			wantEqual(t, s, model, first, first+400)
			wantEqual(t, s, model, first+1, first+361)
			wantEqual(t, s, model, first+95, first+205)
		})
	}
}
