// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/series/seriestest"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
)

// busy is a store whose reads take half a millisecond of a processor.
type busy struct {
	series.Store
	worked time.Duration
}

func (s *busy) Sums(context.Context, series.Query) ([]series.Row, error) {
	time.Sleep(time.Millisecond / 2)
	s.worked += time.Millisecond / 2
	return nil, nil
}

// TestRestoreLeavesHalfOfAProcessor holds a long restore to its rests, in
// which what senders deliver after a start is counted.
func TestRestoreLeavesHalfOfAProcessor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := eval.New(time.Now, time.Second, slog.New(slog.DiscardHandler))
		fresh := e.Install([]*slo.Objective{objective("a", 990_000_000, 28*day), objective("b", 990_000_000, 7*day)})
		store, began := &busy{Store: seriestest.NewMemory()}, time.Now()
		if err := e.Restore(t.Context(), store, fresh, slice.MinuteOf(began)); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); store.worked == 0 || took != 2*store.worked {
			t.Errorf("took %v for %v of work", took, store.worked)
		}
	})
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
