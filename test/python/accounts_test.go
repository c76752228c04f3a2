// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package python_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	common "go.opentelemetry.io/proto/otlp/common/v1"
	metrics "go.opentelemetry.io/proto/otlp/metrics/v1"
	"google.golang.org/protobuf/proto"
)

// accounts is what the Python SDK says of its own spans, by the metrics that it
// has about itself. They go to this server instead of Leadline, so that they
// get through whatever happens to Leadline.
type accounts struct {
	*httptest.Server

	mu    sync.Mutex
	spans map[account]int64
}

// account is one cumulative metric of one process. An error says why spans
// came to nothing.
type account struct{ process, metric, err string }

const (
	exported  = "otel.sdk.exporter.span.exported"
	processed = "otel.sdk.processor.span.processed"
)

func keepAccounts(t *testing.T) *accounts {
	a := &accounts{spans: map[account]int64{}}
	a.Server = httptest.NewServer(a)
	t.Cleanup(a.Close)
	return a
}

// variables make the SDK keep its accounts here.
func (a *accounts) variables() []string {
	return []string{
		"OTEL_PYTHON_SDK_INTERNAL_METRICS_ENABLED=true",
		"OTEL_EXPORTER_OTLP_METRICS_PROTOCOL=http/protobuf",
		"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=" + a.URL,
	}
}

// ServeHTTP takes one OTLP request, whose bytes are those of a MetricsData.
func (a *accounts) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxAnswer))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var request metrics.MetricsData
	if err := proto.Unmarshal(body, &request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	a.enter(&request)
	// The answer is an empty message, which is no bytes.
	w.Header().Set("Content-Type", "application/x-protobuf")
}

func (a *accounts) enter(request *metrics.MetricsData) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, resource := range request.ResourceMetrics {
		process := text(resource.Resource.Attributes, "service.instance.id")
		for _, scope := range resource.ScopeMetrics {
			for _, metric := range scope.Metrics {
				for _, p := range metric.GetSum().GetDataPoints() {
					a.spans[account{process, metric.Name, text(p.Attributes, "error.type")}] = p.GetAsInt()
				}
			}
		}
	}
}

func text(attributes []*common.KeyValue, key string) string {
	for _, a := range attributes {
		if a.Key == key {
			return a.Value.GetStringValue()
		}
	}
	return ""
}

// balance is the sum over the processes of an application.
type balance struct {
	acknowledged int64 // sent, and the server said so
	givenUp      int64 // not acknowledged in time; the server may have counted them or not
	overflowed   int64 // never sent, because too many waited
}

func (b balance) String() string {
	return fmt.Sprintf("%d acknowledged, %d given up, %d beyond the queue", b.acknowledged, b.givenUp, b.overflowed)
}

// balance returns what the processes said last, which was when they ended.
func (a *accounts) balance() (b balance, processes int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	seen := map[string]bool{}
	for k, n := range a.spans {
		switch {
		case k.metric == exported && k.err == "":
			b.acknowledged += n
			seen[k.process] = true
		case k.metric == exported:
			b.givenUp += n
		case k.metric == processed && k.err != "":
			b.overflowed += n
		}
	}
	return b, len(seen)
}
