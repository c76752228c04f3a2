// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"github.com/leadline/leadline/internal/catalog"
)

// SaveDefinition implements catalog.DefinitionStore.
func (s *Store) SaveDefinition(ctx context.Context, d catalog.Definition) error {
	content := d.Content
	if content == nil {
		content = []byte{} // nil would be NULL
	}
	_, err := s.db.ExecContext(ctx, `INSERT INTO definition (path, content, sha256, saved) VALUES (?, ?, ?, ?)
		ON CONFLICT (path) DO UPDATE SET content = excluded.content, sha256 = excluded.sha256, saved = excluded.saved`,
		d.Path, content, d.SHA256, nanos(d.Saved))
	return s.wrap("save definition "+d.Path+" in", err)
}

// ForgetDefinition implements catalog.DefinitionStore.
func (s *Store) ForgetDefinition(ctx context.Context, path string) error {
	_, err := s.db.ExecContext(ctx, `DELETE FROM definition WHERE path = ?`, path)
	return s.wrap("forget definition "+path+" in", err)
}

// LastGood implements catalog.DefinitionStore.
func (s *Store) LastGood(ctx context.Context) ([]catalog.Definition, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT path, content, sha256, saved FROM definition ORDER BY path`)
	if err != nil {
		return nil, s.wrap("read definitions from", err)
	}
	ds, err := definitions(rows)
	return ds, s.wrap("read definitions from", err)
}

func definitions(rows *sql.Rows) (ds []catalog.Definition, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var (
			d     catalog.Definition
			saved int64
		)
		if err := rows.Scan(&d.Path, &d.Content, &d.SHA256, &saved); err != nil {
			return nil, err
		}
		d.Saved = fromNanos(saved)
		ds = append(ds, d)
	}
	return ds, rows.Err()
}
