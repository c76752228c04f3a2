// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"time"

	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// Trends say how the objectives came to where they stand. They do not change.
type Trends struct {
	At  time.Time // of the evaluation after which they were cut
	All []Trend
	of  *Snapshot
}

// Trend is the window of one objective in parts that add up to its counts.
type Trend struct {
	Objective *slo.Objective
	// The parts are Width wide, the first from From on. To is how far the window
	// has come: parts of a calendar window after it lie ahead.
	From, To time.Time
	Width    time.Duration
	// Parts are in the unit of the budget; none without evidence.
	Parts []slice.Counts
	// Backfilled are the stretches of the window, to the hour in long ones, that
	// hold what was written afterwards.
	Backfilled []Span
}

// Span is a stretch of time: the slices stamped in (From, To].
type Span struct{ From, To time.Time }

// Trends cuts the windows as they are, at most once for each evaluation: when
// somebody asks, since a fleet of ten thousand takes as long as a tick. Events
// that were counted since the evaluation are in the parts already.
func (e *Engine) Trends() *Trends {
	e.cutting.Lock()
	defer e.cutting.Unlock()
	if s := e.Snapshot(); e.trends == nil || e.trends.of != s {
		e.trends = &Trends{At: s.At, All: e.cut(), of: s}
	}
	return e.trends
}

func (e *Engine) cut() []Trend {
	e.mu.Lock()
	tracks := e.tracks
	e.mu.Unlock()
	out, parts := make([]Trend, len(tracks)), make([]slice.Counts, 0, 31*len(tracks))
	for from := 0; from < len(tracks); from += lockedTracks {
		e.mu.Lock()
		for i := from; i < min(from+lockedTracks, len(tracks)); i++ {
			parts = tracks[i].trend(&out[i], parts)
		}
		e.mu.Unlock()
	}
	return out
}

// trend cuts the window of one objective, and appends its parts.
func (t *track) trend(into *Trend, parts []slice.Counts) []slice.Counts {
	_, last := t.spent().Edges(wholeWindow)
	begin := len(parts)
	parts, from, width := t.spent().Parts(wholeWindow, parts)
	*into = Trend{Objective: t.objective, From: from.Start(), To: last.Stamp(), Width: time.Duration(width) * time.Minute}
	if _, seen := t.since(); !t.restored || !seen {
		return parts[:begin]
	}
	into.Parts = parts[begin:len(parts):len(parts)]
	for _, s := range t.filled.Within(window.Stretch{From: from, To: last + 1}) {
		into.Backfilled = append(into.Backfilled, Span{s.From.Start(), s.To.Start()})
	}
	return parts
}

// noteFilled remembers which minutes were back-filled, as far as the steps of
// a query tell them apart.
func (t *track) noteFilled(q *series.Query, sums []series.Sum) {
	filled := t.filled
	for i, s := range sums {
		if s.Minutes > 0 {
			at := q.StepStart(i)
			filled = append(filled, window.Stretch{From: max(at, q.From), To: min(at+slice.Minute(q.Step), q.To)})
		}
	}
	t.filled = window.NewMinutes(filled...)
}
