// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"strings"

	"github.com/leadline/leadline/internal/wire"
)

// Outcome is what a rule says of one event.
type Outcome uint8

// The outcomes. An excluded event is neither good nor bad, and its number is
// shown. The default rules give the first three only.
const (
	Excluded    Outcome = iota
	Good                // counts for the objective
	Bad                 // spends its budget
	Unevaluated         // a custom expression failed: counted beside the others, never as good
	Unmatched           // not an event of the indicator: a custom "where" does not hold
	outcomes
)

var outcomeNames = [outcomes]string{"excluded", "good", "bad", "unevaluated", "unmatched"}

// String returns the outcome as service files and the API spell it.
func (o Outcome) String() string { return outcomeNames[o] }

// Judgement is what the default rules call an event, and why.
type Judgement struct {
	Outcome Outcome
	Reason  Reason
}

// Excluded reports whether the event is neither good nor bad.
func (j Judgement) Excluded() bool { return j.Outcome == Excluded }

// Bad reports whether the event spends a budget.
func (j Judgement) Bad() bool { return j.Outcome == Bad }

// Final reports whether the event may be judged by other rules at all. Health
// checks and synthetic traffic are not the users' experience, and a retried
// attempt is not the task's result, whatever an indicator says.
func (j Judgement) Final() bool {
	return j.Reason == HealthCheck || j.Reason == Synthetic || j.Reason == TaskRetry || j.Reason == TaskOther
}

// Probe reports whether the event is a health check or synthetic traffic: not
// a user's, so that leaving it out says nothing against the rest.
func (j Judgement) Probe() bool { return j.Reason == HealthCheck || j.Reason == Synthetic }

// Outcome judges the event by the default rules: health checks and synthetic
// traffic are excluded; else the HTTP status decides, else the gRPC status,
// else Celery's state, else the span's status.
func (f *Facts) Outcome() Judgement {
	switch {
	case f.synthetic != "":
		return Judgement{Excluded, Synthetic}
	case f.isHealthCheck():
		return Judgement{Excluded, HealthCheck}
	case f.HTTPStatus != 0:
		return judgeHTTP(f.HTTPStatus)
	case f.GRPCStatus > 0:
		return judgeGRPC(f.GRPCStatus)
	case f.taskState != "":
		return judgeTask(f.taskState)
	case f.Status == wire.Error:
		// Here too: gRPC status 0, because Python's server writes it on every
		// span before the call and only some errors replace it.
		return Judgement{Bad, SpanError}
	}
	return Judgement{Good, Succeeded}
}

func judgeHTTP(status int) Judgement {
	switch {
	case status >= 500:
		return Judgement{Bad, HTTP5xx}
	case status == 429:
		return Judgement{Bad, HTTP429}
	case status >= 400:
		return Judgement{Excluded, HTTP4xx}
	}
	return Judgement{Good, Succeeded}
}

// judgeGRPC follows OpenTelemetry's table of which codes are the server's
// fault; the others correspond to HTTP 4xx. RESOURCE_EXHAUSTED is 429.
func judgeGRPC(code int) Judgement {
	if code < 0 || code >= len(grpcCodes) {
		return Judgement{Bad, GRPCUnknown}
	}
	outcome := Excluded
	switch reason := GRPCOk + Reason(code); reason {
	case GRPCOk:
		return Judgement{Good, Succeeded}
	case GRPCUnknown, GRPCDeadlineExceeded, GRPCResourceExhausted, GRPCUnimplemented, GRPCInternal, GRPCUnavailable, GRPCDataLoss:
		outcome = Bad
	}
	return Judgement{outcome, GRPCOk + Reason(code)}
}

// judgeTask reads Celery's state. An exception that the task declares in
// throws is still a FAILURE: the instrumentation marks it only by leaving the
// span's status unset, which other failures do too.
func judgeTask(state string) Judgement {
	switch state {
	case "SUCCESS":
		return Judgement{Good, Succeeded}
	case "FAILURE":
		return Judgement{Bad, TaskFailure}
	case "RETRY":
		return Judgement{Excluded, TaskRetry}
	}
	return Judgement{Excluded, TaskOther} // IGNORED, REJECTED, REVOKED: no result
}

// isHealthPath reports whether path is where probes knock. The paths are compared as they stand, so
// that "/api/health" of an application stays an operation that counts.
func isHealthPath(path string) bool {
	path = strings.TrimSuffix(strings.TrimPrefix(path, "^"), "$")
	path = strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/")
	switch path {
	case "healthz", "livez", "readyz", "health", "ping", "metrics":
		return true
	}
	return false
}

// isHealthCheck recognises probes of this service: by route, by path where
// there is no route, by gRPC's health service, or by the prober's user agent.
// What the service itself asks of others is never one.
func (f *Facts) isHealthCheck() bool {
	if f.Kind != wire.Server {
		return false
	}
	route := f.route
	if route == "" {
		route = f.pathOnly()
	}
	return isHealthPath(route) || isProbe(f.userAgent) ||
		f.rpcService == "grpc.health.v1.Health" || strings.HasPrefix(f.rpcMethod, "grpc.health.v1.Health/")
}

// probes are the user agents of load balancers and orchestrators.
var probes = [...]string{
	"kube-probe/", "ELB-HealthChecker/", "GoogleHC/", "Amazon-Route53-Health-Check-Service",
	"Consul Health Check", "Edge Health Probe", "Blackbox Exporter/",
}

func isProbe(userAgent string) bool {
	if userAgent == "" {
		return false
	}
	for _, p := range probes {
		if p[0] == userAgent[0] && strings.HasPrefix(userAgent, p) {
			return true
		}
	}
	return false
}
