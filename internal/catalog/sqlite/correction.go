// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/errs"
)

const correctionColumns = `id, ` + objectiveKey + `, indicator, kind, "from", "to", bad, author, reason, created, withdraws, effects`

// Enter implements catalog.CorrectionStore.
func (s *Store) Enter(ctx context.Context, e catalog.Entry) error {
	bad, err := json.Marshal(e.Bad)
	if err != nil {
		return fmt.Errorf("encode the bad events of correction %d: %w", e.ID, err)
	}
	effects, err := json.Marshal(e.Effects)
	if err != nil {
		return fmt.Errorf("encode the effects of correction %d: %w", e.ID, err)
	}
	err = s.transact(ctx, func(tx *sql.Tx) error {
		if err := admit(ctx, tx, &e); err != nil {
			return err
		}
		values := append([]any{e.ID}, keyOf(&e.Objective)...)
		_, err := tx.ExecContext(ctx, `INSERT INTO correction (`+correctionColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			append(values, string(e.Indicator), string(e.Kind), nanos(e.From), nanos(e.To), bad,
				e.Author, e.Reason, nanos(e.Created), e.Withdraws, effects)...)
		return err
	})
	return s.wrap("enter a correction in", err)
}

// admit refuses an entry that is not the next, or withdraws what cannot be.
func admit(ctx context.Context, tx *sql.Tx, e *catalog.Entry) error {
	var newest int64
	if err := tx.QueryRowContext(ctx, `SELECT COALESCE(MAX(id), 0) FROM correction`).Scan(&newest); err != nil {
		return err
	}
	if e.ID != newest+1 {
		return errs.New(errs.Conflict, "the entry has the id %d, and the newest has %d", e.ID, newest).WithHint("another correction was made at the same time: try again")
	}
	if e.Withdraws == 0 {
		return nil
	}
	var by sql.NullInt64
	err := tx.QueryRowContext(ctx, `SELECT (SELECT id FROM correction WHERE withdraws = c.id) FROM correction c
		WHERE id = ? AND withdraws = 0 AND `+thisObjective, append([]any{e.Withdraws}, keyOf(&e.Objective)...)...).Scan(&by)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return errs.New(errs.NotFound, "%d is no correction of objective %s", e.Withdraws, e.Objective.Name)
	case err == nil && by.Valid:
		return errs.New(errs.Conflict, "correction %d was withdrawn by entry %d", e.Withdraws, by.Int64)
	}
	return err
}

// Ledger implements catalog.CorrectionStore.
func (s *Store) Ledger(ctx context.Context) (all []catalog.Entry, err error) {
	err = each(ctx, s.db, func(rows *sql.Rows) error {
		var (
			e                 catalog.Entry
			from, to, created int64
			bad, effects      []byte
		)
		into := append([]any{&e.ID}, places(&e.Objective)...)
		if err := rows.Scan(append(into, &e.Indicator, &e.Kind, &from, &to, &bad, &e.Author, &e.Reason, &created, &e.Withdraws, &effects)...); err != nil {
			return err
		}
		e.From, e.To, e.Created = fromNanos(from), fromNanos(to), fromNanos(created)
		err := errors.Join(json.Unmarshal(bad, &e.Bad), json.Unmarshal(effects, &e.Effects))
		if err != nil {
			return fmt.Errorf("read entry %d: %w", e.ID, err)
		}
		all = append(all, e)
		return nil
	}, `SELECT `+correctionColumns+` FROM correction ORDER BY id`)
	return all, s.wrap("read the ledger of", err)
}
