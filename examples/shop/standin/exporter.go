// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package standin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

// Limits and times of the exporter.
const (
	batchSpans   = 512
	queueBatches = 64
	sendEvery    = time.Second
	sendTimeout  = 10 * time.Second
	firstBackoff = 250 * time.Millisecond
	lastBackoff  = 5 * time.Second
)

// Exporter sends batches of spans by OTLP over HTTP.
//
// Unlike the SDK of Python it never gives a batch up while it runs: a batch is
// sent again, the same bytes, until it is acknowledged. When the receiver stays
// away the queue fills up, and then Record blocks, so that the storefront slows
// down instead of losing count.
type Exporter struct {
	url       string
	client    *http.Client
	resources map[string]*resourcepb.Resource // by service

	mu      sync.Mutex
	pending []scoped
	batches chan []scoped
}

// NewExporter returns an exporter that posts spans of these services to
// endpoint/v1/traces.
func NewExporter(client *http.Client, endpoint string, services ...Resource) *Exporter {
	e := &Exporter{
		url: endpoint + "/v1/traces", client: client, resources: map[string]*resourcepb.Resource{},
		batches: make(chan []scoped, queueBatches),
	}
	for _, r := range services {
		e.resources[r.Service] = r.proto()
	}
	return e
}

// Record queues spans. It blocks while the queue is full and Run still runs.
func (e *Exporter) Record(ctx context.Context, spans []scoped) {
	e.mu.Lock()
	e.pending = append(e.pending, spans...)
	var full []scoped
	if len(e.pending) >= batchSpans {
		full, e.pending = e.pending, nil
	}
	e.mu.Unlock()
	if full == nil {
		return
	}
	select {
	case e.batches <- full:
	case <-ctx.Done():
		e.putBack(full)
	}
}

func (e *Exporter) putBack(spans []scoped) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pending = append(spans, e.pending...)
}

func (e *Exporter) takePending() []scoped {
	e.mu.Lock()
	defer e.mu.Unlock()
	spans := e.pending
	e.pending = nil
	return spans
}

// Run sends until ctx ends, or until the receiver refuses a batch for good.
func (e *Exporter) Run(ctx context.Context) error {
	tick := time.NewTicker(sendEvery)
	defer tick.Stop()
	for {
		var batch []scoped
		select {
		case <-ctx.Done():
			return nil
		case batch = <-e.batches:
		case <-tick.C:
			batch = e.takePending()
		}
		if err := e.deliver(ctx, batch); err != nil && ctx.Err() == nil {
			return err
		}
	}
}

// Flush sends what is queued, once Run has returned and nothing records any more.
func (e *Exporter) Flush(ctx context.Context) error {
	for {
		select {
		case batch := <-e.batches:
			if err := e.deliver(ctx, batch); err != nil {
				return err
			}
			continue
		default:
		}
		return e.deliver(ctx, e.takePending())
	}
}

// deliver sends one batch until it is acknowledged. When ctx ends first the
// batch goes back into the queue, for Flush.
func (e *Exporter) deliver(ctx context.Context, batch []scoped) error {
	if len(batch) == 0 {
		return nil
	}
	body, err := e.encode(batch)
	if err != nil {
		return err
	}
	for wait := firstBackoff; ; wait = min(2*wait, lastBackoff) {
		err := e.post(ctx, body)
		if err == nil {
			return nil
		}
		var final *refusedError
		if errors.As(err, &final) {
			return err
		}
		select {
		case <-ctx.Done():
			e.putBack(batch)
			return fmt.Errorf("send %d spans to %s: %w (gave up: %w)", len(batch), e.url, err, ctx.Err())
		case <-time.After(wait):
		}
	}
}

// encode builds a TracesData message, which has the same bytes on the wire as
// an ExportTraceServiceRequest.
func (e *Exporter) encode(batch []scoped) ([]byte, error) {
	byScope := map[source]*tracepb.ScopeSpans{}
	byService := map[string]*tracepb.ResourceSpans{}
	data := &tracepb.TracesData{}
	for _, s := range batch {
		ss := byScope[s.source]
		if ss == nil {
			ss = &tracepb.ScopeSpans{Scope: scope(s.scope), SchemaUrl: schemaURL}
			byScope[s.source] = ss
			rs := byService[s.service]
			if rs == nil {
				rs = &tracepb.ResourceSpans{Resource: e.resources[s.service]}
				byService[s.service] = rs
				data.ResourceSpans = append(data.ResourceSpans, rs)
			}
			rs.ScopeSpans = append(rs.ScopeSpans, ss)
		}
		ss.Spans = append(ss.Spans, s.span)
	}
	body, err := proto.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("encode %d spans: %w", len(batch), err)
	}
	return body, nil
}

// refusedError is an answer that sending again would not change.
type refusedError struct {
	status int
	body   string
}

func (e *refusedError) Error() string { return fmt.Sprintf("refused with %d: %q", e.status, e.body) }

func (e *Exporter) post(ctx context.Context, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
	resp, err := e.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	switch resp.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return fmt.Errorf("answered %d", resp.StatusCode)
	}
	return &refusedError{resp.StatusCode, string(text)}
}
