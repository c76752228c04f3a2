// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/catalog/catalogtest"
	"github.com/leadline/leadline/internal/dispatch"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/slo"
)

// world is a server as the engine sees it: a source, a catalog that may fail,
// and receivers that do what they are told.
type world struct {
	t         *testing.T
	cfg       dispatch.Config
	store     *store
	source    *source
	receivers map[string]*receiver
	alive     atomic.Pointer[error] // nil while all is well
	engine    *dispatch.Engine
	ids       int
	stop      func()
	// writer names the engine among several.
	writer string
}

// newWorld has these receivers; what no route says goes to the first.
func newWorld(t *testing.T, names ...string) *world {
	w := &world{t: t, store: &store{Memory: catalogtest.NewMemory()}, source: newSource(), receivers: map[string]*receiver{}}
	w.cfg = dispatch.Config{Default: names[0], Receivers: map[string]dispatch.ReceiverPolicy{}}
	for _, name := range names {
		w.receivers[name] = &receiver{}
		w.cfg.Receivers[name] = dispatch.ReceiverPolicy{}
	}
	return w
}

// unwell is why the parts of the server are not alive.
func (w *world) unwell() error {
	if err := w.alive.Load(); err != nil {
		return *err
	}
	return nil
}

// open opens the engine without running it.
func (w *world) open() error {
	channels := map[string]dispatch.Channel{}
	for name, r := range w.receivers {
		channels[name] = r
	}
	random := rand.New(rand.NewPCG(1, 1))
	var err error
	w.engine, err = dispatch.Open(w.t.Context(), w.cfg, dispatch.Parts{
		Store: w.store, Source: w.source, Channels: channels, Alive: w.unwell, Now: time.Now,
		NewID: func() string { w.ids++; return fmt.Sprintf("%sd%03d", w.writer, w.ids) }, Writer: w.writer,
		Random: random.Float64, Logger: slog.New(slog.DiscardHandler), URL: "https://lead.example",
	})
	return err
}

// start opens the engine and runs it until the returned function, or crash.
func (w *world) start() {
	w.t.Helper()
	if err := w.open(); err != nil {
		w.t.Fatal(err)
	}
	w.run()
}

func (w *world) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.engine.Run(ctx) }()
	w.stop = func() {
		cancel()
		if err := <-done; err != nil {
			w.t.Error(err)
		}
		synctest.Wait()
	}
	synctest.Wait()
}

// crash ends the engine as a kill does: nothing is noted any more.
func (w *world) crash() {
	w.store.die(true)
	w.stop()
	w.store.die(false)
	w.store.failWith(nil)
}

// restart runs a new engine on the same catalog, with a source that knows
// nothing but what it adopts.
func (w *world) restart() {
	w.t.Helper()
	w.source.restart()
	w.start()
}

// step evaluates and lets the engine work.
func (w *world) step() {
	w.source.evaluate()
	synctest.Wait()
}

// pass lets time pass, with an evaluation every five seconds.
func (w *world) pass(d time.Duration) {
	for d > 0 {
		step := min(d, 5*time.Second)
		time.Sleep(step)
		d -= step
		w.step()
	}
}

// key names an alert of a service.
func key(service, rule string) alert.Key {
	return alert.Key{Objective: slo.Key{Service: operation.Service{Name: service, Environment: "production"}, Name: "up"}, Rule: rule}
}

// source is a source that is told what fires.
type source struct {
	mu       sync.Mutex
	alerts   map[alert.Key]alert.Alert
	owner    map[alert.Key]string
	standing *dispatch.Standing
	heard    chan time.Time
	adopted  []alert.Alert
}

func newSource() *source {
	return &source{alerts: map[alert.Key]alert.Alert{}, owner: map[alert.Key]string{}, heard: make(chan time.Time, 1)}
}

func (s *source) Adopt(alerts []alert.Alert) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.adopted = append(s.adopted, alerts...)
	for _, a := range alerts {
		s.alerts[a.Key] = a
	}
}

func (s *source) restart() {
	s.alerts, s.standing, s.adopted, s.heard = map[alert.Key]alert.Alert{}, nil, nil, make(chan time.Time, 1)
}

func (s *source) Standing() *dispatch.Standing {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.standing
}

func (s *source) Listen() (<-chan time.Time, func()) { return s.heard, func() {} }

// evaluate publishes how alerts stand.
func (s *source) evaluate() {
	s.mu.Lock()
	st := &dispatch.Standing{At: time.Now()}
	for _, k := range slices.SortedFunc(maps.Keys(s.alerts), alert.Key.Compare) {
		st.Notices = append(st.Notices, dispatch.Notice{Alert: s.alerts[k], Owner: s.owner[k], At: s.alerts[k].Since})
	}
	s.standing = st
	s.mu.Unlock()
	select {
	case s.heard <- st.At:
	default:
	}
}

// fire begins an episode, unless the alert fires.
func (s *source) fire(severity alert.Severity, keys ...alert.Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range keys {
		a := s.alerts[k]
		if a.Phase == alert.Firing {
			continue
		}
		a.Key, a.Severity, a.Phase, a.Since, a.Started, a.Ended = k, severity, alert.Firing, time.Now(), time.Now(), time.Time{}
		a.Sentence = "it burns"
		a.Episode++
		a.Sequence++
		s.alerts[k] = a
	}
}

// resolve ends the episode, if there is one.
func (s *source) resolve(keys ...alert.Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range keys {
		a := s.alerts[k]
		if a.Phase != alert.Firing {
			continue
		}
		a.Phase, a.Since, a.Ended = alert.Resolved, time.Now(), time.Now()
		a.Sequence++
		s.alerts[k] = a
	}
}

// receiver is a channel that keeps what it takes.
type receiver struct {
	mu sync.Mutex
	// answers decides what becomes of a message: nil takes it. took is whether
	// it is kept although it fails.
	answers func(ctx context.Context, m *dispatch.Message) (took bool, err error)
	got     []taken
	tried   []time.Time
}

type taken struct {
	at time.Time
	dispatch.Message
}

func (r *receiver) Send(ctx context.Context, m *dispatch.Message) error {
	took, err := true, error(nil)
	if f := r.answer(); f != nil {
		took, err = f(ctx, m)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if took {
		r.got = append(r.got, taken{time.Now(), *m})
	}
	return err
}

func (r *receiver) answer() func(context.Context, *dispatch.Message) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tried = append(r.tried, time.Now())
	return r.answers
}

func (r *receiver) do(f func(context.Context, *dispatch.Message) (bool, error)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers = f
}

// The ways to fail.
func refuses(context.Context, *dispatch.Message) (bool, error) {
	return false, errs.New(errs.Unavailable, "the connection was refused")
}

func hangs(ctx context.Context, _ *dispatch.Message) (bool, error) {
	<-ctx.Done()
	return false, errs.New(errs.Unavailable, "no answer in time: %w", ctx.Err())
}

func dies(context.Context, *dispatch.Message) (bool, error) {
	return true, errs.New(errs.Unavailable, "the connection broke: %w", context.DeadlineExceeded)
}

func forbids(context.Context, *dispatch.Message) (bool, error) {
	return false, errs.New(errs.Invalid, "400 no such channel")
}

// take returns what arrived since the last call, as text: reason, group and
// the alerts.
func (r *receiver) take() (lines []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.got {
		lines = append(lines, line(&m.Message))
	}
	r.got = nil
	return lines
}

func line(m *dispatch.Message) string {
	text := string(m.Reason)
	if m.Attempt > 1 {
		text += fmt.Sprintf(" (attempt %d of %s)", m.Attempt, m.DeliveryID)
	}
	if m.Truncated > 0 {
		text += fmt.Sprintf(" (and %d more)", m.Truncated)
	}
	for _, n := range m.Alerts {
		text += fmt.Sprintf(" %s/%s#%d=%s", n.Objective.Service.Name, n.Rule, n.Episode, n.Phase)
		if n.Told {
			text += "(told)"
		}
	}
	return text
}

// store is a catalog that fails when it is told to.
type store struct {
	*catalogtest.Memory
	mu   sync.Mutex
	dead bool
	// fail decides about a call: an error before it is done, or after.
	fail func(op string) (before, after error)
	ops  int
	// pause is what a call does first.
	pause func(op string)
}

// die makes every call fail from now on, or no longer.
func (s *store) die(dead bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dead = dead
}

// pauseWith makes calls from now on do f first.
func (s *store) pauseWith(f func(op string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pause = f
}

func (s *store) wait(op string) {
	s.mu.Lock()
	pause := s.pause
	s.mu.Unlock() // while it pauses, others may call
	if pause != nil {
		pause(op)
	}
}

var errDead = errors.New("the process is dead")

// failWith makes the calls from now on fail as f says; nil makes none fail.
func (s *store) failWith(f func(op string) (before, after error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = f
}

func (s *store) around(op string, f func() error) error {
	s.wait(op)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ops++
	if s.dead {
		return errDead
	}
	var after error
	if s.fail != nil {
		var before error
		if before, after = s.fail(op); before != nil {
			return before
		}
	}
	return errors.Join(f(), after)
}

func (s *store) Commit(ctx context.Context, c *catalog.Commit) error {
	return s.around("commit", func() error { return s.Memory.Commit(ctx, c) })
}

func (s *store) Prune(ctx context.Context, p catalog.Prune) error {
	return s.around("prune", func() error { return s.Memory.Prune(ctx, p) })
}

func (s *store) Alerts(ctx context.Context) (as []alert.Alert, err error) {
	err = s.around("alerts", func() (err error) { as, err = s.Memory.Alerts(ctx); return err })
	return as, err
}

func (s *store) Outbox(ctx context.Context) (ds []catalog.Delivery, err error) {
	err = s.around("outbox", func() (err error) { ds, err = s.Memory.Outbox(ctx); return err })
	return ds, err
}

func (s *store) Revision(ctx context.Context) (n uint64, err error) {
	err = s.around("revision", func() (err error) { n, err = s.Memory.Revision(ctx); return err })
	return n, err
}

func (s *store) Notifications(ctx context.Context) (ns []catalog.Notification, err error) {
	err = s.around("notifications", func() (err error) { ns, err = s.Memory.Notifications(ctx); return err })
	return ns, err
}
