// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"strings"

	"github.com/leadline/leadline/internal/wire"
)

// Reason says why the default rules judge an event as they do.
type Reason uint8

// The reasons.
const (
	Succeeded   Reason = iota // good
	HTTP5xx                   // bad
	HTTP429                   // bad: we refused work
	HTTP4xx                   // excluded: the caller's mistake
	SpanError                 // bad
	TaskFailure               // bad
	TaskRetry                 // excluded: another attempt follows, and it counts
	TaskOther                 // excluded: ignored, rejected or revoked
	HealthCheck               // excluded
	Synthetic                 // excluded: bots and tests that say so

	// The gRPC codes in their order, so that GRPCOk + code is the reason.
	GRPCOk
	GRPCCancelled
	GRPCUnknown
	GRPCInvalidArgument
	GRPCDeadlineExceeded
	GRPCNotFound
	GRPCAlreadyExists
	GRPCPermissionDenied
	GRPCResourceExhausted
	GRPCFailedPrecondition
	GRPCAborted
	GRPCOutOfRange
	GRPCUnimplemented
	GRPCInternal
	GRPCUnavailable
	GRPCDataLoss
	GRPCUnauthenticated
	reasons
)

var reasonNames = [GRPCOk]string{
	"succeeded", "http_5xx", "http_429", "http_4xx", "span_error",
	"task_failure", "retry", "task_other", "health_check", "synthetic",
}

// grpcCodes are the codes as rpc.response.status_code spells them.
var grpcCodes = [reasons - GRPCOk]string{
	"OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND",
	"ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED",
	"OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
}

// String returns the reason as the API spells it: http_5xx, grpc_unavailable.
func (r Reason) String() string {
	if r < GRPCOk {
		return reasonNames[r]
	}
	return "grpc_" + strings.ToLower(grpcCodes[r-GRPCOk])
}

// grpcStatus reads a code as the number of the old convention or the name of
// the stable one; -1 stands for what is neither.
func grpcStatus(v wire.Value) int {
	if v.Kind() == wire.Int {
		if code := v.Int(); code >= 0 && code < int64(len(grpcCodes)) {
			return int(code)
		}
		return -1
	}
	for code, name := range grpcCodes {
		if v.Str() == name {
			return code
		}
	}
	return -1
}
