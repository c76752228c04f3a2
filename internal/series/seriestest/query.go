// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package seriestest

import (
	"fmt"
	"time"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
)

// checkGrid compares every step width and several unaligned edges with sums
// made by hand from the same minutes, across a restart.
func checkGrid(s *script) error {
	const n = 400
	for m := range slice.Minute(n) {
		if m%7 == 3 {
			continue // not measured
		}
		if err := s.append(live(start+m, counted(total, uint64(m), uint64(m%5), 1))); err != nil {
			return err
		}
	}
	for range 2 {
		for _, step := range []int{1, 5, 60, 1440} {
			for _, edge := range [][2]slice.Minute{{0, n}, {1, 2}, {13, 251}, {-500, 1000}, {120, 180}, {3, 4}} {
				if err := s.wantGrid(n, step, start+edge[0], start+edge[1]); err != nil {
					return fmt.Errorf("step %d, range %v: %w", step, edge, err)
				}
			}
		}
		if err := s.reopen(); err != nil {
			return err
		}
	}
	return nil
}

func (s *script) wantGrid(n, step int, from, to slice.Minute) error {
	rows, err := s.store.Sums(s.ctx, series.Query{Indicator: "a1", From: from, To: to, Step: step})
	if err != nil {
		return err
	}
	// The grid by hand: steps are numbered from the epoch.
	first := from / slice.Minute(step)
	want := make([]series.Sum, (to-1)/slice.Minute(step)-first+1)
	minutes := 0
	for m := max(from, start); m < min(to, start+slice.Minute(n)); m++ {
		if i := uint64(m - start); i%7 != 3 {
			sum := &want[m/slice.Minute(step)-first]
			*sum = sum.Plus(measured(i, i%5, 1))
			minutes++
		}
	}
	if minutes == 0 {
		return differ("rows", rows, []series.Row(nil))
	}
	return differ("rows", rows, []series.Row{{Key: total, Source: slice.Live, Sums: want}})
}

func checkLimits(s *script) error {
	for _, c := range []struct {
		what string
		q    series.Query
		kind errs.Kind
	}{
		{"no step", series.Query{From: 1, To: 2}, errs.Invalid},
		{"an empty range", series.Query{From: 2, To: 2, Step: 1}, errs.Invalid},
		{"a reversed range", series.Query{From: 3, To: 2, Step: 1}, errs.Invalid},
		{"too many steps", series.Query{From: 0, To: series.MaxSteps + 1, Step: 1}, errs.TooLarge},
		{"two selections of parts", series.Query{From: 1, To: 2, Step: 1, Parts: series.Parts{All: true, Only: "x"}}, errs.Invalid},
	} {
		_, err := s.store.Sums(s.ctx, c.q)
		if err := wantKind(c.what, err, c.kind); err != nil {
			return err
		}
		_, err = Durations(s.ctx, s.store, c.q)
		if err := wantKind(c.what+" of histograms", err, c.kind); err != nil {
			return err
		}
	}
	return nil
}

// checkLimitOfSums asks for 40 rows of the largest grid.
func checkLimitOfSums(s *script) error {
	var samples []slice.Sample
	for g := range series.MaxSums/series.MaxSteps + 1 {
		samples = append(samples, counted(slice.Key{Service: shop, Indicator: "a1", Group: fmt.Sprintf("%d", g)}, 1, 0, 0))
	}
	if err := s.append(live(start, samples...)); err != nil {
		return err
	}
	_, err := s.store.Sums(s.ctx, series.Query{
		Indicator: "a1", From: start, To: start + series.MaxSteps, Step: 1, Parts: series.Parts{All: true},
	})
	return wantKind("too many sums", err, errs.TooLarge)
}

func checkSelection(s *script) error {
	silent := total
	silent.Service.Environment = "" // the same indicator in another environment
	err := s.append(live(start,
		counted(total, 9, 9, 9), counted(gold, 4, 4, 4), counted(silver, 5, 5, 5),
		counted(silent, 1, 0, 0), counted(foreign, 2, 0, 0),
		counted(baseline, 7, 7, 7), counted(version, 6, 6, 6),
		counted(silence, 1, 0, 0), counted(spans, 8, 8, 8),
	))
	if err != nil {
		return err
	}
	call := slice.Key{Service: other, Operation: "call api.stripe.com", Kind: 6}
	if err := s.append(live(start+1, counted(call, 3, 0, 0))); err != nil {
		return err
	}
	all := series.Parts{All: true}
	for _, c := range []struct {
		what string
		q    series.Query
		want []slice.Key
	}{
		{"totals", series.Query{Indicator: "a1"}, []slice.Key{total, silent}},
		{"totals of a service", series.Query{Indicator: "a1", Service: shop}, []slice.Key{total}},
		{"all groups", series.Query{Indicator: "a1", Service: shop, Parts: all}, []slice.Key{total, gold, silver, silence}},
		{"one group", series.Query{Indicator: "a1", Parts: series.Parts{Only: gold.Group}}, []slice.Key{gold}},
		{"another indicator", series.Query{Indicator: "b2"}, []slice.Key{foreign}},
		{"no such indicator", series.Query{Indicator: "c3"}, nil},
		{"a tally of an indicator", series.Query{Indicator: "a1", Tally: slice.Silent}, []slice.Key{silence}},
		{"a tally of services", series.Query{Tally: slice.Spans}, []slice.Key{spans}},
		{"no such tally", series.Query{Tally: slice.Silent}, nil},
		{"baselines", series.Query{}, []slice.Key{baseline, version, call}},
		{"baselines of a service", series.Query{Service: other}, []slice.Key{call}},
		{"totals of a name", series.Query{Indicator: "a1", ServiceName: shop.Name}, []slice.Key{total, silent}},
		{"a tally of another name", series.Query{Tally: slice.Spans, ServiceName: other.Name}, nil},
		{"baselines of a name", series.Query{ServiceName: other.Name}, []slice.Key{call}},
		{"all versions", series.Query{Parts: all}, []slice.Key{baseline, version, call}},
		{"one version", series.Query{Parts: series.Parts{Only: "1.2.0"}}, []slice.Key{version}},
		{"an operation", series.Query{Operation: "POST /checkout"}, []slice.Key{baseline, version}},
	} {
		c.q.From, c.q.To, c.q.Step = start, start+2, 2
		if err := s.wantKeys(c.q, c.want); err != nil {
			return fmt.Errorf("%s: %w", c.what, err)
		}
	}
	return nil
}

func (s *script) wantKeys(q series.Query, want []slice.Key) error {
	rows, err := s.store.Sums(s.ctx, q)
	if err != nil {
		return err
	}
	var got []slice.Key
	for _, r := range sortRows(rows) {
		got = append(got, r.Key)
	}
	var sorted []series.Row
	for _, k := range want {
		sorted = append(sorted, series.Row{Key: k, Source: slice.Live})
	}
	want = nil
	for _, r := range sortRows(sorted) {
		want = append(want, r.Key)
	}
	return differ("keys", got, want)
}

func checkSources(s *script) error {
	healed := slice.Closed{Minute: start + 1, Source: slice.Healed, Up: true, Samples: []slice.Sample{counted(total, 8, 0, 0)}}
	if err := s.append(live(start, counted(total, 1, 0, 0)), healed); err != nil {
		return err
	}
	rows, err := s.sums("a1", 2)
	if err != nil {
		return err
	}
	return differ("rows", sortRows(rows), sortRows([]series.Row{
		{Key: total, Source: slice.Live, Sums: []series.Sum{measured(1, 0, 0), absent}},
		{Key: total, Source: slice.Healed, Sums: []series.Sum{absent, measured(8, 0, 0)}},
	}))
}

// durations returns a histogram of n durations that grow by half, and one zero.
func durations(n int, first time.Duration) *slice.Histogram {
	h := new(slice.Histogram)
	h.Add(0)
	for i, d := 0, first; i < n; i, d = i+1, d*3/2 {
		h.Add(d)
	}
	return h
}

func checkHistograms(s *script) error {
	with := func(sm slice.Sample, h *slice.Histogram) slice.Sample { sm.Histogram = h; return sm }
	base := counted(baseline, 20, 0, 0)
	minutes := []slice.Closed{
		live(start, with(base, durations(20, time.Millisecond)), with(counted(version, 5, 0, 0), durations(5, time.Second))),
		live(start+1, with(base, durations(30, 3*time.Microsecond))),
		live(start+2, base), // counted, without durations
		live(start+3, with(base, new(slice.Histogram))),
		live(start+4, with(base, durations(2, 20*time.Hour)), with(counted(version, 1, 0, 0), durations(1, time.Nanosecond))),
	}
	if err := s.append(minutes...); err != nil {
		return err
	}
	var want series.Durations
	want.Key, want.Source, want.Minutes = baseline, slice.Live, 2
	for _, c := range minutes[1:4] {
		if h := c.Samples[0].Histogram; h != nil {
			want.Histogram.Merge(h)
		}
	}
	for range 2 {
		got, err := WholeDurations(s.ctx, s.store, series.Query{Service: shop, Operation: baseline.Operation, From: start + 1, To: start + 4})
		if err != nil {
			return err
		}
		if err := differ("merged histogram", got, []series.Durations{want}); err != nil {
			return err
		}
		if err := s.wantVersions(); err != nil {
			return err
		}
		if err := s.reopen(); err != nil {
			return err
		}
	}
	return nil
}

func (s *script) wantVersions() error {
	q := series.Query{From: start + 4, To: start + 5, Parts: series.Parts{All: true}}
	got, err := WholeDurations(s.ctx, s.store, q)
	if err != nil {
		return err
	}
	return differ("histograms of one minute", got, []series.Durations{
		{Key: baseline, Source: slice.Live, Histogram: *durations(2, 20*time.Hour), Minutes: 1},
		{Key: version, Source: slice.Live, Histogram: *durations(1, time.Nanosecond), Minutes: 1},
	})
}
