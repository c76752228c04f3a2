// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package window_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/window"
)

// zones are clocks that do what clocks do, and years in which they did it: no
// midnight (Beirut, Cairo, São Paulo, Asunción, Gaza), two midnights (Havana),
// a midnight that was taken back (St John's at 00:01), half an hour (Lord
// Howe), two hours (Troll), quarters of an hour (Kathmandu, Chatham), a date
// that never was (Apia).
var zones = map[string]int{
	"UTC": 2026, "Europe/Berlin": 2026, "America/New_York": 2026, "Australia/Lord_Howe": 2026, "Antarctica/Troll": 2024,
	"Asia/Beirut": 2025, "Africa/Cairo": 2025, "America/Sao_Paulo": 2017, "America/Asuncion": 2018, "Asia/Gaza": 2011,
	"America/Havana": 2025, "America/St_Johns": 2009, "Asia/Kathmandu": 2026, "Pacific/Chatham": 2026, "Pacific/Apia": 2011,
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// ordinal numbers the periods of the calendar by what a clock shows.
func ordinal(p window.Period, at time.Time) int {
	switch p {
	case window.Week:
		y, w := at.ISOWeek()
		return 100*y + w
	case window.Month:
		return 100*at.Year() + int(at.Month())
	case window.Quarter:
		return 10*at.Year() + (int(at.Month())+2)/3
	}
	return at.Year()
}

// TestPeriodsAgreeWithClocks looks at the clock in every minute of a year:
// a period begins when it shows a date of it, or a later one, for the first time.
func TestPeriodsAgreeWithClocks(t *testing.T) {
	for name, year := range zones {
		z := zone(t, name)
		for _, p := range window.Periods {
			c := window.Calendar{Period: p, Zone: z}
			from, to := time.Time{}, time.Time{}
			at := time.Date(year, 1, 1, 12, 0, 0, 0, z)
			for now := ordinal(p, at); at.Year() == year; at = at.Add(time.Minute) {
				begins := false
				if n := ordinal(p, at.In(z)); n > now {
					now, begins = n, true
				}
				if !begins && at.Before(to) {
					continue // Around has said that it goes on, and it does
				}
				was := to
				from, to = c.Around(at)
				if begins && !from.Equal(at) || !begins && !was.IsZero() {
					t.Fatalf("%s: at %s a period begins: %v, it is said to begin at %s and ended at %s", c, at, begins, from.In(z), was.In(z))
				}
				if before := c.Before(from); !was.IsZero() && !before.Before(from) {
					t.Fatalf("%s: the period before the one at %s begins at %s", c, from, before)
				}
				was = from
			}
		}
	}
}

func TestAround(t *testing.T) {
	for _, c := range []struct {
		period   window.Period
		zone     string
		at       string
		from, to string // UTC
	}{
		{window.Month, "Europe/Berlin", "2026-03-15T12:00:00Z", "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"},
		{window.Month, "Europe/Berlin", "2026-10-31T22:59:59Z", "2026-09-30T22:00:00Z", "2026-10-31T23:00:00Z"},
		{window.Month, "Europe/Berlin", "2026-10-31T23:00:00Z", "2026-10-31T23:00:00Z", "2026-11-30T23:00:00Z"},
		{window.Week, "UTC", "2026-11-22T23:59:00Z", "2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z"}, // a Sunday
		{window.Week, "UTC", "2026-11-23T00:00:00Z", "2026-11-23T00:00:00Z", "2026-11-30T00:00:00Z"},
		{window.Week, "UTC", "2027-01-01T00:00:00Z", "2026-12-28T00:00:00Z", "2027-01-04T00:00:00Z"},
		{window.Quarter, "America/New_York", "2026-01-01T04:59:00Z", "2025-10-01T04:00:00Z", "2026-01-01T05:00:00Z"},
		{window.Quarter, "Australia/Lord_Howe", "2026-05-01T00:00:00Z", "2026-03-31T13:00:00Z", "2026-06-30T13:30:00Z"},
		{window.Year, "Asia/Kathmandu", "2026-06-01T00:00:00Z", "2025-12-31T18:15:00Z", "2026-12-31T18:15:00Z"},
		{window.Month, "Africa/Cairo", "2025-05-01T00:00:00Z", "2025-04-30T21:00:00Z", "2025-05-31T21:00:00Z"},
		{window.Month, "Asia/Gaza", "2011-04-10T00:00:00Z", "2011-03-31T22:00:00Z", "2011-04-30T21:00:00Z"}, // 00:01 was 01:01
		{window.Month, "Pacific/Apia", "2011-12-31T00:00:00Z", "2011-12-01T10:00:00Z", "2011-12-31T10:00:00Z"},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		from, to := window.Calendar{Period: c.period, Zone: zone(t, c.zone)}.Around(at)
		if got, want := from.Format(time.RFC3339)+" "+to.Format(time.RFC3339), c.from+" "+c.to; got != want {
			t.Errorf("%s in %s at %s: got %s, want %s", c.period, c.zone, c.at, got, want)
		}
	}
}

func TestAWindowSaysWhatItIs(t *testing.T) {
	berlin := window.Calendar{Period: window.Month, Zone: zone(t, "Europe/Berlin")}.Of()
	for want, w := range map[string]window.Window{
		"28d": {Length: 28 * 24 * time.Hour}, "month in Europe/Berlin": berlin,
		"year in UTC": window.Calendar{Period: window.Year}.Of(),
	} {
		if got := w.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	again := window.Calendar{Period: window.Month, Zone: zone(t, "Europe/Berlin")}.Of()
	if !berlin.Equal(again) || berlin.Equal(window.Window{Length: 30 * 24 * time.Hour}) {
		t.Error("a window is equal to what it is not, or not to itself")
	}
}

// TestCalendarRingAgreesWithBruteForce drives a ring through random events,
// turns of periods and jumps of weeks, and compares every calendar window and
// its former period with a count over the edges that Range prints; then it
// restores another one as from a store.
func TestCalendarRingAgreesWithBruteForce(t *testing.T) {
	seed := uint64(0)
	for _, name := range slices.Sorted(maps.Keys(zones)) {
		year := zones[name]
		seed++
		t.Run(fmt.Sprint(name, " ", seed), func(t *testing.T) {
			z, rng := zone(t, name), rand.New(rand.NewPCG(seed, 7))
			var windows []window.Window
			spans := []window.Span{{Length: time.Hour, AtNewest: true, ValidOnly: true}, {Length: 7 * 24 * time.Hour}}
			for _, p := range window.Periods {
				w := window.Calendar{Period: p, Zone: z}.Of()
				windows, spans = append(windows, w), append(spans, w.Span())
			}
			layout := window.NewLayout(spans...)
			now := slice.MinuteOf(time.Date(year, 1, 20, 0, 0, 0, 0, z))
			ring, m := window.NewRing(layout, now), &model{byMinute: map[slice.Minute]slice.Counts{}}
			for step := range 1_500 {
				at := now + slice.Minute(rng.IntN(window.Slack+12)-11)
				if rng.IntN(20) == 0 {
					at = now - slice.Minute(rng.IntN(24*60))
				}
				c := slice.Counts{Good: 1 + rng.Uint64N(100), Bad: rng.Uint64N(3), Excluded: rng.Uint64N(2)}
				ring.Add(at, c)
				m.add(at, c)
				now += slice.Minute(rng.IntN(300))
				if rng.IntN(400) == 0 {
					now += slice.Minute(rng.IntN(40 * 24 * 60))
				}
				if _, to := windows[step%4].Calendar.Around(now.Start()); rng.IntN(10) == 0 && step%4 < 2 {
					now = max(now, slice.MinuteOf(to)-slice.Minute(rng.IntN(3))) // to the turn
				}
				ring.Advance(now)
				if step%25 == 0 {
					comparePeriods(t, ring, windows, m, now)
				}
			}
			ring.Recount()
			comparePeriods(t, ring, windows, m, now)
			comparePeriods(t, restoredPeriods(layout, m, now), windows, m, now)
		})
	}
}

// restoredPeriods builds a ring from the model as a store would return it: for
// each period, sums of hours that its edges cut.
func restoredPeriods(l *window.Layout, m *model, now slice.Minute) *window.Ring {
	r := restored(l, m, now)
	for _, p := range l.Periods(now) {
		for at, c := range m.byMinute {
			if p.From <= at && at < min(p.To, now+1) {
				r.RestorePeriod(p, max(at-at%60, p.From), 60, c)
			}
		}
	}
	return r
}

func comparePeriods(t *testing.T, r *window.Ring, windows []window.Window, m *model, now slice.Minute) {
	t.Helper()
	for i, w := range windows {
		from, to := w.Range(now.Start())
		if got, want := r.Sum(2+i), m.between(from, to); got != want {
			t.Fatalf("%s at %s: got %+v, want %+v", w, now.Start(), got, want)
		}
		compareParts(t, r, 2+i, m, false)
		before, _ := w.Range(from.Add(-time.Nanosecond))
		got, first, last, ok := r.Former(2 + i)
		if want := m.between(before, from); got != want || !ok || !first.Start().Equal(before) || !last.Stamp().Equal(from) {
			t.Fatalf("%s before %s: got %+v in %s to %s, want %+v from %s", w, from, got, first.Start(), last.Stamp(), want, before)
		}
	}
	if _, _, _, ok := r.Former(0); ok {
		t.Fatal("a rolling window has a former period")
	}
}

func (m *model) between(from, to time.Time) (total slice.Counts) {
	for at, c := range m.byMinute {
		if stamp := at.Stamp(); stamp.After(from) && !stamp.After(to) {
			total = total.Plus(c)
		}
	}
	return total
}

// BenchmarkAdvanceCalendarMinute moves rings of a month and of 28 days.
func BenchmarkAdvanceCalendarMinute(b *testing.B) {
	layout := window.NewLayout(window.Calendar{Period: window.Month}.Of().Span(), spans[0])
	r, now := window.NewRing(layout, 29_000_000), slice.Minute(29_000_000)
	b.ReportAllocs()
	for b.Loop() {
		now++
		r.Add(now, slice.Counts{Good: 1})
		r.Advance(now)
	}
}
