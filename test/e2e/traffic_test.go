// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/testkit/otlpgen"
)

// traffic is a crowd of senders that goes on through every crash. A request
// without an answer is sent again until it has one: half of the time as it
// is, half of the time its spans are thrown together with those of others and
// leave in other requests, by other ways, as a Collector would do.
type traffic struct {
	t      *testing.T
	ledger *ledger
	client *client
	ways   []way
	batch  int           // spans of a request
	every  time.Duration // between two requests of one sender
	past   time.Duration // spans ended at most so long ago

	at     atomic.Pointer[addresses]
	closed atomic.Bool // no new spans any more
	acked  atomic.Int64
	again  atomic.Int64 // requests that were sent again
	wg     sync.WaitGroup

	mu    sync.Mutex
	loose []otlpgen.Span // of requests without an answer
}

func newTraffic(t *testing.T, l *ledger) *traffic {
	x := &traffic{
		t: t, ledger: l, client: newClient(), ways: ways,
		batch: 150, every: 80 * time.Millisecond, past: 30 * time.Second,
	}
	t.Cleanup(x.client.close)
	return x
}

// start lets n senders send to wherever aim points.
func (x *traffic) start(seed uint64, n int) {
	for i := range n {
		x.wg.Add(1)
		go func() {
			defer x.wg.Done()
			x.run(rand.New(rand.NewPCG(seed, uint64(i))), x.ways[i%len(x.ways)])
		}()
	}
}

// aim points the senders at a process.
func (x *traffic) aim(at addresses) { x.at.Store(&at) }

// finish lets the senders send what is not acknowledged yet, and ends them.
func (x *traffic) finish() {
	x.t.Helper()
	x.closed.Store(true)
	done := make(chan struct{})
	go func() { x.wg.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(2 * settleTimeout):
		x.t.Fatalf("the senders still have unacknowledged spans after %s", 2*settleTimeout)
	}
	if n := int(x.acked.Load()); n != x.ledger.spans {
		x.t.Fatalf("%d spans were acknowledged, %d were made", n, x.ledger.spans)
	}
}

// looseMost is how many spans may wait for another request before a sender
// makes new ones.
const looseMost = 2_000

func (x *traffic) run(rng *rand.Rand, w way) {
	o := otlpgen.Options{ErrorShare: 0.1}
	for {
		spans := x.take(rng)
		if spans == nil && x.closed.Load() {
			return
		}
		if spans == nil {
			o.To = time.Now()
			o.From = o.To.Add(-x.past)
			spans = otlpgen.Spans(rng.Uint64(), 1+rng.IntN(2*x.batch), o)
			x.ledger.add(spans)
		}
		x.deliver(rng, w, spans, o)
		if !x.closed.Load() {
			time.Sleep(x.every)
		}
	}
}

// deliver sends spans until they are acknowledged or back in the heap.
func (x *traffic) deliver(rng *rand.Rand, w way, spans []otlpgen.Span, o otlpgen.Options) {
	body := otlpgen.Encode(spans, o)
	for {
		err := x.client.send(w, *x.at.Load(), body)
		switch {
		case err == nil:
			x.acked.Add(int64(len(spans)))
			if rng.IntN(50) == 0 { // a repetition that nobody asked for
				_ = x.client.send(ways[rng.IntN(len(ways))], *x.at.Load(), body)
			}
			return
		case !errors.Is(err, errAgain):
			x.t.Errorf("send by %+v: %v", w, err)
			x.acked.Add(int64(len(spans)))
			return
		}
		x.again.Add(1)
		time.Sleep(20 * time.Millisecond)
		if rng.IntN(2) == 0 {
			x.loosen(rng, spans)
			return
		}
	}
}

// loosen puts spans on the heap.
func (x *traffic) loosen(rng *rand.Rand, spans []otlpgen.Span) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.loose = append(x.loose, spans...)
	rng.Shuffle(len(x.loose), func(i, j int) { x.loose[i], x.loose[j] = x.loose[j], x.loose[i] })
}

// take takes a request's worth from the heap, or nothing.
func (x *traffic) take(rng *rand.Rand) []otlpgen.Span {
	x.mu.Lock()
	defer x.mu.Unlock()
	n := len(x.loose)
	if n == 0 || !x.closed.Load() && n < looseMost && rng.IntN(2) == 0 {
		return nil
	}
	take := min(n, 1+rng.IntN(2*x.batch))
	spans := append([]otlpgen.Span(nil), x.loose[n-take:]...)
	x.loose = x.loose[:n-take]
	return spans
}
