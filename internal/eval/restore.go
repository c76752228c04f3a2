// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"context"
	"fmt"

	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
)

// Restore fills the windows of objectives from the series store, with the
// minutes up to and including closed.
func (e *Engine) Restore(ctx context.Context, store series.Querier, fresh []*Fresh, closed slice.Minute) error {
	for _, f := range fresh {
		if err := e.restore(ctx, store, f.track, closed); err != nil {
			return fmt.Errorf("restore objective %s of %s: %w", f.objective.Name, f.objective.Service, err)
		}
	}
	return nil
}

func (e *Engine) restore(ctx context.Context, store series.Querier, t *track, closed slice.Minute) error {
	for i, w := range t.layout.Widths() {
		q := series.Query{
			Indicator: string(t.objective.Indicator.ID), Service: t.objective.Indicator.Rule.Service,
			Parts: series.Parts{All: true},
			From:  slice.MinuteOf(e.now()) - w.Depth, To: closed + 1, Step: int(w.Minutes),
		}
		if q.From -= q.From % w.Minutes; q.From >= q.To {
			continue
		}
		rows, err := store.Sums(ctx, q)
		if err != nil {
			return err
		}
		e.fill(t, i, &q, rows)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range t.rings {
		r.Recount()
	}
	for _, r := range t.tallies {
		r.Recount()
	}
	return nil
}

// Restored says that the windows of these objectives are whole: they show
// numbers from now on.
func (e *Engine) Restored(fresh []*Fresh) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, f := range fresh {
		f.restored = true
	}
}

// fill adds the cells of one width.
func (e *Engine) fill(t *track, width int, q *series.Query, rows []series.Row) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := slice.MinuteOf(e.now())
	for _, row := range rows {
		r := t.ring(row.Key, now)
		for i, s := range row.Sums {
			r.Restore(width, q.StepStart(i), s.Counts)
		}
	}
}
