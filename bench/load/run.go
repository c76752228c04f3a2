// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// Outcome says what was acknowledged, and how fast.
type Outcome struct {
	Requests  int
	Spans     int
	Took      time.Duration
	Latencies []time.Duration // one a request, ascending
}

// Quantile returns the smallest latency that at least the share q of the
// requests did not exceed, 0 if there were none.
func (o Outcome) Quantile(q float64) time.Duration {
	if len(o.Latencies) == 0 {
		return 0
	}
	rank := int(q*float64(len(o.Latencies))+0.999999) - 1
	return o.Latencies[min(max(rank, 0), len(o.Latencies)-1)]
}

// Flood sends the requests as fast as the server acknowledges them, from a
// fixed number of senders that each wait for their answer. It finds what a
// span costs; its latencies are those of a saturated server.
func Flood(ctx context.Context, to Sender, requests []Request, senders int) (Outcome, error) {
	latencies := make([]time.Duration, len(requests))
	var next atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	start := time.Now()
	for range senders {
		group.Go(func() error {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(requests) {
					return nil
				}
				sent := time.Now()
				if err := to.Send(ctx, requests[i].Body); err != nil {
					return err
				}
				latencies[i] = time.Since(sent)
			}
		})
	}
	if err := group.Wait(); err != nil {
		return Outcome{}, err
	}
	return outcome(requests, latencies, time.Since(start)), nil
}

// Pace sends one request every interval whether or not earlier ones are
// answered, as many independent applications do, and measures each from the
// moment at which it was due. A server that stalls is charged for every
// request that waited, which a sender that waits itself would hide.
func Pace(ctx context.Context, to Sender, requests []Request, interval time.Duration) (Outcome, error) {
	latencies := make([]time.Duration, len(requests))
	var failed error
	var once sync.Once
	var inFlight sync.WaitGroup
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	start := time.Now()
	for i := range requests {
		due := start.Add(time.Duration(i) * interval)
		if !sleepUntil(ctx, due) {
			break
		}
		inFlight.Go(func() {
			if err := to.Send(ctx, requests[i].Body); err != nil {
				once.Do(func() { failed = err; cancel() })
				return
			}
			latencies[i] = time.Since(due)
		})
	}
	inFlight.Wait()
	if failed == nil {
		failed = ctx.Err()
	}
	if failed != nil {
		return Outcome{}, failed
	}
	return outcome(requests, latencies, time.Since(start)), nil
}

// sleepUntil reports whether the moment came before the context ended.
func sleepUntil(ctx context.Context, due time.Time) bool {
	timer := time.NewTimer(time.Until(due))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func outcome(requests []Request, latencies []time.Duration, took time.Duration) Outcome {
	o := Outcome{Requests: len(requests), Took: took, Latencies: latencies}
	for _, r := range requests {
		o.Spans += r.Spans
	}
	slices.Sort(o.Latencies)
	return o
}
