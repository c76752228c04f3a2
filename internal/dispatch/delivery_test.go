// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/dispatch"
	"github.com/leadline/leadline/internal/errs"
)

// TestAnOutageOfAReceiver: fifty incidents in as many groups while it is away
// for an hour, twenty of which end.
func TestAnOutageOfAReceiver(t *testing.T) {
	for name, fails := range map[string]func(context.Context, *dispatch.Message) (bool, error){
		"it refuses": refuses,
		"it hangs":   hangs,
		"it answers 500": func(context.Context, *dispatch.Message) (bool, error) {
			return false, errs.New(errs.Unavailable, "500 internal server error")
		},
		"it answers 429 and asks for 20 s": func(context.Context, *dispatch.Message) (bool, error) {
			err := errs.New(errs.Unavailable, "429 too many requests")
			err.RetryAfter = 20 * time.Second
			return false, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			play(t, func(t *testing.T, w *world) { outage(t, w, fails) })
		})
	}
}

func outage(t *testing.T, w *world, fails func(context.Context, *dispatch.Message) (bool, error)) {
	w.start()
	pager := w.receivers["pager"]
	pager.do(fails)
	var all []alert.Key
	for i := range 50 {
		all = append(all, key(fmt.Sprintf("s%02d", i), "fast"))
		w.source.fire(alert.Page, all[i])
		w.pass(30 * time.Second)
	}
	w.source.resolve(all[:20]...)
	w.pass(35 * time.Minute)
	w.want("pager")
	tried := len(pager.tried)
	pager.do(nil)
	back := time.Now()
	w.pass(10 * time.Minute)
	open, digests := map[string]int{}, 0
	for _, m := range pager.got {
		if late := m.at.Sub(back); late > 30*time.Second {
			t.Errorf("%s after the return: %s", late, line(&m.Message))
		}
		if m.Reason == dispatch.Digest {
			if digests++; len(m.Alerts) != 20 {
				t.Errorf("a digest of %d alerts", len(m.Alerts))
			}
			continue
		}
		for _, n := range m.Alerts {
			open[n.Objective.Service.Name]++
		}
	}
	want := map[string]int{}
	for _, k := range all[20:] {
		want[k.Objective.Service.Name] = 1
	}
	if diff := cmp.Diff(want, open); diff != "" || digests != 1 {
		t.Errorf("%d digests; the open incidents (-want +got):\n%s", digests, diff)
	}
	if tried > 400 {
		t.Errorf("%d attempts in an hour", tried)
	}
}

func TestAReceiverThatHangsDelaysNoOther(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		for _, name := range []string{"a", "b", "c", "d", "e"} {
			w.cfg.Routes = append(w.cfg.Routes, dispatch.Route{Receiver: name, Continue: true})
		}
		// The worst that a channel can do is not to heed its context.
		forever := make(chan struct{})
		w.receivers["c"].do(func(context.Context, *dispatch.Message) (bool, error) { <-forever; return false, nil })
		w.start()
		for i := range 100 {
			w.source.fire(alert.Page, key(fmt.Sprint("s", i), "fast"))
			before := time.Now()
			w.step()
			for _, name := range []string{"a", "b", "d", "e"} {
				if got := w.receivers[name].take(); len(got) != 1 || time.Now() != before {
					t.Fatalf("incident %d: %s got %v after %s", i, name, got, time.Since(before))
				}
			}
			w.pass(5 * time.Second)
		}
		w.stop()
		close(forever)
		synctest.Wait()
		w.stop = nil
	}, "a", "b", "c", "d", "e")
}

func TestRetryAfterIsHonoured(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.start()
		pager := w.receivers["pager"]
		pager.do(func(context.Context, *dispatch.Message) (bool, error) {
			err := errs.New(errs.Unavailable, "429")
			err.RetryAfter = 10 * time.Minute
			return false, err
		})
		w.source.fire(alert.Page, key("shop", "a"))
		w.step()
		w.source.fire(alert.Page, key("other", "a"))
		w.pass(9*time.Minute + 50*time.Second)
		if len(pager.tried) != 1 {
			t.Errorf("%d attempts", len(pager.tried))
		}
		pager.do(nil)
		w.pass(15 * time.Second)
		w.want("pager", "changed other/a#1=firing", "changed (attempt 2 of d001) shop/a#1=firing")
	})
}

func TestARepeatIsMarked(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.start()
		pager := w.receivers["pager"]
		pager.do(dies)
		w.source.fire(alert.Page, key("shop", "a"))
		w.step()
		pager.do(nil)
		// It may have had the first message: what is new comes in another.
		w.source.fire(alert.Page, key("shop", "b"))
		w.step()
		w.pass(10 * time.Second)
		w.want("pager", "changed shop/a#1=firing", "changed (attempt 2 of d001) shop/a#1=firing", "changed shop/b#1=firing shop/a#1=firing(told)")
	})
}

func TestAnAttemptThatAKillCutShortIsRepeatedAsItWas(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.start()
		pager := w.receivers["pager"]
		pager.do(func(ctx context.Context, m *dispatch.Message) (bool, error) { <-ctx.Done(); return true, nil })
		w.source.fire(alert.Page, key("shop", "a"))
		w.step()
		w.crash()
		pager.do(refuses)
		w.restart()
		w.source.fire(alert.Page, key("shop", "a"), key("shop", "b"))
		w.step()
		pager.do(nil)
		w.pass(time.Minute)
		w.want("pager", "changed shop/a#1=firing", "changed (attempt 3 of d001) shop/a#1=firing", "changed shop/b#1=firing shop/a#1=firing(told)")
	})
}

func TestAnOutcomeThatCannotBeNotedIsNotForgotten(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.start()
		answer := make(chan struct{})
		w.receivers["pager"].do(func(context.Context, *dispatch.Message) (bool, error) { <-answer; return true, nil })
		w.source.fire(alert.Page, key("shop", "a"))
		w.step()
		w.store.failWith(func(string) (error, error) { return errs.New(errs.Unavailable, "the disk is full"), nil })
		close(answer)
		w.pass(10 * time.Minute)
		w.store.failWith(nil)
		w.pass(10 * time.Minute)
		w.want("pager", "changed shop/a#1=firing")
	})
}

func TestAnEndWaitsForTheOutcomeOfItsBeginning(t *testing.T) {
	for _, c := range []struct {
		name    string
		outcome func(context.Context, *dispatch.Message) (bool, error)
		want    []string
	}{
		{"which is taken", nil, []string{"changed shop/a#1=firing", "changed shop/a#1=resolved"}},
		{"which is not", refuses, []string{"digest shop/a#1=resolved"}},
		{"which nobody knows", dies, []string{"changed shop/a#1=firing", "digest shop/a#1=resolved"}},
		{"which is refused for good", forbids, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			play(t, func(t *testing.T, w *world) {
				w.start()
				pager := w.receivers["pager"]
				answer := make(chan struct{})
				pager.do(func(ctx context.Context, m *dispatch.Message) (bool, error) {
					<-answer
					if c.outcome == nil {
						return true, nil
					}
					return c.outcome(ctx, m)
				})
				w.source.fire(alert.Page, key("shop", "a"))
				w.step()
				w.source.resolve(key("shop", "a"))
				w.step()
				pager.do(nil)
				close(answer)
				w.pass(10 * time.Second)
				w.want("pager", c.want...)
			})
		})
	}
}

func TestOneMessageThatFailsHoldsUpNoOther(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.start()
		w.receivers["pager"].do(func(_ context.Context, m *dispatch.Message) (bool, error) {
			if m.Group["service"] == "poison" {
				return false, errs.New(errs.Unavailable, "500")
			}
			return true, nil
		})
		w.source.fire(alert.Page, key("poison", "a"))
		w.pass(10 * time.Minute)
		for i := range 20 {
			w.source.fire(alert.Page, key(fmt.Sprint("s", i), "a"))
			w.pass(10 * time.Second)
			if got := w.receivers["pager"].take(); len(got) != 1 {
				t.Errorf("incident %d: got %v after 10 s", i, got)
			}
		}
	})
}

// TestWhatAReceiverMayHaveHadStaysAsItIs: a receiver that drops what it had
// before, by the id of the delivery, must not drop a page that came later.
func TestWhatAReceiverMayHaveHadStaysAsItIs(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.start()
		w.receivers["pager"].do(func(context.Context, *dispatch.Message) (bool, error) {
			return true, errs.New(errs.Unavailable, "the receiver answered 504: %w", io.ErrUnexpectedEOF)
		})
		a, b := key("shop", "a"), key("shop", "b")
		w.source.fire(alert.Page, a)
		w.pass(10 * time.Second)
		w.receivers["pager"].do(nil)
		w.source.fire(alert.Page, b)
		w.pass(time.Minute)
		first := map[string]string{} // as a receiver that drops repeats has it
		for _, m := range w.receivers["pager"].got {
			if first[m.DeliveryID] == "" {
				first[m.DeliveryID] = line(&m.Message)
			}
		}
		if all := fmt.Sprint(first); !strings.Contains(all, "shop/a#1=firing") || !strings.Contains(all, "shop/b#1=firing") {
			t.Errorf("got %s", all)
		}
	})
}

func TestWhatEndsWithinAGroupThatWaits(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.start()
		w.receivers["pager"].do(refuses)
		a, b := key("shop", "a"), key("shop", "b")
		w.source.fire(alert.Page, a, b)
		w.pass(time.Minute)
		w.source.resolve(a)
		w.pass(time.Minute)
		w.source.fire(alert.Page, a) // its second episode
		w.pass(time.Minute)
		w.receivers["pager"].do(nil)
		w.pass(time.Minute)
		got := w.receivers["pager"].take()
		if len(got) != 2 || !strings.HasSuffix(got[0], "shop/a#2=firing shop/b#1=firing") || got[1] != "digest shop/a#1=resolved" {
			t.Errorf("got %q", got)
		}
	})
}

func TestAnUnmeasuredEndIsToldAsSuch(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.start()
		a := key("shop", "a")
		w.source.fire(alert.Page, a)
		w.step()
		w.source.resolve(a)
		x := w.source.alerts[a]
		x.Phase = alert.Unmeasured
		w.source.alerts[a] = x
		w.step()
		w.want("pager", "changed shop/a#1=firing", "changed shop/a#1=no_longer_measured")
	})
}

// TestTooMuchWaits: further incidents are collected, and none is forgotten.
func TestTooMuchWaits(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.start()
		w.receivers["pager"].do(refuses)
		const incidents = 500
		for i := range incidents {
			w.source.fire(alert.Page, key(fmt.Sprintf("s%03d", i), "a"))
		}
		w.step()
		status := w.engine.Status().Receivers[0]
		if status.Waiting != 201 || status.Collected != 100 {
			t.Errorf("%d wait, %d collected", status.Waiting, status.Collected)
		}
		w.pass(time.Hour)
		w.receivers["pager"].do(nil)
		w.pass(time.Minute)
		named, counted := map[string]int{}, 0
		for _, m := range w.receivers["pager"].got {
			counted += m.Truncated
			for _, n := range m.Alerts {
				named[n.Objective.Service.Name]++
			}
		}
		if len(named) != 400 || counted != 100 {
			t.Errorf("%d named and %d counted, want 500 together", len(named), counted)
		}
		for s, n := range named {
			if n != 1 {
				t.Errorf("%s was told %d times", s, n)
			}
		}
		w.receivers["pager"].take()
		for i := range incidents {
			w.source.resolve(key(fmt.Sprintf("s%03d", i), "a"))
		}
		w.pass(time.Minute)
		ended := map[string]int{}
		for _, m := range w.receivers["pager"].got {
			for _, n := range m.Alerts {
				ended[n.Objective.Service.Name]++
			}
			counted -= m.Truncated
		}
		if len(ended)+100-counted < 500-100 {
			t.Errorf("the end of %d was told", len(ended))
		}
	})
}

func TestALargeGroupIsSeveralMessages(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.start()
		for i := range 120 {
			w.source.fire(alert.Page, key("shop", fmt.Sprintf("r%03d", i)))
		}
		w.step()
		told := map[string]int{}
		for _, m := range w.receivers["pager"].got {
			if len(m.Alerts) > 100 {
				t.Errorf("a message of %d alerts", len(m.Alerts))
			}
			for _, n := range m.Alerts {
				if !n.Told {
					told[n.Rule]++
				}
			}
		}
		if len(told) != 120 || len(w.receivers["pager"].got) != 3 {
			t.Errorf("%d alerts in %d messages", len(told), len(w.receivers["pager"].got))
		}
	})
}

func TestAReceiverThatIsNoLongerConfigured(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.start()
		w.receivers["pager"].do(refuses)
		w.source.fire(alert.Page, key("shop", "a"))
		w.step()
		w.stop()
		w.cfg.Default = "chat"
		delete(w.cfg.Receivers, "pager")
		w.restart()
		w.step()
		// Whoever is told now has not been told yet.
		w.want("chat", "changed shop/a#1=firing")
		if left, err := w.store.Memory.Outbox(t.Context()); err != nil || len(left) > 0 {
			t.Errorf("the outbox holds %v, %v", left, err)
		}
		w.source.resolve(key("shop", "a"))
		w.step()
		w.want("chat", "changed shop/a#1=resolved")
		if left, err := w.store.Memory.Notifications(t.Context()); err != nil || len(left) > 0 {
			t.Errorf("notifications: %v, %v", left, err)
		}
	}, "pager", "chat")
}

func TestStoppingNotesWhatWasTaken(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.start()
		w.receivers["pager"].do(func(context.Context, *dispatch.Message) (bool, error) {
			time.Sleep(3 * time.Second)
			return true, nil
		})
		w.source.fire(alert.Page, key("shop", "a"))
		w.step()
		w.stop()
		w.receivers["pager"].do(nil)
		w.restart()
		w.pass(time.Minute)
		w.want("pager", "changed shop/a#1=firing")
	})
}

// TestClockOfTheCatalog: what was written while the clock was ahead is not
// held back for long.
func TestATimeAheadHoldsNothingBack(t *testing.T) {
	play(t, func(t *testing.T, w *world) {
		w.start()
		w.receivers["pager"].do(refuses)
		w.source.fire(alert.Page, key("shop", "a"))
		w.step()
		w.crash()
		left, err := w.store.Memory.Outbox(t.Context())
		if err != nil || len(left) != 1 {
			t.Fatalf("outbox %v, %v", left, err)
		}
		left[0].Due = time.Now().Add(365 * 24 * time.Hour)
		left[0].Version++
		revision, err := w.store.Revision(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := w.store.Memory.Commit(t.Context(), &catalog.Commit{Revision: revision, Deliveries: left}); err != nil {
			t.Fatal(err)
		}
		w.receivers["pager"].do(nil)
		w.restart()
		w.pass(time.Hour + 10*time.Second)
		if got := w.receivers["pager"].take(); len(got) != 1 {
			t.Errorf("got %v", got)
		}
	})
}
