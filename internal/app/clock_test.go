// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/app"
	"github.com/leadline/leadline/internal/slice"
)

// jumpyClock is wrong by what a test says; its monotonic time is right.
type jumpyClock struct {
	start time.Time
	off   atomic.Int64
}

func (c *jumpyClock) Now() time.Time         { return time.Now().Add(time.Duration(c.off.Load())) }
func (c *jumpyClock) Elapsed() time.Duration { return time.Since(c.start) }

// TestWindowsFollowAClockThatGoesBack sets the clocks of everybody ahead by
// longer than a window and back: the window holds again what was counted
// before, and what comes after.
func TestWindowsFollowAClockThatGoesBack(t *testing.T) {
	if testing.Short() {
		t.Skip("a long test, see make test")
	}
	t.Parallel()
	clock := &jumpyClock{start: time.Now()}
	a, err := app.NewWithClock(settings(t), slog.New(slog.DiscardHandler), clock)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	s := &server{t: t, base: "http://" + a.Addrs().UI}
	until := func(what string, holds func() bool) {
		t.Helper()
		for deadline := time.Now().Add(time.Minute); !holds(); {
			if time.Now().After(deadline) {
				t.Fatalf("waited in vain until %s; today shows %s", what, s.slos()["up-today"])
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	send := func(id int) {
		t.Helper()
		answer, err := http.Post("http://"+a.Addrs().OTLPHTTP+"/v1/traces", "application/json", strings.NewReader(checkout(id, slice.MinuteOf(clock.Now()), 200)))
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			t.Fatalf("telemetry is answered with %d", answer.StatusCode)
		}
	}
	shows := func(good uint64) func() bool {
		return func() bool { o := s.slos()["up-today"]; return o.Good != nil && *o.Good == good }
	}
	// go on sends until the window ends where the clock is: events say which
	// time is right. It returns how many it sent.
	sent := 0
	goOn := func() (n uint64) {
		t.Helper()
		until("the window follows the clock", func() bool {
			sent, n = sent+1, n+1
			send(sent)
			return s.slos()["up-today"].To.Sub(clock.Now()).Abs() < 5*time.Minute
		})
		return n
	}
	until("the server is ready", func() bool { return a.Ready() == nil })
	before := goOn()
	clock.off.Store(int64(48 * time.Hour))
	until("the window has moved", shows(goOn()))
	clock.off.Store(0)
	until("it is back", shows(before+goOn()))
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
