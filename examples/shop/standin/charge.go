// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package standin

import (
	"net/http"
	"time"

	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
)

// patience is how long the payments service waits for the card company.
const patience = 1500 * time.Millisecond

// charge is what the payments service did for a checkout.
type charge struct {
	said     int // by the card company; 0 is nothing in time
	answered int // by the payments service
	from, to time.Time
}

// pay is the payments service and the card company, which the card number
// tells what to say.
func pay(card string, timesOut bool) *charge {
	c := &charge{said: http.StatusCreated, answered: http.StatusCreated, from: time.Now()}
	switch {
	case timesOut:
		time.Sleep(patience)
		c.said, c.answered = 0, http.StatusGatewayTimeout
	case card == declinedCard:
		c.said, c.answered = http.StatusPaymentRequired, http.StatusPaymentRequired
	case card == outageCard:
		c.said, c.answered = http.StatusServiceUnavailable, http.StatusBadGateway
	}
	c.to = c.from.Add(time.Since(c.from))
	return c
}

// spans returns the call of the storefront, the request as Flask saw it, and
// the call of the card company.
func (c charge) spans(checkout *tracepb.Span) []scoped {
	call := outbound(checkout, "http://payments.shop.internal/charges", c.answered, c.from, c.to)
	server := span(checkout.TraceId, call.SpanId, tracepb.Span_SPAN_KIND_SERVER, "POST /charges", c.from, c.to)
	const host = "payments.shop.internal"
	server.Attributes = append(server.Attributes,
		text("http.method", "POST"), text("http.server_name", host), text("http.scheme", "http"),
		text("net.host.name", host), text("http.host", host), number("net.host.port", 80), text("http.target", "/charges"),
		text("http.user_agent", "python-httpx/0.28.1"), text("http.flavor", "1.1"), text("http.route", "/charges"),
		number("http.status_code", c.answered))
	if c.answered >= http.StatusInternalServerError {
		server.Status.Code = tracepb.Status_STATUS_CODE_ERROR
	}
	return []scoped{
		{source{storefrontName, scopeHTTPX}, call},
		{source{paymentsName, scopeFlask}, server},
		{source{paymentsName, scopeRequests}, outbound(server, "http://api.harbourpay.example/v1/charges", c.said, c.from, c.to)},
	}
}

// outbound is the span of an HTTP call that is part of another; a status of 0
// is no answer.
func outbound(of *tracepb.Span, url string, status int, from, to time.Time) *tracepb.Span {
	s := span(of.TraceId, of.SpanId, tracepb.Span_SPAN_KIND_CLIENT, "POST", from, to)
	s.Attributes = append(s.Attributes, text("http.method", "POST"), text("http.url", url))
	if status != 0 {
		s.Attributes = append(s.Attributes, number("http.status_code", status))
	}
	if status == 0 || status >= http.StatusBadRequest {
		s.Status.Code = tracepb.Status_STATUS_CODE_ERROR
	}
	return s
}
