// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package conform

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"google.golang.org/grpc/codes"
)

// transportRows: what a server takes.
func transportRows() []Row {
	return []Row{
		{
			ID: "compression", Section: "Protocol Details", Level: Must,
			Requirement: "Requests are taken without compression and with gzip.",
			transports:  allTransports, signals: allSignals, encodings: required,
			check: func(ctx context.Context, c *call) error { return c.succeeds(ctx, c.payload("compression")) },
		},
		{
			ID: "compression-more", Section: "Protocol Details", Level: Extra,
			Requirement: "Requests are taken with zstd, and over HTTP with deflate, as the Collector and Python send them.",
			transports:  allTransports, signals: allSignals, encodings: []Encoding{Zstd, Deflate},
			check: func(ctx context.Context, c *call) error { return c.succeeds(ctx, c.payload("compression")) },
		},
		{
			ID: "concurrent", Section: "OTLP/gRPC Concurrent Requests", Level: Should,
			Requirement: "Requests that are in flight at the same time are all answered.",
			transports:  allTransports, signals: allSignals, encodings: plain,
			check: checkConcurrent,
		},
		{
			ID: "one-port", Section: "OTLP/HTTP Connection", Level: Should,
			Requirement: "Protobuf and JSON are taken on the same port, told apart by Content-Type.",
			transports:  overHTTP, signals: allSignals, encodings: plain,
			check: checkOnePort,
		},
		{
			ID: "charset", Section: "OTLP/HTTP Request", Level: Extra,
			Requirement: "Content-Type may carry parameters, such as a charset.",
			transports:  overHTTP, signals: allSignals, encodings: plain,
			check: func(ctx context.Context, c *call) error {
				a, err := c.sendAs(ctx, request{body: c.payload("charset"), contentType: c.contentType() + "; charset=utf-8"})
				if err != nil {
					return err
				}
				_, err = a.response()
				return err
			},
		},
		{
			ID: "unknown-field", Section: "Future Versions and Interoperability", Level: Must,
			Requirement: "Fields that this version does not know are ignored in protobuf.",
			transports:  []Transport{GRPC, Proto}, signals: allSignals, encodings: required,
			check: func(ctx context.Context, c *call) error {
				return c.succeeds(ctx, slices.Concat(c.payload("unknown"), str(1000, "later"), varint(1001, 1)))
			},
		},
		{
			ID: "envelope", Section: "Empty Telemetry Envelopes", Level: Extra,
			Requirement: "A resource without items is taken.",
			transports:  allTransports, signals: allSignals, encodings: plain,
			check: func(ctx context.Context, c *call) error {
				if c.Transport == JSON {
					return c.succeeds(ctx, []byte(`{"`+jsonNames[c.Signal].resources+`":[{}]}`))
				}
				return c.succeeds(ctx, field(1))
			},
		},
	}
}

func checkConcurrent(ctx context.Context, c *call) error {
	const requests = 16
	failed := make([]error, requests)
	var group sync.WaitGroup
	for i := range requests {
		group.Go(func() { failed[i] = c.succeeds(ctx, c.payload("concurrent")) })
	}
	group.Wait()
	for i, err := range failed {
		if err != nil {
			return fmt.Errorf("request %d of %d: %w", i, requests, err)
		}
	}
	return nil
}

// checkOnePort sends in the cell's format and then in the other one.
func checkOnePort(ctx context.Context, c *call) error {
	if err := c.succeeds(ctx, c.payload("first")); err != nil {
		return err
	}
	other := *c
	other.Transport = JSON
	if c.Transport == JSON {
		other.Transport = Proto
	}
	return other.succeeds(ctx, other.payload("second"))
}

// answerRows: what a server answers.
func answerRows() []Row {
	rows := []Row{
		{
			ID: "response", Section: "OTLP Response, Full Success", Level: Must,
			Requirement: "Success is HTTP 200 or gRPC OK with the signal's Export response and nothing else in it.",
			transports:  allTransports, signals: allSignals, encodings: required,
			check: func(ctx context.Context, c *call) error { return c.succeeds(ctx, c.payload("response")) },
		},
		{
			ID: "success-unset", Section: "Full Success", Level: Must,
			Requirement: "On full success the partial_success field is unset, not merely empty.",
			transports:  allTransports, signals: allSignals, encodings: required,
			check: checkUnset,
		},
		{
			ID: "empty", Section: "Full Success", Level: Should,
			Requirement: "A request without telemetry is a success.",
			transports:  allTransports, signals: allSignals, encodings: required,
			check: func(ctx context.Context, c *call) error {
				if c.Transport == JSON {
					return c.succeeds(ctx, []byte("{}"))
				}
				return c.succeeds(ctx, nil)
			},
		},
		{
			ID: "content-type", Section: "OTLP/HTTP Response", Level: Must,
			Requirement: "The answer has the Content-Type of the request, success or not.",
			transports:  overHTTP, signals: allSignals, encodings: required,
			check: checkContentType,
		},
	}
	return append(rows, failureRows()...)
}

func checkUnset(ctx context.Context, c *call) error {
	a, err := c.send(ctx, c.payload("unset"))
	if err != nil {
		return err
	}
	r, err := a.response()
	if err == nil && r.partial {
		return fmt.Errorf("partial_success is set (body %q)", a.body)
	}
	return err
}

func checkContentType(ctx context.Context, c *call) error {
	for _, payload := range [][]byte{c.payload("type"), c.malformed()} {
		a, err := c.send(ctx, payload)
		if err != nil {
			return err
		}
		if err := a.sameContentType(); err != nil {
			return err
		}
	}
	return nil
}

// malformed returns a request that ends in the middle of a field.
func (c *call) malformed() []byte {
	payload := c.payload("malformed")
	return payload[:len(payload)-3]
}

// failureRows: what a server answers to what it cannot take.
func failureRows() []Row {
	rows := []Row{
		{
			ID: "bad-data", Section: "Failures; Bad Data", Level: Must,
			Requirement: "A body that cannot be decoded gets 400 with a Status; over gRPC a code that is not retryable.",
			transports:  allTransports, signals: allSignals, encodings: known,
			check: func(ctx context.Context, c *call) error { return c.isBad(ctx, Compress(c.Encoding, c.malformed())) },
		},
		{
			ID: "bad-compression", Section: "Failures; Bad Data", Level: Must,
			Requirement: "A body that is not compressed as its header says is bad data.",
			transports:  allTransports, signals: allSignals, encodings: []Encoding{Gzip},
			check: func(ctx context.Context, c *call) error { return c.isBad(ctx, []byte("no gzip at all")) },
		},
		{
			ID: "bad-data-code", Section: "OTLP/gRPC Response, Failures", Level: Should,
			Requirement: "Bad data gets INVALID_ARGUMENT, the code that is recommended.",
			transports:  []Transport{GRPC}, signals: allSignals, encodings: required,
			check: func(ctx context.Context, c *call) error {
				return c.refuses(ctx, request{body: Compress(c.Encoding, c.malformed())}, 0, codes.InvalidArgument)
			},
		},
		{
			ID: "bad-data-detail", Section: "Bad Data", Level: Should,
			Requirement: "A 400 says what is bad: a message, and a BadRequest in the details.",
			transports:  overHTTP, signals: allSignals, encodings: plain,
			check: checkBadRequest,
		},
	}
	return append(rows, protocolRows()...)
}

func protocolRows() []Row {
	other := func(id string, r request, status int, requirement string) Row {
		return Row{
			ID: id, Section: "Failures; All Other Responses", Level: Must, Requirement: requirement,
			transports: overHTTP, signals: allSignals, encodings: plain,
			check: func(ctx context.Context, c *call) error {
				r := r
				r.body = c.payload("protocol")
				return c.refuses(ctx, r, status, codes.OK)
			},
		}
	}
	return []Row{
		other("path", request{path: "/v1/nonsense"}, http.StatusNotFound, "Another path gets 404 with a Status as body."),
		other("method", request{method: http.MethodPut}, http.StatusMethodNotAllowed, "Another method gets 405 with a Status as body."),
		{
			ID: "media-type", Section: "All Other Responses", Level: Extra,
			Requirement: "Another Content-Type gets 415: web pages may send text/plain anywhere without asking.",
			transports:  []Transport{Proto}, signals: allSignals, encodings: plain,
			check: func(ctx context.Context, c *call) error {
				a, err := c.sendAs(ctx, request{body: c.payload("type"), contentType: "text/plain"})
				if err != nil {
					return err
				}
				return a.want(http.StatusUnsupportedMediaType, codes.OK)
			},
		},
		{
			ID: "unknown-compression", Section: "All Other Responses", Level: Extra,
			Requirement: "An unknown compression gets 415, or UNIMPLEMENTED.",
			transports:  allTransports, signals: allSignals, encodings: plain,
			check: func(ctx context.Context, c *call) error {
				a, err := c.sendAs(ctx, request{body: c.payload("brotli"), contentEncoding: "br"})
				if err != nil {
					return err
				}
				return a.want(http.StatusUnsupportedMediaType, codes.Unimplemented)
			},
		},
	}
}
