// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package sqlite is the embedded catalog: one SQLite file in WAL mode.
//
// A commit is synced (synchronous=FULL), so what a method has done survives a
// power cut. Writing transactions take their lock when they begin, so that
// two of them wait for each other and never fail half way. The schema is
// migrated when the file is opened; a file that a newer version has migrated
// further is refused, and a damaged one is refused with what can be done.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/errs"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Store is the embedded catalog.
type Store struct {
	path string
	db   *sql.DB
}

var _ catalog.Store = (*Store)(nil)

// connections bounds how many readers there are beside the writer.
const connections = 4

// Open opens or creates the catalog in the file at path.
func Open(ctx context.Context, path string) (*Store, error) {
	db, err := sql.Open("sqlite", dsn(path))
	if err != nil {
		return nil, fmt.Errorf("open catalog %s: %w", path, err)
	}
	db.SetMaxOpenConns(connections)
	s := &Store{path: path, db: db}
	if err := s.prepare(ctx); err != nil {
		return nil, errors.Join(s.wrap("open", err), db.Close())
	}
	return s, nil
}

// dsn escapes the path, so that a directory may have any name.
func dsn(path string) string {
	q := url.Values{
		"_pragma": {"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(5000)", "foreign_keys(1)"},
		"_txlock": {"immediate"},
	}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: q.Encode()}).String()
}

func (s *Store) prepare(ctx context.Context) error {
	if err := s.check(ctx); err != nil {
		return err
	}
	return s.migrate(ctx)
}

// check reads the whole file once; the catalog is small.
func (s *Store) check(ctx context.Context) error {
	var finding string
	if err := s.db.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&finding); err != nil {
		return err
	}
	if finding != "ok" {
		return damaged(errors.New(finding))
	}
	return nil
}

func (s *Store) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, s.db, files,
		goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return err
	}
	has, err := p.GetDBVersion(ctx)
	if err != nil {
		return err
	}
	sources := p.ListSources()
	if known := sources[len(sources)-1].Version; has > known {
		return errs.New(errs.Unsupported, "schema version %d is newer than %d, the newest that this version knows", has, known).
			WithHint("A newer Leadline has used this data directory. Run that version, or restore the catalog from a backup.")
	}
	_, err = p.Up(ctx)
	return err
}

// Close closes the database.
func (s *Store) Close() error { return s.db.Close() }

// transact runs f in one writing transaction.
func (s *Store) transact(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// wrap names the operation and the file, and gives SQLite's errors a kind.
func (s *Store) wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	var e *sqlite.Error
	if errors.As(err, &e) {
		err = classified(e.Code(), err)
	}
	return fmt.Errorf("%s catalog %s: %w", op, s.path, err)
}

func classified(code int, err error) error {
	switch code & 0xff { // the upper bits refine the code
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return damaged(err)
	case sqlite3.SQLITE_FULL:
		return errs.New(errs.Unavailable, "%w", err).WithHint("The disk is full. Free some space: nothing that was stored is lost.")
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return errs.New(errs.Unavailable, "%w", err).WithHint("Another process is using the catalog. Is a second server running on this data directory?")
	case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return errs.New(errs.Internal, "%w", err).WithHint("The file or its directory cannot be written by this user.")
	}
	return err
}

func damaged(err error) error {
	return errs.New(errs.Internal, "the database is damaged: %w", err).
		WithHint("Stop the server, keep a copy of the file with its -wal and -shm, and restore a backup or let `sqlite3 FILE .recover` save what is left. Without the file a new catalog is made from the service files: counts stay, generations start again.")
}
