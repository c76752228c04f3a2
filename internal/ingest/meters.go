// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"sync/atomic"

	"github.com/leadline/leadline/internal/intakelog"
	"github.com/leadline/leadline/internal/operation"
)

// meters count what happened since the start.
type meters struct {
	accepted, again, late, ahead, invalid atomic.Uint64
	points, records                       atomic.Uint64
	ignored                               [operation.ReasonsIgnored]atomic.Uint64
	commits, refusedCommits               atomic.Uint64
	openMinutes, idBytes                  atomic.Int64
	forgetful                             atomic.Bool
}

// Totals is what the engine did since it started.
type Totals struct {
	// Spans: accepted, arrived again, ended in a closed minute, ended too far
	// ahead, without valid ids or an end.
	Accepted, Again, Late, Ahead, Invalid uint64
	// Ignored counts the spans that are no operation, by reason.
	Ignored map[string]uint64
	Points  uint64 // metric data points
	Records uint64 // log records
	// Commits counts groups made durable, RefusedCommits those that were not.
	Commits, RefusedCommits uint64
	OpenMinutes             int64
	IDBytes                 int64
	// Forgetful says that ids have outgrown their memory.
	Forgetful bool
	// SeriesFull says that baselines are counted together which should be told
	// apart: the table of series is full. Objectives have all of theirs.
	SeriesFull bool
	// Series is how many series there are.
	Series int
	// Waiting is how many closed minutes the series store does not have yet.
	Waiting int
	Log     intakelog.Stats
}

// Totals returns what the engine did since it started.
func (e *Engine) Totals() Totals {
	m := &e.meters
	t := Totals{
		Accepted: m.accepted.Load(), Again: m.again.Load(), Late: m.late.Load(), Ahead: m.ahead.Load(), Invalid: m.invalid.Load(),
		Ignored: make(map[string]uint64), Points: m.points.Load(), Records: m.records.Load(),
		Commits: m.commits.Load(), RefusedCommits: m.refusedCommits.Load(),
		OpenMinutes: m.openMinutes.Load(), IDBytes: m.idBytes.Load(), Forgetful: m.forgetful.Load(),
		SeriesFull: e.scanner.services.full.Load(), Series: e.scanner.services.series.Len(),
		Waiting: e.pending.lag(), Log: e.log.Stats(),
	}
	for i := range m.ignored {
		if n := m.ignored[i].Load(); n > 0 {
			t.Ignored[operation.Ignored(i).String()] = n
		}
	}
	return t
}

// scanned notes what a scan ignored.
func (m *meters) scanned(s *scan) {
	m.invalid.Add(s.invalid)
	for i, n := range s.ignored {
		if n > 0 {
			m.ignored[i].Add(n)
		}
	}
}

// committed notes what became of a scan.
func (m *meters) committed(s *scan, r reply) {
	for i := range s.tallies {
		t := &s.tallies[i]
		if t.service.Service.IsSelf() {
			continue
		}
		m.accepted.Add(t.accepted)
		m.again.Add(t.again)
		if !s.repeated {
			m.points.Add(t.points)
			m.records.Add(t.records)
		}
	}
	m.late.Add(r.late)
	m.ahead.Add(r.ahead)
}
