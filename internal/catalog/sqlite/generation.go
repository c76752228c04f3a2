// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"time"

	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/slo"
)

const generationColumns = objectiveKey + `, number, indicator, rule, target, "window", started, ended`

const inOrder = ` ORDER BY ` + objectiveKey + `, number`

// Reconcile implements catalog.GenerationStore.
func (s *Store) Reconcile(ctx context.Context, current []catalog.Current, at time.Time) (changes []catalog.Change, err error) {
	err = s.transact(ctx, func(tx *sql.Tx) error {
		running, err := running(ctx, tx)
		if err != nil {
			return err
		}
		numbers, err := numbers(ctx, tx)
		if err != nil {
			return err
		}
		if changes, err = catalog.Plan(running, numbers, current, at); err != nil {
			return err
		}
		return apply(ctx, tx, changes)
	})
	if err != nil {
		return nil, s.wrap("reconcile generations in", err)
	}
	return changes, nil
}

func apply(ctx context.Context, tx *sql.Tx, changes []catalog.Change) error {
	for _, c := range changes {
		g := c.Generation
		var err error
		if c.Kind == catalog.Opened {
			err = insert(ctx, tx, g)
		} else {
			values := append([]any{g.Target, g.Window, ended(g)}, keyOf(&g.Objective)...)
			_, err = tx.ExecContext(ctx, `UPDATE generation SET target = ?, "window" = ?, ended = ?
				WHERE `+thisObjective+` AND number = ?`, append(values, g.Number)...)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func insert(ctx context.Context, tx *sql.Tx, g catalog.Generation) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO generation (`+generationColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		append(keyOf(&g.Objective), g.Number, string(g.Indicator), g.Rule, g.Target, g.Window, nanos(g.From), ended(g))...)
	return err
}

func ended(g catalog.Generation) sql.NullInt64 {
	if g.Running() {
		return sql.NullInt64{}
	}
	return sql.NullInt64{Int64: nanos(g.To), Valid: true}
}

// numbers returns the highest number of each objective.
func numbers(ctx context.Context, q querier) (map[slo.Key]int, error) {
	highest := make(map[slo.Key]int)
	return highest, each(ctx, q, func(rows *sql.Rows) error {
		var (
			k slo.Key
			n int
		)
		err := rows.Scan(append(places(&k), &n)...)
		highest[k] = n
		return err
	}, `SELECT `+objectiveKey+`, MAX(number) FROM generation GROUP BY `+objectiveKey)
}

// Running implements catalog.GenerationStore.
func (s *Store) Running(ctx context.Context) ([]catalog.Generation, error) {
	gs, err := running(ctx, s.db)
	return gs, s.wrap("read running generations from", err)
}

func running(ctx context.Context, q querier) ([]catalog.Generation, error) {
	return generations(ctx, q, `ended IS NULL`)
}

// Generations implements catalog.GenerationStore.
func (s *Store) Generations(ctx context.Context, k slo.Key) ([]catalog.Generation, error) {
	gs, err := generations(ctx, s.db, thisObjective, keyOf(&k)...)
	return gs, s.wrap("read generations from", err)
}

func generations(ctx context.Context, q querier, where string, args ...any) (gs []catalog.Generation, err error) {
	err = each(ctx, q, func(rows *sql.Rows) error {
		g, err := scan(rows)
		gs = append(gs, g)
		return err
	}, `SELECT `+generationColumns+` FROM generation WHERE `+where+inOrder, args...)
	return gs, err
}

func scan(rows *sql.Rows) (g catalog.Generation, err error) {
	var (
		from int64
		to   sql.NullInt64
	)
	err = rows.Scan(append(places(&g.Objective), &g.Number, &g.Indicator, &g.Rule, &g.Target, &g.Window, &from, &to)...)
	g.From = fromNanos(from)
	if to.Valid {
		g.To = fromNanos(to.Int64)
	}
	return g, err
}
