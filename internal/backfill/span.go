// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package backfill

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/wire"
)

// encoder writes requests into one buffer.
type encoder struct{ request, resource, scope, span, value []byte }

// request returns the events of one minute as an ExportTraceServiceRequest,
// which is valid until the next call. Every span has ids of its own, made of
// the source, the minute and its number.
func (s *source) request(m slice.Minute) []byte {
	r, during := s.random(forEvents, m), s.incident(m)
	e := &s.encoder
	e.scope = e.scope[:0]
	for i := range poisson(r, s.expected(m)) {
		x := s.event(r, during)
		end := m.Start().UnixNano() + r.Int64N(int64(time.Minute))
		s.encode(m, i, end, x)
		e.scope = appendBytes(e.scope, 2, e.span)
	}
	e.resource = appendBytes(e.resource[:0], 1, s.resource(m))
	e.resource = appendBytes(e.resource, 2, e.scope)
	e.request = appendBytes(e.request[:0], 1, e.resource)
	return e.request
}

// releaseEvery is how often the services release a version, in minutes. Versions
// begin with 0, so that they read as older than those of the live service.
const releaseEvery = 7 * 24 * 60

func (s *source) resource(m slice.Minute) []byte {
	b := s.encoder.attribute(nil, 1, "service.name", s.service.Name)
	if s.service.Namespace != "" {
		b = s.encoder.attribute(b, 1, "service.namespace", s.service.Namespace)
	}
	b = s.encoder.attribute(b, 1, "service.version", fmt.Sprintf("0.%d.0", m/releaseEvery%100))
	return s.encoder.attribute(b, 1, "deployment.environment.name", s.service.Environment)
}

// encode writes one span.
func (s *source) encode(m slice.Minute, number int, end int64, x event) {
	e := &s.encoder
	var id [24]byte
	binary.BigEndian.PutUint64(id[:], s.seed)
	binary.BigEndian.PutUint64(id[8:], uint64(m))
	binary.BigEndian.PutUint64(id[16:], uint64(number)+1)
	b := appendBytes(e.span[:0], 1, id[:16])
	b = appendBytes(b, 2, id[16:])
	b = appendBytes(b, 5, []byte(s.operation.Name))
	b = protowire.AppendVarint(protowire.AppendTag(b, 6, protowire.VarintType), uint64(s.kind()))
	b = protowire.AppendFixed64(protowire.AppendTag(b, 7, protowire.Fixed64Type), uint64(end-int64(x.duration)))
	b = protowire.AppendFixed64(protowire.AppendTag(b, 8, protowire.Fixed64Type), uint64(end))
	b = s.attributes(b, x)
	for _, name := range s.groups {
		b = e.attribute(b, 9, name, groupValues[x.group])
	}
	if x.named {
		for _, t := range s.named {
			b = e.attribute(b, 9, t.attribute, t.value)
		}
	}
	if x.bad {
		b = appendBytes(b, 15, protowire.AppendVarint(protowire.AppendTag(nil, 3, protowire.VarintType), uint64(wire.Error)))
	}
	e.span = b
}

// canRefuse reports whether the operation is a request by HTTP that may be the
// caller's mistake: of those that only read, few are.
func (s *source) canRefuse() bool {
	return s.operation.Kind == operation.Call || strings.HasPrefix(s.operation.Name, "POST ")
}

func (s *source) kind() wire.SpanKind {
	switch s.operation.Kind {
	case operation.Task, operation.Consume:
		return wire.Consumer
	case operation.Call, operation.CallRPC, operation.Database:
		return wire.Client
	case operation.Publish, operation.Enqueue:
		return wire.Producer
	}
	return wire.Server
}

// attributes writes what says which operation the span is, and how it ended.
func (s *source) attributes(b []byte, x event) []byte {
	e, name := &s.encoder, s.operation.Name
	text := func(key, value string) { b = e.attribute(b, 9, key, value) }
	after := func(prefix string) string { return strings.TrimPrefix(name, prefix) }
	status := func() {
		code := uint64(200)
		if x.bad {
			code = 503
		} else if x.refused {
			code = 422
		}
		b = e.number(b, 9, "http.response.status_code", code)
	}
	switch s.operation.Kind {
	case operation.RPC:
		text("rpc.system", "grpc")
		text("rpc.method", after("rpc "))
	case operation.CallRPC:
		text("rpc.system", "grpc")
		text("rpc.method", after("call rpc "))
	case operation.Task:
		text("celery.task_name", after("task "))
		text("celery.action", "run")
		text("celery.state", map[bool]string{false: "SUCCESS", true: "FAILURE"}[x.bad])
	case operation.Enqueue:
		text("celery.task_name", after("enqueue "))
		text("celery.action", "apply_async")
	case operation.Consume:
		text("messaging.destination.name", after("consume "))
	case operation.Publish:
		text("messaging.destination.name", after("publish "))
	case operation.Function:
		text("faas.name", after("function "))
	case operation.Database:
		text("db.system.name", after("db "))
	case operation.Call:
		text("http.request.method", "POST")
		text("server.address", after("call "))
		status()
	default:
		method, route, _ := strings.Cut(name, " ")
		if method == "WEBSOCKET" {
			text("url.scheme", "ws")
		} else {
			text("http.request.method", method)
		}
		if route != operation.Unrouted {
			text("http.route", route)
		}
		status()
	}
	return b
}

// attribute appends an attribute as field n.
func (e *encoder) attribute(b []byte, n protowire.Number, key, value string) []byte {
	e.value = appendBytes(e.value[:0], 1, []byte(value))
	return e.keyValue(b, n, key)
}

func (e *encoder) number(b []byte, n protowire.Number, key string, value uint64) []byte {
	e.value = protowire.AppendVarint(protowire.AppendTag(e.value[:0], 3, protowire.VarintType), value)
	return e.keyValue(b, n, key)
}

// keyValue appends a KeyValue with the value at hand.
func (e *encoder) keyValue(b []byte, n protowire.Number, key string) []byte {
	size := protowire.SizeTag(1) + protowire.SizeBytes(len(key)) + protowire.SizeTag(2) + protowire.SizeBytes(len(e.value))
	b = protowire.AppendVarint(protowire.AppendTag(b, n, protowire.BytesType), uint64(size))
	b = protowire.AppendString(protowire.AppendTag(b, 1, protowire.BytesType), key)
	return appendBytes(b, 2, e.value)
}

func appendBytes(b []byte, n protowire.Number, value []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), value)
}
