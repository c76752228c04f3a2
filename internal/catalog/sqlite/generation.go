// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/slo"
)

const generationColumns = `namespace, service, environment, objective, number, indicator, rule, target, "window", started, ended`

const inOrder = ` ORDER BY namespace, service, environment, objective, number`

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

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
			_, err = tx.ExecContext(ctx, `UPDATE generation SET target = ?, "window" = ?, ended = ?
				WHERE namespace = ? AND service = ? AND environment = ? AND objective = ? AND number = ?`,
				g.Target, g.Window, ended(g),
				g.Objective.Service.Namespace, g.Objective.Service.Name, g.Objective.Service.Environment, g.Objective.Name, g.Number)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func insert(ctx context.Context, tx *sql.Tx, g catalog.Generation) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO generation (`+generationColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		g.Objective.Service.Namespace, g.Objective.Service.Name, g.Objective.Service.Environment, g.Objective.Name,
		g.Number, string(g.Indicator), g.Rule, g.Target, g.Window, nanos(g.From), ended(g))
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
	rows, err := q.QueryContext(ctx, `SELECT namespace, service, environment, objective, MAX(number)
		FROM generation GROUP BY namespace, service, environment, objective`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	highest := make(map[slo.Key]int)
	for rows.Next() {
		var (
			k slo.Key
			n int
		)
		if err := rows.Scan(&k.Service.Namespace, &k.Service.Name, &k.Service.Environment, &k.Name, &n); err != nil {
			return nil, err
		}
		highest[k] = n
	}
	return highest, rows.Err()
}

// Running implements catalog.GenerationStore.
func (s *Store) Running(ctx context.Context) ([]catalog.Generation, error) {
	gs, err := running(ctx, s.db)
	return gs, s.wrap("read running generations from", err)
}

func running(ctx context.Context, q querier) ([]catalog.Generation, error) {
	return generations(ctx, q, `SELECT `+generationColumns+` FROM generation WHERE ended IS NULL`+inOrder)
}

// Generations implements catalog.GenerationStore.
func (s *Store) Generations(ctx context.Context, k slo.Key) ([]catalog.Generation, error) {
	gs, err := generations(ctx, s.db, `SELECT `+generationColumns+` FROM generation
		WHERE namespace = ? AND service = ? AND environment = ? AND objective = ?`+inOrder,
		k.Service.Namespace, k.Service.Name, k.Service.Environment, k.Name)
	return gs, s.wrap("read generations from", err)
}

func generations(ctx context.Context, q querier, query string, args ...any) (gs []catalog.Generation, err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		g, err := scan(rows)
		if err != nil {
			return nil, err
		}
		gs = append(gs, g)
	}
	return gs, rows.Err()
}

func scan(rows *sql.Rows) (g catalog.Generation, err error) {
	var (
		from int64
		to   sql.NullInt64
	)
	service := &g.Objective.Service
	err = rows.Scan(&service.Namespace, &service.Name, &service.Environment, &g.Objective.Name,
		&g.Number, &g.Indicator, &g.Rule, &g.Target, &g.Window, &from, &to)
	g.From = fromNanos(from)
	if to.Valid {
		g.To = fromNanos(to.Int64)
	}
	return g, err
}
