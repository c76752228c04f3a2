// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"context"
	"errors"
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

// sulky is a store that refuses while it sulks.
type sulky struct {
	shelf
	sulks atomic.Bool
}

func (s *sulky) Append(ctx context.Context, c slice.Closed) error {
	if s.sulks.Load() {
		return errors.New("the store sulks")
	}
	return s.shelf.Append(ctx, c)
}

// TestTheLogKeepsWhatTheStoreRefuses refuses for three days, longer than
// minute records are kept otherwise, with room in memory for a few of them
// and with a restart. All that time they are shown, and then they are stored.
func TestTheLogKeepsWhatTheStoreRefuses(t *testing.T) {
	for name, room := range map[string]int{"one minute in memory": 1, "an hour in memory": 30_000, "all in memory": 1 << 30} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, dir, at := newWorld(t), t.TempDir(), &cursors{}
				store := &sulky{shelf: shelf{t: t, counts: ledger{}}}
				cfg := ingest.DefaultConfig()
				cfg.WaitingBytes = room
				life := func() (*ingest.Engine, func()) {
					e, err := ingest.Open(cfg, intakelog.OS(dir), intakelog.Config{ReserveBytes: 1}, slice.Minute(at.at), w.binding(), discard{}, bubbleClock{time.Now()}, slog.New(slog.DiscardHandler))
					if err != nil {
						t.Fatal(err)
					}
					ctx, cancel := context.WithCancel(t.Context())
					ended := make(chan error, 2)
					go func() { ended <- e.Run(ctx) }()
					go func() { ended <- e.Project(ctx, store, at, func(slice.Closed) {}, func() {}) }()
					return e, func() {
						cancel()
						for range 2 {
							if err := <-ended; err != nil {
								t.Error(err)
							}
						}
					}
				}
				send := func(e *ingest.Engine, n int) {
					for range n {
						time.Sleep(10 * time.Minute)
						o := otlpgen.Options{Environment: "production", From: time.Now().Add(-time.Second), To: time.Now()}
						spans := otlpgen.Spans(uint64(time.Now().Unix()), 5, o)
						for _, s := range spans {
							w.count(s)
						}
						if _, err := e.Consume(t.Context(), wire.Traces, otlpgen.Encode(spans, o)); err != nil {
							t.Fatal(err)
						}
					}
				}
				e, stop := life()
				send(e, 6)
				store.sulks.Store(true)
				send(e, 6*36)
				stop()
				e, stop = life()
				send(e, 6*36)
				time.Sleep(20*time.Minute + 30*time.Second)
				last, shown := store.last, 0
				if err := e.Waiting(func(c slice.Closed) {
					if c.Minute <= last {
						t.Errorf("minute %d waits after %d", c.Minute, last)
					}
					last, shown = c.Minute, shown+1
				}); err != nil {
					t.Fatal(err)
				}
				if n := e.Totals().Waiting; n < 3*24*60 || shown != n {
					t.Errorf("%d minutes wait, %d are shown", n, shown)
				}
				if err := e.Health(); err == nil || !strings.Contains(err.Error(), "the store sulks") {
					t.Errorf("health while the store refuses: %v", err)
				}
				store.sulks.Store(false)
				time.Sleep(time.Minute)
				synctest.Wait()
				if err := e.Health(); err != nil {
					t.Errorf("health when the store takes minutes again: %v", err)
				}
				stop()
				w.compare(t, store.counts)
			})
		})
	}
}
