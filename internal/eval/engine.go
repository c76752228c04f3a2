// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// Engine evaluates objectives. Its methods may be called from any goroutine.
type Engine struct {
	now    func() time.Time
	every  time.Duration
	logger *slog.Logger

	mu       sync.Mutex
	tracks   []*track
	services map[serviceWindow]*tallies
	// targets caches which rings a series adds to, by Series.Ref.
	targets   [][]*window.Ring
	resolved  []bool
	snapshot  atomic.Pointer[Snapshot]
	listeners listeners
}

// serviceWindow names what is tallied of a service over one window.
type serviceWindow struct {
	service operation.Service
	length  time.Duration
}

// tallies are the rings of what a service sent. Members are the services that
// it stands for, one for each environment.
type tallies struct {
	members            []operation.Service
	spans, late, heard *window.Ring
}

// New returns an engine without objectives that evaluates at the given interval.
func New(now func() time.Time, every time.Duration, logger *slog.Logger) *Engine {
	e := &Engine{now: now, every: every, logger: logger, services: make(map[serviceWindow]*tallies)}
	e.snapshot.Store(&Snapshot{At: now()})
	return e
}

// Install replaces the objectives. The rings of objectives that count the same
// over the same windows go on; those of the others are empty and returned,
// and stay without numbers until Restore has filled them.
func (e *Engine) Install(objectives []*slo.Objective) []*Fresh {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := slice.MinuteOf(e.now())
	before := make(map[slo.Key]*track, len(e.tracks))
	for _, t := range e.tracks {
		before[t.objective.Key] = t
	}
	var fresh []*Fresh
	e.tracks = e.tracks[:0:0]
	for _, o := range objectives {
		t := before[o.Key]
		if t == nil || !t.same(o) {
			t = newTrack(o, now)
			fresh = append(fresh, &Fresh{t})
		}
		t.objective = o
		e.tracks = append(e.tracks, t)
		e.tally(o, now)
	}
	e.targets, e.resolved = nil, nil
	return fresh
}

// tally makes the rings of what the objective's service sends.
func (e *Engine) tally(o *slo.Objective, now slice.Minute) {
	k := serviceWindow{o.Indicator.Rule.Service, o.Window.Length}
	if e.services[k] == nil {
		l := window.NewLayout(window.Span{Length: o.Window.Length})
		e.services[k] = &tallies{o.Indicator.Services(), window.NewRing(l, now), window.NewRing(l, now), window.NewRing(l, now)}
	}
}

// Fresh is an objective whose windows are to be restored.
type Fresh struct{ *track }

// CountFresh takes what the open minutes had counted when objectives were
// installed that begin to count now.
func (e *Engine) CountFresh(fresh []*Fresh, k *slice.Key, m slice.Minute, c slice.Counts) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := slice.MinuteOf(e.now())
	for _, f := range fresh {
		if f.counts(k) {
			e.add(f.ring(*k, now), m, c)
		}
	}
}

// Count takes counts as they become durable. It implements ingest.Sink.
func (e *Engine) Count(s *slice.Series, m slice.Minute, c slice.Counts) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range e.resolve(s) {
		e.add(r, m, c)
	}
}

// add counts in a ring. A minute ahead of what the ring reaches means that
// the ring has not been moved for a while: the tick is late.
func (e *Engine) add(r *window.Ring, m slice.Minute, c slice.Counts) {
	if !r.Add(m, c) {
		r.Advance(max(slice.MinuteOf(e.now()), m-window.Slack))
		r.Add(m, c)
	}
}

// resolve returns the rings that the series adds to.
func (e *Engine) resolve(s *slice.Series) []*window.Ring {
	ref := int(s.Ref)
	if ref >= len(e.resolved) {
		n := ref + 1 - len(e.resolved)
		e.targets = append(e.targets, make([][]*window.Ring, n)...)
		e.resolved = append(e.resolved, make([]bool, n)...)
	}
	if !e.resolved[ref] {
		e.targets[ref], e.resolved[ref] = e.ringsOf(&s.Key), true
	}
	return e.targets[ref]
}

// ringsOf returns the rings that count a series of this key.
func (e *Engine) ringsOf(k *slice.Key) (rings []*window.Ring) {
	now := slice.MinuteOf(e.now())
	if k.Indicator == "" {
		return e.serviceRings(k)
	}
	for _, t := range e.tracks {
		if t.counts(k) {
			rings = append(rings, t.ring(*k, now))
		}
	}
	return rings
}

func (e *Engine) serviceRings(k *slice.Key) (rings []*window.Ring) {
	if k.Tally == "" {
		return nil
	}
	for _, t := range e.services {
		if !slices.Contains(t.members, k.Service) {
			continue
		}
		switch k.Tally {
		case slice.Spans:
			rings = append(rings, t.spans)
		case slice.LateSpans:
			rings = append(rings, t.late)
		case slice.Heard:
			rings = append(rings, t.heard)
		}
	}
	return rings
}

// CountClosed takes a minute that was closed before this process started and
// that the series store did not have.
func (e *Engine) CountClosed(c slice.Closed) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range c.Samples {
		s := &c.Samples[i]
		for _, r := range e.ringsOf(&s.Key) {
			e.add(r, c.Minute, s.Counts)
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

// Snapshot returns the last evaluation.
func (e *Engine) Snapshot() *Snapshot { return e.snapshot.Load() }

// Evaluate evaluates every objective now and publishes the result.
func (e *Engine) Evaluate() *Snapshot {
	now := e.now()
	s := &Snapshot{At: now, Evaluations: e.evaluations(now)}
	s.sort()
	e.snapshot.Store(s)
	e.listeners.tell(now)
	return s
}

// lockedTracks is how many objectives are evaluated before the committer gets a turn.
const lockedTracks = 256

func (e *Engine) evaluations(now time.Time) []Evaluation {
	e.mu.Lock()
	tracks := e.tracks
	e.mu.Unlock()
	out := make([]Evaluation, 0, len(tracks))
	for from := 0; from < len(tracks); from += lockedTracks {
		e.mu.Lock()
		for _, t := range tracks[from:min(from+lockedTracks, len(tracks))] {
			out = append(out, e.evaluate(t, now))
		}
		e.mu.Unlock()
	}
	return out
}
