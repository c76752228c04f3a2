// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package tsdb

import (
	"context"
	"errors"
	"log/slog"
)

// quiet lowers everything below an error to level debug: the database reports
// each block it writes, and warns every minute about blocks that overlap,
// which backfilled ones do by design. Compactions that Close interrupts are
// lowered too: the next start does them again.
type quiet struct{ slog.Handler }

func (q quiet) Enabled(ctx context.Context, l slog.Level) bool {
	return q.Handler.Enabled(ctx, lowered(l))
}

func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	r.Level = lowered(r.Level)
	if cancelled(r) {
		r.Level = min(r.Level, slog.LevelDebug)
		if !q.Handler.Enabled(ctx, r.Level) {
			return nil
		}
	}
	return q.Handler.Handle(ctx, r)
}

func (q quiet) WithAttrs(as []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(as)} }
func (q quiet) WithGroup(name string) slog.Handler    { return quiet{q.Handler.WithGroup(name)} }

// cancelled reports whether a record tells of a compaction that Close ended.
func cancelled(r slog.Record) (is bool) {
	r.Attrs(func(a slog.Attr) bool {
		err, ok := a.Value.Any().(error)
		is = is || ok && errors.Is(err, context.Canceled)
		return !is
	})
	return is
}

func lowered(l slog.Level) slog.Level {
	if l < slog.LevelError {
		return min(l, slog.LevelDebug)
	}
	return l
}
