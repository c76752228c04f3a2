// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
)

// Engine evaluates objectives. Its methods may be called from any goroutine.
type Engine struct {
	every  time.Duration
	logger *slog.Logger

	mu       sync.Mutex
	clock    steady
	tracks   []*track
	services map[serviceWindow]*serviceTrack
	index    *index
	// through is the newest closed minute that windows were restored with: a
	// clock that is slow does not keep what was stored out of them.
	through slice.Minute
	shapes  map[shapeKey]*shape // of objectives since the last Install
	// targets caches where a series is counted, by Series.Ref.
	targets  [][]target
	resolved []bool
	// evaluating keeps a snapshot of older definitions from taking the place
	// of a newer one.
	evaluating sync.Mutex
	members    Members // nil: every group has a series of its own
	// alerts are those without an objective, outages the minutes without intake.
	alerts    strays
	outages   outages
	writers   writers
	awaited   awaited
	full      sync.Once // logs that there was no room in awaited
	doubt     string    // of the clock, in the evaluation at hand
	filling   string    // how far the back-fill is that runs, or empty
	snapshot  atomic.Pointer[Snapshot]
	cutting   sync.Mutex // guards trends
	trends    *Trends    // of the last evaluation that somebody asked for
	listeners Listeners
}

// New returns an engine without objectives that evaluates at the given interval.
func New(now func() time.Time, every time.Duration, logger *slog.Logger) *Engine {
	e := &Engine{clock: steady{now: now}, every: every, logger: logger, index: newIndex()}
	e.snapshot.Store(&Snapshot{At: now()})
	return e
}

// Install replaces the objectives. The rings of objectives that count the same
// over the same windows go on; those of the others are empty and returned,
// and stay without numbers until Restore has filled them and Restored says so.
// Until then the next Install begins them anew: who called Restore has failed.
func (e *Engine) Install(objectives []*slo.Objective) (fresh []*Fresh) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.minute()
	before, services := make(map[slo.Key]*track, len(e.tracks)), e.services
	for _, t := range e.tracks {
		before[t.objective.Key] = t
	}
	// Evaluations in progress go on with the slice that they have.
	e.tracks, e.services, e.index = nil, make(map[serviceWindow]*serviceTrack), newIndex()
	e.shapes = make(map[shapeKey]*shape)
	for _, o := range objectives {
		shape := e.shape(o)
		t := before[o.Key]
		if t == nil || !t.restored || !t.same(o, shape) {
			former := t
			t = newTrack(o, shape, now)
			e.alerts.hand(former, t)
			fresh = append(fresh, &Fresh{t})
		}
		t.objective, t.shape = o, shape
		delete(before, o.Key)
		k := serviceWindowOf(o)
		if e.services[k] == nil {
			s := services[k]
			if s == nil || !s.restored {
				s = newServiceTrack(o, shape.whole, now)
				fresh = append(fresh, &Fresh{s})
			}
			e.services[k] = s
			e.index.add(s)
		}
		t.service = e.services[k]
		e.tracks = append(e.tracks, t)
		e.index.add(t)
	}
	for _, t := range before {
		e.alerts.leave(t)
	}
	rank(e.tracks)
	e.targets, e.resolved = nil, nil
	return fresh
}

func (e *Engine) shape(o *slo.Objective) *shape {
	k := shapeKeyOf(o)
	if e.shapes[k] == nil {
		e.shapes[k] = newShape(o)
	}
	return e.shapes[k]
}

// Fresh is what counts since an Install and is to be restored: an objective,
// or what a service sends.
type Fresh struct{ counter }

// CountFresh takes what the open minutes had counted when objectives were
// installed that begin to count now.
func (e *Engine) CountFresh(fresh []*Fresh, k *slice.Key, m slice.Minute, c slice.Counts) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.minute()
	for _, f := range fresh {
		if t, ok := f.target(k, now); ok {
			e.add(k, t, m, c)
		}
	}
}

// Count takes counts as they become durable. It implements ingest.Sink.
func (e *Engine) Count(s *slice.Series, m slice.Minute, c slice.Counts) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.clock.waits() {
		e.heard(&s.Key, m)
	}
	for _, t := range e.resolve(s) {
		e.add(&s.Key, t, m, c)
	}
}

// minute is the position that windows take now. It is called with mu held.
func (e *Engine) minute() slice.Minute { return max(slice.MinuteOf(e.now()), e.through) }

// Now returns the time that windows and alerts follow; see steady.
func (e *Engine) Now() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.now()
}

// now is the time that windows and alerts follow. It is called with mu held.
func (e *Engine) now() time.Time {
	at, _ := e.clock.read()
	return at
}

// add counts in a ring. A minute ahead of what the ring reaches means that
// the ring has not been moved for a while: the tick is late. What lies ahead
// of our clock as well moves nothing, since a ring never goes back: one event
// of the year 2100 would end every measurement. It waits for its time.
func (e *Engine) add(k *slice.Key, t target, m slice.Minute, c slice.Counts) {
	if t.add(m, c) {
		return
	}
	e.heard(k, m)
	t.advance(e.minute())
	if !t.add(m, c) && !e.awaited.keep(t, m, c) {
		e.full.Do(func() {
			e.logger.Error("too many counts lie ahead of the clock: windows lack them until the next start", "limit", maxAwaited)
		})
	}
}

// heard takes an event as evidence of which time is right. What the server
// says of itself is none: it comes at whatever time its clock says.
func (e *Engine) heard(k *slice.Key, m slice.Minute) {
	if !k.Service.IsSelf() {
		e.clock.heard(m)
	}
}

// resolve returns where the series is counted.
func (e *Engine) resolve(s *slice.Series) []target {
	ref := int(s.Ref)
	if ref >= len(e.resolved) {
		n := ref + 1 - len(e.resolved)
		e.targets = append(e.targets, make([][]target, n)...)
		e.resolved = append(e.resolved, make([]bool, n)...)
	}
	if !e.resolved[ref] {
		e.targets[ref], e.resolved[ref] = e.index.targets(&s.Key, e.minute()), true
	}
	return e.targets[ref]
}

// CountClosed takes a minute that was closed before this process started and
// that the series store did not have.
func (e *Engine) CountClosed(c slice.Closed) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := e.minute()
	for i := range c.Samples {
		s := &c.Samples[i]
		for _, t := range e.index.targets(&s.Key, now) {
			e.add(&s.Key, t, c.Minute, s.Counts)
		}
	}
}

// Run evaluates at the engine's interval until ctx ends.
func (e *Engine) Run(ctx context.Context) error {
	ticker := time.NewTicker(e.every)
	defer ticker.Stop()
	for {
		e.Evaluate()
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// Filling notes in words how far a back-fill is that runs; empty when it has
// ended. What has no events says so instead of how to find them.
func (e *Engine) Filling(said string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.filling = said
}

// Snapshot returns the last evaluation.
func (e *Engine) Snapshot() *Snapshot { return e.snapshot.Load() }

// Evaluate evaluates every objective now and publishes the result.
func (e *Engine) Evaluate() *Snapshot {
	e.evaluating.Lock()
	defer e.evaluating.Unlock()
	e.mu.Lock()
	now := e.now()
	e.doubt = e.clock.doubt()
	e.outages.forget(slice.MinuteOf(now))
	e.awaited.count(e.minute())
	e.mu.Unlock()
	s := &Snapshot{At: now, Evaluations: e.evaluations(now), Gone: e.gone(now)}
	s.Took = e.now().Sub(now)
	e.snapshot.Store(s)
	e.listeners.Tell(now)
	return s
}

// lockedTracks is how many objectives are evaluated before the committer gets a turn.
const lockedTracks = 256

func (e *Engine) evaluations(now time.Time) []Evaluation {
	e.mu.Lock()
	tracks := e.tracks
	into := newSlab(tracks)
	e.mu.Unlock()
	out, ranks := make([]Evaluation, len(tracks)), make([]int, len(tracks))
	for from := 0; from < len(tracks); from += lockedTracks {
		e.mu.Lock()
		for i := from; i < min(from+lockedTracks, len(tracks)); i++ {
			tracks[i].evaluate(&out[i], e, into, now)
			ranks[i] = tracks[i].rank
		}
		e.mu.Unlock()
	}
	return sorted(ranks, out)
}
