// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/dispatch"
)

// wantTold compares what receivers know of shop/a.
func (w *world) wantTold(when string, want ...string) {
	w.t.Helper()
	var got []string
	for _, d := range w.engine.Status().Told[key("shop", "a")] {
		says := "began"
		if d.Over {
			says = "ended"
		}
		got = append(got, fmt.Sprintf("%s #%d %s %s after %d %s", d.Receiver, d.Episode, says, d.State, d.Attempts, d.Error))
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("%s: got %q, want %q", when, got, want)
	}
}

func TestTold(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.cfg.Routes = []dispatch.Route{{Receiver: "chat", Continue: true}, {Receiver: "pager"}}
		a := key("shop", "a")
		w.start()
		w.wantTold("before anything")
		w.receivers["pager"].do(refuses)
		w.source.fire(alert.Page, a)
		w.step()
		w.wantTold("while one refuses", "chat #1 began delivered after 1 ", "pager #1 began waiting after 1 the connection was refused")
		w.receivers["pager"].do(forbids)
		w.pass(10 * time.Second)
		w.wantTold("when it has given up", "chat #1 began delivered after 1 ", "pager #1 began given_up after 2 400 no such channel")
		w.source.resolve(a)
		w.step()
		w.wantTold("at the end, of which one hears", "chat #1 ended delivered after 1 ", "pager #1 began given_up after 2 400 no such channel")
		w.stop()
		w.restart()
		w.step()
		w.wantTold("after a restart", "chat #1 ended delivered after 1 ", "pager #1 began given_up after 2 400 no such channel")
		w.source.fire(alert.Page, a)
		w.receivers["pager"].do(hangs)
		w.step()
		w.wantTold("in the next episode", "chat #2 began delivered after 1 ", "pager #2 began attempting after 1 ")
	}, "chat", "pager")
}

// TestToldLongAgo knows of an incident whose delivery was pruned.
func TestToldLongAgo(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.cfg.Routes = []dispatch.Route{{Receiver: "pager", RepeatInterval: -1}}
		w.start()
		w.source.fire(alert.Page, key("shop", "a"))
		w.step()
		w.stop()
		time.Sleep(31 * 24 * time.Hour)
		if err := w.store.Prune(t.Context(), catalog.Prune{Finished: time.Now()}); err != nil {
			t.Fatal(err)
		}
		w.restart()
		w.step()
		w.wantTold("after a month", "pager #1 began delivered after 0 ")
	})
}

// TestChangesAreAnnounced hears of what changes what people see, and of
// nothing else.
func TestChangesAreAnnounced(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.start()
		heard, end := w.engine.Listen()
		defer end()
		announced := func() bool {
			select {
			case <-heard:
				return true
			default:
				return false
			}
		}
		w.step()
		announced() // heartbeats may go from now on
		for _, c := range []struct {
			what string
			do   func()
			want bool
		}{
			{"nothing", w.step, false},
			{"an alert", func() { w.source.fire(alert.Page, key("shop", "a")); w.step() }, true},
			{"an evaluation", func() { w.pass(20 * time.Second) }, false},
			{"a silence", func() {
				if _, err := w.engine.Silence(t.Context(), catalog.Silence{
					Matchers: []string{"service=cart"}, Author: "me", Comment: "a drill", Ends: time.Now().Add(time.Hour),
				}); err != nil {
					t.Fatal(err)
				}
			}, true},
			{"its end", func() { w.pass(2 * time.Hour) }, false},
			{"the end of the alert", func() { w.source.resolve(key("shop", "a")); w.step() }, true},
		} {
			if c.do(); announced() != c.want {
				t.Errorf("%s is announced: %v, want %v", c.what, !c.want, c.want)
			}
		}
	})
}

func TestLastFailureIsKept(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.start()
		w.receivers["pager"].do(refuses)
		failed := time.Now()
		w.source.fire(alert.Page, key("shop", "a"))
		w.step()
		w.receivers["pager"].do(nil)
		w.pass(10 * time.Second)
		if got := w.engine.Status().Receivers[0]; got.Failure != "the connection was refused" || !got.Failed.Equal(failed) || got.LastError != "" || !got.Next.IsZero() {
			t.Errorf("after a success: %+v", got)
		}
	})
}
