// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Waits before the series store is tried again.
const (
	firstRetry = time.Second
	maxRetry   = time.Minute
)

// project opens the series store, restores the windows from it, and keeps it
// fed until ctx ends. A store that is damaged must not take intake down, since
// the log holds what the store lacks: the server's health says what is wrong
// while it is tried again.
func (a *App) project(ctx context.Context) {
	a.insist(ctx, "open the series store", func() error { return a.openSeries(ctx) })
	if ctx.Err() != nil {
		return // the server stops before it has read its history
	}
	a.insist(ctx, "feed the series store", func() error {
		return a.ingest.Project(ctx, a.series(), a.cursors, a.eval.CountClosed, func() {
			a.eval.Restored(a.fresh)
			a.eval.Evaluate()
			a.restored.Store(true)
		})
	})
}

// openSeries opens the store and fills the windows from it. Those that cannot
// be read say so themselves.
func (a *App) openSeries(ctx context.Context) error {
	store, err := a.openStore()
	if err != nil {
		return err
	}
	last, _, err := store.Last(ctx)
	if err != nil {
		return errors.Join(err, store.Close())
	}
	a.store.Store(store)
	if err := a.eval.Restore(ctx, store, a.fresh, last); err != nil && ctx.Err() == nil {
		a.logger.Error("read the history of the windows", "err", err)
	}
	return nil
}

// insist does what it is told until that succeeds or ctx ends.
func (a *App) insist(ctx context.Context, what string, do func() error) {
	for delay := firstRetry; ; delay = min(2*delay, maxRetry) {
		err := do()
		if err == nil || ctx.Err() != nil {
			a.projecting.Store(nil)
			return
		}
		err = fmt.Errorf("%s: %w", what, err)
		a.projecting.Store(&err)
		a.logger.Error("the series store does not work; telemetry is accepted, trying again", "err", err, "after", delay)
		if !wait(ctx, delay) {
			return
		}
	}
}
