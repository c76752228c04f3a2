// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/catalog/catalogtest"
	"github.com/leadline/leadline/internal/dispatch"
)

// pair is two servers that evaluate the same and share catalog and receivers.
type pair [2]*world

// playPair plays with two engines that run.
func playPair(t *testing.T, memory *catalogtest.Memory, scene func(p pair)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := pair{newWorld(t, "pager"), newWorld(t, "pager")}
		for i, w := range p {
			w.writer, w.store.Memory, w.receivers = string(rune('a'+i)), memory, p[0].receivers
			w.start()
		}
		scene(p)
		for _, w := range p {
			w.stop()
		}
	})
}

// each lets both evaluate, after a change of what fires.
func (p pair) each(f func(s *source)) {
	for _, w := range p {
		if f != nil {
			f(w.source)
		}
		w.step()
	}
}

func (p pair) pass(d time.Duration) {
	for ; d > 0; d -= 5 * time.Second {
		time.Sleep(min(d, 5*time.Second))
		p.each(nil)
	}
}

func (p pair) pager() *receiver { return p[0].receivers["pager"] }

func TestTwoEnginesTellOnce(t *testing.T) {
	playPair(t, catalogtest.NewMemory(), func(p pair) {
		a, b := key("shop", "a"), key("shop", "b")
		p.each(func(s *source) { s.fire(alert.Page, a) })
		p.pass(time.Minute)
		p[1].want("pager", "changed shop/a#1=firing")
		p.pass(4 * time.Hour)
		p[0].want("pager", "reminder shop/a#1=firing")
		if _, err := p[0].engine.Silence(t.Context(), catalog.Silence{Matchers: []string{"rule=b"}, Author: "me", Comment: "a drill", Ends: time.Now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		// The other engine does not tell what it has not heard to be silenced.
		for _, w := range []*world{p[1], p[0]} {
			w.source.fire(alert.Page, b)
			w.step()
		}
		p.pass(time.Minute)
		p[0].want("pager")
		p.pass(time.Hour)
		p[0].want("pager", "changed shop/b#1=firing shop/a#1=firing(told)")
		p.each(func(s *source) { s.resolve(a) })
		p.pass(time.Minute)
		p[0].want("pager", "changed shop/a#1=resolved shop/b#1=firing(told)")
	})
}

// TestTheSecondWriterReadsAnew lets one engine remind of an alert while the other
// is about to, and has committed nothing yet.
func TestTheSecondWriterReadsAnew(t *testing.T) {
	playPair(t, catalogtest.NewMemory(), func(p pair) {
		p.each(func(s *source) { s.fire(alert.Page, key("shop", "a")) })
		p.pass(4*time.Hour - 5*time.Second)
		p.pager().take()
		var paused atomic.Bool
		for i, w := range p {
			w.store.pauseWith(func(op string) {
				if op == "commit" && paused.CompareAndSwap(false, true) {
					p[1-i].source.evaluate()
					time.Sleep(time.Second)
				}
			})
		}
		p.pass(time.Minute)
		p[0].want("pager", "reminder shop/a#1=firing")
		if !paused.Load() {
			t.Error("no engine committed anything")
		}
	})
}

// TestAnAttemptIsLeftToItsHolder: another engine takes it over when the lease
// is over, and says that it may be a repeat.
func TestAnAttemptIsLeftToItsHolder(t *testing.T) {
	playPair(t, catalogtest.NewMemory(), func(p pair) {
		p.pager().do(hangs)
		lease := time.Now().Add(40 * time.Second) // the timeout, and what clocks may differ by
		p[0].source.fire(alert.Page, key("shop", "a"))
		p[0].step() // it sends, and dies in it
		p[0].crash()
		p.pager().do(nil)
		p[1].source.fire(alert.Page, key("shop", "a"))
		p[1].step()
		for time.Until(lease) > time.Second {
			time.Sleep(time.Second)
			p[1].step()
			p[1].want("pager")
		}
		p[1].pass(10 * time.Second)
		p[1].want("pager", "changed (attempt 2 of ad001) shop/a#1=firing")
		p[0].restart()
		p.pass(time.Minute)
		p[0].want("pager")
	})
}

// TestAnEngineComesBackToItsOwn at once: nobody else has its name.
func TestAnEngineComesBackToItsOwn(t *testing.T) {
	playPair(t, catalogtest.NewMemory(), func(p pair) {
		p.pager().do(dies)
		p[0].source.fire(alert.Page, key("shop", "a"))
		p[0].step()
		p[0].crash()
		p.pager().do(nil)
		p.pager().take()
		p[0].restart()
		p[0].pass(5 * time.Second)
		p[0].want("pager", "changed (attempt 2 of ad001) shop/a#1=firing")
	})
}

// TestTwoEnginesThroughTheirLives lets two engines die and come back at random
// while alerts come and go: every incident's beginning and end is one delivery,
// whoever sends it, and what is sent again is marked.
func TestTwoEnginesThroughTheirLives(t *testing.T) {
	for seed := range uint64(seeds(60)) {
		playPair(t, catalogtest.NewMemory(), func(p pair) {
			p.live(rand.New(rand.NewPCG(seed, 7)))
			p.check(t, seed)
		})
	}
}

func (p pair) live(random *rand.Rand) {
	truth := make(map[alert.Key]bool)
	evaluate := func() {
		for _, w := range p {
			for k, fires := range truth {
				if fires {
					w.source.fire(alert.Page, k)
				} else {
					w.source.resolve(k)
				}
			}
			w.source.evaluate()
		}
		time.Sleep(time.Second) // both work at the same time
	}
	p.dawdle(random)
	for range 30 {
		truth[key("shop", []string{"a", "b", "c"}[random.IntN(3)])] = random.IntN(2) == 0
		p.pager().do([]func(context.Context, *dispatch.Message) (bool, error){nil, nil, refuses, dies, hangs}[random.IntN(5)])
		evaluate()
		if random.IntN(5) == 0 {
			w := p[random.IntN(len(p))]
			w.crash()
			other := p[0]
			if w == p[0] {
				other = p[1]
			}
			other.pass(time.Duration(random.IntN(90)) * time.Second)
			w.restart()
		}
		for range random.IntN(8) {
			time.Sleep(5 * time.Second)
			evaluate()
		}
	}
	p.pager().do(nil)
	for k := range truth {
		truth[k] = false
	}
	for range 40 {
		time.Sleep(5 * time.Second)
		evaluate()
	}
}

// dawdle makes calls of the catalog take their time, so that those of both
// engines come in any order.
func (p pair) dawdle(random *rand.Rand) {
	for _, w := range p {
		own := rand.New(rand.NewPCG(random.Uint64(), 1))
		w.store.pauseWith(func(string) { time.Sleep(time.Duration(own.IntN(10)) * time.Millisecond) })
	}
}

// check looks at what arrived.
func (p pair) check(t *testing.T, seed uint64) {
	deliveries, seen := make(map[string][]string), make(map[string]bool)
	for _, m := range p.pager().got {
		if attempt := fmt.Sprint(m.DeliveryID, m.Attempt); seen[attempt] {
			t.Errorf("seed %d: delivery %s was made twice in attempt %d", seed, m.DeliveryID, m.Attempt)
		} else {
			seen[attempt] = true
		}
		for _, n := range m.Alerts {
			what := fmt.Sprintf("%s#%d=%s", n.Rule, n.Episode, n.Phase)
			if !n.Told && m.Reason != dispatch.Reminder && !slices.Contains(deliveries[what], m.DeliveryID) {
				deliveries[what] = append(deliveries[what], m.DeliveryID)
			}
		}
	}
	for what, ids := range deliveries {
		if len(ids) > 1 {
			t.Errorf("seed %d: %s was told in %v", seed, what, ids)
		}
	}
	alerts, err := p[0].store.Memory.Alerts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range alerts {
		if end := fmt.Sprintf("%s#%d=%s", a.Rule, a.Episode, alert.Resolved); len(deliveries[end]) != 1 {
			t.Errorf("seed %d: %s was told %d times", seed, end, len(deliveries[end]))
		}
	}
	if left, err := p[0].store.Memory.Outbox(t.Context()); err != nil || len(left) > 0 {
		t.Errorf("seed %d: left %d, %v", seed, len(left), err)
	}
}
