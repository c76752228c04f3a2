// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package self

import (
	"encoding/binary"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/wire"
)

// The fields of OTLP that a request of ours has.
const (
	resourceSpans = 1 // of the request

	resource   = 1 // of ResourceSpans
	scopeSpans = 2

	resourceAttribute = 1
	scopeSpan         = 2 // of ScopeSpans

	spanTrace     = 1
	spanID        = 2
	spanName      = 5
	spanKind      = 6
	spanStart     = 7
	spanEnd       = 8
	spanAttribute = 9
	spanStatus    = 15

	statusMessage = 2
	statusCode    = 3
)

// request asks every part, and returns the answers as an
// ExportTraceServiceRequest: a server's span for each.
func (p *Prober) request() []byte {
	at := uint64(p.now().UnixNano())
	var scope []byte
	for _, c := range p.checks {
		p.span++
		scope = appendMessage(scope, scopeSpan, p.encode(c, at))
	}
	var r []byte
	r = appendAttribute(r, resourceAttribute, "service.name", operation.Self.Name)
	r = appendAttribute(r, resourceAttribute, "service.namespace", operation.Self.Namespace)
	all := appendMessage(nil, resource, r)
	all = appendMessage(all, scopeSpans, scope)
	return appendMessage(nil, resourceSpans, all)
}

func (p *Prober) encode(c Check, at uint64) []byte {
	failed := c.Failed()
	b := appendMessage(nil, spanTrace, p.trace[:])
	b = appendMessage(b, spanID, binary.BigEndian.AppendUint64(nil, p.span))
	b = appendMessage(b, spanName, []byte("Self/"+c.Name))
	b = appendVarint(b, spanKind, uint64(wire.Server))
	b = protowire.AppendFixed64(protowire.AppendTag(b, spanStart, protowire.Fixed64Type), at)
	b = protowire.AppendFixed64(protowire.AppendTag(b, spanEnd, protowire.Fixed64Type), at)
	b = appendAttribute(b, spanAttribute, "rpc.system", "leadline")
	b = appendAttribute(b, spanAttribute, "rpc.service", "Self")
	b = appendAttribute(b, spanAttribute, "rpc.method", c.Name)
	if failed == nil {
		return b
	}
	status := appendMessage(nil, statusMessage, []byte(failed.Error()))
	return appendMessage(b, spanStatus, appendVarint(status, statusCode, uint64(wire.Error)))
}

// appendAttribute appends a KeyValue of two texts as field n.
func appendAttribute(b []byte, n protowire.Number, key, value string) []byte {
	pair := appendMessage(nil, 1, []byte(key))
	return appendMessage(b, n, appendMessage(pair, 2, appendMessage(nil, 1, []byte(value))))
}

func appendMessage(b []byte, n protowire.Number, message []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), message)
}

func appendVarint(b []byte, n protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, n, protowire.VarintType), v)
}
