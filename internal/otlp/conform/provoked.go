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
	"google.golang.org/protobuf/proto"
)

func checkBadRequest(ctx context.Context, c *call) error {
	a, err := c.send(ctx, c.malformed())
	if err != nil {
		return err
	}
	st, err := a.rpcStatus()
	if err != nil {
		return err
	}
	if st.GetMessage() == "" {
		return errors.New("the Status has no message")
	}
	found, err := detail(st, &errdetails.BadRequest{})
	if err == nil && !found {
		return errors.New("the Status has no BadRequest")
	}
	return err
}

// provokedRows: answers that a server gives only when it is in a certain
// state, which servers that know our provocations pretend to be in.
func provokedRows() []Row {
	rows := []Row{
		{
			ID: "partial", Section: "Partial Success", Level: Must,
			Requirement: "Partial success is HTTP 200 or gRPC OK, with the number of rejected items.",
			check: func(ctx context.Context, c *call) error {
				r, _, err := c.provoke(ctx, Partial)
				if err == nil && (!r.partial || r.rejected != Rejected) {
					return fmt.Errorf("rejected %d (partial_success set: %t), want %d", r.rejected, r.partial, Rejected)
				}
				return err
			},
		},
		{
			ID: "partial-message", Section: "Partial Success", Level: Should,
			Requirement: "Partial success explains itself in a message.",
			check: func(ctx context.Context, c *call) error {
				r, _, err := c.provoke(ctx, Partial)
				if err == nil && r.message == "" {
					return errors.New("the message is empty")
				}
				return err
			},
		},
		{
			ID: "warning", Section: "Partial Success", Level: Must,
			Requirement: "A warning on full success has 0 rejected items and a message.",
			check: func(ctx context.Context, c *call) error {
				r, _, err := c.provoke(ctx, Warning)
				if err == nil && (r.rejected != 0 || r.message == "") {
					return fmt.Errorf("rejected %d, message %q", r.rejected, r.message)
				}
				return err
			},
		},
		{
			ID: "response-size", Section: "OTLP Response", Level: Must,
			Requirement: "An answer has 4 MiB at most: the message is shortened, the number of rejected items stays.",
			check: func(ctx context.Context, c *call) error {
				r, size, err := c.provoke(ctx, Verbose)
				if err == nil && (size > 4<<20 || r.rejected != Rejected || r.message == "") {
					return fmt.Errorf("answer of %d bytes, rejected %d, message of %d bytes", size, r.rejected, len(r.message))
				}
				return err
			},
		},
	}
	rows = append(rows, overloadRows()...)
	for i := range rows {
		rows[i].transports, rows[i].signals, rows[i].encodings = allTransports, allSignals, plain
		rows[i].provoked = true
	}
	return rows
}

func overloadRows() []Row {
	return []Row{
		{
			ID: "overload", Section: "OTLP/gRPC Throttling; OTLP/HTTP Throttling", Level: Should,
			Requirement: "Overload is answered with UNAVAILABLE, or with 429 or 503.",
			check: func(ctx context.Context, c *call) error {
				_, err := c.overloaded(ctx, Overload)
				return err
			},
		},
		{
			ID: "overload-hint", Section: "OTLP/gRPC Throttling; OTLP/HTTP Throttling", Level: Extra,
			Requirement: "Overload says when to come back: Retry-After; over gRPC RetryInfo in both trailers, for Python reads only its own.",
			check:       checkHint,
		},
		{
			ID: "overload-python", Section: "OTLP/HTTP Throttling", Level: Extra,
			Requirement: "Overload over HTTP is 503, which Python clients of all versions retry; they drop 429 up to 1.44.",
			check: func(ctx context.Context, c *call) error {
				a, err := c.overloaded(ctx, Overload)
				if err != nil {
					return err
				}
				return a.want(503, codes.Unavailable)
			},
		},
		{
			ID: "fault", Section: "Failures", Level: Extra,
			Requirement: "A fault of the server's own is retryable, so that no client drops data for it, and does not show its cause.",
			check: func(ctx context.Context, c *call) error {
				a, err := c.overloaded(ctx, Fault)
				if err == nil && strings.Contains(string(a.body)+a.trailer.Get("Grpc-Message"), string(Fault)) {
					return errors.New("the answer shows the cause of the fault")
				}
				return err
			},
		},
	}
}

// provoke asks for a success of a certain kind; size is the answer's.
func (c *call) provoke(ctx context.Context, what Provocation) (r exportResponse, size int, err error) {
	a, err := c.send(ctx, c.payload(string(what)))
	if err != nil {
		return r, 0, err
	}
	r, err = a.response()
	return r, len(a.body), err
}

// overloaded asks for a retryable refusal.
func (c *call) overloaded(ctx context.Context, what Provocation) (answer, error) {
	a, err := c.send(ctx, c.payload(string(what)))
	if err != nil {
		return a, err
	}
	if a.status != 429 || c.Transport == GRPC {
		if err := a.want(503, codes.Unavailable); err != nil {
			return a, err
		}
	}
	_, err = a.rpcStatus()
	return a, err
}

func checkHint(ctx context.Context, c *call) error {
	a, err := c.overloaded(ctx, Overload)
	if err != nil {
		return err
	}
	if c.Transport != GRPC {
		if value := a.header.Get("Retry-After"); value != "2" && value != "3" {
			return fmt.Errorf("Retry-After is %q, want 2 or 3 seconds", value)
		}
		return nil
	}
	st, err := a.rpcStatus()
	if err != nil {
		return err
	}
	var inDetails, inTrailer errdetails.RetryInfo
	if found, err := detail(st, &inDetails); err != nil || !found {
		return fmt.Errorf("no RetryInfo in the status details: %w", err)
	}
	raw, err := a.binaryTrailer("Google.rpc.retryinfo-Bin")
	if err != nil || raw == nil {
		return fmt.Errorf("no trailer google.rpc.retryinfo-bin: %w", err)
	}
	if err := proto.Unmarshal(raw, &inTrailer); err != nil {
		return err
	}
	if !proto.Equal(&inDetails, &inTrailer) || inDetails.GetRetryDelay().AsDuration() <= 0 {
		return fmt.Errorf("hints are %s and %s", &inDetails, &inTrailer)
	}
	return nil
}
