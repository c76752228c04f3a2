// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leadline/leadline/internal/crashfs"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/ingest"
	"github.com/leadline/leadline/internal/intakelog"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/testkit/otlpgen"
	"github.com/leadline/leadline/internal/wire"
)

// TestPowerCutsLoseAndDoubleNothing lets an engine live several lives on a
// disk that loses what was not synced, with power cuts at random operations,
// kills, passing faults and downtimes between them, while what has no answer
// is sent again. In the end every closed minute in the store must be what a
// naive count of the distinct events says, and what the last life told the
// evaluation, from its three sources, must be the same.
func TestPowerCutsLoseAndDoubleNothing(t *testing.T) {
	seeds := uint64(200)
	if testing.Short() {
		seeds = 20
	}
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) {
			w := newCrashWorld(t, seed)
			w.firstLife()
			for range 2 + w.rng.IntN(5) {
				w.live()
			}
			w.lastLife()
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		})
	}
}

// crashWorld is a machine with its senders.
type crashWorld struct {
	*world
	t     *testing.T
	rng   *rand.Rand
	disk  *crashfs.FS
	store *lossyStore
	// unsure are requests without an answer.
	unsure [][]otlpgen.Span
	mu     sync.Mutex // guards unsure while several send at once
	recent [][]otlpgen.Span
}

func newCrashWorld(t *testing.T, seed uint64) *crashWorld {
	w := &crashWorld{
		world: newWorld(t), t: t, rng: rand.New(rand.NewPCG(seed, 7)),
		disk: crashfs.New(), store: &lossyStore{t: t, counts: ledger{}},
	}
	if seed%2 == 0 {
		w.disk.InOrder()
	}
	return w
}

// life is one process.
type life struct {
	*ingest.Engine
	view *view
	stop func()
}

// begin starts a process, or says why it did not come up.
func (w *crashWorld) begin() (*life, error) {
	at, _, err := intakelog.OpenCursors(w.disk, "cursors")
	if err != nil {
		return nil, err
	}
	cursor, _ := at.LoadCursor("tsdb")
	v := &view{counts: ledger{}}
	e, err := ingest.Open(ingest.DefaultConfig(), w.disk, intakelog.Config{SegmentBytes: 16 << 10, ReserveBytes: 1},
		slice.Minute(cursor), w.binding(), v, bubbleClock{time.Now()}, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	v.stored(w.store)
	ctx, cancel := context.WithCancel(w.t.Context())
	var ended sync.WaitGroup
	ended.Go(func() { _ = e.Run(ctx) }) // after a power cut it cannot close its log
	ended.Go(func() {
		if err := e.Project(ctx, w.store, at, v.closed, func() {}); err != nil {
			w.t.Error(err)
		}
	})
	return &life{e, v, func() { cancel(); ended.Wait() }}, nil
}

// firstLife closes a minute on a sound disk: an engine that never closed one
// is new, and refuses what ended before it was there.
func (w *crashWorld) firstLife() {
	n, err := w.begin()
	if err != nil {
		w.t.Fatal(err)
	}
	w.work(n, 1)
	time.Sleep(12 * time.Minute)
	n.stop()
}

// live is one life from its start to its crash.
func (w *crashWorld) live() {
	w.disk.PowerOff(w.rng.IntN(400))
	if w.rng.IntN(4) == 0 {
		w.disk.Fail(intakelog.OpWrite, 1+w.rng.IntN(40), syscall.EIO)
		w.disk.Fail(intakelog.OpTruncate, 1, syscall.EIO)
	}
	if w.rng.IntN(4) == 0 {
		w.disk.Fail(intakelog.OpSync, 1+w.rng.IntN(80), syscall.EIO)
	}
	if w.rng.IntN(3) == 0 {
		w.disk.Fail(intakelog.OpRemove, 1+w.rng.IntN(4), syscall.EIO)
	}
	if n, err := w.begin(); err == nil {
		w.work(n, 40+w.rng.IntN(60))
		n.stop()
	}
	w.crash()
	time.Sleep(time.Duration(w.rng.IntN(3*3600)) * time.Second)
}

func (w *crashWorld) crash() {
	if w.rng.IntN(4) == 0 {
		w.disk.Kill()
		return
	}
	w.disk = w.disk.Crash(w.rng.Uint64())
	w.store.crash(w.rng)
}

// work sends until the process has stopped counting.
func (w *crashWorld) work(n *life, requests int) {
	w.recent = nil
	for range requests {
		w.together(n, w.again())
		now := time.Now()
		o := otlpgen.Options{Environment: "production", ErrorShare: 0.1, From: now.Add(-8 * time.Minute), To: now.Add(9 * time.Minute)}
		spans := otlpgen.Spans(w.rng.Uint64(), 1+w.rng.IntN(40), o)
		for _, s := range spans {
			w.count(s)
		}
		w.recent = append(w.recent[max(0, len(w.recent)-1):], spans)
		cut := w.rng.IntN(len(spans))
		requests := [][]otlpgen.Span{spans[:cut], spans[cut:]}
		if w.rng.IntN(5) == 0 {
			requests = append(requests, mixed(w.rng, w.recent))
		}
		w.together(n, requests)
		if n.Health() != nil && w.rng.IntN(4) == 0 {
			return
		}
		time.Sleep(time.Duration(w.rng.IntN(50)) * time.Second)
	}
}

// together sends requests at once, so that they share a commit.
func (w *crashWorld) together(n *life, requests [][]otlpgen.Span) {
	var sending sync.WaitGroup
	for _, spans := range requests {
		if len(spans) > 0 { // a request without spans says nothing
			sending.Go(func() { w.send(n, spans) })
		}
	}
	sending.Wait()
}

// send sends spans once. A process that said that its log has stopped must
// never acknowledge again.
func (w *crashWorld) send(n *life, spans []otlpgen.Span) {
	w.t.Helper()
	stopped := n.Health() != nil && strings.Contains(n.Health().Error(), "has stopped")
	r, err := n.Consume(w.t.Context(), wire.Traces, otlpgen.Encode(spans, otlpgen.Options{Environment: "production"}))
	switch {
	case err != nil:
		if errs.KindOf(err) != errs.Unavailable {
			w.t.Errorf("refused as %v: %v", errs.KindOf(err), err)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.unsure = append(w.unsure, spans)
	case stopped:
		w.t.Error("acknowledged after the log had stopped")
	case r.Rejected != 0:
		w.t.Errorf("%s", r.Message)
	}
}

// again returns what has no answer, whole or thrown together.
func (w *crashWorld) again() [][]otlpgen.Span {
	unsure := w.unsure
	w.unsure = nil
	if len(unsure) > 1 && w.rng.IntN(2) == 0 {
		var all []otlpgen.Span
		for _, spans := range unsure {
			all = append(all, spans...)
		}
		w.rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		cut := w.rng.IntN(len(all))
		unsure = [][]otlpgen.Span{all[:cut], all[cut:]}
	}
	return unsure
}

// lastLife sends the rest on a sound disk and compares.
func (w *crashWorld) lastLife() {
	w.disk.PowerOff(-1)
	n, err := w.begin()
	if err != nil {
		w.t.Fatal(err)
	}
	w.together(n, w.again())
	if len(w.unsure) > 0 {
		w.t.Error("a sound disk does not acknowledge")
	}
	time.Sleep(25 * time.Minute)
	synctest.Wait()
	n.stop()
	w.compare(w.t, w.store.counts)
	w.compare(w.t, n.view.counts)
	if n := n.Totals().Waiting; n != 0 {
		w.t.Errorf("%d minutes are still waiting for the store", n)
	}
}

// view counts as the evaluation does: what the store held at the start, the
// closed minutes that it lacked, and everything since. Each counts once.
type view struct {
	mu     sync.Mutex
	counts ledger
}

func (v *view) Count(s *slice.Series, m slice.Minute, c slice.Counts) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.counts.add(s.Key, m, c)
}

func (v *view) closed(c slice.Closed) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, s := range c.Samples {
		v.counts.add(s.Key, c.Minute, s.Counts)
	}
}

func (v *view) stored(s *lossyStore) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for k, c := range s.counts {
		v.counts.add(k.key, k.minute, c)
	}
}

// lossyStore keeps minutes as the embedded store does: a power cut takes
// those since its last sync, the newest first, and Last says so.
type lossyStore struct {
	series.Store
	t      *testing.T
	counts ledger
	stored []slice.Minute
	synced int // of stored
}

const syncMinutes = 120

func (s *lossyStore) Last(context.Context) (slice.Minute, bool, error) {
	if len(s.stored) == 0 {
		return 0, false, nil
	}
	return s.stored[len(s.stored)-1], true, nil
}

func (s *lossyStore) Append(_ context.Context, c slice.Closed) error {
	last, any, _ := s.Last(context.Background())
	if any && c.Minute <= last {
		for _, x := range c.Samples {
			if got := s.counts[slot{x.Key, c.Minute}]; got != x.Counts {
				s.t.Errorf("%v of minute %d was %+v and came again as %+v", x.Key, c.Minute, got, x.Counts)
			}
		}
		return nil
	}
	if any && (c.Minute+1)/syncMinutes != (last+1)/syncMinutes {
		s.synced = len(s.stored)
	}
	s.stored = append(s.stored, c.Minute)
	for _, x := range c.Samples {
		s.counts[slot{x.Key, c.Minute}] = x.Counts
	}
	return nil
}

func (s *lossyStore) crash(rng *rand.Rand) {
	keep := s.synced + rng.IntN(len(s.stored)-s.synced+1)
	lost := make(map[slice.Minute]bool)
	for _, m := range s.stored[keep:] {
		lost[m] = true
	}
	s.stored, s.synced = s.stored[:keep], keep
	for k := range s.counts {
		if lost[k.minute] {
			delete(s.counts, k)
		}
	}
}
