// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/leadline/leadline/internal/slo"
)

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// each calls f for every row of the answer.
func each(ctx context.Context, q querier, f func(*sql.Rows) error, query string, args ...any) (err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := f(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// affected reports whether a statement changed a row.
func affected(r sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := r.RowsAffected()
	return n > 0, err
}

// objectiveKey are the columns that name an objective, and thisObjective holds
// for one of them.
const (
	objectiveKey  = `namespace, service, environment, objective`
	thisObjective = `namespace = ? AND service = ? AND environment = ? AND objective = ?`
)

// keyOf returns the values of objectiveKey, and places what they are read into.
func keyOf(k *slo.Key) []any {
	return []any{k.Service.Namespace, k.Service.Name, k.Service.Environment, k.Name}
}

func places(k *slo.Key) []any {
	return []any{&k.Service.Namespace, &k.Service.Name, &k.Service.Environment, &k.Name}
}

// nanos is how times are stored: nanoseconds since the epoch.
func nanos(t time.Time) int64 { return t.UnixNano() }

func fromNanos(ns int64) time.Time { return time.Unix(0, ns).UTC() }

// orZero stores a time that may be absent.
func orZero(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return nanos(t)
}

func fromOrZero(ns int64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return fromNanos(ns)
}

// blob stores bytes that are never NULL.
func blob(content []byte) []byte {
	if content == nil {
		return []byte{}
	}
	return content
}
