// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/leadline/leadline/internal/intakelog"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
)

// pending is the queue of closed minutes on their way to the series store, in
// order. It holds them as they are in the log, which is small, up to a limit:
// a store may refuse for days, and of the minutes beyond it only the numbers
// are kept. Those are read from the log again when their turn comes; the log
// keeps every minute that the store has not passed.
type pending struct {
	mu    sync.Mutex
	queue []closedRecord
	limit int          // bytes of payloads
	held  int          // bytes of payloads
	last  slice.Minute // the newest minute ever added
	done  slice.Minute // the newest minute that the store has
	wake  chan struct{}
}

type closedRecord struct {
	minute  slice.Minute
	payload []byte // nil when it is to be read from the log
	// counted says that the sink has the minute's counts: it was open in this
	// process. Otherwise it was closed before the start.
	counted bool
}

func newPending(limit int) *pending { return &pending{limit: limit, wake: make(chan struct{}, 1)} }

// add appends a minute that the log has, and keeps the payload or a nil one.
func (p *pending) add(m slice.Minute, payload []byte, counted bool) {
	p.mu.Lock()
	// What is kept is the head of the queue: behind one that is not, none is.
	if n := len(p.queue); n > 0 && (p.queue[n-1].payload == nil || p.held+len(payload) > p.limit) {
		payload = nil
	}
	p.held += len(payload)
	p.queue = append(p.queue, closedRecord{m, slices.Clone(payload), counted})
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

// snapshot returns the minutes that wait.
func (p *pending) snapshot() []closedRecord {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.queue)
}

// refill gives the first minutes that have no payload theirs, and reports
// whether there is room for more. A minute that the log passes over is lost.
func (p *pending) refill(m slice.Minute, payload []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	i, found := slices.BinarySearchFunc(p.queue, m, func(r closedRecord, m slice.Minute) int { return cmp.Compare(r.minute, m) })
	if !found || p.queue[i].payload != nil {
		return true
	}
	if p.held > 0 && p.held+len(payload) > p.limit {
		return false
	}
	p.queue[i].payload = slices.Clone(payload)
	p.held += len(payload)
	return true
}

// pass notes that the store has the first minute of the queue.
func (p *pending) pass() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done = p.queue[0].minute
	p.held -= len(p.queue[0].payload)
	p.queue[0].payload = nil
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
		if r.payload == nil {
			if r, err = e.reread(r.minute); err != nil {
				return err
			}
			if r.payload == nil {
				e.logger.Error("a closed minute is damaged in the log and was not stored", "minute", r.minute.Stamp())
				e.pending.pass()
				continue
			}
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

// reread reads minutes from the first that waits on, as many as may be held,
// and returns that first one: without a payload when the log has lost it.
func (e *Engine) reread(from slice.Minute) (closedRecord, error) {
	err := e.log.Read(intakelog.Minutes, int64(from), func(rec intakelog.Record) bool {
		return rec.Kind != intakelog.Minute || e.pending.refill(slice.Minute(rec.Until), rec.Payload)
	})
	if err != nil {
		return closedRecord{}, fmt.Errorf("read closed minutes from %s on: %w", from.Stamp().Format(time.RFC3339), err)
	}
	r, _ := e.pending.first()
	return r, nil
}

// append tries until the store has the minute; false says that ctx ended.
func (e *Engine) append(ctx context.Context, store series.Store, c slice.Closed) bool {
	for {
		err := store.Append(ctx, c)
		if err == nil {
			e.storing.Store(nil)
			return true
		}
		refused := fmt.Errorf("the series store refuses minute %s, the log keeps it: %w", c.Minute.Stamp().Format(time.RFC3339), err)
		e.storing.Store(&refused)
		e.logger.Error("store a closed minute; trying again", "minute", c.Minute.Stamp(), "err", err,
			slog.Int("waiting", e.pending.lag()))
		select {
		case <-ctx.Done():
			return false
		case <-time.After(retryAppend):
		}
	}
}
