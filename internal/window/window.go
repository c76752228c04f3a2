// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package window says which slices a window covers and sums them in constant time.
package window

import (
	"fmt"
	"strings"
	"time"

	"github.com/leadline/leadline/internal/slice"
)

// Window is a rolling window of a fixed length.
type Window struct {
	Length time.Duration
}

// The shortest and the longest window of an objective.
const (
	Shortest = time.Hour
	Longest  = 90 * 24 * time.Hour
)

// Grain returns the grid on which a window's start moves: one minute up to
// 6 hours, five minutes up to 3 days, one hour beyond.
func Grain(length time.Duration) time.Duration {
	switch {
	case length <= 6*time.Hour:
		return time.Minute
	case length <= 72*time.Hour:
		return 5 * time.Minute
	}
	return time.Hour
}

// Range returns the edges of the window at an instant: it covers the slices
// whose stamps lie in (from, to]. The start lies on the window's grid; the end
// is the stamp of the minute that holds the instant.
func (w Window) Range(at time.Time) (from, to time.Time) {
	g := Grain(w.Length)
	return at.UTC().Truncate(g).Add(-w.Length), slice.MinuteOf(at).Stamp()
}

// Compact prints a duration with the largest units that divide it: 1h, 28d, 90m is 1h30m.
func Compact(d time.Duration) string {
	if d > 0 && d%(24*time.Hour) == 0 {
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}
