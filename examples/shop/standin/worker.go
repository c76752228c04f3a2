// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package standin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// maxOrders bounds the queue, lookEvery is how often a stuck worker looks
// whether it may go on.
const (
	maxOrders = 100_000
	lookEvery = 50 * time.Millisecond
)

// Switches is the folder in which a file for each fault says that it is on, as
// for the Python shop.
type Switches string

func (s Switches) on(name string) bool {
	if s == "" {
		return false
	}
	_, err := os.Stat(filepath.Join(string(s), name))
	return err == nil
}

// errand is one task: what it is called, and whom it asks.
type errand struct{ task, url string }

var errands = []errand{
	{"shop.tasks.ship", "http://api.northsea-parcels.example/labels"},
	{"shop.tasks.confirm", "http://api.postboat.example/messages"},
}

// order is what a checkout leaves to the worker: a message for each errand.
type order struct {
	trace    []byte
	messages []*tracepb.Span // its PRODUCER spans, of which tasks are children
}

// published returns the PRODUCER spans of a checkout and keeps them as the
// parents of what the worker will do.
func (o *order) published(checkout *tracepb.Span, at time.Time) (all []scoped) {
	o.trace = checkout.TraceId
	for _, e := range errands {
		s := span(checkout.TraceId, checkout.SpanId, tracepb.Span_SPAN_KIND_PRODUCER, "apply_async/"+e.task, at, at)
		s.Attributes = celery(e.task, "apply_async")
		o.messages = append(o.messages, s)
		all = append(all, scoped{source{storefrontName, scopeCelery}, s})
	}
	return all
}

func celery(task, action string) []*commonpb.KeyValue {
	return []*commonpb.KeyValue{
		text("celery.action", action), text("celery.task_name", task),
		text("messaging.destination", "celery"), text("messaging.destination_kind", "queue"),
	}
}

// Worker does what is to be done about orders, one after another.
type Worker struct {
	exporter *Exporter
	switches Switches
	queue    chan *order
	open     sync.WaitGroup
}

// NewWorker returns a worker that records what it does with exporter.
func NewWorker(exporter *Exporter, switches Switches) *Worker {
	return &Worker{exporter: exporter, switches: switches, queue: make(chan *order, maxOrders)}
}

// add queues an order, or says that there is no place for it.
func (w *Worker) add(o *order) bool {
	w.open.Add(1)
	select {
	case w.queue <- o:
		return true
	default:
		w.open.Done()
		return false
	}
}

// Run works until ctx ends.
func (w *Worker) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case o := <-w.queue:
			for i, e := range errands {
				w.do(ctx, e, o, o.messages[i])
			}
			w.open.Done()
		}
	}
}

// Drain waits until every order that was placed is done.
func (w *Worker) Drain(ctx context.Context) error {
	done := make(chan struct{})
	go func() { w.open.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the worker: %w", errors.Join(ctx.Err()))
	}
}

// do runs a task, which hangs for as long as the carrier does.
func (w *Worker) do(ctx context.Context, e errand, o *order, message *tracepb.Span) {
	from := time.Now()
	for e.task == "shop.tasks.ship" && w.switches.on("stuck-queue") && ctx.Err() == nil {
		time.Sleep(lookEvery)
	}
	to := from.Add(time.Since(from))
	s := span(o.trace, message.SpanId, tracepb.Span_SPAN_KIND_CONSUMER, "run/"+e.task, from, to)
	s.Attributes = append(celery(e.task, "run"), text("celery.state", "SUCCESS"))
	w.exporter.Record(ctx, []scoped{
		{source{workerName, scopeRequests}, outbound(s, e.url, http.StatusCreated, from, to)},
		{source{workerName, scopeCelery}, s},
	})
}
