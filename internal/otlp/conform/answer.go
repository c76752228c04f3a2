// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package conform

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"

	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

// exportResponse is an Export*ServiceResponse of any signal.
type exportResponse struct {
	partial  bool // partial_success is set, be it empty
	rejected int64
	message  string
}

// response decodes a success strictly: what is not in the message's definition
// is an error.
func (a *answer) response() (exportResponse, error) {
	if !a.ok() {
		return exportResponse{}, fmt.Errorf("got %s, want success", a)
	}
	if a.Transport == JSON {
		return a.jsonResponse()
	}
	return protoResponse(a.body)
}

func (a *answer) jsonResponse() (exportResponse, error) {
	var top map[string]map[string]any
	if err := json.Unmarshal(a.body, &top); err != nil {
		return exportResponse{}, fmt.Errorf("body is no response: %w", err)
	}
	var r exportResponse
	for name, partial := range top {
		if name != "partialSuccess" {
			return r, fmt.Errorf("unknown member %q in the response", name)
		}
		r.partial = true
		for key, value := range partial {
			switch text := fmt.Sprint(value); key {
			case jsonNames[a.Signal].rejected:
				if _, err := fmt.Sscan(text, &r.rejected); err != nil {
					return r, fmt.Errorf("%s is %q: %w", key, text, err)
				}
			case "errorMessage":
				r.message = text
			default:
				return r, fmt.Errorf("unknown member %q in partialSuccess", key)
			}
		}
	}
	return r, nil
}

func protoResponse(body []byte) (exportResponse, error) {
	var r exportResponse
	for len(body) > 0 {
		number, kind, n := protowire.ConsumeTag(body)
		if n < 0 || number != 1 || kind != protowire.BytesType {
			return r, errors.New("unknown field in the response")
		}
		partial, m := protowire.ConsumeBytes(body[n:])
		if m < 0 {
			return r, protowire.ParseError(m)
		}
		body = body[n+m:]
		r.partial = true
		if err := r.readPartial(partial); err != nil {
			return r, err
		}
	}
	return r, nil
}

func (r *exportResponse) readPartial(partial []byte) error {
	for len(partial) > 0 {
		number, kind, n := protowire.ConsumeTag(partial)
		if n < 0 {
			return protowire.ParseError(n)
		}
		var m int
		switch {
		case number == 1 && kind == protowire.VarintType:
			var v uint64
			v, m = protowire.ConsumeVarint(partial[n:])
			r.rejected = int64(v)
		case number == 2 && kind == protowire.BytesType:
			r.message, m = protowire.ConsumeString(partial[n:])
		default:
			return fmt.Errorf("unknown field %d in partial_success", number)
		}
		if m < 0 {
			return protowire.ParseError(m)
		}
		partial = partial[n+m:]
	}
	return nil
}

// want checks the code: status over HTTP, code over gRPC.
func (a *answer) want(status int, code codes.Code) error {
	if a.Transport == GRPC && a.code != code {
		return fmt.Errorf("got %s, want %s", a.code, code)
	}
	if a.Transport != GRPC && a.status != status {
		return fmt.Errorf("got %d, want %d", a.status, status)
	}
	return nil
}

// sameContentType checks that the answer is in the format of the request.
func (a *answer) sameContentType() error {
	want := map[Transport]string{GRPC: "application/grpc", Proto: "application/x-protobuf", JSON: "application/json"}[a.Transport]
	got, _, err := mime.ParseMediaType(a.header.Get("Content-Type"))
	if err != nil || got != want && !(a.Transport == GRPC && strings.HasPrefix(got, want)) {
		return fmt.Errorf("Content-Type of %s is %q, want %s", a, a.header.Get("Content-Type"), want)
	}
	return nil
}

// detail fills into with the status detail of its type, if there is one.
func detail(st *spb.Status, into proto.Message) (bool, error) {
	for _, packed := range st.GetDetails() {
		if packed.MessageIs(into) {
			return true, packed.UnmarshalTo(into)
		}
	}
	return false, nil
}

// succeeds sends a payload that must be taken.
func (c *call) succeeds(ctx context.Context, payload []byte) error {
	a, err := c.send(ctx, payload)
	if err != nil {
		return err
	}
	_, err = a.response()
	return err
}

// retryable are the codes that tell a gRPC client to send again.
// RESOURCE_EXHAUSTED is one only with RetryInfo.
var retryable = []codes.Code{
	codes.Canceled, codes.DeadlineExceeded, codes.Aborted, codes.OutOfRange, codes.Unavailable, codes.DataLoss,
}

// isBad sends a body that must be refused as bad data.
func (c *call) isBad(ctx context.Context, body []byte) error {
	if c.Transport != GRPC {
		return c.refuses(ctx, request{body: body}, http.StatusBadRequest, codes.OK)
	}
	a, err := c.sendAs(ctx, request{body: body})
	if err == nil && (a.ok() || slices.Contains(retryable, a.code)) {
		return fmt.Errorf("got %s, want an error that is not retryable", a.code)
	}
	return err
}

// refuses sends a payload that must get a code, with a Status in the request's
// format.
func (c *call) refuses(ctx context.Context, r request, status int, code codes.Code) error {
	a, err := c.sendAs(ctx, r)
	if err != nil {
		return err
	}
	if err := a.want(status, code); err != nil {
		return err
	}
	_, err = a.rpcStatus()
	return err
}
