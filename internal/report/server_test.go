// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/ingest"
	"github.com/leadline/leadline/internal/intakelog"
	"github.com/leadline/leadline/internal/report"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/series/seriestest"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/spec"
)

// server is everything between the bytes that arrive and what is shown: real
// intake, evaluation and report, and a store that outlives restarts. It runs
// in a bubble of synctest.
type server struct {
	t         *testing.T
	objective *slo.Objective
	cfg       ingest.Config
	dir       string
	store     series.Store
	cursor    cursor
	began     time.Time
	intake    *ingest.Engine
	engine    *eval.Engine
	stop      func()
	reading   bool // its history is still being read when it is asked
	damaged   bool
	newer     bool // a generation is loading
}

func newServer(t *testing.T) *server {
	o := objective("up", time.Hour)
	o.Defined = time.Now()
	return &server{t: t, objective: o, cfg: ingest.DefaultConfig(), dir: t.TempDir(), store: seriestest.NewMemory()}
}

// start does what app does, in its order.
func (s *server) start() {
	s.t.Helper()
	s.began = time.Now()
	quiet := slog.New(slog.DiscardHandler)
	s.engine = eval.New(time.Now, 5*time.Second, quiet)
	s.engine.Writer(seriestest.MemoryWriter)
	fresh := s.engine.Install([]*slo.Objective{s.objective})
	var err error
	s.intake, err = ingest.Open(s.cfg, intakelog.OS(s.dir), intakelog.Config{ReserveBytes: 1}, s.cursor.at, s.binding(), s.engine, wallClock{s.began}, quiet)
	if err != nil {
		s.t.Fatal(err)
	}
	s.engine.Members(s.intake)
	last, _, err := s.store.Last(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	_ = s.engine.Restore(s.t.Context(), s.store, fresh, max(last, 0)) // what cannot be read is said
	ctx, cancel := context.WithCancel(s.t.Context())
	ended := make(chan error, 2)
	go func() { ended <- s.intake.Run(ctx) }()
	go func() {
		ended <- s.intake.Project(ctx, s.store, &s.cursor, s.engine.CountClosed, func() {
			if !s.reading {
				s.engine.Restored(fresh)
			}
		})
	}()
	s.stop = func() {
		cancel()
		for range 2 {
			if err := <-ended; err != nil {
				s.t.Error(err)
			}
		}
	}
}

// ask evaluates, and returns what the API does of the objective.
func (s *server) ask() report.DetailSLO {
	s.t.Helper()
	synctest.Wait()
	s.engine.Evaluate()
	r := &report.Report{
		Evaluations: s.engine, Intake: s, Generations: s, Transitions: &world{}, Definitions: s, Ledger: s, Delivery: &world{},
		Series: func() series.Store { return s.store }, Now: time.Now,
	}
	d, err := detail(r, report.Which{Name: "up"}, time.Now().Add(-time.Hour), time.Now())
	if err != nil {
		s.t.Fatal(err)
	}
	return d.SLO
}

func (s *server) binding() *ingest.Binding {
	return &ingest.Binding{Indicators: []ingest.Bound{{Indicator: s.objective.Indicator, Longest: s.objective.Window.Longest()}}}
}

// cursor is how far the store has come.
type cursor struct{ at slice.Minute }

func (c *cursor) SaveCursor(_ string, m int64) error { c.at = slice.Minute(m); return nil }

// wallClock is the time of the test's bubble.
type wallClock struct{ start time.Time }

func (wallClock) Now() time.Time           { return time.Now() }
func (c wallClock) Elapsed() time.Duration { return time.Since(c.start) }

func (s *server) Damage() []intakelog.Damage {
	if !s.damaged {
		return nil
	}
	return []intakelog.Damage{{Segment: "minutes-1", Offset: 10, Length: 20, Reason: "checksum"}}
}

func (s *server) Totals() ingest.Totals { return s.intake.Totals() }
func (s *server) Health() error         { return s.intake.Health() }
func (s *server) Warnings() []string    { return s.intake.Warnings() }

func (s *server) Open(ctx context.Context, match func(*slice.Series) bool) ([]ingest.Counted, error) {
	return s.intake.Open(ctx, match)
}

func (s *server) Waiting(each func(slice.Closed)) error { return s.intake.Waiting(each) }

func (s *server) Problems() []*spec.Problem                       { return nil }
func (s *server) Ledger(context.Context) ([]catalog.Entry, error) { return nil, nil }

func (s *server) Generations(context.Context, slo.Key) ([]catalog.Generation, error) {
	all := []catalog.Generation{{Number: 1, Current: catalog.Current{Indicator: s.objective.Indicator.ID}, From: s.objective.Defined}}
	if s.newer {
		all = append(all, catalog.Generation{Number: 2, Current: catalog.Current{Indicator: "feedbeef"}, From: time.Now()})
	}
	return all, nil
}
