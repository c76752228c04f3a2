// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package seriestest

import (
	"errors"
	"fmt"
	"iter"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
)

// yielding returns the minutes as a backfill takes them, with err at the end.
func yielding(err error, cs ...slice.Closed) iter.Seq2[slice.Closed, error] {
	return func(yield func(slice.Closed, error) bool) {
		for _, c := range cs {
			if !yield(c, nil) {
				return
			}
		}
		if err != nil {
			yield(slice.Closed{}, err)
		}
	}
}

// backfill stores minutes that must be accepted.
func (s *script) backfill(before slice.Minute, cs ...slice.Closed) (series.Report, error) {
	return s.store.Backfill(s.ctx, series.Backfill{Minutes: yielding(nil, cs...), Before: before})
}

func (s *script) wantReport(before slice.Minute, want series.Report, cs ...slice.Closed) error {
	got, err := s.backfill(before, cs...)
	if err != nil {
		return err
	}
	return differ("report", got, want)
}

// recorded returns n minutes from m on with one sample of each key.
func recorded(m slice.Minute, n int, keys ...slice.Key) (cs []slice.Closed) {
	for i := range n {
		c := slice.Closed{Minute: m + slice.Minute(i)}
		for _, k := range keys {
			c.Samples = append(c.Samples, counted(k, 100, 10, 1))
		}
		cs = append(cs, c)
	}
	return cs
}

func checkBackfillEmpty(s *script) error {
	// Nothing is stored: what may still be measured is the caller's to say.
	const n = 3000 // two days
	want := series.Report{Stored: 2 * n, Open: 2 * 5, From: start, To: start + n}
	if err := s.wantReport(start+n, want, recorded(start, n+5, total, gold)...); err != nil {
		return err
	}
	for range 2 {
		if err := s.wantBackfilled(n); err != nil {
			return err
		}
		if _, any, err := s.store.Last(s.ctx); any || err != nil {
			return fmt.Errorf("last after a backfill: got one (%w), want none", err)
		}
		if err := s.reopen(); err != nil {
			return err
		}
	}
	return s.wantReport(start+n, series.Report{Measured: 2 * n}, recorded(start, n, total, gold)...)
}

func (s *script) wantBackfilled(n int) error {
	rows, err := s.store.Sums(s.ctx, series.Query{
		Indicator: "a1", From: start, To: start + slice.Minute(n) + 100, Step: 1 << 30, Parts: series.Parts{All: true},
	})
	if err != nil {
		return err
	}
	sum := []series.Sum{{Counts: slice.Counts{Good: 100 * uint64(n), Bad: 10 * uint64(n), Excluded: uint64(n)}, Minutes: n}}
	return differ("rows", sortRows(rows), sortRows([]series.Row{
		{Key: total, Source: slice.Backfill, Sums: sum}, {Key: gold, Source: slice.Backfill, Sums: sum},
	}))
}

// checkBackfillMeasured fills around live minutes: only what was not measured
// is stored, for each indicator by itself, and running it again adds nothing.
func checkBackfillMeasured(s *script) error {
	err := s.append(
		live(start+1, counted(total, 1, 0, 0)),
		live(start+2, counted(foreign, 1, 0, 0)),
		live(start+4, counted(total, 0, 0, 0)),
	)
	if err != nil {
		return err
	}
	// Seven minutes, of which the last two are newer than Last.
	fill := recorded(start, 7, total, gold)
	if err := s.wantReport(start+100, series.Report{Stored: 6, Measured: 4, Open: 4, From: start, To: start + 4}, fill...); err != nil {
		return err
	}
	f := measured(100, 10, 1)
	for range 2 {
		if err := s.wantSums("a1", f, measured(1, 0, 0), f, f, measured(0, 0, 0), absent, absent); err != nil {
			return err
		}
		if err := s.wantReport(start+100, series.Report{Measured: 10, Open: 4}, fill...); err != nil {
			return err
		}
		if err := s.reopen(); err != nil {
			return err
		}
	}
	return nil
}

// checkBackfillBesideLive appends, fills the past and a gap, goes on, and
// starts again: nothing of what was measured may be missing. (A block that is
// newer than what a write-ahead log still holds must not hide the log.)
func checkBackfillBesideLive(s *script) error {
	day := slice.Minute(1440)
	one, f := counted(total, 1, 0, 0), slice.Counts{Good: 100, Bad: 10, Excluded: 1}
	if err := s.append(live(start, one), live(start+1, one), live(start+300, one)); err != nil {
		return err
	}
	if _, err := s.backfill(start+300, recorded(start-day, int(day)+300, total)...); err != nil {
		return err
	}
	for m := slice.Minute(301); m < 310; m++ {
		if err := s.append(live(start+m, one)); err != nil {
			return err
		}
		if err := s.reopen(); err != nil {
			return err
		}
	}
	rows, err := s.store.Sums(s.ctx, series.Query{Indicator: "a1", From: start - day, To: start + 400, Step: 1 << 30})
	if err != nil {
		return err
	}
	filled := series.Sum{Minutes: int(day) + 298}
	for range filled.Minutes {
		filled.Counts = filled.Counts.Plus(f)
	}
	return differ("rows", sortRows(rows), sortRows([]series.Row{
		{Key: total, Source: slice.Live, Sums: []series.Sum{{Counts: slice.Counts{Good: 12}, Minutes: 12}}},
		{Key: total, Source: slice.Backfill, Sums: []series.Sum{filled}},
	}))
}

// checkBackfillBaselines fills a minute of an operation of which one version
// was measured, one of which none was, and those of services that were silent
// while intake ran: that was measured.
func checkBackfillBaselines(s *script) error {
	h := durations(10, 1000)
	down := live(start+3, counted(version, 1, 0, 0))
	down.Up = false
	if err := s.append(live(start+1, counted(version, 1, 0, 0), counted(spans, 1, 0, 0)), live(start+2), down); err != nil {
		return err
	}
	fill := recorded(start, 4, baseline, version, spans)
	for i := range fill {
		for j := range fill[i].Samples[:2] {
			fill[i].Samples[j].Histogram = h
		}
	}
	if err := s.wantReport(start+4, series.Report{Stored: 4, Measured: 8, From: start, To: start + 4}, fill...); err != nil {
		return err
	}
	got, err := WholeDurations(s.ctx, s.store, series.Query{From: start, To: start + 5})
	if err != nil {
		return err
	}
	return differ("histograms", got, []series.Durations{
		{Key: baseline, Source: slice.Backfill, Histogram: *h, Minutes: 1},
		{Key: version, Source: slice.Backfill, Histogram: *h, Minutes: 1},
	})
}

func checkBackfillErrors(s *script) error {
	broken := errors.New("line 7 is no telemetry")
	_, err := s.store.Backfill(s.ctx, series.Backfill{
		Minutes: yielding(broken, recorded(start, 3, total)...), Before: start + 10,
	})
	if !errors.Is(err, broken) {
		return fmt.Errorf("backfill from a broken source: got %w", err)
	}
	if _, err := s.backfill(start+10, recorded(start, 3, total)...); err != nil {
		return err
	}
	f := measured(100, 10, 1)
	if err := s.wantSums("a1", f, f, f, absent); err != nil {
		return err
	}
	_, err = s.backfill(start+10, append(recorded(start+5, 1, total), recorded(start+4, 1, total)...)...)
	return wantKind("backfill out of order", err, errs.Invalid)
}

func checkBackfillProgress(s *script) error {
	var reports []series.Report
	got, err := s.store.Backfill(s.ctx, series.Backfill{
		Minutes: yielding(nil, recorded(start, 5000, total)...), Before: start + 5000,
		Progress: func(r series.Report) { reports = append(reports, r) },
	})
	if err != nil {
		return err
	}
	if len(reports) == 0 {
		return errors.New("no progress was reported")
	}
	return differ("last progress", reports[len(reports)-1], got)
}
