// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package wire

// Signal is one of the three kinds of telemetry that OTLP carries.
type Signal uint8

// The three signals of OTLP.
const (
	Traces Signal = iota
	Metrics
	Logs
)

// String returns the signal's name as OTLP paths spell it: traces, metrics, logs.
func (s Signal) String() string { return [...]string{"traces", "metrics", "logs"}[s] }
