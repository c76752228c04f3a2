// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/dispatch"
	"github.com/leadline/leadline/internal/errs"
)

// play runs a scene in a world of its own, under virtual time.
func play(t *testing.T, scene func(t *testing.T, w *world), names ...string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		if len(names) == 0 {
			names = []string{"pager"}
		}
		w := newWorld(t, names...)
		scene(t, w)
		if w.stop != nil {
			w.stop()
		}
	})
}

func (w *world) want(receiver string, want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.receivers[receiver].take()); diff != "" {
		w.t.Errorf("%s (-want +got):\n%s", receiver, diff)
	}
}

func TestAPageGoesOutAtOnce(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.start()
		w.pass(5 * time.Second)
		before := time.Now()
		w.source.fire(alert.Page, key("shop", "fast"))
		w.step() // without any time passing
		w.want("pager", "changed shop/fast#1=firing")
		if time.Now() != before {
			t.Errorf("it took %s", time.Since(before))
		}
		w.pass(time.Hour)
		w.source.resolve(key("shop", "fast"))
		w.step()
		w.want("pager", "changed shop/fast#1=resolved")
		w.pass(time.Hour)
		w.want("pager")
	})
}

func TestAlertsOfAGroupAreToldTogether(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.start()
		w.source.fire(alert.Page, key("shop", "a"), key("shop", "b"), key("other", "c"))
		w.step()
		w.want("pager", "changed other/c#1=firing", "changed shop/a#1=firing shop/b#1=firing")
		w.source.fire(alert.Page, key("shop", "d"))
		w.source.resolve(key("shop", "a"))
		w.step()
		w.want("pager", "changed shop/d#1=firing shop/a#1=resolved shop/b#1=firing(told)")
	})
}

func TestTicketsWaitForOthers(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.start()
		w.source.fire(alert.Ticket, key("shop", "a"))
		w.pass(25 * time.Second)
		w.want("pager")
		w.source.fire(alert.Ticket, key("shop", "b"))
		w.pass(10 * time.Second)
		w.want("pager", "changed shop/b#1=firing shop/a#1=firing")
		w.source.fire(alert.Ticket, key("shop", "c"))
		w.pass(4 * time.Minute)
		w.want("pager")
		w.pass(time.Minute)
		w.want("pager", "changed shop/c#1=firing shop/b#1=firing(told) shop/a#1=firing(told)")
	})
}

func TestReminders(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.cfg.Routes = []dispatch.Route{{Match: []string{"service=quiet"}, Receiver: "pager", RepeatInterval: -1}}
		w.start()
		w.source.fire(alert.Page, key("shop", "a"), key("quiet", "a"))
		w.step()
		w.receivers["pager"].take()
		w.pass(4*time.Hour - 10*time.Second)
		w.want("pager")
		w.pass(15 * time.Second)
		w.want("pager", "reminder shop/a#1=firing")
		w.pass(8 * time.Hour)
		w.want("pager", "reminder shop/a#1=firing", "reminder shop/a#1=firing")
	})
}

func TestRoutes(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.cfg.Routes = []dispatch.Route{
			{Match: []string{`severity="page"`}, Receiver: "pager", Continue: true},
			{Match: []string{`owner=team-a`, `environment!=staging`}, Receiver: "chat-a"},
			{Match: []string{`service=~"shop-.*"`}, Receiver: "chat-b", Continue: true},
			{Match: []string{`service!~"shop-.*"`, "severity=ticket"}, Receiver: "chat-b", GroupWait: time.Second},
		}
		w.start()
		w.source.owner[key("a", "x")] = "team-a"
		w.source.fire(alert.Page, key("a", "x"), key("shop-1", "x"), key("z", "x"))
		w.source.fire(alert.Ticket, key("y", "x"))
		w.step()
		w.pass(5 * time.Second)
		w.want("pager", "changed a/x#1=firing", "changed shop-1/x#1=firing", "changed z/x#1=firing")
		w.want("chat-a", "changed a/x#1=firing")
		w.want("chat-b", "changed shop-1/x#1=firing", "changed y/x#1=firing")
		w.want("rest")
		w.source.fire(alert.Ticket, key("shop-1", "t"), key("a", "t"))
		w.pass(time.Minute)
		w.want("rest")
		w.source.owner[key("a", "t")] = ""
	}, "rest", "pager", "chat-a", "chat-b")
}

func TestNobodyIsToldWithoutReceivers(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.cfg, w.receivers = dispatch.Config{}, nil
		w.start()
		w.source.fire(alert.Page, key("shop", "a"))
		w.step()
		if s := w.engine.Status(); s.Unrouted != 1 {
			t.Errorf("unrouted: %d", s.Unrouted)
		}
		alerts, _ := w.store.Memory.Alerts(t.Context())
		if len(alerts) != 1 || alerts[0].Phase != alert.Firing {
			t.Errorf("persisted: %+v", alerts)
		}
	})
}

func TestInhibitedAlertsAreToldWhenTheyAreNot(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.start()
		w.source.fire(alert.Page, key("shop", "slow"))
		inhibit := func(by string) {
			a := w.source.alerts[key("shop", "slow")]
			a.InhibitedBy = by
			w.source.alerts[a.Key] = a
		}
		inhibit("fast")
		w.step()
		w.want("pager")
		inhibit("")
		w.step()
		w.want("pager", "changed shop/slow#1=firing")
		inhibit("fast")
		w.step()
		w.source.resolve(key("shop", "slow"))
		w.step()
		w.want("pager", "changed shop/slow#1=resolved")
	})
}

func TestSendResolvedFalse(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		no := false
		w.cfg.Receivers["pager"] = dispatch.ReceiverPolicy{SendResolved: &no}
		w.start()
		w.source.fire(alert.Page, key("shop", "a"))
		w.step()
		w.source.resolve(key("shop", "a"))
		w.step()
		w.source.fire(alert.Page, key("shop", "a"))
		w.step()
		w.want("pager", "changed shop/a#1=firing", "changed shop/a#2=firing")
	})
}

func TestAMissedStandingLosesNothing(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.start()
		a := key("shop", "a")
		w.source.fire(alert.Page, a)
		w.step()
		w.source.resolve(a)
		w.source.fire(alert.Page, a) // between two evaluations
		w.receivers["pager"].do(func(_ context.Context, m *dispatch.Message) (bool, error) {
			for _, n := range m.Alerts {
				if burns := n.Sentence == "it burns"; burns != (n.Phase == alert.Firing) {
					t.Errorf("%s: %q", n.Phase, n.Sentence)
				}
			}
			return true, nil
		})
		w.step()
		w.receivers["pager"].do(nil)
		w.want("pager", "changed shop/a#1=firing", "changed shop/a#2=firing shop/a#1=resolved")
		w.source.resolve(a)
		w.step()
		w.want("pager", "changed shop/a#2=resolved")
	})
}

func TestTheSourceGoesOnFromWhatIsPersisted(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.start()
		a := key("shop", "a")
		for range 3 {
			w.source.fire(alert.Page, a)
			w.step()
			w.source.resolve(a)
			w.step()
		}
		w.receivers["pager"].take()
		delete(w.source.alerts, a) // it has lost the alert
		w.source.fire(alert.Page, a)
		w.step()
		w.want("pager")
		w.source.fire(alert.Page, a)
		w.step()
		w.want("pager", "changed shop/a#4=firing")
	})
}

func TestSilences(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.start()
		told, kept, over := key("shop", "told"), key("shop", "kept"), key("shop", "over")
		w.source.fire(alert.Page, told)
		w.step()
		s, err := w.engine.Silence(t.Context(), catalog.Silence{
			Matchers: []string{`service="shop"`}, Author: "ada", Comment: "deploy", Ends: time.Now().Add(time.Hour),
		})
		if err != nil {
			t.Fatal(err)
		}
		w.source.fire(alert.Page, kept, over)
		w.source.fire(alert.Page, key("other", "a"))
		w.step()
		w.want("pager", "changed shop/told#1=firing", "changed other/a#1=firing")
		if by := w.engine.Status().Silenced; by[kept] != s.ID || len(by) != 3 {
			t.Errorf("silenced: %v", by)
		}
		// The end of what was told is told; of what was not, nothing is.
		w.source.resolve(told, over)
		w.step()
		w.want("pager", "changed shop/told#1=resolved")
		w.pass(59 * time.Minute)
		w.want("pager")
		w.pass(65 * time.Second)
		w.want("pager", "changed shop/kept#1=firing")
		ts, err := w.store.Transitions(t.Context(), kept.Objective, 100)
		silenced := 0
		for _, x := range ts {
			if x.Silence == s.ID {
				silenced++
			}
		}
		if err != nil || silenced != 2 || len(ts) != 5 {
			t.Errorf("%d of %d transitions say that they were silenced, %v", silenced, len(ts), err)
		}
	})
}

func TestEndingASilenceTellsAtOnce(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.start()
		s, err := w.engine.Silence(t.Context(), catalog.Silence{
			Matchers: []string{`service="shop"`}, Author: "ada", Comment: "x", Ends: time.Now().Add(time.Hour),
		})
		if err != nil {
			t.Fatal(err)
		}
		w.source.fire(alert.Page, key("shop", "a"))
		w.step()
		w.want("pager")
		w.crash() // a silence survives
		w.restart()
		w.source.fire(alert.Page, key("shop", "a"))
		w.step()
		w.want("pager")
		if _, err := w.engine.EndSilence(t.Context(), s.ID); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		w.want("pager", "changed shop/a#1=firing")
		if _, err := w.engine.EndSilence(t.Context(), "nobody"); errs.KindOf(err) != errs.NotFound {
			t.Errorf("an unknown silence: %v", err)
		}
	})
}

func TestRefusedSilences(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.start()
		good := catalog.Silence{Matchers: []string{`service="shop"`}, Author: "ada", Comment: "x", Ends: time.Now().Add(time.Hour)}
		for name, f := range map[string]func(*catalog.Silence){
			"no author":          func(s *catalog.Silence) { s.Author = " " },
			"no comment":         func(s *catalog.Silence) { s.Comment = "" },
			"over before":        func(s *catalog.Silence) { s.Ends = time.Now() },
			"longer than a year": func(s *catalog.Silence) { s.Ends = time.Now().Add(400 * 24 * time.Hour) },
			"no matcher":         func(s *catalog.Silence) { s.Matchers = nil },
			"matches everything": func(s *catalog.Silence) { s.Matchers = []string{`service=~".*"`} },
			"an unknown label":   func(s *catalog.Silence) { s.Matchers = []string{`team="a"`} },
		} {
			s := good
			f(&s)
			if _, err := w.engine.Silence(t.Context(), s); errs.KindOf(err) != errs.Invalid {
				t.Errorf("%s: got %v", name, err)
			}
		}
	})
}

func TestTestSend(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.start()
		if err := w.engine.Test(t.Context(), "pager"); err != nil {
			t.Error(err)
		}
		w.want("pager", "test leadline/test#1=firing")
		w.receivers["pager"].do(forbids)
		if err := w.engine.Test(t.Context(), "pager"); err == nil || err.Error() != "400 no such channel" {
			t.Errorf("got %v", err)
		}
		if err := w.engine.Test(t.Context(), "nobody"); errs.KindOf(err) != errs.NotFound {
			t.Errorf("got %v", err)
		}
		w.receivers["pager"].do(hangs)
		before := time.Now()
		if err := w.engine.Test(t.Context(), "pager"); errs.KindOf(err) != errs.Unavailable || time.Since(before) != 10*time.Second {
			t.Errorf("got %v after %s", err, time.Since(before))
		}
	})
}

func TestHeartbeats(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.cfg.Receivers["switch"] = dispatch.ReceiverPolicy{Heartbeat: time.Minute}
		beats := func(d time.Duration) int { w.pass(d); return len(w.receivers["switch"].take()) }
		w.start()
		if n := beats(10 * time.Minute); n < 9 || n > 11 {
			t.Errorf("%d heartbeats in 10 minutes", n)
		}
		full := errors.New("the log is full")
		w.alive.Store(&full)
		if n := beats(10 * time.Minute); n > 0 {
			t.Errorf("%d heartbeats while the log is full", n)
		}
		w.alive.Store(nil)
		if n := beats(10 * time.Minute); n < 8 {
			t.Errorf("%d heartbeats afterwards", n)
		}
		w.receivers["pager"].do(refuses)
		w.source.fire(alert.Page, key("shop", "a"))
		beats(5 * time.Minute)
		if n := beats(10 * time.Minute); n > 1 {
			t.Errorf("%d heartbeats while a page waits", n)
		}
		w.receivers["pager"].do(nil)
		beats(time.Minute)
		if n := beats(10 * time.Minute); n < 9 {
			t.Errorf("%d heartbeats after it was delivered", n)
		}
		w.source.resolve(key("shop", "a"))
		beats(time.Minute)
		time.Sleep(time.Minute + time.Second) // nothing is evaluated
		synctest.Wait()
		w.receivers["switch"].take()
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		w.want("switch")
	}, "pager", "switch")
}

func TestResends(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.cfg.Receivers["am"] = dispatch.ReceiverPolicy{Resend: time.Minute}
		w.start()
		w.source.fire(alert.Page, key("shop", "a"), key("other", "a"))
		w.step()
		w.want("am", "changed other/a#1=firing", "changed shop/a#1=firing")
		w.pass(2 * time.Minute)
		w.want("am", "resend other/a#1=firing(told) shop/a#1=firing(told)", "resend other/a#1=firing(told) shop/a#1=firing(told)")
		w.source.resolve(key("shop", "a"))
		w.step()
		w.want("am", "changed shop/a#1=resolved")
		w.pass(time.Minute)
		w.want("am", "resend other/a#1=firing(told)")
		w.stop()
		w.restart()
		w.source.fire(alert.Page, key("other", "a"))
		w.pass(time.Minute)
		w.want("am", "resend other/a#1=firing(told)")
	}, "am")
}

func TestStatus(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.start()
		w.receivers["pager"].do(refuses)
		fired := time.Now()
		w.source.fire(alert.Page, key("shop", "a"), key("other", "a"))
		w.step()
		got := w.engine.Status().Receivers[0]
		if got.Waiting != 2 || !got.Oldest.Equal(fired) || got.LastError != "the connection was refused" || got.Next.IsZero() || got.Counts.Failed != 1 {
			t.Errorf("while it refuses: %+v", got)
		}
		w.receivers["pager"].do(forbids)
		w.pass(10 * time.Second)
		got = w.engine.Status().Receivers[0]
		if got.Waiting != 0 || got.GivenUp.IsZero() || got.LastError != "400 no such channel" || got.Counts.GivenUp != 2 {
			t.Errorf("when it has given up: %+v", got)
		}
		if err := w.engine.Status().NotAlive; err == nil {
			t.Error("a refused page goes unnoticed")
		}
		w.receivers["pager"].do(nil)
		w.source.fire(alert.Page, key("third", "a"))
		w.step()
		got = w.engine.Status().Receivers[0]
		if got.Delivered.IsZero() || got.LastError != "" || got.Counts.Delivered != 1 {
			t.Errorf("when it takes messages: %+v", got)
		}
		w.stop()
		w.restart()
		if again := w.engine.Status().Receivers[0]; !again.Delivered.Equal(got.Delivered) || !again.GivenUp.Equal(got.GivenUp) {
			t.Errorf("after a restart: %+v", again)
		}
	})
}

func TestAFailingCatalogIsSaidAndRetried(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.start()
		w.store.failWith(func(string) (error, error) { return errs.New(errs.Unavailable, "the disk is full"), nil })
		w.source.fire(alert.Page, key("shop", "a"))
		w.step()
		w.want("pager")
		if s := w.engine.Status(); s.Trouble == nil || s.NotAlive == nil {
			t.Errorf("status: %+v", s)
		}
		w.pass(time.Minute)
		w.store.failWith(nil)
		w.pass(5 * time.Second)
		w.want("pager", "changed shop/a#1=firing")
		if s := w.engine.Status(); s.Trouble != nil {
			t.Errorf("status afterwards: %+v", s)
		}
	})
}

// TestAReceiverThatTakesATestIsToldAgain: somebody has mended the secret that
// it refused pages for, and need not wait for the next reminder.
func TestAReceiverThatTakesATestIsToldAgain(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.start()
		w.receivers["pager"].do(forbids)
		a, b := key("shop", "a"), key("shop", "b")
		w.source.fire(alert.Page, a, b)
		w.pass(time.Minute)
		w.source.resolve(b)
		if err := w.engine.Test(t.Context(), "pager"); err == nil {
			t.Fatal("a test that is refused is no error")
		}
		w.pass(time.Minute)
		w.want("pager")
		w.receivers["pager"].do(nil)
		for range 2 { // the second says nothing new
			if err := w.engine.Test(t.Context(), "pager"); err != nil {
				t.Fatal(err)
			}
			w.pass(time.Minute)
		}
		w.source.resolve(a)
		w.pass(time.Minute)
		w.want("pager", "test leadline/test#1=firing", "changed shop/a#1=firing", "test leadline/test#1=firing", "changed shop/a#1=resolved")
	})
}

func TestAChannelThatPanicsHasFailed(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.start()
		w.receivers["pager"].do(func(context.Context, *dispatch.Message) (bool, error) { panic("nil map") })
		w.source.fire(alert.Page, key("shop", "a"))
		w.step()
		if got := w.engine.Status().Receivers[0]; got.Counts.GivenUp != 1 {
			t.Errorf("status: %+v", got)
		}
	})
}
