// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/dispatch"
	"github.com/leadline/leadline/internal/errs"
)

// seeds is how many random lives a server is led through.
func seeds(full int) int {
	if testing.Short() {
		return full / 10
	}
	return full
}

// life is a server that is killed at some operation of its catalog or of a
// channel, again and again, while alerts come and go.
type life struct {
	*world
	random *rand.Rand
	truth  map[alert.Key]bool // what the conditions say
	mu     sync.Mutex
	ops    int
	killAt int // 0 for never
	kills  int
	doubts int // attempts that were taken and did not say so
	// flaky is how often an operation fails otherwise.
	flaky float64
}

// op counts an operation and reports whether the process dies at it.
func (l *life) op() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ops++
	return l.ops == l.killAt
}

func (l *life) chance() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.random.Float64() < l.flaky
}

// intN draws from the same numbers as the calls that the engine makes meanwhile.
func (l *life) intN(n int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.random.IntN(n)
}

// fail is what becomes of a call of the catalog.
func (l *life) fail(string) (before, after error) {
	switch {
	case l.op():
		l.store.dead = true
		return errDead, nil
	case l.op():
		l.store.dead = true
		return nil, errDead
	case l.chance():
		return errs.New(errs.Unavailable, "the disk is full"), nil
	case l.chance():
		return nil, errs.New(errs.Unavailable, "the connection broke")
	}
	return nil, nil
}

// answer is what becomes of a message.
func (l *life) answer(ctx context.Context, _ *dispatch.Message) (took bool, err error) {
	die := func() { l.store.mu.Lock(); l.store.dead = true; l.store.mu.Unlock() }
	switch {
	case l.op():
		die()
		return false, errDead
	case l.op():
		die()
		return true, errDead
	case l.chance():
		return refuses(ctx, nil)
	case l.chance():
		l.mu.Lock()
		l.doubts++
		l.mu.Unlock()
		return dies(ctx, nil)
	}
	return true, nil
}

func (l *life) evaluate() {
	for k, holds := range l.truth {
		if holds {
			l.source.fire(severityOf(k), k)
		} else {
			l.source.resolve(k)
		}
	}
	l.step()
}

// keys are the alerts in an order that a seed repeats.
func (l *life) keys() []alert.Key {
	return slices.SortedFunc(maps.Keys(l.truth), alert.Key.Compare)
}

func severityOf(k alert.Key) alert.Severity {
	if k.Rule == "slow" {
		return alert.Ticket
	}
	return alert.Page
}

// dead reports whether the process was killed, and lets it end.
func (l *life) dead() bool {
	l.store.mu.Lock()
	dead := l.store.dead
	l.store.mu.Unlock()
	if !dead {
		return false
	}
	l.stop()
	l.kills++
	l.store.dead, l.killAt = false, 0
	l.source.restart()
	return true
}

// again starts a new process, which may be killed later on.
func (l *life) again(within int) {
	l.store.failWith(nil)
	l.start()
	l.store.failWith(l.fail)
	if within > 0 {
		l.mu.Lock()
		l.killAt = l.ops + 1 + l.random.IntN(within)
		l.mu.Unlock()
	}
}

func (l *life) lead(rounds, within int) {
	for _, r := range l.receivers {
		r.do(l.answer)
	}
	l.again(within)
	for range rounds {
		for _, k := range l.keys() {
			if l.intN(100) < 15 {
				l.truth[k] = !l.truth[k]
			}
		}
		l.evaluate()
		time.Sleep(time.Duration(l.intN(5000)) * time.Millisecond)
		synctest.Wait()
		if l.dead() {
			l.again(within)
		}
	}
	// At last it lives, and so does everybody else.
	l.mu.Lock()
	l.killAt, l.flaky = 0, 0
	l.mu.Unlock()
	for range 30 {
		l.evaluate()
		time.Sleep(30 * time.Second)
		synctest.Wait()
		if l.dead() {
			l.again(0)
		}
	}
}

// heard is what a receiver was told of one episode.
type heard struct {
	begun, ended, digest map[string]int // takes by delivery id
}

// check compares what receivers heard with what was persisted.
func (l *life) check() (problems []string) {
	bad := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	began := map[string]bool{}
	open := map[string]bool{}
	for k := range l.truth {
		ts, err := l.store.Memory.Transitions(context.Background(), k.Objective, 10_000)
		if err != nil {
			bad("transitions: %v", err)
		}
		for _, x := range ts {
			if x.Alert.Key == k && x.Alert.Phase == alert.Firing {
				began[episode(&x.Alert)] = true
			}
		}
		if a := l.source.alerts[k]; a.Phase == alert.Firing {
			open[episode(&a)] = true
		}
	}
	for name, r := range l.receivers {
		told := l.hear(r, bad)
		for e := range began {
			h := told[e]
			if h == nil {
				bad("%s never heard of %s", name, e)
				continue
			}
			switch {
			case len(h.begun) > 1 || len(h.ended) > 1 || len(h.digest) > 1:
				bad("%s heard of %s in several messages: %v", name, e, *h)
			case len(h.begun)+len(h.digest) == 0:
				bad("%s heard of the end of %s alone", name, e)
			case open[e] && len(h.ended)+len(h.digest) > 0:
				bad("%s heard of the end of %s, which is open", name, e)
			case !open[e] && len(h.ended)+len(h.digest) != 1:
				bad("%s heard %d ends of %s", name, len(h.ended)+len(h.digest), e)
			}
		}
		for e := range told {
			if !began[e] {
				bad("%s heard of %s, which never was", name, e)
			}
		}
	}
	if left, err := l.store.Memory.Outbox(context.Background()); err != nil || len(left) > 0 {
		bad("the outbox still holds %d deliveries, %v", len(left), err)
	}
	return problems
}

func episode(a *alert.Alert) string {
	return fmt.Sprintf("%s/%s#%d", a.Objective.Service.Name, a.Rule, a.Episode)
}

// hear goes through what a receiver took, in order.
func (l *life) hear(r *receiver, bad func(string, ...any)) map[string]*heard {
	told := map[string]*heard{}
	attempts := map[string]int{}
	for _, m := range r.got {
		if m.Attempt <= attempts[m.DeliveryID] {
			bad("delivery %s came with attempt %d after %d", m.DeliveryID, m.Attempt, attempts[m.DeliveryID])
		}
		attempts[m.DeliveryID] = m.Attempt
		for i := range m.Alerts {
			n := &m.Alerts[i]
			e := episode(&n.Alert)
			if told[e] == nil {
				told[e] = &heard{map[string]int{}, map[string]int{}, map[string]int{}}
			}
			h := told[e]
			switch {
			case n.Told:
				if len(h.begun) == 0 {
					bad("%s is said to be known and is not", e)
				}
			case m.Reason == dispatch.Digest:
				h.digest[m.DeliveryID]++
			case n.Phase == alert.Firing:
				if len(h.ended)+len(h.digest) > 0 {
					bad("%s ended before it began", e)
				}
				h.begun[m.DeliveryID]++
			default:
				h.ended[m.DeliveryID]++
			}
		}
	}
	return told
}

func newLife(t *testing.T, seed uint64, flaky float64) *life {
	l := &life{world: newWorld(t, "pager", "chat"), random: rand.New(rand.NewPCG(seed, 7)), truth: map[alert.Key]bool{}, flaky: flaky}
	l.cfg.Routes = []dispatch.Route{
		{Receiver: "pager", Continue: true, RepeatInterval: -1}, {Receiver: "chat", RepeatInterval: -1, GroupBy: []string{"rule"}},
	}
	for i := range 4 {
		l.truth[key(fmt.Sprint("s", i), []string{"fast", "slow"}[i%2])] = false
	}
	return l
}

// TestKilledAtEveryPoint: whatever operation a process dies at, everybody hears
// of every incident, in one message, which only comes again marked as a repeat.
func TestKilledAtEveryPoint(t *testing.T) {
	repeats, kills := 0, 0
	for seed := range uint64(seeds(1000)) {
		synctest.Test(t, func(t *testing.T) {
			l := newLife(t, seed, 0)
			l.lead(20, 60)
			l.stop()
			if problems := l.check(); len(problems) > 0 {
				t.Fatalf("seed %d, %d kills:\n%v", seed, l.kills, problems)
			}
			kills += l.kills
			repeats += l.repeats()
			if l.repeats() > l.kills*len(l.receivers) {
				t.Fatalf("seed %d: %d repeats after %d kills", seed, l.repeats(), l.kills)
			}
		})
	}
	t.Logf("%d kills, %d repeats", kills, repeats)
	if kills < seeds(1000) || repeats == 0 {
		t.Errorf("%d kills and %d repeats: the test does not reach what it is for", kills, repeats)
	}
}

// repeats counts messages that a receiver took more than once.
func (l *life) repeats() (n int) {
	for _, r := range l.receivers {
		seen := map[string]bool{}
		for _, m := range r.got {
			if seen[m.DeliveryID] {
				n++
			}
			seen[m.DeliveryID] = true
		}
	}
	return n
}

// TestFlakyEverything: kills beside a catalog and receivers that fail at
// random, before and after they have done what they were asked.
func TestFlakyEverything(t *testing.T) {
	for seed := range uint64(seeds(500)) {
		synctest.Test(t, func(t *testing.T) {
			l := newLife(t, seed, 0.05)
			l.lead(20, 150)
			l.stop()
			if problems := l.check(); len(problems) > 0 {
				t.Fatalf("seed %d, %d kills:\n%v", seed, l.kills, problems)
			}
			if n, most := l.repeats(), l.kills*len(l.receivers)+l.doubts; n > most {
				t.Fatalf("seed %d: %d repeats, at most %d have a reason", seed, n, most)
			}
		})
	}
}

// TestRestartsRepeatNothing: a thousand orderly restarts of one server.
func TestRestartsRepeatNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLife(t, 1, 0)
		l.start()
		for range seeds(1000) {
			for _, k := range l.keys() {
				if l.intN(10) == 0 {
					l.truth[k] = !l.truth[k]
				}
			}
			l.evaluate()
			time.Sleep(time.Duration(l.intN(40)) * time.Second)
			l.stop()
			l.source.restart()
			l.start()
		}
		l.evaluate()
		time.Sleep(10 * time.Minute)
		l.evaluate()
		l.stop()
		problems := l.check()
		if n := l.repeats(); n > 0 {
			problems = append(problems, fmt.Sprint(n, " repeats"))
		}
		if len(problems) > 0 {
			t.Errorf("%v", problems[:min(10, len(problems))])
		}
		told, err := l.store.Memory.Notifications(context.Background())
		if want := len(l.receivers) * l.open(); err != nil || len(told) != want {
			t.Errorf("%d notifications, %v, for %d open incidents at %d receivers", len(told), err, l.open(), len(l.receivers))
		}
	})
}

func (l *life) open() (n int) {
	for _, holds := range l.truth {
		if holds {
			n++
		}
	}
	return n
}
