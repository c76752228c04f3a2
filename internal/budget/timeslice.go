// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package budget

import (
	"math/bits"

	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
)

// Timeslice returns what a slice of time with these events is in the budget,
// in the method's unit. A slice without a valid event is nothing: it is
// neither good nor bad, and not counted.
//
// Whether a slice reaches its target is decided in integers,
//
//	good * 10^9 >= target * total,
//
// so that 19 of 20 are 95%. The ratio of a slice is rounded to the nearest
// microslice, half up: the average of any number of slices is within half a
// millionth of the exact one. Source: OpenSLO v1, budgetingMethod.
func Timeslice(m slo.Budgeting, events slice.Counts) slice.Counts {
	total := events.Total()
	switch {
	case total == 0:
		return slice.Counts{}
	case m.Method == slo.RatioTimeslices:
		hi, lo := bits.Mul64(events.Good, slo.Microslice)
		lo, carry := bits.Add64(lo, total/2, 0)
		good, _ := bits.Div64(hi+carry, lo, total)
		return slice.Counts{Good: good, Bad: slo.Microslice - good}
	}
	leftHi, leftLo := bits.Mul64(events.Good, slo.Billion)
	rightHi, rightLo := bits.Mul64(total, uint64(m.Target))
	if leftHi > rightHi || leftHi == rightHi && leftLo >= rightLo {
		return slice.Counts{Good: 1}
	}
	return slice.Counts{Bad: 1}
}
