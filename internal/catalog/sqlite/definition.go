// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"

	"github.com/leadline/leadline/internal/catalog"
)

// SaveDefinition implements catalog.DefinitionStore.
func (s *Store) SaveDefinition(ctx context.Context, d catalog.Definition) error {
	_, err := s.db.ExecContext(ctx, `INSERT INTO definition (path, content, sha256, saved) VALUES (?, ?, ?, ?)
		ON CONFLICT (path) DO UPDATE SET content = excluded.content, sha256 = excluded.sha256, saved = excluded.saved`,
		d.Path, blob(d.Content), d.SHA256, nanos(d.Saved))
	return s.wrap("save definition "+d.Path+" in", err)
}

// ForgetDefinition implements catalog.DefinitionStore.
func (s *Store) ForgetDefinition(ctx context.Context, path string) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM definition WHERE path = ?`, path)
	return s.wrap("forget definition "+path+" in", err)
}

// LastGood implements catalog.DefinitionStore.
func (s *Store) LastGood(ctx context.Context) (ds []catalog.Definition, err error) {
	err = each(ctx, s.db, func(rows *sql.Rows) error {
		var (
			d     catalog.Definition
			saved int64
		)
		err := rows.Scan(&d.Path, &d.Content, &d.SHA256, &saved)
		d.Saved = fromNanos(saved)
		ds = append(ds, d)
		return err
	}, `SELECT path, content, sha256, saved FROM definition ORDER BY path`)
	return ds, s.wrap("read definitions from", err)
}
