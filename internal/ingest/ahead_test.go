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

// fastClock is ahead of the bubble's time.
type fastClock struct {
	bubbleClock
	by time.Duration
}

func (c fastClock) Now() time.Time { return c.bubbleClock.Now().Add(c.by) }

// TestMinutesFromAClockThatWasAheadWaitForTheirTime restarts an engine whose
// clock was hours ahead. What it counted then is told to the evaluation once
// its time has come, once, and stored like everything else.
func TestMinutesFromAClockThatWasAheadWaitForTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, w, told, store, log := t.TempDir(), newWorld(t), &view{counts: ledger{}}, &shelf{t: t, counts: ledger{}}, bytes.Buffer{}
		life := func(by time.Duration) (*ingest.Engine, func()) {
			e, err := ingest.Open(ingest.DefaultConfig(), intakelog.OS(dir), intakelog.Config{ReserveBytes: 1},
				0, w.binding(), told, fastClock{bubbleClock{time.Now()}, by}, slog.New(slog.NewTextHandler(&log, nil)))
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 2)
			go func() { ended <- e.Run(ctx) }()
			go func() { ended <- e.Project(ctx, store, &cursors{}, told.closed, func() {}) }()
			return e, func() {
				cancel()
				for range 2 {
					if err := <-ended; err != nil {
						t.Error(err)
					}
				}
			}
		}
		send := func(e *ingest.Engine, seed uint64, end time.Time) {
			o := otlpgen.Options{Environment: "production", From: end.Add(-time.Second), To: end}
			spans := otlpgen.Spans(seed, 50, o)
			for _, s := range spans {
				w.count(s)
			}
			if r, err := e.Consume(t.Context(), wire.Traces, otlpgen.Encode(spans, o)); err != nil || r.Rejected > 0 {
				t.Fatalf("%+v, %v", r, err)
			}
		}
		const ahead = 3 * time.Hour
		e, stop := life(ahead)
		send(e, 1, time.Now().Add(ahead))
		stop()
		clear(told.counts)
		e, stop = life(0)
		now := slice.MinuteOf(time.Now())
		if n := strings.Count(log.String(), "ahead"); n != 1 {
			t.Errorf("the log names the minutes ahead %d times:\n%s", n, log.String())
		}
		if err := e.Rebind(t.Context(), w.binding(), func(open []ingest.Counted, _ slice.Minute) {
			for _, c := range open {
				if c.Minute > now+10 {
					t.Errorf("told of %v in minute %d, it is %d", c.Series.Key, c.Minute, now)
				}
			}
			// Here, because the committer writes what it tells.
			for k, c := range told.counts {
				if k.minute > now+10 {
					t.Errorf("told of %v in minute %d: %+v, it is %d", k.key, k.minute, c, now)
				}
			}
		}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(ahead - 5*time.Minute)
		send(e, 2, time.Now().Add(5*time.Minute))
		time.Sleep(30 * time.Minute)
		synctest.Wait()
		stop()
		w.compare(t, store.counts)
		w.compare(t, told.counts)
	})
}

// setClock is a clock that is set back.
type setClock struct {
	bubbleClock
	by *atomic.Int64 // a time.Duration
}

func (c setClock) Now() time.Time { return c.bubbleClock.Now().Add(time.Duration(c.by.Load())) }

// TestAMinuteThatTheClockLeavesIsToldOnce sets the clock back by a minute and
// a half after an event of a minute that lies as far ahead as any may, and then
// takes another event of that minute, and reloads the indicators before or
// after it: who was told of the first is told of the second only.
func TestAMinuteThatTheClockLeavesIsToldOnce(t *testing.T) {
	for name, reloads := range map[string][]time.Duration{
		"without a reload": nil, "with a reload": {0}, "with several": {0, 3 * time.Minute, 20 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { toldOnce(t, reloads) })
		})
	}
}

func toldOnce(t *testing.T, reloads []time.Duration) {
	w, told, by := newWorld(t), &view{counts: ledger{}}, &atomic.Int64{}
	e, err := ingest.Open(ingest.DefaultConfig(), intakelog.OS(t.TempDir()), intakelog.Config{ReserveBytes: 1},
		0, w.binding(), told, setClock{bubbleClock{time.Now()}, by}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- e.Run(ctx) }()
	far := time.Now().Truncate(time.Minute).Add(10*time.Minute + 30*time.Second)
	send := func(seed uint64) {
		o := otlpgen.Options{Environment: "production", From: far.Add(-time.Second), To: far}
		spans := otlpgen.Spans(seed, 50, o)
		for _, s := range spans {
			w.count(s)
		}
		if r, err := e.Consume(t.Context(), wire.Traces, otlpgen.Encode(spans, o)); err != nil || r.Rejected > 0 {
			t.Fatalf("%+v, %v", r, err)
		}
	}
	time.Sleep(time.Second)
	send(1)
	by.Store(int64(-90 * time.Second))
	time.Sleep(2 * time.Second)
	for i, after := range append(reloads, time.Hour) {
		if i < len(reloads) {
			time.Sleep(after)
			if err := e.Rebind(t.Context(), w.binding(), func([]ingest.Counted, slice.Minute) {}); err != nil {
				t.Fatal(err)
			}
		}
		if i == 0 {
			time.Sleep(2 * time.Minute)
			send(2)
		}
	}
	time.Sleep(30 * time.Minute)
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	got := ledger{}
	for k, c := range told.counts {
		if k.key.Indicator != "" && k.key.Tally == "" {
			got[k] = c
		}
	}
	w.compare(t, got)
}
