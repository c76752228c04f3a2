// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package seriestest

import (
	"context"
	"fmt"
	"sync"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
)

func checkEmpty(s *script) error {
	if _, any, err := s.store.Last(s.ctx); err != nil || any {
		return fmt.Errorf("last of an empty store: %v, %w", any, err)
	}
	rows, err := s.sums("a1", 10)
	if err != nil {
		return err
	}
	return differ("rows of an empty store", rows, []series.Row(nil))
}

func checkZero(s *script) error {
	err := s.append(
		live(start, counted(total, 5, 1, 2)),
		live(start+1, counted(total, 0, 0, 0)),
		live(start+2),
		live(start+4, counted(total, 7, 0, 0)),
	)
	if err != nil {
		return err
	}
	return s.wantSums("a1", measured(5, 1, 2), measured(0, 0, 0), absent, absent, measured(7, 0, 0))
}

func checkRetry(s *script) error {
	first := live(start, counted(total, 5, 1, 2), counted(gold, 3, 0, 1))
	second := live(start+1, counted(total, 6, 2, 3))
	if err := s.append(first, first, second, first, second); err != nil {
		return err
	}
	if err := s.wantSums("a1", measured(5, 1, 2), measured(6, 2, 3)); err != nil {
		return err
	}
	// A stored minute stays as it is even when the retry differs.
	if err := s.append(live(start+1, counted(total, 60, 20, 30), counted(foreign, 1, 1, 1))); err != nil {
		return err
	}
	if err := s.wantSums("a1", measured(5, 1, 2), measured(6, 2, 3)); err != nil {
		return err
	}
	return s.wantSums("b2", absent, absent)
}

func checkRetryAfterRestart(s *script) error {
	first := live(start, counted(total, 5, 1, 2))
	second := live(start+1, counted(total, 6, 2, 3))
	if err := s.append(first, second); err != nil {
		return err
	}
	if err := s.reopen(); err != nil {
		return err
	}
	if err := s.append(first, second, live(start+2, counted(total, 7, 3, 4))); err != nil {
		return err
	}
	return s.wantSums("a1", measured(5, 1, 2), measured(6, 2, 3), measured(7, 3, 4))
}

func checkOrder(s *script) error {
	if err := s.append(live(start, counted(total, 1, 0, 0)), live(start+5, counted(total, 1, 0, 0))); err != nil {
		return err
	}
	err := s.store.Append(s.ctx, live(start+3, counted(total, 9, 9, 9)))
	if err := wantKind("append a minute in the past", err, errs.Conflict); err != nil {
		return err
	}
	one := measured(1, 0, 0)
	return s.wantSums("a1", one, absent, absent, absent, absent, one)
}

func checkLast(s *script) error {
	for _, m := range []slice.Minute{start, start + 1, start + 90} {
		// A minute in which nothing was counted moves Last as well.
		if err := s.append(live(m)); err != nil {
			return err
		}
		if err := s.wantLast(m); err != nil {
			return err
		}
	}
	if err := s.append(live(start + 1)); err != nil {
		return err
	}
	if err := s.reopen(); err != nil {
		return err
	}
	return s.wantLast(start + 90)
}

func (s *script) wantLast(want slice.Minute) error {
	got, any, err := s.store.Last(s.ctx)
	if err != nil || !any || got != want {
		return fmt.Errorf("last: got %d %v %w, want %d", got, any, err, want)
	}
	return nil
}

func checkUp(s *script) error {
	down := slice.Closed{Minute: start + 1, Source: slice.Live}
	if err := s.append(live(start), down, live(start+2), live(start+9)); err != nil {
		return err
	}
	for _, c := range []struct{ from, to, want slice.Minute }{{0, 10, 3}, {0, 1, 1}, {1, 2, 0}, {2, 9, 1}, {3, 9, 0}} {
		got, err := s.store.Up(s.ctx, start+c.from, start+c.to)
		if err != nil || got != int(c.want) {
			return fmt.Errorf("up from %d to %d: got %d %w, want %d", c.from, c.to, got, err, c.want)
		}
	}
	_, err := s.store.Up(s.ctx, start, start)
	return wantKind("up over an empty range", err, errs.Invalid)
}

func checkWriters(s *script) error {
	if err := s.append(live(start), slice.Closed{Minute: start + 9, Source: slice.Live}); err != nil {
		return err
	}
	for from, want := range map[slice.Minute]int{start: 1, start + 9: 1, start + 10: 0} {
		writers, err := s.store.Writers(s.ctx, from)
		if err != nil || len(writers) != want {
			return fmt.Errorf("writers from %d on: got %v %w, want %d", from, writers, err, want)
		}
		for id, newest := range writers {
			if id == "" || newest != start+9 {
				return fmt.Errorf("writer %q: newest minute %d, want %d", id, newest, start+9)
			}
		}
	}
	return nil
}

func checkExactCounts(s *script) error {
	const large = 1 << 53
	if err := s.append(live(start, counted(total, large, large-1, 1)), live(start+1, counted(total, large-1, 3, 0))); err != nil {
		return err
	}
	err := s.store.Append(s.ctx, live(start+2, counted(total, large+1, 0, 0)))
	if err := wantKind("append a count above 2^53", err, errs.Invalid); err != nil {
		return err
	}
	if err := s.wantSums("a1", measured(large, large-1, 1), measured(large-1, 3, 0), absent); err != nil {
		return err
	}
	rows, err := s.store.Sums(s.ctx, series.Query{Indicator: "a1", From: start, To: start + 2, Step: 60})
	if err != nil || len(rows) != 1 {
		return fmt.Errorf("one row of sums: got %d %w", len(rows), err)
	}
	return differ("sum", rows[0].Sums[0].Counts, slice.Counts{Good: 2*large - 1, Bad: large + 2, Excluded: 1})
}

func checkText(s *script) error {
	named := func(g string) slice.Key { k := gold; k.Group = g; return k }
	err := s.append(live(start,
		counted(total, 10, 0, 0),
		counted(named("tier=\xff"), 1, 2, 3), counted(named("tier=\xfe"), 10, 20, 30),
		counted(named("tier=\x00 \"{},\n\\é漢"), 4, 5, 6),
	))
	if err != nil {
		return err
	}
	if err := s.reopen(); err != nil {
		return err
	}
	q := series.Query{Indicator: "a1", From: start, To: start + 1, Step: 1, Parts: series.Parts{All: true}}
	rows, err := s.store.Sums(s.ctx, q)
	if err != nil {
		return err
	}
	want := []series.Row{
		{Key: total, Source: slice.Live, Sums: []series.Sum{measured(10, 0, 0)}},
		{Key: named("tier=\uFFFD"), Source: slice.Live, Sums: []series.Sum{measured(11, 22, 33)}},
		{Key: named("tier=\x00 \"{},\n\\é漢"), Source: slice.Live, Sums: []series.Sum{measured(4, 5, 6)}},
	}
	return differ("rows", sortRows(rows), sortRows(want))
}

// checkWholeMinutes reads while minutes are appended: all series of a minute
// appear at once.
func checkWholeMinutes(s *script) error {
	const n = 200
	ctx, cancel := context.WithCancel(s.ctx)
	var (
		wg     sync.WaitGroup
		failed error
	)
	wg.Go(func() {
		for ctx.Err() == nil && failed == nil {
			failed = s.wantEqualGroups(n)
		}
	})
	var err error
	for m := range slice.Minute(n) {
		var samples []slice.Sample
		for g := range 20 {
			k := total
			if g > 0 {
				k.Group = fmt.Sprintf("g=%d", g)
			}
			samples = append(samples, counted(k, 1, 1, 1))
		}
		if err = s.append(live(start+m, samples...)); err != nil {
			break
		}
	}
	cancel()
	wg.Wait()
	if err == nil {
		err = failed
	}
	return err
}

func (s *script) wantEqualGroups(n int) error {
	q := series.Query{Indicator: "a1", From: start, To: start + slice.Minute(n), Step: 1440, Parts: series.Parts{All: true}}
	rows, err := s.store.Sums(s.ctx, q)
	if err != nil || len(rows) == 0 {
		return err
	}
	if len(rows) != 20 {
		return fmt.Errorf("a reader saw %d of 20 series", len(rows))
	}
	for _, r := range rows {
		if err := differ("a reader saw half a minute", r.Sums, rows[0].Sums); err != nil {
			return err
		}
	}
	return nil
}
