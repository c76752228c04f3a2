// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadline/leadline/internal/wire"
)

// transport is the protocol and payload of a request.
type transport uint8

const (
	overGRPC transport = iota
	overHTTP
	overHTTPJSON
	transports
)

var transportNames = [transports]string{"grpc", "http_protobuf", "http_json"}

func (t transport) String() string { return transportNames[t] }

const signals = wire.Logs + 1

// meters are the metrics of both servers.
type meters struct {
	requests *prometheus.CounterVec
	refused  *prometheus.CounterVec
	// faults counts the requests that were refused and may succeed later: the
	// fault is ours.
	faults atomic.Uint64
	// refusals counts again what refused counts, for who asks without scraping.
	// Its keys are few: transports and reasons are constants.
	refusals struct {
		sync.Mutex
		by map[Refusal]uint64
	}
	// accepted holds the counters of the hot path, looked up once.
	accepted [signals][transports][compressions]prometheus.Counter
}

// newMeters registers the metrics; the budget is read at every scrape.
func newMeters(reg prometheus.Registerer, b *budget) (*meters, error) {
	m := &meters{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "leadline_otlp_requests_total",
			Help: "OTLP requests answered, by signal, transport, encoding and code: an HTTP status or a gRPC code.",
		}, []string{"signal", "transport", "encoding", "code"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "leadline_otlp_refused_total",
			Help: "OTLP requests and connections refused, by transport and reason.",
		}, []string{"transport", "reason"}),
	}
	inFlight := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "leadline_otlp_in_flight_bytes",
		Help: "Memory held by the bodies of OTLP requests that have no answer yet.",
	}, func() float64 { return float64(b.used.Load()) })
	for _, collector := range []prometheus.Collector{m.requests, m.refused, inFlight} {
		if err := reg.Register(collector); err != nil {
			return nil, fmt.Errorf("register OTLP metrics: %w", err)
		}
	}
	m.refusals.by = make(map[Refusal]uint64)
	m.prepare()
	return m, nil
}

// Refusal is why requests or connections were refused over one transport: the
// kind of the error, or what was wrong with the HTTP request.
type Refusal struct{ Transport, Reason string }

// turnAway counts a request or connection that was refused.
func (m *meters) turnAway(t transport, reason string) {
	m.refused.WithLabelValues(t.String(), reason).Inc()
	m.refusals.Lock()
	defer m.refusals.Unlock()
	m.refusals.by[Refusal{t.String(), reason}]++
}

// Refusals returns how many requests and connections were refused since the
// start, by transport and reason.
func (s *Server) Refusals() map[Refusal]uint64 {
	r := &s.door.meters.refusals
	r.Lock()
	defer r.Unlock()
	return maps.Clone(r.by)
}

func (m *meters) prepare() {
	for s := range signals {
		for t := range transports {
			for e := range compressions {
				code := "200"
				if t == overGRPC {
					code = "OK"
				}
				m.accepted[s][t][e] = m.requests.WithLabelValues(s.String(), t.String(), e.String(), code)
			}
		}
	}
}

// accept counts a request that was answered with success.
func (m *meters) accept(s wire.Signal, t transport, e compression) { m.accepted[s][t][e].Inc() }

// refuse counts a request of a known signal that was answered with an error.
func (m *meters) refuse(s wire.Signal, t transport, e compression, code, reason string) {
	m.requests.WithLabelValues(s.String(), t.String(), e.String(), code).Inc()
	m.turnAway(t, reason)
}

// fail counts a request that could not be taken. One whose sender went away is
// no fault of ours.
func (m *meters) fail(s wire.Signal, t transport, e compression, code string, f failure, err error) {
	m.refuse(s, t, e, code, f.kind.String())
	if f.retry && !errors.Is(err, context.Canceled) {
		m.faults.Add(1)
	}
}
