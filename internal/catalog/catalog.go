// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package catalog is the contract of the store of definitions and decisions:
// the generations of objectives, the service files that were accepted last,
// alerts with what receivers are told of them, silences, and the ledger of
// corrections.
//
// It owns what is small, changes seldom and must survive everything; counts
// live in package series. It does not parse service files, it does not decide
// who is told what, and it has no clock: every time is an argument.
//
// Every method is one transaction: after a crash it was done or it was not.
// Package catalogtest checks what is promised here.
package catalog

import (
	"context"
	"time"
)

// Store keeps the catalog. It is safe for concurrent use.
type Store interface {
	GenerationStore
	DefinitionStore
	AlertStore
	OutboxStore
	SilenceStore
	CorrectionStore
	// Close releases the database. No other method may be called after it.
	Close() error
}

// DefinitionStore keeps the last accepted text of each service file, so that
// a file that is broken now keeps running as it was, across restarts too.
type DefinitionStore interface {
	// SaveDefinition stores the accepted text of a file in place of the one
	// before.
	SaveDefinition(ctx context.Context, d Definition) error
	// ForgetDefinition removes a file that is gone; it is no error if there
	// is none.
	ForgetDefinition(ctx context.Context, path string) error
	// LastGood returns the accepted text of every file, in order of paths.
	LastGood(ctx context.Context) ([]Definition, error)
}

// Definition is a service file that was accepted.
type Definition struct {
	Path    string // as its loader names it; the key
	Content []byte
	SHA256  string // of Content, in hexadecimal, to tell a change without reading it
	Saved   time.Time
}
