// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
)

// pending is the queue of closed minutes on their way to the series store, in
// order. It holds them as they are in the log, which is small.
type pending struct {
	mu    sync.Mutex
	queue []closedRecord
	last  slice.Minute // the newest minute ever added
	done  slice.Minute // the newest minute that the store has
	wake  chan struct{}
}

type closedRecord struct {
	minute  slice.Minute
	payload []byte
	// counted says that the sink has the minute's counts: it was open in this
	// process. Otherwise it was closed before the start.
	counted bool
}

func newPending() *pending { return &pending{wake: make(chan struct{}, 1)} }

func (p *pending) add(m slice.Minute, payload []byte, counted bool) {
	p.mu.Lock()
	p.queue = append(p.queue, closedRecord{m, payload, counted})
	p.last = max(p.last, m)
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func (p *pending) first() (closedRecord, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue) == 0 {
		return closedRecord{}, false
	}
	return p.queue[0], true
}

// pass notes that the store has the first minute of the queue.
func (p *pending) pass() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done = p.queue[0].minute
	p.queue = p.queue[1:]
}

// passed returns the newest minute that the store has.
func (p *pending) passed() slice.Minute {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.done
}

// lag returns how many closed minutes the store does not have yet.
func (p *pending) lag() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.queue)
}

// Cursor remembers across restarts how far the store has come.
type Cursor interface {
	SaveCursor(name string, minute int64) error
}

// cursorName is the series store's cursor.
const cursorName = "tsdb"

// retryAppend is how long to wait after the store refused a minute.
const retryAppend = 5 * time.Second

// Project appends the closed minutes to the store as they come, until ctx
// ends. Those that were closed before this process started and that the store
// lacked it hands to restore first, and calls restored when there are no more.
func (e *Engine) Project(ctx context.Context, store series.Store, cursors Cursor, restore func(slice.Closed), restored func()) error {
	stored, any, err := store.Last(ctx)
	if err != nil {
		return fmt.Errorf("read the newest stored minute: %w", err)
	}
	told := false
	for {
		r, ok := e.pending.first()
		if !told && (!ok || r.counted) {
			restored()
			told = true
		}
		if !ok {
			select {
			case <-ctx.Done():
				return nil
			case <-e.pending.wake:
			}
			continue
		}
		if !r.counted && any && r.minute <= stored {
			e.pending.pass()
			continue
		}
		c, err := readClosed(r.payload)
		if err != nil {
			return fmt.Errorf("read minute record %s: %w", r.minute.Stamp().Format(time.RFC3339), err)
		}
		if !r.counted {
			restore(c)
		}
		if !e.append(ctx, store, c) {
			return nil
		}
		e.pending.pass()
		if err := cursors.SaveCursor(cursorName, int64(r.minute)); err != nil {
			e.logger.Error("save the store's cursor", "err", err)
		}
	}
}

// append tries until the store has the minute; false says that ctx ended.
func (e *Engine) append(ctx context.Context, store series.Store, c slice.Closed) bool {
	for {
		err := store.Append(ctx, c)
		if err == nil {
			return true
		}
		e.logger.Error("store a closed minute; trying again", "minute", c.Minute.Stamp(), "err", err,
			slog.Int("waiting", e.pending.lag()))
		select {
		case <-ctx.Done():
			return false
		case <-time.After(retryAppend):
		}
	}
}
