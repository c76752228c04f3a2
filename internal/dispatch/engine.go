// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/eval"
)

// Parts are what the engine works with.
type Parts struct {
	Store    Store
	Source   Source
	Channels map[string]Channel // of every receiver
	// Writer names this engine among those that share the store, the same after
	// a restart: what it was sending then is its own to repeat, and what others
	// are sending is left to them until their lease is over.
	Writer string
	// Alive says why intake, the log or evaluation is not alive; nil when they
	// are. What it says stops heartbeats.
	Alive func() error
	Now   func() time.Time
	// NewID returns an id that was never used, Random a number in [0, 1).
	NewID  func() string
	Random func() float64
	Logger *slog.Logger
	URL    string // see Message.URL
}

// Engine tells receivers of alerts. One goroutine, that of Run, owns all
// that it knows; Test, Silence and Status may be called from any.
type Engine struct {
	cfg     Config
	parts   Parts
	router  *router
	workers []*worker // by name
	answers chan answer
	kick    chan struct{}
	status  atomic.Pointer[Status]

	listeners eval.Listeners

	// tested are receivers that took a test, mended those of which nothing came
	// of it yet.
	tested chan string
	mended map[string]bool

	box *box // nil when it is to be loaded
	// settled are answers whose outcome is not committed yet.
	settled []answer
	sent    map[groupOf]time.Time
	// outcomes are what became of the last delivery about each alert.
	outcomes map[outcomeOf]Telling
	// standing is the last one that was seen, since when.
	standing *Standing
	seen     time.Time
	notices  map[alert.Key]*Notice
	prune    time.Time
	trouble  error // of the last step
	// conflicts counts the steps in a row in which another writer was first.
	conflicts int
	silenced  map[alert.Key]string
	unrouted  int
}

// Open reads what is persisted and hands the alerts to the source, which has
// not evaluated anything yet.
func Open(ctx context.Context, cfg Config, p Parts) (*Engine, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg = cfg.WithDefaults()
	r, err := newRouter(cfg)
	if err != nil {
		return nil, err
	}
	e := &Engine{
		cfg: cfg, parts: p, router: r, answers: make(chan answer, len(cfg.Receivers)), kick: make(chan struct{}, 1),
		tested: make(chan string, len(cfg.Receivers)), mended: make(map[string]bool),
		sent: make(map[groupOf]time.Time), outcomes: make(map[outcomeOf]Telling),
	}
	for _, name := range slices.Sorted(maps.Keys(cfg.Receivers)) {
		c := p.Channels[name]
		if c == nil {
			return nil, errs.New(errs.Invalid, "receiver %q has no channel", name)
		}
		e.workers = append(e.workers, &worker{name: name, channel: c, policy: cfg.Receivers[name], jobs: make(chan *Message, 1)})
	}
	if err := e.load(ctx, p.Now()); err != nil {
		return nil, err
	}
	if err := e.remember(ctx); err != nil {
		return nil, err
	}
	p.Source.Adopt(slices.Collect(maps.Values(e.box.alerts)))
	e.publish(p.Now())
	return e, nil
}

// load makes the box anew.
func (e *Engine) load(ctx context.Context, now time.Time) error {
	b, err := load(ctx, e.parts.Store, e.parts.Writer)
	if err != nil {
		return err
	}
	b.recover(now, e.underway)
	for _, p := range b.parcels {
		if _, known := e.cfg.Receivers[p.Receiver]; !known && p.State != catalog.Attempting {
			b.supersede(p, "the receiver is not configured any more", now)
		}
		// A clock that was ahead when it was written must not hold it back.
		if latest := now.Add(maxWait); p.Due.After(latest) {
			p.Due = latest
		}
	}
	e.box = b
	return nil
}

// underway reports whether an attempt is being made, or its outcome is known
// and not committed yet.
func (e *Engine) underway(id string) bool {
	return slices.ContainsFunc(e.workers, func(w *worker) bool { return w.busy != nil && w.busy.DeliveryID == id }) ||
		slices.ContainsFunc(e.settled, func(a answer) bool { return a.message.DeliveryID == id })
}

// The longest time between two steps, after an error, after another writer was
// first, and that answers are awaited for when the engine ends.
const (
	stepAtLeast   = 5 * time.Second
	stepRetry     = time.Second
	conflictRetry = 100 * time.Millisecond
	stopWithin    = 5 * time.Second
)

// manyConflicts is how many steps in a row may find that another writer was
// first, before that is trouble.
const manyConflicts = 20

// leaseBeyond is for how long after its timeout an attempt is still ours: what
// the clocks of two writers may differ by.
const leaseBeyond = 30 * time.Second

// Run tells receivers until ctx ends. What is being sent then is given a few
// seconds for its answer; what has none will be sent again, as a repeat.
func (e *Engine) Run(ctx context.Context) error {
	sending, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	for _, w := range e.workers {
		go w.run(sending, e.parts.Now, e.answers)
		defer close(w.jobs)
	}
	heard, end := e.parts.Source.Listen()
	defer end()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			e.drain(context.WithoutCancel(ctx))
			return nil
		case a := <-e.answers:
			e.receive(a)
		case <-heard:
		case <-e.kick:
		case <-timer.C:
		}
		timer.Reset(e.step(context.WithoutCancel(ctx)))
	}
}

// drain waits for answers and notes them.
func (e *Engine) drain(ctx context.Context) {
	timeout := time.NewTimer(stopWithin)
	defer timeout.Stop()
	for slices.ContainsFunc(e.workers, func(w *worker) bool { return w.busy != nil }) {
		select {
		case a := <-e.answers:
			e.receive(a)
		case <-timeout.C:
			return
		}
	}
	err := e.noteOutcomes(ctx)
	for again := 0; errs.KindOf(err) == errs.Conflict && again < manyConflicts; again++ {
		e.box = nil
		err = e.noteOutcomes(ctx)
	}
	if err != nil {
		e.parts.Logger.Error("note what was sent", "err", err)
	}
}

// noteOutcomes commits what became of attempts.
func (e *Engine) noteOutcomes(ctx context.Context) error {
	now := e.parts.Now()
	if e.box == nil {
		if err := e.load(ctx, now); err != nil {
			return err
		}
	}
	e.settle(now)
	return e.box.commit(ctx, e.parts.Store, now)
}

func (e *Engine) poke() {
	select {
	case e.kick <- struct{}{}:
	default:
	}
}

// step does what there is to do and returns when to look again, at the latest.
func (e *Engine) step(ctx context.Context) time.Duration {
	now := e.parts.Now()
	next, err := e.try(ctx, now)
	if err != nil {
		// Nobody knows what was committed: it is read anew.
		e.box, next = nil, now.Add(stepRetry)
	}
	if e.conflicts++; errs.KindOf(err) != errs.Conflict {
		e.conflicts = 0
	} else if e.conflicts < manyConflicts {
		return max(time.Duration(float64(conflictRetry)*e.parts.Random()), time.Millisecond)
	}
	if err != nil && e.trouble == nil {
		e.parts.Logger.Error("outbox: nothing is sent until this is over", "err", err)
	}
	e.trouble = err
	e.publish(now)
	if wait := next.Sub(now); !next.IsZero() && wait < stepAtLeast {
		return max(wait, time.Millisecond)
	}
	return stepAtLeast
}

// try plans and commits; what it begins to send was noted before.
func (e *Engine) try(ctx context.Context, now time.Time) (next time.Time, err error) {
	if err := e.refresh(ctx, now); err != nil {
		return next, err
	}
	e.box.recover(now, e.underway)
	e.settle(now)
	e.retell()
	stale := e.reconcile(now)
	begun, next := e.begin(now)
	if err := e.box.commit(ctx, e.parts.Store, now); err != nil {
		return next, fmt.Errorf("commit to the outbox: %w", err)
	}
	e.settled = nil
	clear(e.mended)
	if len(stale) > 0 {
		e.parts.Logger.Warn("alerts went back and go on from what is persisted", "alerts", len(stale))
		e.parts.Source.Adopt(stale)
	}
	for w, m := range begun {
		w.begin(m, now)
	}
	return soonest(next, e.pulse(now)), e.tidy(ctx, now)
}

// retell forgets what was told in vain to receivers that take messages again, as
// a test has shown, so that it is told once more.
func (e *Engine) retell() {
	for len(e.tested) > 0 {
		e.mended[<-e.tested] = true
	}
	for k, told := range e.box.notified {
		if told.Refused && e.mended[k.Receiver] {
			e.box.forget(k)
		}
	}
}

// refresh reads what is not known: silences, and what other writers did.
func (e *Engine) refresh(ctx context.Context, now time.Time) error {
	if e.box != nil {
		newest, err := e.parts.Store.Revision(ctx)
		if err != nil {
			return fmt.Errorf("read the outbox: %w", err)
		}
		if newest == e.box.revision {
			return nil
		}
	}
	if err := e.load(ctx, now); err != nil {
		return fmt.Errorf("read the outbox: %w", err)
	}
	return nil
}

// reconcile compares the newest standing with the box.
func (e *Engine) reconcile(now time.Time) (stale []alert.Alert) {
	s := e.parts.Source.Standing()
	if s == nil {
		return nil
	}
	if s != e.standing {
		e.standing, e.seen = s, now
	}
	p := plan{box: e.box, now: now, router: e.router, cfg: &e.cfg, newID: e.parts.NewID, sent: e.sent}
	p.reconcile(s)
	e.notices, e.silenced, e.unrouted = p.notices, p.silenced, p.unrouted
	return p.stale
}

// begin chooses what every idle worker sends next, and notes the intent.
func (e *Engine) begin(now time.Time) (begun map[*worker]*Message, next time.Time) {
	begun = make(map[*worker]*Message)
	for _, w := range e.workers {
		if w.busy != nil {
			continue
		}
		p, later := e.box.next(w.name, now)
		switch {
		case p == nil:
			next = soonest(next, later)
		case now.Before(w.wait(p)):
			next = soonest(next, w.wait(p))
		default:
			p.State, p.Attempted, p.dirty = catalog.Attempting, now, true
			p.Holder, p.Leased = e.parts.Writer, now.Add(w.policy.Timeout+leaseBeyond)
			p.Attempts++
			begun[w] = e.message(w, p)
		}
	}
	return begun, next
}
