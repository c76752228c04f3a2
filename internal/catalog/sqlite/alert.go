// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/slo"
)

// alertKey are the columns that name an alert, and thisAlert holds for one.
const (
	alertKey  = objectiveKey + `, rule, "group"`
	thisAlert = thisObjective + ` AND rule = ? AND "group" = ?`
)

// alertKeyOf returns the values of alertKey.
func alertKeyOf(k *alert.Key) []any { return append(keyOf(&k.Objective), k.Rule, k.Group) }

// Alerts implements catalog.AlertStore.
func (s *Store) Alerts(ctx context.Context) (alerts []alert.Alert, err error) {
	err = each(ctx, s.db, func(rows *sql.Rows) error {
		var content []byte
		if err := rows.Scan(&content); err != nil {
			return err
		}
		a, err := decodeAlert(content)
		alerts = append(alerts, a)
		return err
	}, `SELECT content FROM alert ORDER BY `+alertKey)
	return alerts, s.wrap("read alerts from", err)
}

// Transitions implements catalog.AlertStore.
func (s *Store) Transitions(ctx context.Context, objective slo.Key, limit int) (ts []catalog.Transition, err error) {
	err = each(ctx, s.db, func(rows *sql.Rows) error {
		var (
			t       catalog.Transition
			at      int64
			content []byte
			err     error
		)
		if err := rows.Scan(&at, &t.Silence, &content); err != nil {
			return err
		}
		t.At = fromNanos(at)
		t.Alert, err = decodeAlert(content)
		ts = append(ts, t)
		return err
	}, `SELECT at, silence, content FROM transition WHERE `+thisObjective+`
		ORDER BY at DESC, `+alertKey+`, sequence DESC LIMIT ?`, append(keyOf(&objective), limit)...)
	return ts, s.wrap("read transitions from", err)
}

func decodeAlert(content []byte) (a alert.Alert, err error) {
	if err := json.Unmarshal(content, &a); err != nil {
		return a, fmt.Errorf("an alert: %w", err)
	}
	return a, nil
}

// putTransition persists an alert's change, unless somebody was first.
func putTransition(ctx context.Context, tx *sql.Tx, t *catalog.Transition) error {
	a := &t.Alert
	content, err := json.Marshal(a)
	if err != nil {
		return err
	}
	key := alertKeyOf(&a.Key)
	done, err := affected(tx.ExecContext(ctx, `INSERT INTO alert (`+alertKey+`, sequence, "over", content)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET sequence = excluded.sequence, "over" = excluded."over", content = excluded.content
		WHERE excluded.sequence > alert.sequence`, append(key, a.Sequence, over(a), content)...))
	if err != nil {
		return err
	}
	if !done {
		return errs.New(errs.Conflict, "transition %d of alert %s %s of %s was persisted before", a.Sequence, a.Rule, a.Group, a.Objective.Name)
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO transition (`+alertKey+`, sequence, at, silence, content)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, append(key, a.Sequence, nanos(t.At), t.Silence, content)...)
	return err
}

// amend replaces an alert that has not changed its phase since.
func amend(ctx context.Context, tx *sql.Tx, a *alert.Alert) error {
	content, err := json.Marshal(a)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE alert SET content = ? WHERE `+thisAlert+` AND sequence = ?`,
		append(append([]any{content}, alertKeyOf(&a.Key)...), a.Sequence)...)
	return err
}

// over is since when an alert has neither fired nor been about to; 0 while it
// does.
func over(a *alert.Alert) int64 {
	if a.Phase == alert.Firing || a.Phase == alert.Pending {
		return 0
	}
	return max(1, orZero(a.Since))
}
