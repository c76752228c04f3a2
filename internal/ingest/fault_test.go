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
	"github.com/leadline/leadline/internal/ingest"
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

// TestMinutesThatWereRefusedAreNotSilent fills the disk for half an hour in
// which the senders give up. An indicator that counts nothing is zero and
// silent before and after it, and unknown in between.
func TestMinutesThatWereRefusedAreNotSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newCrashWorld(t, 1)
		n := w.mustStart()
		b := w.binding()
		b.Indicators[1].CountSilence = true
		if err := n.Rebind(t.Context(), b, func([]ingest.Counted, slice.Minute) {}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(70 * time.Second) // what is new begins with the next minute
		first := slice.MinuteOf(time.Now())
		var from, through slice.Minute
		for i := range 90 {
			now := time.Now()
			switch i {
			case 20:
				w.disk.SetCapacity(0)
				from = slice.MinuteOf(now)
			case 50:
				w.disk.SetCapacity(1 << 40)
				through = slice.MinuteOf(now)
			}
			o := otlpgen.Options{Environment: "production", Mix: []otlpgen.Operation{otlpgen.Checkout}, From: now.Add(-time.Second), To: now}
			_, err := n.Consume(t.Context(), wire.Traces, otlpgen.Traces(uint64(i), 5, o))
			if refused := i >= 20 && i < 50; (err != nil) != refused {
				t.Fatalf("request %d: %v", i, err)
			}
			time.Sleep(time.Minute)
		}
		n.stop()
		total := slice.Key{Service: shop(), Indicator: string(w.fast.ID)}
		silent := total
		silent.Tally = slice.Silent
		last, _, _ := w.store.Last(t.Context())
		for m := first; m <= last; m++ {
			_, zero := w.store.counts[slot{total, m}]
			quiet := w.store.counts[slot{silent, m}].Good == 1
			if want := m < from || m > through; zero != want || quiet != want {
				t.Errorf("minute %d, refused from %d through %d: measured %v, silent %v, want %v", m, from, through, zero, quiet, want)
			}
		}
		if last < through+10 {
			t.Errorf("stored through %d only", last)
		}
	})
}

// TestARefusedMinuteHasNoRecord refuses all that a few minutes bring: nothing
// is known of them, so nothing is stored.
func TestARefusedMinuteHasNoRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newCrashWorld(t, 1)
		n := w.mustStart()
		time.Sleep(2 * time.Minute)
		w.disk.SetCapacity(0)
		from := slice.MinuteOf(time.Now())
		o := otlpgen.Options{Environment: "production"}
		for range 5 {
			o.From, o.To = time.Now().Add(-time.Second), time.Now()
			if _, err := n.Consume(t.Context(), wire.Traces, otlpgen.Traces(w.rng.Uint64(), 20, o)); err == nil {
				t.Fatal("a full disk took a request")
			}
			time.Sleep(time.Minute)
		}
		through := slice.MinuteOf(time.Now()) - 1
		w.disk.SetCapacity(1 << 40)
		if _, err := n.Consume(t.Context(), wire.Traces, w.request(20)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(15 * time.Minute)
		synctest.Wait()
		n.stop()
		for _, m := range w.store.stored {
			if m >= from && m < through { // what came with space again ended in the last one
				t.Errorf("minute %d is stored, refused from %d through %d", m, from, through)
			}
		}
		if last, _, _ := w.store.Last(t.Context()); last <= through {
			t.Errorf("stored through %d only", last)
		}
	})
}

// TestTheMinuteInWhichAProcessEndedIsNotSilent ends a process early in a
// minute: nobody knows what came in the rest of it.
func TestTheMinuteInWhichAProcessEndedIsNotSilent(t *testing.T) {
	for name, c := range map[string]struct {
		down time.Duration
		up   bool
	}{
		"back in the same minute": {20 * time.Second, true},
		"back later":              {5 * time.Minute, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newCrashWorld(t, 1)
				n := w.mustStart()
				time.Sleep(15*time.Minute + 10*time.Second) // the indicators are no longer new
				for seed := range uint64(2) {
					now := time.Now()
					o := otlpgen.Options{Environment: "production", Mix: []otlpgen.Operation{otlpgen.Checkout}, From: now.Add(-time.Second), To: now}
					if _, err := n.Consume(t.Context(), wire.Traces, otlpgen.Traces(seed, 5, o)); err != nil {
						t.Fatal(err)
					}
					time.Sleep(20 * time.Second)
					if seed == 0 {
						time.Sleep(40 * time.Second)
					}
				}
				ended := slice.MinuteOf(time.Now())
				n.stop()
				time.Sleep(c.down)
				n = w.mustStart()
				time.Sleep(20 * time.Minute)
				synctest.Wait()
				n.stop()
				total := slice.Key{Service: shop(), Indicator: string(w.fast.ID)}
				for m, want := range map[slice.Minute]bool{ended - 1: true, ended: c.up} {
					if _, zero := w.store.counts[slot{total, m}]; zero != want {
						t.Errorf("minute %d, ended in %d: measured %v, want %v", m, ended, zero, want)
					}
				}
			})
		})
	}
}
