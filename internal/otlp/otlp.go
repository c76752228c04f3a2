// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package otlp receives OTLP 1.11 over gRPC and HTTP.
//
// It owns the two listeners and everything between a socket and one decoded
// request: authentication, limits, decompression, JSON, and the answer. It
// does not look into a request and stores nothing; a Consumer does, and its
// return is the acknowledgement. Requests travel as protobuf bytes, never as
// objects.
//
// Invariants:
//
//   - Nothing of a body is read before the token was checked: the HTTP handler
//     looks at headers only, the gRPC server uses its tap handle, which runs
//     before interceptors and before decompression.
//   - No body is larger than Config.MaxRequestBytes after decompression, nor
//     more than 200 times its compressed size once it passes 1 MiB. Telemetry
//     compresses 10 to 40 times; gzip reaches 1,032 and zstd far more on
//     zeros.
//   - Bytes in flight are reserved in one budget before memory is taken for
//     them. What does not fit is refused at once: a queue would only move the
//     wait to where the client cannot see it, and Python clients give up after
//     10 s.
//   - One table, answers, maps the kind of an error to both protocols.
//   - Overload is 503 or UNAVAILABLE with a hint of 2 to 3 s, the only answer
//     that every Python client retries. So is a fault of our own: clients drop
//     a 500 for ever, while a server that heals within their 10 s counts it.
//
// Both transports read into the same bounded memory (intake) and share one
// decoder; gRPC messages are taken from below grpc-go's own receiver, see
// upload.
package otlp

import (
	"context"

	"github.com/leadline/leadline/internal/wire"
)

// Consumer takes decoded requests.
type Consumer interface {
	// Consume takes one protobuf Export*ServiceRequest of the signal and
	// returns when its data is durable: its return is the acknowledgement.
	// The body is valid until Consume returns; it may be empty. The kind of
	// an error (package errs) decides the answer. Calls are concurrent.
	Consume(ctx context.Context, signal wire.Signal, body []byte) (Result, error)
}

// Result says what became of an accepted request. The zero value is full
// success; Rejected 0 with a Message is a warning.
type Result struct {
	// Rejected counts spans, data points or log records that were not taken
	// and never will be, however often they are sent.
	Rejected int64
	// Message tells a developer in English why, and what to do about it.
	Message string
}
