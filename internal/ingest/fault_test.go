// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/intakelog"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/testkit/otlpgen"
	"github.com/leadline/leadline/internal/wire"
)

// request makes a request of spans that ended just now, and counts them in
// the model.
func (w *crashWorld) request(n int) []byte {
	o := otlpgen.Options{Environment: "production", From: time.Now().Add(-time.Second), To: time.Now()}
	spans := otlpgen.Spans(w.rng.Uint64(), n, o)
	for _, s := range spans {
		w.count(s)
	}
	return otlpgen.Encode(spans, o)
}

func (w *crashWorld) mustStart() *life {
	w.t.Helper()
	n, err := w.begin()
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// TestNothingIsAcknowledgedAfterAFailedSync fails one sync: the request that
// waits for it and all after it are refused, health says why, and a restart
// counts what is sent again once.
func TestNothingIsAcknowledgedAfterAFailedSync(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newCrashWorld(t, 1)
		n := w.mustStart()
		good, lost := w.request(20), w.request(30)
		if _, err := n.Consume(t.Context(), wire.Traces, good); err != nil {
			t.Fatal(err)
		}
		if err := n.Health(); err != nil {
			t.Fatalf("before the fault: %v", err)
		}
		w.disk.Fail(intakelog.OpSync, 1, syscall.EIO)
		for range 3 { // the later syncs would succeed: they must not be believed
			_, err := n.Consume(t.Context(), wire.Traces, lost)
			if errs.KindOf(err) != errs.Unavailable {
				t.Fatalf("after a failed sync: %v, want unavailable", err)
			}
		}
		if err := n.Health(); err == nil || !strings.Contains(err.Error(), "sync") {
			t.Errorf("health after a failed sync: %v", err)
		}
		time.Sleep(15 * time.Minute)
		if len(w.store.stored) > 0 {
			t.Errorf("minutes %v were closed by a log that has stopped", w.store.stored)
		}
		n.stop()
		w.disk = w.disk.Crash(1)
		n = w.mustStart()
		for _, body := range [][]byte{lost, good, lost} {
			if r, err := n.Consume(t.Context(), wire.Traces, body); err != nil || r.Rejected > 0 {
				t.Errorf("after the restart: %+v, %v", r, err)
			}
		}
		time.Sleep(15 * time.Minute)
		synctest.Wait()
		n.stop()
		w.compare(t, w.store.counts)
	})
}

// TestWhatAFullDiskRefusedIsNotLate keeps the disk full for longer than a
// minute stays open: what a sender could not get rid of in that time counts
// when there is space again, and what was counted before counts once.
func TestWhatAFullDiskRefusedIsNotLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newCrashWorld(t, 1)
		n := w.mustStart()
		before, during := w.request(20), w.request(30)
		if _, err := n.Consume(t.Context(), wire.Traces, before); err != nil {
			t.Fatal(err)
		}
		ended := slice.MinuteOf(time.Now())
		w.disk.SetCapacity(0)
		for range 45 {
			if _, err := n.Consume(t.Context(), wire.Traces, during); errs.KindOf(err) != errs.Unavailable {
				t.Fatalf("on a full disk: %v, want unavailable", err)
			}
			time.Sleep(time.Minute)
		}
		w.disk.SetCapacity(1 << 40)
		for _, body := range [][]byte{during, before} {
			if r, err := n.Consume(t.Context(), wire.Traces, body); err != nil || r.Rejected > 0 {
				t.Errorf("with space again: %+v, %v", r, err)
			}
		}
		time.Sleep(12 * time.Minute)
		synctest.Wait()
		if err := n.Health(); err != nil {
			t.Errorf("with space again: %v", err)
		}
		if last, _, _ := w.store.Last(t.Context()); last < ended {
			t.Errorf("minute %d is not stored 12 minutes later, only through %d", ended, last)
		}
		n.stop()
		w.compare(t, w.store.counts)
	})
}
