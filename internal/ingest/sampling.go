// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import "strings"

// isSampled reports whether a trace state (W3C) says that traces like this one
// were not all sent, as OpenTelemetry writes it below ot: a threshold th above
// 0, of which zeros at the end are left out, or in older samplers a p above 0.
// Without it nothing is known: a sampler need not say that it is one.
func isSampled(traceState string) bool {
	for member := range strings.SplitSeq(traceState, ",") {
		ot, found := strings.CutPrefix(strings.TrimSpace(member), "ot=")
		if !found {
			continue
		}
		for field := range strings.SplitSeq(ot, ";") {
			key, value, _ := strings.Cut(field, ":")
			if (key == "th" || key == "p") && strings.Trim(value, "0") != "" {
				return true
			}
		}
	}
	return false
}
