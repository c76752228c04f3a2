// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package load_test

import (
	"compress/gzip"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	trace "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/leadline/leadline/bench/load"
	"github.com/leadline/leadline/bench/payload"
)

// receiver is an OTLP server made of other people's code.
type receiver struct {
	trace.UnimplementedTraceServiceServer
	rejected int64
	spans    atomic.Int64
}

// Export counts. Over gRPC it answers uncompressed, since the sender has
// replaced the gzip of the whole process by one that compresses nothing.
func (r *receiver) Export(ctx context.Context, in *trace.ExportTraceServiceRequest) (*trace.ExportTraceServiceResponse, error) {
	_ = grpc.SetSendCompressor(ctx, "identity") // fails over HTTP, where it means nothing
	for _, rs := range in.ResourceSpans {
		for _, ss := range rs.ScopeSpans {
			r.spans.Add(int64(len(ss.Spans)))
		}
	}
	return &trace.ExportTraceServiceResponse{
		PartialSuccess: &trace.ExportTracePartialSuccess{RejectedSpans: r.rejected},
	}, nil
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	body, err := read(request)
	var in trace.ExportTraceServiceRequest
	if err != nil || proto.Unmarshal(body, &in) != nil || request.URL.Path != "/v1/traces" {
		http.Error(w, "not an export", http.StatusBadRequest)
		return
	}
	answer, _ := r.Export(request.Context(), &in)
	out, err := proto.Marshal(answer)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	_, _ = w.Write(out)
}

func serve(t *testing.T, r *receiver) load.Endpoint {
	t.Helper()
	web := httptest.NewServer(r)
	t.Cleanup(web.Close)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	trace.RegisterTraceServiceServer(server, r)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return load.Endpoint{HTTP: strings.TrimPrefix(web.URL, "http://"), GRPC: listener.Addr().String()}
}

func TestEveryCellDeliversEverySpan(t *testing.T) {
	for _, cell := range load.Cells {
		t.Run(cell.Name, func(t *testing.T) {
			r := &receiver{}
			sender, err := cell.Dial(serve(t, r), 3)
			if err != nil {
				t.Fatal(err)
			}
			defer sender.Close()
			o, err := load.Flood(t.Context(), sender, requests(t, cell, 20), 3)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.spans.Load(); got != 20*64 || o.Spans != 20*64 || len(o.Latencies) != 20 {
				t.Errorf("received %d spans, outcome %d spans and %d latencies", got, o.Spans, len(o.Latencies))
			}
		})
	}
}

func TestRejectedSpansAreNoAcknowledgement(t *testing.T) {
	for _, cell := range load.Cells {
		t.Run(cell.Name, func(t *testing.T) {
			sender, err := cell.Dial(serve(t, &receiver{rejected: 2}), 1)
			if err != nil {
				t.Fatal(err)
			}
			defer sender.Close()
			_, err = load.Flood(t.Context(), sender, requests(t, cell, 1), 1)
			if err == nil || !strings.Contains(err.Error(), "rejected 2 spans") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestOverloadIsNoAcknowledgement(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	defer web.Close()
	sender, err := load.Cells[0].Dial(load.Endpoint{HTTP: strings.TrimPrefix(web.URL, "http://")}, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer sender.Close()
	if _, err = load.Flood(t.Context(), sender, requests(t, load.Cells[0], 1), 1); err == nil {
		t.Error("a 503 was taken for an acknowledgement")
	}
}

// stall answers nothing before a moment, then everything at once.
type stall struct{ until time.Time }

func (s stall) Send(context.Context, []byte) error {
	time.Sleep(time.Until(s.until))
	return nil
}

func (stall) Close() error { return nil }

// TestPaceChargesAStallToEveryRequest is why the loop is open: a sender that
// waits for answers would report one slow request of ten.
func TestPaceChargesAStallToEveryRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		requests := make([]load.Request, 10)
		o, err := load.Pace(t.Context(), stall{time.Now().Add(time.Second)}, requests, 100*time.Millisecond)
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range o.Latencies {
			if want := time.Duration(i+1) * 100 * time.Millisecond; got != want {
				t.Errorf("latency %d is %s, want %s", i, got, want)
			}
		}
	})
}

func TestQuantileIsALatencyThatHappened(t *testing.T) {
	o := load.Outcome{}
	for i := range 200 {
		o.Latencies = append(o.Latencies, time.Duration(i+1))
	}
	for _, c := range []struct {
		q    float64
		want time.Duration
	}{{0, 1}, {0.5, 100}, {0.99, 198}, {1, 200}} {
		if got := o.Quantile(c.q); got != c.want {
			t.Errorf("quantile %g: got %d, want %d", c.q, got, c.want)
		}
	}
	if got := (load.Outcome{}).Quantile(0.5); got != 0 {
		t.Errorf("quantile of nothing: got %d", got)
	}
}

func requests(t *testing.T, cell load.Cell, n int) []load.Request {
	t.Helper()
	template := payload.Shop(1, 64)[0]
	random := rand.New(rand.NewPCG(1, 1))
	all := make([]load.Request, n)
	for i := range all {
		var err error
		if all[i], err = cell.Prepare(template.Render(random, time.Now()), 64); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

func read(request *http.Request) ([]byte, error) {
	if request.Header.Get("Content-Encoding") != "gzip" {
		return io.ReadAll(request.Body)
	}
	r, err := gzip.NewReader(request.Body)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}
