// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package window_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/window"
)

// compareParts holds the parts of a window against brute force over the edges
// that they say, and their sum against that of the window. The brute force
// tests of rings call it after whatever happened to them.
func compareParts(t *testing.T, r *window.Ring, i int, m *model, validOnly bool) {
	t.Helper()
	parts, from, width := r.Parts(i, nil)
	first, last := r.Edges(i)
	if from > first || first-from >= 60 {
		t.Fatalf("window %d begins at minute %d, its parts at %d", i, first, from)
	}
	want := make([]slice.Counts, len(parts))
	for at, c := range m.byMinute {
		if validOnly {
			c.Excluded = 0
		}
		if first <= at && at <= last {
			n := min(int((at-from)/width), len(parts)-1)
			want[n] = want[n].Plus(c)
		}
	}
	var sum slice.Counts
	for n, got := range parts {
		sum = sum.Plus(got)
		if got != want[n] {
			t.Fatalf("window %d at minute %d: part %d of %d, %d minutes each: got %+v, want %+v", i, r.Now(), n, len(parts), width, got, want[n])
		}
	}
	if got := r.Sum(i); got != sum {
		t.Fatalf("window %d at minute %d: parts add up to %+v, the window to %+v", i, r.Now(), sum, got)
	}
}

// TestPartsAreRoundAndFew says how windows are cut.
func TestPartsAreRoundAndFew(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct {
		length time.Duration
		want   string
	}{
		{time.Hour, "30 of 2m"}, {90 * time.Minute, "30 of 3m"}, {6 * time.Hour, "30 of 12m"}, {24 * time.Hour, "24 of 1h"}, {33 * time.Hour, "17 of 2h"},
		{3 * day, "24 of 3h"}, {7 * day, "28 of 6h"}, {14 * day, "28 of 12h"}, {28 * day, "28 of 1d"}, {30 * day, "30 of 1d"}, {90 * day, "30 of 3d"},
	} {
		parts, _, width := window.NewRing(window.NewLayout(window.Span{Length: c.length}), 29_000_017).Parts(0, nil)
		if got := fmt.Sprintf("%d of %s", len(parts), window.Compact(time.Duration(width)*time.Minute)); got != c.want {
			t.Errorf("%s: got %s, want %s", window.Compact(c.length), got, c.want)
		}
	}
	october := slice.MinuteOf(time.Date(2026, 10, 5, 0, 0, 0, 0, time.UTC))
	for period, want := range map[window.Period]string{window.Week: "28 of 6h", window.Month: "31 of 1d", window.Quarter: "31 of 3d", window.Year: "31 of 12d"} {
		c := window.Calendar{Period: period, Zone: zone(t, "Europe/Berlin")}
		at := october
		if period == window.Week {
			at += 20 * 24 * 60 // clocks are set back in it
		}
		parts, _, width := window.NewRing(window.NewLayout(c.Of().Span()), at).Parts(0, nil)
		if got := fmt.Sprintf("%d of %s", len(parts), window.Compact(time.Duration(width)*time.Minute)); got != want {
			t.Errorf("%s: got %s, want %s", c, got, want)
		}
	}
}

func BenchmarkParts(b *testing.B) {
	r := window.NewRing(window.NewLayout(lean...), 29_000_000)
	r.Add(29_000_000, slice.Counts{Good: 1})
	var parts []slice.Counts
	b.ReportAllocs()
	for b.Loop() {
		parts, _, _ = r.Parts(0, parts[:0])
	}
}
