// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package otlpgen makes OTLP trace requests as a small Python shop would send
// them, for tests and benchmarks.
//
// It owns a ledger and its bytes: [Spans] draws spans from a seed, each of which
// says what it counts as, and [Encode] writes any of them as one request, so that
// a test can resend, re-batch or shuffle what it has already counted. The same
// seed and options give the same bytes on every machine.
//
// The shapes are those of zero-code OpenTelemetry Python: attribute names, scope
// names, the `run/<task>` spans of Celery, an exception event on a failed
// request. It does not stand for the timing or the mix of any real shop.
package otlpgen

import (
	"math/rand/v2"
	"time"
)

// Operation is what a span did.
type Operation uint8

// The operations of the shop, served, run or called.
const (
	Checkout Operation = iota // POST /checkout, SERVER
	GetItem                   // GET /items/{id}, SERVER
	GetCart                   // GET /cart, SERVER
	Ship                      // task shop.tasks.ship, CONSUMER
	Charge                    // call api.stripe.com, CLIENT
	Query                     // a sqlite statement, CLIENT
)

// String returns the operation as Leadline names it.
func (o Operation) String() string {
	return [...]string{
		"POST /checkout", "GET /items/{id}", "GET /cart",
		"task shop.tasks.ship", "call api.stripe.com", "db sqlite",
	}[o]
}

// entry reports whether the operation begins a trace.
func (o Operation) entry() bool { return o <= Ship }

// Options say who sends and what the spans are like. Zero fields have the
// defaults that are named beside them.
type Options struct {
	Service     string // shop-api
	Namespace   string // none
	Version     string // 1.4.0
	Environment string // production
	Instance    string // service.instance.id: made of the service's name

	// Spans end in [From, To); by default in the minute from 2026-11-23 12:00 UTC.
	From, To time.Time

	// ErrorShare is the share of spans that fail, from 0 to 1.
	ErrorShare float64
	// StableNames sends the stable HTTP attribute names; Python's default in
	// 2026 is still the old ones.
	StableNames bool
	// Mix is the operations to draw from, one as often as it is listed.
	Mix []Operation // DefaultMix
	// Tiers are the values of customer.tier.
	Tiers []string // free, pro, enterprise
}

// DefaultMix is mostly reads, and as many outbound calls as requests.
var DefaultMix = []Operation{
	GetItem, Query, GetItem, Query, GetCart, Query, GetItem, Checkout, Query, Charge, Ship, Query,
}

// Span is one span in the ledger.
type Span struct {
	TraceID   [16]byte
	SpanID    [8]byte
	Parent    [8]byte // zero for an entry span
	Operation Operation
	Tier      string // customer.tier; "" on outbound calls
	Start     time.Time
	End       time.Time
	Bad       bool
	Item      uint16 // the {id} of GetItem, and what else should differ
}

func (o Options) withDefaults() Options {
	def := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	def(&o.Service, "shop-api")
	def(&o.Version, "1.4.0")
	def(&o.Environment, "production")
	def(&o.Instance, o.Service+"-0001-4c1e-9b5d-5f2c8e0d7a11")
	if o.To.IsZero() {
		o.From = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
		o.To = o.From.Add(time.Minute)
	}
	if len(o.Mix) == 0 {
		o.Mix = DefaultMix
	}
	if len(o.Tiers) == 0 {
		o.Tiers = []string{"free", "pro", "enterprise"}
	}
	return o
}

// Traces returns the bytes of an ExportTraceServiceRequest with n spans.
func Traces(seed uint64, n int, o Options) []byte { return Encode(Spans(seed, n, o), o) }

// Spans draws n spans. Ids are random: two seeds never share one in practice.
func Spans(seed uint64, n int, o Options) []Span {
	o = o.withDefaults()
	g := generator{rand: rand.New(rand.NewPCG(seed, 0x1ead11e)), o: o}
	spans := make([]Span, n)
	for i := range spans {
		spans[i] = g.span()
	}
	return spans
}

type generator struct {
	rand *rand.Rand
	o    Options
	root Span // the entry span to which outbound calls belong
}

func (g *generator) span() Span {
	s := Span{
		Operation: g.o.Mix[g.rand.IntN(len(g.o.Mix))],
		Bad:       g.rand.Float64() < g.o.ErrorShare,
		Item:      uint16(g.rand.IntN(10_000)),
	}
	g.fill(s.SpanID[:])
	s.End = g.o.From.Add(time.Duration(g.rand.Int64N(int64(g.o.To.Sub(g.o.From)))))
	s.Start = s.End.Add(-g.duration(s.Operation))
	switch {
	case s.Operation.entry():
		g.fill(s.TraceID[:])
		s.Tier = g.o.Tiers[g.rand.IntN(len(g.o.Tiers))]
		g.root = s
	case g.root.TraceID != [16]byte{}:
		s.TraceID, s.Parent = g.root.TraceID, g.root.SpanID
	default: // an outbound call before any request: its parent is in another batch
		g.fill(s.TraceID[:])
		g.fill(s.Parent[:])
	}
	return s
}

// duration draws an exponential duration around what the operation takes.
func (g *generator) duration(op Operation) time.Duration {
	mean := [...]time.Duration{
		Checkout: 180 * time.Millisecond, GetItem: 12 * time.Millisecond, GetCart: 20 * time.Millisecond,
		Ship: 900 * time.Millisecond, Charge: 140 * time.Millisecond, Query: 2 * time.Millisecond,
	}[op]
	return time.Duration(g.rand.ExpFloat64()*float64(mean)) + 200*time.Microsecond
}

func (g *generator) fill(b []byte) {
	for i := range b {
		b[i] = byte(g.rand.Uint32())
	}
	b[0] |= 1 // an id is never all zero
}
