// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package window_test

import (
	"testing"
	"time"

	"github.com/leadline/leadline/internal/window"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"300ms": 300 * time.Millisecond, "1h30m": 90 * time.Minute, "-6h": -6 * time.Hour, "0": 0,
		"28d": 28 * 24 * time.Hour, "4w": 28 * 24 * time.Hour, "10000d": 10_000 * 24 * time.Hour, "0d": 0,
	} {
		if got, err := window.Parse(text); got != want || err != nil {
			t.Errorf("%s: got %s, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "d", "w", "400", "xd", "-1d", "+1d", "1.5d", "1d2h", "10001d", "30501w", "70000d", " 1d"} {
		if got, err := window.Parse(text); err == nil {
			t.Errorf("%q: got %s, want an error", text, got)
		}
	}
}

// TestParseReadsWhatCompactPrints, of whole seconds.
func TestParseReadsWhatCompactPrints(t *testing.T) {
	for d := time.Second; d <= 400*24*time.Hour; d = d*3/2 + time.Second {
		d := d.Truncate(time.Second)
		if got, err := window.Parse(window.Compact(d)); got != d || err != nil {
			t.Errorf("%s: got %s, %v", window.Compact(d), got, err)
		}
	}
}
