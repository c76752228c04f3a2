// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leadline/leadline/internal/ingest"
	"github.com/leadline/leadline/internal/intakelog"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/testkit/otlpgen"
	"github.com/leadline/leadline/internal/wire"
)

// jumpyClock tells the bubble's time and what it is wrong by; its monotonic
// time is right.
type jumpyClock struct {
	bubbleClock
	off atomic.Int64
}

func (c *jumpyClock) Now() time.Time { return c.bubbleClock.Now().Add(time.Duration(c.off.Load())) }

// jumpy is an engine whose clock jumps, with what it stored and told.
type jumpy struct {
	*world
	t      *testing.T
	dir    string
	clock  *jumpyClock
	engine *ingest.Engine
	stop   func()
	store  *shelf
	told   *view
	log    bytes.Buffer
	seed   uint64
}

func newJumpy(t *testing.T, off time.Duration) *jumpy {
	j := &jumpy{world: newWorld(t), t: t, dir: t.TempDir(), store: &shelf{t: t, counts: ledger{}}}
	j.start(off)
	return j
}

// start begins a process whose clock is wrong by so much.
func (j *jumpy) start(off time.Duration) {
	j.clock, j.told = &jumpyClock{bubbleClock: bubbleClock{time.Now()}}, &view{counts: ledger{}}
	j.clock.off.Store(int64(off))
	e, err := ingest.Open(ingest.DefaultConfig(), intakelog.OS(j.dir), intakelog.Config{ReserveBytes: 1},
		0, j.binding(), j.told, j.clock, slog.New(slog.NewTextHandler(&j.log, nil)))
	if err != nil {
		j.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(j.t.Context())
	ended := make(chan error, 2)
	go func() { ended <- e.Run(ctx) }()
	go func() { ended <- e.Project(ctx, j.store, &cursors{}, j.told.closed, func() {}) }()
	j.engine = e
	j.stop = func() {
		cancel()
		for range 2 {
			if err := <-ended; err != nil {
				j.t.Error(err)
			}
		}
	}
}

// send sends events that ended just now by the sender's clock, which is wrong
// by so much, and returns how many were refused.
func (j *jumpy) send(off time.Duration) int64 {
	j.t.Helper()
	end := time.Now().Add(off)
	o := otlpgen.Options{Environment: "production", From: end.Add(-time.Second), To: end}
	j.seed++
	spans := otlpgen.Spans(j.seed, 20, o)
	body := otlpgen.Encode(spans, o)
	r, err := j.engine.Consume(j.t.Context(), wire.Traces, body)
	if err != nil {
		j.t.Fatal(err)
	}
	if r.Rejected == 0 {
		for _, s := range spans {
			j.count(s)
		}
		// What was counted once is not counted again.
		if r, err = j.engine.Consume(j.t.Context(), wire.Traces, append(body, 0xfa, 0x3f, 0)); err != nil || r.Rejected > 0 {
			j.t.Errorf("sent again: %+v, %v", r, err)
		}
	}
	return r.Rejected
}

// TestClockJumps sends events of the present while the wall clock of the
// server jumps: none is refused, and each is stored and told once.
func TestClockJumps(t *testing.T) {
	const h, day = time.Hour, 24 * time.Hour
	type leg struct {
		off  time.Duration // of the server's clock
		long time.Duration
	}
	cases := map[string]struct {
		start   time.Duration
		legs    []leg
		senders time.Duration // how far off their clocks are
	}{
		"an hour ahead and back":             {0, []leg{{0, h}, {h, 50 * time.Minute}, {0, 2 * h}}, 0},
		"a day ahead and back":               {0, []leg{{0, h}, {day, 50 * time.Minute}, {0, 2 * h}}, 0},
		"a day ahead and back at once":       {0, []leg{{day, 2 * time.Minute}, {0, h}}, 0},
		"an hour back and ahead":             {0, []leg{{0, h}, {-h, 50 * time.Minute}, {0, 2 * h}}, 0},
		"a day back and ahead":               {0, []leg{{0, h}, {-day, 50 * time.Minute}, {0, 2 * h}}, 0},
		"to and fro":                         {0, []leg{{h, 20 * time.Minute}, {-h, 20 * time.Minute}, {day, 20 * time.Minute}, {0, 2 * h}}, 0},
		"the clock is set right":             {-3 * h, []leg{{0, 3 * h}}, 0},
		"the clock was right when it jumped": {0, []leg{{h, 4 * h}}, h},
		"everybody's clock is a day ahead":   {day, []leg{{day, 2 * h}}, day},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				j := newJumpy(t, c.start)
				time.Sleep(5 * time.Second)
				for i, l := range c.legs {
					j.clock.off.Store(int64(l.off))
					for range l.long / (5 * time.Minute) {
						time.Sleep(5 * time.Minute)
						if n := j.send(c.senders); n > 0 {
							t.Errorf("leg %d, %s: %d events of the present are refused", i, time.Now().UTC(), n)
						}
						if err := j.engine.Health(); err != nil {
							t.Errorf("leg %d, %s: %v", i, time.Now().UTC(), err)
						}
					}
				}
				j.settle()
			})
		})
	}
}

// settle waits until everything is closed and compares.
func (j *jumpy) settle() {
	j.t.Helper()
	time.Sleep(2 * time.Hour)
	synctest.Wait()
	j.stop()
	j.compare(j.t, j.store.counts)
	j.compare(j.t, j.told.counts)
}

// TestStartWithAClockThatIsAhead closes minutes that have not come: nothing
// else is known at a start. When the clock is right again that is said with
// the time until when events are refused, and everything goes on from there.
func TestStartWithAClockThatIsAhead(t *testing.T) {
	for name, restart := range map[string]bool{"while it runs": false, "at a restart": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const ahead = 3 * time.Hour
				j := newJumpy(t, ahead)
				time.Sleep(30 * time.Second)
				until := time.Now().Add(ahead).Truncate(time.Minute)
				if n := j.send(ahead); n > 0 {
					t.Fatalf("%d events are refused", n)
				}
				time.Sleep(11 * time.Minute)
				if restart {
					j.stop()
					told := j.told.counts
					j.start(0)
					j.told.counts = told
				} else {
					j.clock.off.Store(0)
				}
				time.Sleep(2 * time.Second)
				until = slice.MinuteOf(until.Add(time.Minute)).Start()
				if n := j.send(0); n == 0 {
					t.Error("events of closed minutes are counted")
				}
				time.Sleep(2 * time.Second)
				if err := j.engine.Health(); err == nil || !strings.Contains(err.Error(), until.UTC().Format(time.RFC3339)) {
					t.Errorf("health says %v, want until %s", err, until.UTC())
				}
				synctest.Wait() // the committer writes what it says
				if n := strings.Count(j.log.String(), "level=ERROR"); n != 1 {
					t.Errorf("the log has %d errors:\n%s", n, j.log.String())
				}
				time.Sleep(time.Until(until) + time.Second)
				if n := j.send(0); n > 0 {
					t.Errorf("%d events are refused when the closed minutes are over", n)
				}
				if err := j.engine.Health(); err != nil {
					t.Errorf("health says %v when the closed minutes are over", err)
				}
				j.settle()
			})
		})
	}
}

// TestDoubtIsSaid names a clock that jumped, until it is believed.
func TestDoubtIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := newJumpy(t, 0)
		defer j.stop()
		said := func(want string) {
			t.Helper()
			time.Sleep(2 * time.Second)
			if got := strings.Join(j.engine.Warnings(), "\n"); !strings.Contains(got, want) || want == "" && got != "" {
				t.Errorf("warnings %q, want %q", got, want)
			}
		}
		said("")
		j.clock.off.Store(int64(9 * time.Minute))
		said("")
		j.clock.off.Store(int64(-24 * time.Hour))
		said("jumped by -24h9m0s")
		time.Sleep(time.Hour)
		said("")
	})
}
