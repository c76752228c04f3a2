// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval_test

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/series/seriestest"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
)

// busy is a store whose reads take a while of a processor.
type busy struct {
	series.Store
	read   time.Duration
	worked time.Duration
}

func (s *busy) Sums(context.Context, series.Query) ([]series.Row, error) {
	time.Sleep(s.read)
	s.worked += s.read
	return nil, nil
}

// TestRestoreRests holds a long restore to its rests, in which what senders
// deliver after a start is counted: as long as the work on one processor, half
// as long on two. What takes long has waited, and does not rest for that too.
func TestRestoreRests(t *testing.T) {
	for _, c := range []struct {
		name       string
		read       time.Duration
		processors int
		least, max float64 // of the rests, in parts of the work
	}{
		{"one processor", 50 * time.Microsecond, 1, 1, 1},
		{"two processors", 50 * time.Microsecond, 2, 0.5, 0.5},
		{"a slow disk", 20 * time.Millisecond, 1, 0.001, 0.1},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(c.processors))
			synctest.Test(t, func(t *testing.T) {
				e := eval.New(time.Now, time.Second, slog.New(slog.DiscardHandler))
				fresh := e.Install([]*slo.Objective{objective("a", 990_000_000, 28*day), objective("b", 990_000_000, 7*day)})
				store, began := &busy{Store: seriestest.NewMemory(), read: c.read}, time.Now()
				if err := e.Restore(t.Context(), store, fresh, slice.MinuteOf(began)); err != nil {
					t.Fatal(err)
				}
				rests := float64(time.Since(began)-store.worked) / float64(store.worked)
				if rests < c.least || rests > c.max {
					t.Errorf("rests of %.3f of the work, want %.3f to %.3f", rests, c.least, c.max)
				}
			})
		})
	}
}

func TestRestoreEndsWhenTold(t *testing.T) {
	e := eval.New(time.Now, time.Second, slog.New(slog.DiscardHandler))
	fresh := e.Install([]*slo.Objective{objective("a", 990_000_000, 28*day)})
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("stopping")
	cancel(cause)
	if err := e.Restore(ctx, &busy{Store: seriestest.NewMemory()}, fresh, 0); !errors.Is(err, cause) {
		t.Errorf("got %v, want %v", err, cause)
	}
}
