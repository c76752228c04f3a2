// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"net/http"
	"slices"
)

// origins are the web origins whose pages may send telemetry. A request that
// names another origin is refused, not merely left without CORS headers: a
// page whose host name was rebound to 127.0.0.1 needs no CORS to reach a
// server on loopback. Programs send no Origin.
type origins struct {
	any     bool
	allowed []string
}

func newOrigins(allowed []string) origins {
	return origins{any: slices.Contains(allowed, "*"), allowed: allowed}
}

// admit checks the Origin header and lets the page read the answer.
func (o origins) admit(w http.ResponseWriter, r *http.Request) bool {
	values := r.Header["Origin"]
	if len(values) == 0 {
		return true
	}
	if len(values) > 1 || !o.any && !slices.Contains(o.allowed, values[0]) {
		return false
	}
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", values[0])
	header.Set("Access-Control-Expose-Headers", "Retry-After")
	header.Set("Vary", "Origin")
	return true
}

// preflight tells whether a browser asks for permission before it sends.
func preflight(r *http.Request) bool {
	return r.Method == http.MethodOptions &&
		r.Header.Get("Origin") != "" && r.Header.Get("Access-Control-Request-Method") != ""
}

// answerPreflight grants what an OTLP exporter needs. It asks for no token: a
// preflight carries none, by the CORS protocol.
func (o origins) answerPreflight(w http.ResponseWriter) {
	header := w.Header()
	header.Set("Access-Control-Allow-Methods", http.MethodPost)
	header.Set("Access-Control-Allow-Headers", "Authorization, Content-Encoding, Content-Type")
	header.Set("Access-Control-Max-Age", "7200")
	w.WriteHeader(http.StatusNoContent)
}
