// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"fmt"

	"github.com/leadline/leadline/internal/intakelog"
	"github.com/leadline/leadline/internal/slice"
)

// Counted is what one series has counted in one minute that is not in the
// series store yet.
type Counted struct {
	Series *slice.Series
	Minute slice.Minute
	Counts slice.Counts
	// Histogram holds the durations of a baseline, nil when there are none.
	Histogram *slice.Histogram
}

// visit runs f in the committer's goroutine, between two commits.
func (e *Engine) visit(ctx context.Context, f func()) error {
	done := make(chan struct{})
	select {
	case e.visits <- func() { defer close(done); f() }:
		<-done
		return nil
	case <-e.stopped:
		return stopping()
	case <-ctx.Done():
		return gaveUp(ctx)
	}
}

// Open returns what the open minutes have counted of the series that match.
func (e *Engine) Open(ctx context.Context, match func(*slice.Series) bool) (counted []Counted, err error) {
	err = e.visit(ctx, func() { counted = e.closer.counted(match) })
	return counted, err
}

// Rebind replaces the indicators that count from now on. Between the last
// event under the old binding and the first under the new one it calls install
// with what the open minutes have counted and the newest closed minute: what
// install begins to count then is neither missing nor counted twice. What lies
// far ahead of the clock it is told when its time comes.
func (e *Engine) Rebind(ctx context.Context, b *Binding, install func(open []Counted, closed slice.Minute)) error {
	return e.visit(ctx, func() {
		e.bind(b, e.binding.Load().since(), e.closer.schedule.sure(slice.MinuteOf(e.clock.Now()))+1)
		e.closer.retell()
		install(e.closer.counted(func(*slice.Series) bool { return true }), e.closer.through())
	})
}

// counted lists what the open minutes hold. Of a bound indicator, zeros too:
// while intake runs, nothing counted means that nothing happened.
func (c *closer) counted(match func(*slice.Series) bool) (counted []Counted) {
	since := c.binding().since()
	for _, s := range c.services.series.All() {
		if !match(s) {
			continue
		}
		total := s.Key
		total.Group = ""
		begin, bound := since[total]
		for m, o := range c.minutes.open {
			if _, waits := c.untold.minutes[m]; waits {
				continue
			}
			n := o.of(s)
			if n.IsZero() && !(o.up && bound && m >= begin) {
				continue
			}
			x := Counted{Series: s, Minute: m, Counts: n}
			if h := o.histograms[s]; h != nil {
				x.Histogram = h.sparse()
			}
			counted = append(counted, x)
		}
	}
	return counted
}

// Unstored returns the oldest minute that the series store may yet be told of:
// it is closed and on its way there, or open.
func (e *Engine) Unstored(ctx context.Context) (m slice.Minute, err error) {
	err = e.visit(ctx, func() {
		m = e.closer.through() + 1
		if r, waits := e.pending.first(); waits {
			m = min(m, r.minute)
		}
	})
	return m, err
}

// through returns the newest closed minute. What was measured of it and of
// those before it is in the store or on its way there.
func (c *closer) through() slice.Minute {
	if len(c.due) > 0 {
		return c.due[0] - 1
	}
	return c.schedule.next - 1
}

// Projected reports whether the series store has every minute up to this one.
func (e *Engine) Projected(m slice.Minute) bool {
	e.pending.mu.Lock()
	defer e.pending.mu.Unlock()
	return len(e.pending.queue) == 0 || e.pending.queue[0].minute > m
}

// Waiting calls each with the closed minutes that are on their way to the
// series store, in order. Those that are not in memory it reads from the log.
func (e *Engine) Waiting(each func(slice.Closed)) error {
	wanted := make(map[slice.Minute]bool)
	oldest := slice.Minute(0)
	for _, r := range e.pending.snapshot() {
		if r.payload == nil {
			if len(wanted) == 0 {
				oldest = r.minute
			}
			wanted[r.minute] = true
			continue
		}
		if c, err := readClosed(r.payload); err == nil {
			each(c)
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	err := e.log.Read(intakelog.Minutes, int64(oldest), func(rec intakelog.Record) bool {
		m := slice.Minute(rec.Until)
		if c, err := readClosed(rec.Payload); wanted[m] && rec.Kind == intakelog.Minute && err == nil {
			each(c)
		}
		delete(wanted, m)
		return len(wanted) > 0
	})
	if err != nil {
		return fmt.Errorf("read the closed minutes that wait: %w", err)
	}
	return nil
}
