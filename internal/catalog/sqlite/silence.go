// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"

	"github.com/leadline/leadline/internal/catalog"
)

// SaveSilence implements catalog.SilenceStore.
func (s *Store) SaveSilence(ctx context.Context, c catalog.Silence) error {
	matchers, err := json.Marshal(c.Matchers)
	if err != nil {
		return err
	}
	err = s.transact(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE outbox SET revision = revision + 1`); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO silence (id, matchers, author, comment, created, starts, ends)
			VALUES (?, ?, ?, ?, ?, ?, ?)`, c.ID, string(matchers), c.Author, c.Comment, orZero(c.Created), orZero(c.Starts), orZero(c.Ends))
		return err
	})
	return s.wrap("save a silence in", err)
}

// Silences implements catalog.SilenceStore.
func (s *Store) Silences(ctx context.Context) (all []catalog.Silence, err error) {
	err = each(ctx, s.db, func(rows *sql.Rows) error {
		var (
			c                     catalog.Silence
			matchers              []byte
			created, starts, ends int64
		)
		if err := rows.Scan(&c.ID, &matchers, &c.Author, &c.Comment, &created, &starts, &ends); err != nil {
			return err
		}
		c.Created, c.Starts, c.Ends = fromOrZero(created), fromOrZero(starts), fromOrZero(ends)
		all = append(all, c)
		return json.Unmarshal(matchers, &all[len(all)-1].Matchers)
	}, `SELECT id, matchers, author, comment, created, starts, ends FROM silence ORDER BY ends DESC, id`)
	return all, s.wrap("read silences from", err)
}
