// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlpgen

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// Encode returns the spans as one ExportTraceServiceRequest: one resource, and
// one scope per instrumentation in the order in which they first appear.
func Encode(spans []Span, o Options) []byte {
	o = o.withDefaults()
	var order []string
	byScope := map[string]message{}
	for _, s := range spans {
		name := scope(s.Operation)
		m, known := byScope[name]
		if !known {
			order = append(order, name)
			m = m.message(1, message{}.text(1, "opentelemetry.instrumentation."+name).text(2, "0.66b2"))
		}
		byScope[name] = m.message(2, span(s, o))
	}
	resource := message{}.message(1, resource(o))
	for _, name := range order {
		resource = resource.message(2, byScope[name].text(3, "https://opentelemetry.io/schemas/1.11.0"))
	}
	return message{}.message(1, resource)
}

func scope(op Operation) string {
	return [...]string{
		Checkout: "fastapi", GetItem: "fastapi", GetCart: "fastapi",
		Ship: "celery", Charge: "requests", Query: "sqlite3",
	}[op]
}

// message is a protobuf message under construction. Its methods append a field.
type message []byte

func (m message) text(n protowire.Number, s string) message {
	return protowire.AppendString(protowire.AppendTag(m, n, protowire.BytesType), s)
}

func (m message) bytes(n protowire.Number, b []byte) message {
	return protowire.AppendBytes(protowire.AppendTag(m, n, protowire.BytesType), b)
}

func (m message) message(n protowire.Number, sub message) message { return m.bytes(n, sub) }

func (m message) varint(n protowire.Number, v uint64) message {
	return protowire.AppendVarint(protowire.AppendTag(m, n, protowire.VarintType), v)
}

func (m message) fixed64(n protowire.Number, v uint64) message {
	return protowire.AppendFixed64(protowire.AppendTag(m, n, protowire.Fixed64Type), v)
}

// attr appends an attribute as field n.
func (m message) attr(n protowire.Number, key string, value any) message {
	var v message
	switch value := value.(type) {
	case string:
		v = v.text(1, value)
	case bool:
		v = v.varint(2, protowire.EncodeBool(value))
	case int:
		v = v.varint(3, uint64(value))
	default:
		panic(fmt.Sprintf("BUG: attribute %s is a %T", key, value))
	}
	return m.message(n, message{}.text(1, key).message(2, v))
}

// attrs appends attributes from alternating keys and values as field n.
func (m message) attrs(n protowire.Number, keysAndValues ...any) message {
	for i := 0; i < len(keysAndValues); i += 2 {
		m = m.attr(n, keysAndValues[i].(string), keysAndValues[i+1])
	}
	return m
}

func resource(o Options) message {
	m := message{}.attrs(1,
		"telemetry.sdk.language", "python",
		"telemetry.sdk.name", "opentelemetry",
		"telemetry.sdk.version", "1.45.2",
		"telemetry.auto.version", "0.66b2",
		"service.instance.id", o.Instance,
		"service.name", o.Service,
		"service.version", o.Version,
		"deployment.environment.name", o.Environment,
	)
	if o.Namespace != "" {
		m = m.attr(1, "service.namespace", o.Namespace)
	}
	return m
}

func span(s Span, o Options) message {
	m := message{}.bytes(1, s.TraceID[:]).bytes(2, s.SpanID[:])
	if s.Parent != [8]byte{} {
		m = m.bytes(4, s.Parent[:])
	}
	shape := shapes[s.Operation]
	m = m.text(5, shape.name).varint(6, shape.kind).
		fixed64(7, uint64(s.Start.UnixNano())).fixed64(8, uint64(s.End.UnixNano()))
	m = m.attrs(9, shape.attributes(s, o)...)
	if s.Tier != "" {
		m = m.attr(9, "customer.tier", s.Tier)
	}
	if s.Bad && s.Operation.entry() {
		m = m.message(11, exception(s))
	}
	if s.Bad {
		return m.message(15, message{}.text(2, "RuntimeError: provider timed out").varint(3, 2)).flags()
	}
	return m.message(15, message{}).flags()
}

// flags appends what Python sends for a sampled local parent.
func (m message) flags() message {
	return protowire.AppendFixed32(protowire.AppendTag(m, 16, protowire.Fixed32Type), 0x101)
}

func exception(s Span) message {
	return message{}.fixed64(1, uint64(s.End.UnixNano())-1000).text(2, "exception").attrs(3,
		"exception.type", "RuntimeError",
		"exception.message", "provider timed out",
		"exception.stacktrace", "Traceback (most recent call last):\n  File \"/srv/shop/app.py\", line 41, in checkout\n    await charge(order_id)\nRuntimeError: provider timed out\n",
		"exception.escaped", "False",
	)
}

// The span kinds of OTLP that Python's instrumentations of the shop send.
const (
	kindServer   = 2
	kindClient   = 3
	kindConsumer = 5
)

// shape is what an instrumentation sends for an operation.
type shape struct {
	name       string
	kind       uint64
	attributes func(Span, Options) []any
}

var shapes = [...]shape{
	Checkout: {"POST /checkout", kindServer, func(s Span, o Options) []any { return served("POST", "/checkout", "/checkout", s, o) }},
	GetItem: {"GET /items/{id}", kindServer, func(s Span, o Options) []any {
		return served("GET", "/items/{id}", fmt.Sprintf("/items/%d", s.Item), s, o)
	}},
	GetCart: {"GET /cart", kindServer, func(s Span, o Options) []any { return served("GET", "/cart", "/cart", s, o) }},
	Ship:    {"run/shop.tasks.ship", kindConsumer, shipped},
	Charge:  {"POST", kindClient, charged},
	Query:   {"SELECT", kindClient, queried},
}

const (
	okStatus       = 200
	failedStatus   = 500
	providerStatus = 503
)

func status(s Span, failed int) int {
	if s.Bad {
		return failed
	}
	return okStatus
}

func served(method, route, path string, s Span, o Options) []any {
	port := 40_000 + int(s.Item)
	if !o.StableNames {
		return []any{
			"http.scheme", "http", "http.host", "10.1.4.17:8000", "net.host.port", 8000,
			"http.flavor", "1.1", "http.target", path, "http.url", "http://shop.example.com" + path,
			"http.method", method, "http.server_name", "shop.example.com",
			"http.user_agent", "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
			"net.peer.ip", "10.1.9.3", "net.peer.port", port, "http.route", route,
			"http.status_code", status(s, failedStatus),
		}
	}
	attributes := []any{
		"url.scheme", "http", "server.address", "10.1.4.17", "server.port", 8000,
		"network.protocol.version", "1.1", "url.path", path, "http.request.method", method,
		"client.address", "10.1.9.3", "client.port", port,
		"user_agent.original", "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
		"http.route", route, "http.response.status_code", status(s, failedStatus),
	}
	if s.Bad {
		attributes = append(attributes, "error.type", fmt.Sprint(failedStatus))
	}
	return attributes
}

func shipped(s Span, _ Options) []any {
	state := "SUCCESS"
	if s.Bad {
		state = "FAILURE"
	}
	return []any{
		"celery.action", "run", "celery.state", state, "celery.hostname", "gen7@worker-1",
		"celery.task_name", "shop.tasks.ship", "celery.reply_to", "a7a1f6a0-3d7e-3f0a-8a51-55c1a9f1b7aa",
		"celery.delivery_info", "{'exchange': '', 'routing_key': 'celery', 'priority': 0, 'redelivered': False}",
		"messaging.destination", "celery", "messaging.message.id", fmt.Sprintf("%x-%04x", s.SpanID, s.Item),
	}
}

func charged(s Span, o Options) []any {
	const url = "https://api.stripe.com/v1/charges"
	if !o.StableNames {
		return []any{"http.method", "POST", "http.url", url, "http.status_code", status(s, providerStatus)}
	}
	return []any{
		"http.request.method", "POST", "url.full", url, "server.address", "api.stripe.com", "server.port", 443,
		"http.response.status_code", status(s, providerStatus),
	}
}

func queried(Span, Options) []any {
	return []any{
		"db.system", "sqlite", "db.name", "/srv/shop/shop.db",
		"db.statement", "SELECT id, name, price, stock FROM items WHERE id = ?",
	}
}
