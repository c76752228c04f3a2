// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/leadline/leadline/internal/backfill"
	"github.com/leadline/leadline/internal/config"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/ingest"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
)

// Fill is one of the ways to back-fill.
type Fill func(context.Context, []*slo.Objective, backfill.Target) (backfill.Report, error)

// Recording back-fills from recorded telemetry.
func Recording(from io.Reader, strict bool) Fill {
	return func(ctx context.Context, _ []*slo.Objective, t backfill.Target) (backfill.Report, error) {
		return backfill.Recording(ctx, from, strict, t)
	}
}

// Generated back-fills with history that is made up.
func Generated(g backfill.Generation) Fill {
	return func(ctx context.Context, o []*slo.Objective, t backfill.Target) (backfill.Report, error) {
		return backfill.Generate(ctx, g, o, t)
	}
}

// serverBytes is the memory that the minutes of a recording may take beside a
// running server.
const serverBytes = backfill.DefaultBytes / 2

// backfiller takes history into a running server, one back-fill at a time.
type backfiller struct {
	app  *App
	jobs chan *fillJob
}

type fillJob struct {
	ctx    context.Context // of whoever asks
	fill   Fill
	report backfill.Report
	err    error
	done   chan struct{}
}

func newBackfiller(a *App) *backfiller { return &backfiller{a, make(chan *fillJob)} }

// Recording implements api.Backfiller.
func (b *backfiller) Recording(ctx context.Context, from io.Reader, strict bool) (backfill.Report, error) {
	return b.ask(ctx, Recording(from, strict))
}

// Generate implements api.Backfiller.
func (b *backfiller) Generate(ctx context.Context, g backfill.Generation) (backfill.Report, error) {
	return b.ask(ctx, Generated(g))
}

func (b *backfiller) ask(ctx context.Context, f Fill) (backfill.Report, error) {
	if !b.app.restored.Load() {
		return backfill.Report{}, errs.New(errs.Unavailable, "the history of the windows is being read").WithHint("try again in some seconds")
	}
	j := &fillJob{ctx: ctx, fill: f, done: make(chan struct{})}
	select {
	case b.jobs <- j:
	default:
		return backfill.Report{}, errs.New(errs.Conflict, "another back-fill is running").WithHint("wait until it has ended")
	}
	<-j.done
	return j.report, j.err
}

// Run does what is asked until ctx ends, which ends a back-fill in progress too.
func (b *backfiller) Run(ctx context.Context) error {
	for {
		select {
		case j := <-b.jobs:
			b.do(ctx, j)
			close(j.done)
		case <-ctx.Done():
			return nil
		}
	}
}

func (b *backfiller) do(ctx context.Context, j *fillJob) {
	asked, cancel := context.WithCancel(j.ctx)
	defer cancel()
	defer context.AfterFunc(ctx, cancel)()
	a := b.app
	before, err := a.ingest.Unstored(asked)
	if err != nil {
		j.err = err
		return
	}
	defer a.eval.Filling("")
	a.filling(backfill.Report{})
	j.report, j.err = j.fill(asked, a.objectivesOfOthers(), backfill.Target{
		Store: a.series(), Before: before, Binding: a.ofOthers(), Bytes: serverBytes, Progress: a.filling,
	})
	a.logFill(j)
	if j.report.Samples.Stored == 0 {
		return
	}
	// What was stored is to be seen, even if the sender has gone.
	j.err = errors.Join(j.err, a.renew(ctx, j.report.Counted()))
}

// filling tells who waits for numbers that history is on its way to them.
func (a *App) filling(so backfill.Report) {
	said := "a back-fill is being taken in"
	if n := so.Events.Counted; n > 0 {
		said += fmt.Sprintf(", %d events so far", n)
	}
	a.eval.Filling(said)
}

// logFill names an error only if there is one: a line that ends with err=<nil>
// reads like a failure.
func (a *App) logFill(j *fillJob) {
	said := []any{"events", j.report.Events.Counted, "samples", j.report.Samples.Stored}
	if j.err != nil {
		said = append(said, "err", j.err)
	}
	a.logger.Info("back-filled", said...)
}

// objectivesOfOthers returns those that are evaluated, like ofOthers.
func (a *App) objectivesOfOthers() (all []*slo.Objective) {
	s := a.eval.Evaluate()
	for i := range s.Evaluations {
		if o := s.Evaluations[i].Objective; !o.Indicator.Rule.Service.IsSelf() {
			all = append(all, o)
		}
	}
	return all
}

// renew reads the windows of these indicators anew from the store.
func (a *App) renew(ctx context.Context, indicators map[slice.Key]bool) error {
	a.defining.Lock()
	defer a.defining.Unlock()
	fresh, closed, err := a.begin(ctx, a.ingest.Binding(), func() []*eval.Fresh { return a.eval.Renew(indicators) })
	if err != nil {
		return err
	}
	err = a.restore(ctx, fresh, closed)
	if ctx.Err() != nil {
		fresh = nil
	}
	a.eval.Renewed(fresh)
	a.eval.Evaluate()
	return err
}

// Backfill back-fills the data directory of a server that is stopped. Of the
// settings it needs the directory, the services and the retentions.
func Backfill(ctx context.Context, cfg config.Config, logger *slog.Logger, f Fill, progress func(backfill.Report)) (r backfill.Report, err error) {
	a := &App{cfg: cfg, logger: logger, clock: clock{time.Now()}}
	defer func() { err = errors.Join(err, a.close()) }()
	if err := a.openData(); err != nil {
		return r, err
	}
	before, err := a.unstored(ctx)
	if err != nil {
		return r, err
	}
	store, err := a.openStore()
	if err != nil {
		return r, err
	}
	a.store.Store(store)
	return f(ctx, a.objectivesOfOthers(), backfill.Target{
		Store: store, Before: before, Binding: a.ofOthers(), Bytes: backfill.DefaultBytes, Progress: progress,
	})
}

// unstored asks the engine, which answers while it runs, and stops it: nothing
// may be closed or marked as measured while no server runs.
func (a *App) unstored(ctx context.Context) (slice.Minute, error) {
	running, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- a.ingest.Run(running) }()
	before, err := a.ingest.Unstored(ctx)
	stop()
	if err := errors.Join(err, <-ended); err != nil {
		return 0, fmt.Errorf("find the oldest open minute: %w", err)
	}
	return before, nil
}

// ofOthers returns the indicators without those of the server itself: how it
// was is not for a recording, or a generator, to say.
func (a *App) ofOthers() *ingest.Binding {
	b := *a.ingest.Binding()
	b.Indicators = slices.DeleteFunc(slices.Clone(b.Indicators), func(i ingest.Bound) bool {
		return i.Indicator.Rule.Service.IsSelf()
	})
	return &b
}
