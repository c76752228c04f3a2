// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"slices"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/testkit/otlpgen"
)

// TestManyMinutesCloseInParts ends the minutes of a downtime together, which
// senders have made good. No tick records many of them, because senders wait
// while it does; all are recorded in the end, in order and whole.
func TestManyMinutesCloseInParts(t *testing.T) {
	const gap = 100
	e := openLog(t, t.TempDir())
	t.Cleanup(func() {
		if err := e.log.Close(); err != nil {
			t.Error(err)
		}
	})
	now := time.Date(2026, 11, 23, 12, 0, 30, 0, time.UTC)
	first := slice.MinuteOf(now) - gap
	e.closer.schedule = newSchedule(first, e.cfg.Grace)
	tick := func(after time.Duration) {
		t.Helper()
		if err := e.closer.tick(now.Add(after), after); err != nil {
			t.Fatal(err)
		}
	}
	tick(0)
	o := otlpgen.Options{Environment: "production", Mix: []otlpgen.Operation{otlpgen.Checkout}, From: first.Start(), To: first.Start().Add(gap * time.Minute)}
	s := newScan()
	if err := e.scanner.traces(s, otlpgen.Traces(1, 100*gap, o), e.binding.Load(), now); err != nil {
		t.Fatal(err)
	}
	e.closer.commit([]*scan{s}, now)
	if r := <-s.reply; r.err != nil || r.late > 0 {
		t.Fatalf("%+v", r)
	}
	var before int
	for i := 0; i == 0 || len(e.pending.queue) > before; i++ {
		before = len(e.pending.queue)
		tick(10*time.Minute + time.Duration(i)*time.Second)
		if n := len(e.pending.queue) - before; n > closeAtOnce {
			t.Fatalf("one tick recorded %d minutes, want at most %d", n, closeAtOnce)
		}
		if last := e.closer.through(); before > 0 && last < e.pending.last {
			t.Errorf("through %d, but %d is recorded", last, e.pending.last)
		}
	}
	if len(e.pending.queue) != gap {
		t.Errorf("%d minutes are recorded, want %d", len(e.pending.queue), gap)
	}
	if !slices.IsSortedFunc(e.pending.queue, func(a, b closedRecord) int { return int(a.minute - b.minute) }) {
		t.Error("minutes are out of order")
	}
	var events uint64
	total := totalKey(e.binding.Load().Indicators[0].Indicator)
	for _, r := range e.pending.queue {
		c, err := readClosed(r.payload)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range c.Samples {
			if x.Key == total {
				events += x.Counts.Total() + x.Counts.Excluded
			}
		}
	}
	if events != 100*gap {
		t.Errorf("%d events are recorded, want %d", events, 100*gap)
	}
}
