// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"fmt"
	"math"

	"github.com/leadline/leadline/internal/intakelog"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/window"
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

// Open returns what the open minutes have counted of the series that match,
// and of bound indicators zeros too: while intake runs, nothing counted means
// that nothing happened.
//
// The committer copies a part at a time and commits in between, because a
// hundred thousand series would hold up acknowledgements. So a minute may close
// meanwhile, and is then missing for the rest: it waits for the series store.
func (e *Engine) Open(ctx context.Context, match func(*slice.Series) bool) (all []Counted, err error) {
	wanted := choose(e.scanner.services.series.All(), e.binding.Load().looked(), match)
	for at := 0; at < len(wanted) && err == nil; {
		err = e.visit(ctx, func() {
			var part []Counted
			part, at = e.closer.counted(wanted, at, copyAtOnce)
			all = append(all, part...)
		})
	}
	return all, err
}

// Rebind replaces the indicators that count from now on. Between the last
// event under the old binding and the first under the new one it calls install
// with what the open minutes have counted, baselines apart, and the newest
// closed minute: what install begins to count then is neither missing nor
// counted twice. Of minutes that lie far ahead of the clock it is given what the
// sink was told of them; the sink is told the rest when their time comes.
func (e *Engine) Rebind(ctx context.Context, b *Binding, install func(open []Counted, closed slice.Minute)) error {
	objectives := func(s *slice.Series) bool { return !s.IsBaseline() }
	known := e.scanner.services.series.All()
	wanted := choose(known, nil, objectives)
	return e.visit(ctx, func() {
		now := e.closer.schedule.sure(slice.MinuteOf(e.clock.Now()))
		e.bind(b.after(e.binding.Load(), e.scanner.services, now, e.closer.through()+1))
		looked := e.binding.Load().looked()
		for i := range wanted {
			wanted[i].bind(looked)
		}
		wanted = append(wanted, choose(e.scanner.services.series.All()[len(known):], looked, objectives)...)
		open, _ := e.closer.counted(wanted, 0, math.MaxInt)
		install(append(open, e.closer.untold.told(wanted)...), e.closer.through())
	})
}

// chosen is a series that is asked for. In the minutes looked its indicator
// was bound; none of a series without one.
type chosen struct {
	*slice.Series
	looked window.Minutes
}

func (x *chosen) bind(looked map[slice.Key]window.Minutes) {
	total := x.Key
	total.Group = ""
	x.looked = looked[total]
}

func choose(all []*slice.Series, looked map[slice.Key]window.Minutes, match func(*slice.Series) bool) (wanted []chosen) {
	for _, s := range all {
		if match(s) {
			x := chosen{Series: s}
			x.bind(looked)
			wanted = append(wanted, x)
		}
	}
	return wanted
}

// copyAtOnce is how many counts, present or not, are looked at in one visit:
// some milliseconds.
const copyAtOnce = 16 << 10

// counted lists what the open minutes hold of the series from an index on,
// until it has looked at so many counts, and where to go on.
func (c *closer) counted(wanted []chosen, from, most int) (counted []Counted, to int) {
	for looked := 0; from < len(wanted) && looked < most; from++ {
		s := &wanted[from]
		looked += len(c.minutes.open)
		if s.IsBaseline() && !c.services.series.Holds(s.Series) {
			continue
		}
		for m, o := range c.minutes.open {
			if _, waits := c.untold.minutes[m]; waits {
				continue
			}
			n := o.of(s.Series)
			if n.IsZero() && !(o.up && s.looked.Holds(m)) {
				continue
			}
			x := Counted{Series: s.Series, Minute: m, Counts: n}
			if h := o.histograms[s.Series]; h != nil {
				x.Histogram = h.sparse()
				looked += histogramLooks
			}
			counted = append(counted, x)
		}
	}
	return counted, from
}

// histogramLooks is how many counts take as long as a histogram.
const histogramLooks = 50

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
