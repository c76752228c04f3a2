// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/app"
	"github.com/leadline/leadline/internal/slice"
)

const heardFile = `
apiVersion: leadline/v1
kind: Service
metadata: {name: shop-api}
spec:
  objectives:
    - {name: heard, availability: {}, target: 90%, window: 1h, when_silent: bad}
`

// TestSilenceSurvivesARestart measures minutes without events and ends before
// any of them is closed: the next process shows the same minutes.
func TestSilenceSurvivesARestart(t *testing.T) {
	if testing.Short() {
		t.Skip("a long test, see make test")
	}
	clock, cfg := &jumpyClock{start: time.Now()}, settings(t)
	if err := os.WriteFile(filepath.Join(cfg.Services, "shop.yaml"), []byte(heardFile), 0o600); err != nil {
		t.Fatal(err)
	}
	// Every process lives in the middle of a minute.
	clock.off.Store(int64(30*time.Second - time.Duration(time.Now().UnixNano())%time.Minute))
	begin := slice.MinuteOf(clock.Now())
	lives := func(live func(s *server, send func(body string), shows func(want ...int))) {
		a, err := app.NewWithClock(cfg, slog.New(slog.DiscardHandler), clock)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- a.Run(ctx) }()
		defer func() {
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}()
		s := &server{t: t, base: "http://" + a.Addrs().UI}
		send := func(body string) {
			t.Helper()
			answer, err := http.Post("http://"+a.Addrs().OTLPHTTP+"/v1/traces", "application/json", strings.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			s.decode(answer, http.StatusOK, &struct{}{})
		}
		// shows waits for the minutes to be so many good events each, -1 for
		// one that was not measured.
		shows := func(want ...int) {
			t.Helper()
			var got []int
			for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
				if a.Ready() == nil {
					got = s.heard(begin, len(want))
				}
				if cmp.Equal(want, got) {
					return
				}
				if time.Now().After(deadline) {
					t.Fatalf("the minutes show %v, want %v", got, want)
				}
			}
		}
		live(s, send, shows)
	}
	elsewhere := func(id int) string {
		return strings.ReplaceAll(checkout(id, slice.MinuteOf(clock.Now()), 200), "shop-api", "other-api")
	}
	lives(func(_ *server, send func(string), shows func(...int)) {
		clock.off.Add(int64(time.Minute)) // the objective is measured from the next minute on
		for id := range 3 {
			send(checkout(id+1, begin+1, 200))
		}
		shows(-1, 3)
		for id, want := range [][]int{{-1, 3, 0}, {-1, 3, 0, 0}, {-1, 3, 0, 0, 0}} {
			clock.off.Add(int64(time.Minute))
			send(elsewhere(id + 10))
			shows(want...)
		}
	})
	lives(func(_ *server, _ func(string), shows func(...int)) { shows(-1, 3, 0, 0, 0) })
}

// heard returns the good events of so many minutes, -1 for what was not measured.
func (s *server) heard(from slice.Minute, n int) []int {
	s.t.Helper()
	stamp := func(m slice.Minute) string { return m.Start().Format(time.RFC3339) }
	answer, err := http.Get(fmt.Sprintf("%s/api/v1/slos/shop-api/heard?from=%s&to=%s", s.base, stamp(from), stamp(from+slice.Minute(n))))
	if err != nil {
		s.t.Fatal(err)
	}
	var v struct{ Series struct{ Good []*int } }
	s.decode(answer, http.StatusOK, &v)
	good := make([]int, len(v.Series.Good))
	for i, x := range v.Series.Good {
		if good[i] = -1; x != nil {
			good[i] = *x
		}
	}
	return good
}
