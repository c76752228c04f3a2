// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package standin

import (
	"crypto/rand"
	"encoding/hex"
	"time"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	resourcepb "go.opentelemetry.io/proto/otlp/resource/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// The instrumentation scopes of the Python packages that we stand in for.
const (
	scopeFastAPI  = "opentelemetry.instrumentation.fastapi"
	scopeFlask    = "opentelemetry.instrumentation.flask"
	scopeHTTPX    = "opentelemetry.instrumentation.httpx"
	scopeRequests = "opentelemetry.instrumentation.requests"
	scopeCelery   = "opentelemetry.instrumentation.celery"
	scopeVersion  = "0.66b1"
	schemaURL     = "https://opentelemetry.io/schemas/1.11.0"
)

// The services that we stand in for.
const (
	storefrontName = "shop-api"
	paymentsName   = "shop-payments"
	workerName     = "shop-worker"
)

// Resource names the service whose spans are sent.
type Resource struct {
	Service     string
	Namespace   string
	Version     string
	Environment string
}

func (r Resource) proto() *resourcepb.Resource {
	instance := hex.EncodeToString(randomBytes(16))
	return &resourcepb.Resource{Attributes: []*commonpb.KeyValue{
		text("telemetry.sdk.language", "python"), text("telemetry.sdk.name", "opentelemetry"),
		text("telemetry.sdk.version", "1.45.1"), text("telemetry.auto.version", scopeVersion),
		text("service.instance.id", instance),
		text("service.name", r.Service), text("service.namespace", r.Namespace),
		text("service.version", r.Version), text("deployment.environment.name", r.Environment),
	}}
}

// source is the service and the instrumentation scope that send a span.
type source struct{ service, scope string }

// scoped is a span and what it is sent under.
type scoped struct {
	source
	span *tracepb.Span
}

func text(key, value string) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: value}}}
}

func number(key string, value int) *commonpb.KeyValue {
	return &commonpb.KeyValue{Key: key, Value: &commonpb.AnyValue{Value: &commonpb.AnyValue_IntValue{IntValue: int64(value)}}}
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	rand.Read(b) // never returns an error since Go 1.24
	return b
}

func span(trace, parent []byte, kind tracepb.Span_SpanKind, name string, from, to time.Time) *tracepb.Span {
	return &tracepb.Span{
		TraceId: trace, SpanId: randomBytes(8), ParentSpanId: parent, Flags: 0x100, Kind: kind, Name: name,
		StartTimeUnixNano: uint64(from.UnixNano()), EndTimeUnixNano: uint64(to.UnixNano()),
		Status: &tracepb.Status{},
	}
}

// visit is one served request, as the middleware around it saw it.
type visit struct {
	trace                            []byte
	method, path, route, host, agent string
	status                           int
	from, to                         time.Time
	failure                          string // text of an unhandled exception
	charge                           *charge
	order                            *order
}

// spans returns what the instrumentations send for one
// request: the SERVER span with the old attribute names, the INTERNAL spans of
// the ASGI messages, which are not requests of their own, and those of what it asked of others.
func (v visit) spans() []scoped {
	name := v.method
	if v.route != "" {
		name += " " + v.route
	}
	trace := v.trace
	server := span(trace, nil, tracepb.Span_SPAN_KIND_SERVER, name, v.from, v.to)
	server.Attributes = v.attributes()
	if v.status >= 500 {
		server.Status.Code = tracepb.Status_STATUS_CODE_ERROR
	}
	if v.failure != "" {
		server.Events = []*tracepb.Span_Event{v.exception()}
	}
	var all []scoped
	if v.method == "POST" {
		all = append(all, v.message(server, name+" http receive", "http.request", v.from, 0))
	}
	if v.charge != nil {
		all = append(all, v.charge.spans(server)...)
	}
	if v.order != nil {
		all = append(all, v.order.published(server, v.to)...)
	}
	return append(all,
		v.message(server, name+" http send", "http.response.start", v.to, v.status),
		v.message(server, name+" http send", "http.response.body", v.to, 0),
		scoped{source{storefrontName, scopeFastAPI}, server})
}

func (v visit) attributes() []*commonpb.KeyValue {
	attrs := []*commonpb.KeyValue{
		text("http.scheme", "http"), text("http.host", v.host), text("http.flavor", "1.1"),
		text("http.target", v.path), text("http.url", "http://"+v.host+v.path),
		text("http.method", v.method), text("http.server_name", v.host),
		text("http.user_agent", v.agent), number("http.status_code", v.status),
	}
	if v.route != "" {
		attrs = append(attrs, text("http.route", v.route))
	}
	return attrs
}

func (v visit) exception() *tracepb.Span_Event {
	return &tracepb.Span_Event{
		Name: "exception", TimeUnixNano: uint64(v.to.UnixNano()),
		Attributes: []*commonpb.KeyValue{
			text("exception.type", "shop.faults.RehearsedFailure"), text("exception.message", v.failure),
			text("exception.escaped", "False"),
		},
	}
}

func (v visit) message(server *tracepb.Span, name, event string, at time.Time, status int) scoped {
	s := span(server.TraceId, server.SpanId, tracepb.Span_SPAN_KIND_INTERNAL, name, at, at)
	s.Attributes = []*commonpb.KeyValue{text("asgi.event.type", event)}
	if status != 0 {
		s.Attributes = append(s.Attributes, number("http.status_code", status))
	}
	if status >= 500 {
		s.Status.Code = tracepb.Status_STATUS_CODE_ERROR
	}
	return scoped{source{storefrontName, scopeFastAPI}, s}
}

func scope(name string) *commonpb.InstrumentationScope {
	return &commonpb.InstrumentationScope{Name: name, Version: scopeVersion}
}
