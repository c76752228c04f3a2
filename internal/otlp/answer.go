// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"math/rand/v2"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/leadline/leadline/internal/errs"
)

// An answer is what both protocols say about one kind of error.
type answer struct {
	http int
	grpc codes.Code
	// retry asks the client to send again, with a hint when.
	retry bool
}

// answers is the only place that turns kinds into protocol codes. Internal is
// answered like Unavailable: clients drop a batch on 500 and on INTERNAL, and
// a fault of ours is no reason to lose what they measured.
var answers = [...]answer{
	errs.Internal:        {503, codes.Unavailable, true},
	errs.Invalid:         {400, codes.InvalidArgument, false},
	errs.NotFound:        {404, codes.NotFound, false},
	errs.Unauthenticated: {401, codes.Unauthenticated, false},
	errs.TooLarge:        {413, codes.ResourceExhausted, false},
	errs.Unavailable:     {503, codes.Unavailable, true},
	errs.Unsupported:     {415, codes.Unimplemented, false},
	errs.Conflict:        {409, codes.AlreadyExists, false},
}

// A failure is an error made ready for a client.
type failure struct {
	answer
	kind    errs.Kind
	message string
	// retryAfter is zero for errors that a client must not send again.
	retryAfter time.Duration
}

// newFailure classifies err. The text of an internal error stays here: it may
// name files and addresses.
func newFailure(err error) failure {
	f := failure{kind: errs.KindOf(err), message: err.Error()}
	f.answer = answers[f.kind]
	if f.kind == errs.Internal {
		f.message = "internal error; the server's log has the cause"
	} else if hint := errs.HintOf(err); hint != "" {
		f.message += ": " + hint
	}
	f.message = shorten(f.message, maxErrorBytes)
	if f.retry {
		f.retryAfter = retryAfter(err)
	}
	return f
}

// maxErrorBytes bounds the text of an error. Over gRPC it travels up to four
// times in the trailers, percent-encoded or in base64, and gRPC's C core
// (Python) refuses trailers of 8 KiB and more.
const maxErrorBytes = 768

// Hints between 2 and 3 s serve Python best: it retries within 10 s only, and
// adds its own backoff; 1 s covers a 5 s outage, 3 s one of 9 s, 5 s leaves two
// tries. Jitter spreads the clients that were refused together.
const (
	minRetryAfter = 2 * time.Second
	maxRetryAfter = 3 * time.Second
)

func retryAfter(err error) time.Duration {
	if asked := errs.RetryAfter(err); asked > 0 {
		return asked
	}
	return minRetryAfter + rand.N(maxRetryAfter-minRetryAfter)
}

// status returns the google.rpc.Status of the failure, as both transports send
// it.
func (f failure) status() *status.Status {
	st := status.New(f.grpc, f.message)
	var err error
	switch {
	case f.retry:
		st, err = st.WithDetails(f.retryInfo())
	case f.kind == errs.Invalid:
		st, err = st.WithDetails(&errdetails.BadRequest{
			FieldViolations: []*errdetails.BadRequest_FieldViolation{{Description: f.message}},
		})
	}
	if err != nil {
		panic("BUG: status details: " + err.Error())
	}
	return st
}

func (f failure) retryInfo() *errdetails.RetryInfo {
	return &errdetails.RetryInfo{RetryDelay: durationpb.New(f.retryAfter)}
}

// shorten cuts text to limit bytes at a character's edge and makes it valid
// UTF-8, which protobuf demands of strings.
func shorten(text string, limit int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= limit {
		return text
	}
	const mark = "..."
	cut := max(limit-len(mark), 0)
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + mark
}
