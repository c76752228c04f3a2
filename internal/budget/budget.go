// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package budget does the arithmetic of error budgets, in integers.
//
// With a target of s parts per billion, a window with total valid events
// allows floor(total * (10^9 - s) / 10^9) bad ones. The product is formed in
// 128 bits and never rounded before the division, so the budget is exhausted
// exactly when the share of bad events exceeds what the target leaves.
package budget

import (
	"math/bits"

	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
)

// Budget is an error budget in events.
type Budget struct {
	Allowed uint64
	Spent   uint64
}

// Of returns the budget of a window's counts under a target, by the
// Occurrences method: every valid event weighs the same.
func Of(c slice.Counts, t slo.Target) Budget {
	hi, lo := bits.Mul64(c.Total(), slo.Billion-uint64(t))
	allowed, _ := bits.Div64(hi, lo, slo.Billion)
	return Budget{Allowed: allowed, Spent: c.Bad}
}

// Remaining returns how many more events may be bad; below zero the budget is
// exhausted by so many.
func (b Budget) Remaining() int64 { return int64(b.Allowed) - int64(b.Spent) }

// Left returns the share of the budget that remains, below zero when it is
// exhausted, and false while it allows nothing.
func (b Budget) Left() (share float64, known bool) {
	if b.Allowed == 0 {
		return 0, false
	}
	return float64(b.Remaining()) / float64(b.Allowed), true
}

// Exhausted reports whether more was spent than the target allows.
func (b Budget) Exhausted() bool { return b.Spent > b.Allowed }

// Low reports whether less than a tenth of the budget is left. A window that
// allows nothing yet has no tenth to lose.
func (b Budget) Low() bool {
	return b.Allowed > 0 && b.Remaining() >= 0 && uint64(b.Remaining()) < (b.Allowed+9)/10
}

// BurnRate is how many times faster than sustainable the budget is spent: 1
// spends exactly the budget over the window.
type BurnRate float64

// Rate returns the burn rate of a window's counts,
//
//	(bad / total) / (1 - target),
//
// and false when there was no valid event, which is no evidence of anything.
// Source: The Site Reliability Workbook, chapter 5.
func Rate(c slice.Counts, t slo.Target) (BurnRate, bool) {
	if c.Total() == 0 {
		return 0, false
	}
	return BurnRate(float64(c.Bad) / float64(c.Total()) * slo.Billion / float64(slo.Billion-uint64(t))), true
}

// Burns reports whether a window's counts burn faster than the threshold,
// which is given in thousandths. It decides in integers, so that a rate that
// equals the threshold never burns by rounding:
//
//	bad * 10^9 * 1000 > milli * total * (10^9 - target)
func Burns(c slice.Counts, t slo.Target, thresholdMilli uint64) bool {
	leftHi, leftLo := bits.Mul64(c.Bad, slo.Billion*1000)
	rightHi, rightLo := bits.Mul64(c.Total(), thresholdMilli*(slo.Billion-uint64(t)))
	return leftHi > rightHi || leftHi == rightHi && leftLo > rightLo
}

// Takes reports whether so many bad events are at least a share of the budget
// that a window of total events allows; the share is given in thousandths. It
// decides in integers, as Burns does, and the budget is not rounded:
//
//	bad * 10^9 * 1000 >= milli * total * (10^9 - target)
//
// Of no events nothing is a share.
func Takes(bad, total uint64, t slo.Target, milli uint64) bool {
	leftHi, leftLo := bits.Mul64(bad, slo.Billion*1000)
	rightHi, rightLo := bits.Mul64(total, milli*(slo.Billion-uint64(t)))
	return total > 0 && (leftHi > rightHi || leftHi == rightHi && leftLo >= rightLo)
}
