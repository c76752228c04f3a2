// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package conform

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
)

// A row that sends this much does so for one signal: it is the transport that
// limits a request, before anybody looks for spans in it.
var oneSignal = []Signal{Traces}

// sizeRows: requests at the size limit, and above.
func sizeRows() []Row {
	return []Row{
		{
			ID: "size-recommended", Section: "OTLP Request", Level: Should,
			Requirement: "Requests of up to 64 MiB are taken, the limit that is recommended.",
			transports:  allTransports, signals: oneSignal, encodings: required,
			check: func(ctx context.Context, c *call) error {
				return c.succeeds(ctx, c.payload(varied(c.target.SizeLimit-4096)))
			},
		},
		{
			ID: "size", Section: "OTLP Request", Level: Must,
			Requirement: "A larger request, also one that is so only decompressed, gets 413, or RESOURCE_EXHAUSTED without RetryInfo.",
			transports:  allTransports, signals: oneSignal, encodings: required,
			check: func(ctx context.Context, c *call) error {
				return c.tooLarge(ctx, c.payload(varied(c.target.SizeLimit+1)))
			},
		},
	}
}

// varied returns text of a size that compresses as telemetry does, about 30
// times.
func varied(size int) string {
	const line = "checkout of basket %08d: "
	var b strings.Builder
	b.Grow(size + 256)
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, line, i*2654435761%100_000_000)
		b.WriteString(strings.Repeat("and so on ", 20))
	}
	return b.String()[:size]
}

// tooLarge sends a payload that must be refused for its size, for good.
func (c *call) tooLarge(ctx context.Context, payload []byte) error {
	a, err := c.send(ctx, payload)
	if err != nil {
		return err
	}
	if err := a.want(413, codes.ResourceExhausted); err != nil {
		return err
	}
	st, err := a.rpcStatus()
	if err != nil {
		return err
	}
	if retryable, _ := detail(st, &errdetails.RetryInfo{}); retryable {
		return errors.New("the refusal has RetryInfo, so clients send it again")
	}
	return nil
}

// hostileRows: requests that are made to harm. Their refusals must be
// permanent, and the server must be there afterwards.
func hostileRows() []Row {
	return []Row{
		{
			ID: "bomb", Section: "OTLP Request", Level: Extra,
			Requirement: "A body that decompresses a thousand times is refused for its size.",
			transports:  allTransports, signals: allSignals, encodings: []Encoding{Gzip, Zstd, Deflate},
			check: func(ctx context.Context, c *call) error {
				return c.survives(ctx, c.tooLarge(ctx, c.payload(strings.Repeat("0", c.target.SizeLimit/4*3))))
			},
		},
		{
			ID: "depth-allowed", Section: "none", Level: Extra,
			Requirement: "Values nested 16 deep are taken.",
			transports:  allTransports, signals: allSignals, encodings: plain,
			check: func(ctx context.Context, c *call) error { return c.succeeds(ctx, c.nested(16)) },
		},
		{
			ID: "depth", Section: "Bad Data", Level: Extra,
			Requirement: "Values nested 10,000 deep are bad data.",
			transports:  allTransports, signals: allSignals, encodings: known,
			check: func(ctx context.Context, c *call) error {
				return c.survives(ctx, c.isBad(ctx, Compress(c.Encoding, c.nested(10_000))))
			},
		},
		{
			ID: "depth-bomb", Section: "Bad Data", Level: Extra,
			Requirement: "Values nested 1.5 million deep are refused, and the server lives.",
			transports:  allTransports, signals: oneSignal, encodings: required,
			check: func(ctx context.Context, c *call) error {
				a, err := c.send(ctx, c.nested(min(1_500_000, c.target.SizeLimit/jsonLevel)))
				if err == nil && a.ok() {
					err = errors.New("the request was taken")
				}
				return c.survives(ctx, err)
			},
		},
	}
}

// jsonLevel is more than the bytes of one level of nesting in JSON.
const jsonLevel = 40

// survives adds to err whether an honest request is still answered.
func (c *call) survives(ctx context.Context, err error) error {
	honest := *c
	honest.Encoding = None
	if dead := honest.succeeds(ctx, honest.payload("honest")); dead != nil {
		return errors.Join(err, fmt.Errorf("an honest request afterwards: %w", dead))
	}
	return err
}
