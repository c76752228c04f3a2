// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package app wires Leadline together: it is the only importer of
// implementations and the owner of every goroutine's end.
//
// The order of a start is its promise. The intake log is read first and
// telemetry is accepted from then on; the series store is opened beside that,
// because clients give up after ten seconds and a store may take longer. Until
// the windows are restored from it objectives say that they are being read.
//
// The order of a stop is the reverse: the servers stop taking requests, then
// the committer commits what waits and closes the log, then the stores close.
package app

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/sync/errgroup"

	"github.com/leadline/leadline/internal/api"
	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/catalog/sqlite"
	"github.com/leadline/leadline/internal/config"
	"github.com/leadline/leadline/internal/dispatch"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/ingest"
	"github.com/leadline/leadline/internal/intakelog"
	"github.com/leadline/leadline/internal/otlp"
	"github.com/leadline/leadline/internal/report"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/series/tsdb"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/spec"
	"github.com/leadline/leadline/internal/wire"
	"github.com/leadline/leadline/ui"
)

// evaluateEvery is how often objectives are evaluated. Counts are to follow an
// acknowledgement within ten seconds.
const evaluateEvery = 5 * time.Second

// watchEvery is how often the folder of service files is looked at.
const watchEvery = 2 * time.Second

// App is a server: New makes it ready to accept, Run runs it.
type App struct {
	cfg    config.Config
	logger *slog.Logger
	clock  ingest.Clock
	// failpoint is where a test ends the process; see failpoint.go.
	failpoint *failpoint

	lock   io.Closer    // of the data directory
	folder *spec.Folder // nil without objectives
	// problems are the mistakes in the service files as they stand.
	problems atomic.Pointer[[]*spec.Problem]
	catalog  catalog.Store
	cursors  *intakelog.Cursors
	eval     *eval.Engine
	ingest   *ingest.Engine
	otlp     *otlp.Server
	api      *api.Server
	writer   string

	// channels are those of the receivers, by name.
	channels map[string]dispatch.Channel
	dispatch *dispatch.Engine
	backfill *backfiller
	// defining is held by whoever replaces windows: a reload or a back-fill.
	defining sync.Mutex

	fresh    []*eval.Fresh // to restore once the store is open
	store    atomic.Pointer[tsdb.Store]
	restored atomic.Bool
	// projecting is why closed minutes do not reach the series store at present.
	projecting atomic.Pointer[error]
}

// clock tells the time of the machine. The monotonic reading that Go carries
// in start makes Elapsed independent of the wall.
type clock struct{ start time.Time }

func (c clock) Now() time.Time         { return time.Now() }
func (c clock) Elapsed() time.Duration { return time.Since(c.start) }

// New opens the data directory, reads the intake log and listens.
func New(cfg config.Config, logger *slog.Logger) (*App, error) {
	return newApp(cfg, logger, held(clock{time.Now()}))
}

func newApp(cfg config.Config, logger *slog.Logger, c ingest.Clock) (*App, error) {
	a := &App{cfg: cfg, logger: logger, clock: c, failpoint: newFailpoint()}
	if err := a.open(); err != nil {
		return nil, errors.Join(err, a.abandon())
	}
	return a, nil
}

// abandon closes what was opened of a server that will not run: each part that
// runs closes what it has when it ends.
func (a *App) abandon() error {
	ended, end := context.WithCancel(context.Background())
	end()
	var failures []error
	if a.otlp != nil {
		failures = append(failures, a.otlp.Run(ended))
	}
	if a.ingest != nil {
		failures = append(failures, a.ingest.Run(ended))
	}
	return errors.Join(append(failures, a.close())...)
}

func (a *App) open() error {
	// Everything that can be refused is refused before anything is written.
	if err := Check(a.cfg); err != nil {
		return err
	}
	if err := listenable(a.cfg); err != nil {
		return err
	}
	token, err := a.cfg.Token()
	if err != nil {
		return err
	}
	if a.cfg.URL, err = pagesURL(a.cfg.URL); err != nil {
		return err
	}
	if a.channels, err = channels(a.cfg.Receivers, a.clock.Now, a.logger); err != nil {
		return err
	}
	if err := a.openData(); err != nil {
		return err
	}
	r := &report.Report{Evaluations: a.eval, Intake: intake{a.ingest, a}, Generations: a.catalog, Transitions: a.catalog, Definitions: a, Ledger: a.catalog, Delivery: a.dispatch, Kinds: a.cfg.Kinds(), Series: a.series, Now: a.clock.Now, Door: door{a}, Started: a.clock.Now()}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), newMetrics(a), newDeliveries(a.dispatch))
	if a.otlp, err = otlp.New(otlpConfig(a.cfg, token), consumer{a.ingest}, a.logger, registry); err != nil {
		return listening(a.cfg, err)
	}
	a.backfill = newBackfiller(a)
	a.api, err = api.New(api.Config{Addr: a.cfg.Listen, Token: token}, api.Parts{
		Report: r, Events: a.eval, Delivery: a.dispatch, Backfill: a.backfill, Corrector: &corrector{a, r}, Ready: a.Ready, Logger: a.logger, UI: ui.FS(),
		Metrics: promhttp.HandlerFor(registry, promhttp.HandlerOpts{}),
	})
	return listening(a.cfg, err)
}

// openData opens catalog and log, which replays what is open.
func (a *App) openData() error {
	var err error
	if a.cfg.Services != "" {
		if a.folder, err = spec.OpenFolder(a.cfg.Services); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(a.cfg.DataDir, 0o700); err != nil {
		return errs.New(errs.Invalid, "make the data directory: %w", err)
	}
	files := a.failpoint.files(intakelog.OS(a.cfg.DataDir))
	// Two processes on one directory would both write definitions and
	// generations, so the second is refused before it reads anything.
	if a.lock, err = files.Lock("leadline.lock"); err != nil {
		return err
	}
	if a.writer, err = writerID(intakelog.OS(a.cfg.DataDir), a.cfg.DataDir); err != nil {
		return err
	}
	var damage []intakelog.Damage
	if a.cursors, damage, err = intakelog.OpenCursors(files, "cursors"); err != nil {
		return err
	}
	for _, d := range damage {
		a.logger.Warn("cursors", "finding", d.Error())
	}
	cursor, _ := a.cursors.LoadCursor("tsdb")
	a.eval = eval.New(a.clock.Now, evaluationEvery(evaluateEvery), a.logger)
	a.eval.Steady(a.clock.Elapsed)
	a.eval.Writer(a.writer)
	store, err := sqlite.Open(context.Background(), filepath.Join(a.cfg.DataDir, "catalog.db"))
	if err != nil {
		return err
	}
	a.catalog = store
	objectives, err := a.define(context.Background())
	if err != nil {
		return err
	}
	if err := a.openDispatch(); err != nil {
		return err
	}
	a.fresh = a.eval.Install(objectives)
	a.ingest, err = ingest.Open(intakeConfig(), files, intakelog.Config{}, slice.Minute(cursor), bindingOf(objectives), a.eval, a.clock, a.logger)
	if err == nil {
		a.eval.Unmeasured(a.ingest.Idle())
		a.eval.Members(a.ingest)
	}
	return err
}

// writerID returns the stable id of the data directory, which it makes at
// the first start.
func writerID(files intakelog.FS, dir string) (string, error) {
	content, err := os.ReadFile(filepath.Join(dir, "writer"))
	if id := strings.TrimSpace(string(content)); err == nil && id != "" {
		return id, nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read the writer id: %w", err)
	}
	var random [4]byte
	rand.Read(random[:])
	id := hex.EncodeToString(random[:])
	if err := replace(files, "writer", []byte(id+"\n")); err != nil {
		return "", fmt.Errorf("write the writer id: %w", err)
	}
	return id, nil
}

// replace writes a file of the data directory, durably and whole or not at all.
func replace(files intakelog.FS, name string, content []byte) error {
	temp := name + ".new"
	if err := files.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := files.Create(temp)
	if err != nil {
		return err
	}
	if _, err = f.WriteAt(content, 0); err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := files.Rename(temp, name); err != nil {
		return err
	}
	return files.SyncDir(".")
}

// consumer hands the requests of the OTLP servers to ingest.
type consumer struct{ *ingest.Engine }

func (c consumer) Consume(ctx context.Context, signal wire.Signal, body []byte) (otlp.Result, error) {
	r, err := c.Engine.Consume(ctx, signal, body)
	return otlp.Result(r), err
}

// series returns the store, nil until it is open.
func (a *App) series() series.Store {
	if s := a.store.Load(); s != nil {
		return s
	}
	return nil
}

// door is the OTLP servers as report sees them; they are opened after it is.
type door struct{ app *App }

func (d door) Endpoints() report.Endpoints {
	o := d.app.otlp.Addrs()
	return report.Endpoints{GRPC: o.GRPC.String(), HTTP: o.HTTP.String()}
}

// Refusals are sorted, the most first.
func (d door) Refusals() []report.Refusal {
	all := []report.Refusal{}
	for why, n := range d.app.otlp.Refusals() {
		all = append(all, report.Refusal{Transport: why.Transport, Reason: why.Reason, Requests: n})
	}
	slices.SortFunc(all, func(a, b report.Refusal) int {
		return cmp.Or(cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Transport, b.Transport), cmp.Compare(a.Reason, b.Reason))
	})
	return all
}

// intake is the engine as report sees it, with the health of the server.
type intake struct {
	*ingest.Engine
	app *App
}

func (i intake) Health() error { return i.app.Health() }

// Warnings adds what the OTLP servers have seen go astray.
func (i intake) Warnings() []string { return append(i.Engine.Warnings(), i.app.otlp.Warnings()...) }

// Health returns why counts cannot be trusted to go on, or to be kept.
func (a *App) Health() error {
	if err := a.ingest.Health(); err != nil {
		return err
	}
	if err := a.projecting.Load(); err != nil {
		return *err
	}
	return nil
}

// Ready says why the server is not ready, or nil. Heartbeats stop for the same
// reasons; the outbox and evaluation have a say of their own in them.
func (a *App) Ready() error {
	if err := a.Health(); err != nil {
		return err
	}
	if !a.restored.Load() {
		return errs.New(errs.Unavailable, "the history of the windows is being read")
	}
	return nil
}

// Addrs are the addresses that the server listens on.
type Addrs struct{ UI, OTLPGRPC, OTLPHTTP string }

// Addrs returns the addresses that the server listens on.
func (a *App) Addrs() Addrs {
	o := a.otlp.Addrs()
	return Addrs{a.api.Addr().String(), o.GRPC.String(), o.HTTP.String()}
}

// Run serves until ctx ends or something that cannot go on fails.
func (a *App) Run(ctx context.Context) error {
	committing, stopCommitting := context.WithCancel(context.WithoutCancel(ctx))
	defer stopCommitting()
	committed := make(chan error, 1)
	go func() { committed <- a.ingest.Run(committing) }()

	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return a.otlp.Run(ctx) })
	g.Go(func() error { return a.api.Run(ctx) })
	g.Go(func() error { return a.eval.Run(ctx) })
	g.Go(func() error { return a.dispatch.Run(ctx) })
	g.Go(func() error { a.project(ctx); return nil })
	g.Go(func() error { a.watch(ctx); return nil })
	g.Go(func() error { a.followClock(ctx); return nil })
	g.Go(func() error { a.probe(ctx); return nil })
	g.Go(func() error { a.awaitTelemetry(ctx); return nil })
	g.Go(func() error { return a.backfill.Run(ctx) })
	err := g.Wait()
	stopCommitting()
	return errors.Join(err, <-committed, a.close())
}

func (a *App) seriesOptions() tsdb.Options {
	o := seriesOptions(a.cfg)
	o.Writer, o.Step = a.writer, a.failpoint.step()
	return o
}

func (a *App) openStore() (*tsdb.Store, error) { return tsdb.Open(a.logger, a.seriesOptions()) }

func (a *App) close() error {
	var failures []error
	if s := a.store.Load(); s != nil {
		failures = append(failures, s.Close())
	}
	if a.catalog != nil {
		failures = append(failures, a.catalog.Close())
	}
	if a.lock != nil {
		failures = append(failures, a.lock.Close())
	}
	return errors.Join(failures...)
}
