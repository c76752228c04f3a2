// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"fmt"
	"strings"
)

// Target is the share of events that must be good, in parts per billion.
// Decimal text is held exactly: "99.95%" is 999,500,000.
type Target uint32

// Billion is a share of one.
const Billion = 1_000_000_000

// ParseTarget reads "99.9%" or "0.999". It refuses shares of 0 and 1, which
// leave no budget to measure, and more digits than a part per billion.
func ParseTarget(text string) (Target, error) {
	t, err := parseShare(text)
	if err == nil && (t == 0 || t >= Billion) {
		err = fmt.Errorf("target %q: must lie between 0%% and 100%%, both excluded", text)
	}
	if err != nil {
		return 0, err
	}
	return Target(t), nil
}

// ParseShare reads like ParseTarget, and takes 100% too.
func ParseShare(text string) (Target, error) {
	t, err := parseShare(text)
	if err == nil && (t == 0 || t > Billion) {
		err = fmt.Errorf("target %q: must lie between 0%%, which is excluded, and 100%%", text)
	}
	if err != nil {
		return 0, err
	}
	return Target(t), nil
}

func parseShare(text string) (uint64, error) {
	digits, percent := strings.CutSuffix(strings.TrimSpace(text), "%")
	scale := 9
	if percent {
		scale = 7
	}
	ppb, err := parseFixed(digits, scale)
	if err != nil {
		return 0, fmt.Errorf("target %q: %w", text, err)
	}
	return ppb, nil
}

// parseFixed reads a decimal number as an integer of 10^-scale units.
func parseFixed(text string, scale int) (uint64, error) {
	whole, frac, _ := strings.Cut(text, ".")
	if whole == "" && frac == "" {
		return 0, fmt.Errorf("not a number")
	}
	if len(frac) > scale {
		return 0, fmt.Errorf("more digits than a part per billion")
	}
	// What is longer than three digits lies above one; a fourth says so.
	whole = strings.TrimLeft(whole, "0")
	whole = whole[:min(len(whole), 4)]
	var n uint64
	for _, c := range whole + frac + strings.Repeat("0", scale-len(frac)) {
		if c < '0' || c > '9' {
			return 0, fmt.Errorf("not a decimal number")
		}
		n = n*10 + uint64(c-'0')
	}
	return n, nil
}

// String returns the share as the shortest exact decimal: "0.999".
func (t Target) String() string {
	if t == Billion {
		return "1"
	}
	return "0." + strings.TrimRight(fmt.Sprintf("%09d", uint32(t)), "0")
}

// Percent returns the share as the shortest exact percentage: "99.9%".
func (t Target) Percent() string {
	s := fmt.Sprintf("%d.%07d", uint32(t)/1e7, uint32(t)%1e7)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".") + "%"
}
