// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/intakelog"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/window"
	"github.com/leadline/leadline/internal/wire"
)

// Engine counts telemetry. Open makes one, Run is its committer, and Consume
// may be called as soon as Open has returned.
type Engine struct {
	cfg     Config
	clock   Clock
	logger  *slog.Logger
	log     *intakelog.Log
	scanner scanner
	binding atomic.Pointer[Binding]
	queue   chan *scan
	visits  chan func()
	scans   sync.Pool
	stopped chan struct{} // closed when Run has ended

	closer  *closer
	pending *pending
	meters  meters
	damage  []intakelog.Damage
	closing atomic.Pointer[error] // why minutes do not close at present
	idle    [2]slice.Minute       // see Idle
	storing atomic.Pointer[error] // why the series store refuses the minute at hand
	ahead   atomic.Pointer[error] // that minutes are closed which have not come yet
	jumped  atomic.Pointer[doubt] // of the wall clock, nil when it is believed
	full    sync.Once             // logs that the table of series is full
}

// Open reads the intake log and returns the engine as it was when the log was
// last written: its open minutes, its ids, and the closed minutes that the
// series store may lack. The cursor says how far the store had come; what it
// had not synced by then it may have lost. What the open minutes counted is told
// to the sink.
func Open(cfg Config, fsys intakelog.FS, logCfg intakelog.Config, cursor slice.Minute, binding *Binding, sink Sink, clock Clock, logger *slog.Logger) (*Engine, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	e := &Engine{
		cfg: cfg, clock: clock, logger: logger,
		queue: make(chan *scan, cfg.Queue), visits: make(chan func()),
		stopped: make(chan struct{}), pending: newPending(cfg.WaitingBytes),
	}
	e.scans.New = func() any { return newScan() }
	services := newServices(cfg)
	e.scanner = scanner{services: services, resources: newResources()}
	services.reserve(binding)
	c := &committer{
		sink: sink, services: services, minutes: newMinutes(), cfg: cfg,
		heads: make(map[slice.Minute]int32), meters: &e.meters, maxRecord: intakelog.MaxRecordBytes,
	}
	r := &replay{committer: c, pending: e.pending, cursor: cursor, known: newKnownKeys(services, cfg.Series), measured: make(map[slice.Key]bool), ids: newIDLoader(cfg.IDBytes)}
	logCfg.Passed = func(s intakelog.Stream, k intakelog.Kind, until int64) bool {
		return s == intakelog.Minutes && k == intakelog.Minute && r.passed(until)
	}
	log, damage, err := intakelog.Open(fsys, logCfg, r.record)
	r.ids.finish(c.minutes)
	if err != nil {
		return nil, fmt.Errorf("open the intake log: %w", err)
	}
	if err := r.admitGroups(); err != nil {
		return nil, errors.Join(err, log.Close())
	}
	now := slice.MinuteOf(clock.Now())
	c.log, e.log, e.damage = log, log, damage
	c.schedule = newSchedule(r.next(now), cfg.Grace)
	services.oldest.Store(int64(c.schedule.next))
	r.ended()
	e.idle[0], e.idle[1] = r.idle(now)
	if ahead := r.count(now); len(ahead) > 0 {
		logger.Warn("minutes that were counted lie ahead of the clock; they count when their time comes",
			"minutes", len(ahead), "first", ahead[0].Stamp(), "last", ahead[len(ahead)-1].Stamp(), "now", clock.Now())
	}
	e.bind(binding.bound(services, func(b *Bound) window.Minutes { return r.looked(b, now) }))
	e.closer = &closer{committer: c, binding: e.binding.Load, pending: e.pending, last: now}
	for _, d := range damage {
		logger.Warn("intake log", "finding", d.Error())
	}
	return e, nil
}

// Since returns the minute from which on all events of a group are counted in
// its own series; false when they are not, because others have its place. The
// key is that of the indicator's total.
func (e *Engine) Since(total slice.Key, group string) (slice.Minute, bool) {
	return e.scanner.services.groupsOf(e.scanner.services.mustIntern(total)).since(group)
}

// Idle returns the minutes from <= m < to in which intake did not run before
// it was opened, as far as the log says: a process that ran and heard nothing
// left no sign.
func (e *Engine) Idle() (from, to slice.Minute) { return e.idle[0], e.idle[1] }

// bind makes sure that what an objective names is known beyond every limit.
func (e *Engine) bind(b *Binding) {
	e.scanner.services.reserve(b)
	e.scanner.resources.forget()
	e.binding.Store(b)
}

// Result says what became of the items of a request.
type Result struct {
	Rejected int64
	Message  string
}

// Consume counts one Export*ServiceRequest and returns when that is durable.
func (e *Engine) Consume(ctx context.Context, signal wire.Signal, body []byte) (Result, error) {
	s := e.scans.Get().(*scan)
	var r reply
	for again := true; again; again = r.outdated {
		if err := e.scan(s, signal, body); err != nil {
			e.recycle(s)
			return Result{}, err
		}
		var err error
		if r, err = e.await(ctx, s); err != nil {
			return Result{}, err
		}
	}
	result := describe(s, r)
	e.meters.scanned(s)
	e.recycle(s)
	return result, nil
}

// recycle keeps a scan for another request, unless one that was unusually
// large has left it arrays that most would never fill.
func (e *Engine) recycle(s *scan) {
	if s.bytes() <= maxPooledBytes {
		e.scans.Put(s)
	}
}

func (e *Engine) scan(s *scan, signal wire.Signal, body []byte) error {
	s.reset()
	s.binding, s.epoch = e.binding.Load(), e.scanner.services.epoch.Load()
	if signal == wire.Traces {
		return e.scanner.traces(s, body, s.binding, e.clock.Now())
	}
	return e.scanner.items(s, signal, body, e.clock.Now())
}

// await hands the scan to the committer and waits for its reply. A caller
// that gives up leaves the scan to the committer: it may yet be counted.
func (e *Engine) await(ctx context.Context, s *scan) (reply, error) {
	select {
	case e.queue <- s:
	case <-e.stopped:
		return reply{}, stopping()
	case <-ctx.Done():
		return reply{}, gaveUp(ctx)
	}
	select {
	case r := <-s.reply:
		return r, r.err
	case <-e.stopped:
		return reply{}, stopping()
	case <-ctx.Done():
		return reply{}, gaveUp(ctx)
	}
}

func stopping() error {
	err := errs.New(errs.Unavailable, "leadline is stopping")
	err.RetryAfter = 2 * time.Second
	return err
}

func gaveUp(ctx context.Context) error {
	return errs.New(errs.Unavailable, "the sender stopped waiting: %w", context.Cause(ctx))
}

// describe says which spans were refused, so that their sender can mend it.
func describe(s *scan, r reply) Result {
	rejected := s.invalid + r.late + r.ahead
	if rejected == 0 {
		return Result{}
	}
	return Result{
		Rejected: int64(rejected),
		Message: fmt.Sprintf("refused %d spans: %d ended in a minute that is already closed, %d end more than %d minutes in the future (check the clock), %d have no valid trace id, span id and end",
			rejected, r.late, r.ahead, futureSlack, s.invalid),
	}
}

// The bounds of one group: beyond them waiting for more delays the first.
const (
	groupScans  = 128
	groupEvents = 1 << 17
)

// Run commits what Consume scans and closes minutes until ctx ends. What was
// taken from the queue by then is committed.
func (e *Engine) Run(ctx context.Context) error {
	defer close(e.stopped)
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	e.tick()
	for {
		select {
		case s := <-e.queue:
			e.commit(e.gather(s))
		case visit := <-e.visits:
			visit()
		case <-ticker.C:
			e.tick()
		case <-ctx.Done():
			return e.drain()
		}
	}
}

// gather takes what else waits in the queue into one group. It lets callers
// that can run put their scans there first: that is no wait, and larger groups
// are fewer syncs.
func (e *Engine) gather(first *scan) []*scan {
	runtime.Gosched()
	group, events := []*scan{first}, len(first.events)
	for len(group) < groupScans && events < groupEvents {
		select {
		case s := <-e.queue:
			group = append(group, s)
			events += len(s.events)
		default:
			return group
		}
	}
	return group
}

// commit commits the scans of a group, but has those made again which the
// indicators have not judged that are bound now, or which may hold series that
// were released.
func (e *Engine) commit(group []*scan) {
	b, epoch := e.binding.Load(), e.scanner.services.epoch.Load()
	group = slices.DeleteFunc(group, func(s *scan) bool {
		if s.binding == b && s.epoch == epoch {
			return false
		}
		s.reply <- reply{outdated: true}
		return true
	})
	if len(group) > 0 {
		e.closer.commit(group, e.clock.Now())
	}
}

func (e *Engine) drain() error {
	for {
		select {
		case s := <-e.queue:
			e.commit(e.gather(s))
		default:
			if err := e.log.Close(); err != nil {
				return fmt.Errorf("close the intake log: %w", err)
			}
			return nil
		}
	}
}

func (e *Engine) tick() {
	if e.scanner.services.full.Load() {
		e.full.Do(func() {
			e.logger.Warn("there are too many series: baselines of operations and versions are counted together", "limit", e.cfg.Series)
		})
	}
	now := e.clock.Now()
	err := e.closer.tick(now, e.clock.Elapsed())
	e.watchClock(now)
	if err == nil {
		e.closing.Store(nil)
		return
	}
	if e.closing.Swap(&err) == nil {
		e.logger.Error("minutes cannot be closed; trying again every second", "err", err)
	}
}

// watchClock says when the wall clock is in doubt, and when it has been: what
// it took with it stays closed, and events of the present are refused.
func (e *Engine) watchClock(wall time.Time) {
	s := e.closer.schedule
	if d := s.doubt; d == (doubt{}) {
		e.jumped.Store(nil)
	} else if old := e.jumped.Swap(&d); old == nil || *old != d {
		e.logger.Warn("the wall clock jumped: until it is believed, minutes close by the monotonic clock as well",
			"by", d.by.Round(time.Second), "believed_after", doubtFor)
	}
	present := slice.MinuteOf(wall)
	if present >= s.next {
		e.closer.refusedPresent = false
	}
	// A clock that is in doubt may itself be what is wrong, unless senders agree.
	if present >= s.next || s.doubt != (doubt{}) && !e.closer.refusedPresent {
		e.ahead.Store(nil)
		return
	}
	err := error(errs.New(errs.Unavailable, "events that ended before %s are refused until then: the clock was ahead, and the minutes up to then are closed",
		s.next.Start().Format(time.RFC3339)).WithHint("check the clock of this machine; if it is right now, wait: what is closed stays closed"))
	if e.ahead.Swap(&err) == nil {
		e.logger.Error("the clock is behind what is closed", "err", err, "now", wall)
	}
}

// Warnings returns what is wrong beside Health, in sentences: counting goes on,
// and who reads the numbers should know.
func (e *Engine) Warnings() (all []string) {
	if d := e.jumped.Load(); d != nil {
		all = append(all, fmt.Sprintf("the wall clock jumped by %s: for up to %s minutes stay open until the monotonic clock agrees; check the clock of this machine",
			d.by.Round(time.Second), doubtFor))
	}
	if e.scanner.services.full.Load() {
		all = append(all, fmt.Sprintf("there are more than %d series, or more in one minute than a record holds: baselines of versions and operations are counted together as %q. What objectives count is not touched; find what makes so many versions or operations",
			e.cfg.Series, overflowKey.Operation))
	}
	return all
}

// Health returns why counts cannot be trusted to go on, or nil.
func (e *Engine) Health() error {
	if err := e.log.Failed(); err != nil {
		return err
	}
	if err := e.ahead.Load(); err != nil {
		return *err
	}
	if err := e.closing.Load(); err != nil {
		return *err
	}
	if err := e.storing.Load(); err != nil {
		return *err
	}
	return nil
}

// Damage returns what the log had lost when it was opened.
func (e *Engine) Damage() []intakelog.Damage { return e.damage }
