// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package slo_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/leadline/leadline/internal/slo"
)

func TestParseTarget(t *testing.T) {
	for _, c := range []struct {
		text    string
		want    slo.Target
		percent string
		problem string // part of the error, if it is one
	}{
		{"99.9%", 999_000_000, "99.9%", ""},
		{"0.999", 999_000_000, "99.9%", ""},
		{"99.95%", 999_500_000, "99.95%", ""},
		{"99.9999999%", 999_999_999, "99.9999999%", ""},
		{"0.999999999", 999_999_999, "99.9999999%", ""},
		{".5", 500_000_000, "50%", ""},
		{"50.%", 500_000_000, "50%", ""},
		{"0.0000001%", 1, "0.0000001%", ""},
		{" 99% ", 990_000_000, "99%", ""},
		{"00000099.9%", 999_000_000, "99.9%", ""},
		{"0%", 0, "", "must lie between"},
		{"100%", 0, "", "must lie between"},
		{"0", 0, "", "must lie between"},
		{"1", 0, "", "must lie between"},
		{"1.0", 0, "", "must lie between"},
		{"100.0000001%", 0, "", "must lie between"},
		{"1000%", 0, "", "must lie between"},
		{"123456789012345678901234567890", 0, "", "must lie between"},
		{"99.9", 0, "", "must lie between"},
		{"99.99999999%", 0, "", "more digits"},
		{"0.9999999999", 0, "", "more digits"},
		{"", 0, "", "not a number"},
		{"%", 0, "", "not a number"},
		{".", 0, "", "not a number"},
		{"-1%", 0, "", "not a decimal number"},
		{"+99%", 0, "", "not a decimal number"},
		{"1e-1", 0, "", "not a decimal number"},
		{"99,9%", 0, "", "not a decimal number"},
		{"99.9 %", 0, "", "not a decimal number"},
		{"0.9.9", 0, "", "not a decimal number"},
		{"٩٩%", 0, "", "not a decimal number"},
		{"NaN", 0, "", "not a decimal number"},
	} {
		t.Run(c.text, func(t *testing.T) {
			got, err := slo.ParseTarget(c.text)
			if c.problem != "" {
				if err == nil || !strings.Contains(err.Error(), c.problem) {
					t.Fatalf("got %v, %v; want an error with %q", got, err, c.problem)
				}
				return
			}
			if err != nil || got != c.want || got.Percent() != c.percent {
				t.Errorf("got %d (%s), %v; want %d (%s)", got, got.Percent(), err, c.want, c.percent)
			}
		})
	}
}

func TestTargetsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := slo.Target(rapid.Uint32Range(1, slo.Billion-1).Draw(t, "target"))
		for _, text := range []string{want.String(), want.Percent()} {
			if got, err := slo.ParseTarget(text); err != nil || got != want {
				t.Errorf("%s: got %d, %v; want %d", text, got, err, want)
			}
		}
	})
}

func FuzzParseTarget(f *testing.F) {
	for _, s := range []string{"99.9%", "0.999", "100%", ".", "%", "1e9", "-0.5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := slo.ParseTarget(text)
		if err != nil {
			return
		}
		if got == 0 || got >= slo.Billion {
			t.Errorf("%q: got %d, which leaves nothing to measure", text, got)
		}
		if again, err := slo.ParseTarget(got.String()); err != nil || again != got {
			t.Errorf("%q is %d, which prints as %s and reads as %d, %v", text, got, got, again, err)
		}
	})
}
