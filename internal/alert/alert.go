// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package alert says which burn of a budget deserves whose attention, and for
// how long.
//
// It owns the rules of an objective (those that follow from its target and
// window, and the check of those that somebody wrote), what their conditions
// say of the counts of windows, and the machine that an alert is: Step makes
// the next state of the last one, a reading and a time. It does not own the
// windows (package eval reads them) or who is told (package dispatch).
//
// An alert begins and ends on evidence only. Where there is none, or where it
// is in doubt, it stays what it is and says so; a restart, a clock that jumps
// or an application that goes silent neither begins nor ends one.
package alert

import (
	"fmt"
	"time"

	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// Severity is whom an alert calls.
type Severity = slo.Severity

// The severities: a page wakes somebody, a ticket waits for the working day.
const (
	Page   = slo.Page
	Ticket = slo.Ticket
)

// GuardBadEvents is the number of bad events below which the long window of
// a tier is too little evidence to call anybody.
const GuardBadEvents = 5

// Tier is one multi-window condition: both windows burn faster than the threshold.
type Tier struct {
	Severity Severity
	Long     time.Duration
	Short    time.Duration
	// ThresholdMilli is the burn rate in thousandths: 13440 is 13.44 times.
	ThresholdMilli uint64
}

// Threshold returns the burn rate above which the tier fires.
func (t Tier) Threshold() float64 { return milli(t.ThresholdMilli) }

// outage returns the burn rate of an outage of everything, above which none is.
func outage(t slo.Target) float64 { return float64(slo.Billion) / float64(slo.Billion-uint64(t)) }

// shares are the default tiers: the part of the window that the long window
// is (numerator / denominator) and the percentage of the budget that may be
// spent in it before somebody is called.
var shares = [...]struct {
	severity     Severity
	num, den     time.Duration
	budgetShare  uint64 // percent
	atLeastMilli uint64
}{
	{Page, 1, 672, 2, 0},
	{Page, 1, 112, 5, 0},
	{Ticket, 1, 28, 10, 0},
	{Ticket, 3, 28, 10, 1000},
}

// Dropped is a default tier that does not apply, with the reason.
type Dropped struct {
	Tier   Tier
	Reason string
}

// DefaultTiers returns the default tiers of an objective's window and target,
// and those that were dropped: a tier is unreachable when even an outage
// burns slower than its threshold, and pointless when it would fire at a
// burn that the budget affords.
//
// For 28 d: page at 13.44 times over 1 h and 5 m, and at 5.6 times over 6 h
// and 30 m; ticket at 2.8 times over 24 h and 2 h, and at 1 time over 72 h and
// 6 h. Derived from the recommended windows of The Site Reliability Workbook,
// chapter 5, for any window. No window is shorter than narrowest: a budget that
// counts slices of time needs one that holds a slice.
func DefaultTiers(window time.Duration, target slo.Target, narrowest time.Duration) (tiers []Tier, dropped []Dropped) {
	for _, s := range shares {
		t := tier(s.severity, window, max(window*s.num/s.den, narrowest), s.budgetShare, s.atLeastMilli)
		t.Short = max(t.Short, narrowest)
		if reason := t.unfit(target, tiers); reason != "" {
			dropped = append(dropped, Dropped{t, reason})
			continue
		}
		tiers = append(tiers, t)
	}
	return tiers, dropped
}

func tier(severity Severity, window, long time.Duration, percent, atLeastMilli uint64) Tier {
	long = onGrid(max(long, 5*time.Minute))
	return Tier{
		Severity: severity,
		Long:     long,
		Short:    onGrid(max(long/12, time.Minute)),
		// percent/100 * window/long, in thousandths, rounded to the nearest.
		ThresholdMilli: max((percent*10*uint64(window)+uint64(long)/2)/uint64(long), atLeastMilli),
	}
}

// onGrid cuts a length to whole cells of the width that a window of this
// length is summed from: 30 days give 25h40m and not 25h42m.
func onGrid(length time.Duration) time.Duration {
	return length.Truncate(window.Grain(length))
}

// unfit says why the tier does not apply, or nothing.
func (t Tier) unfit(target slo.Target, faster []Tier) string {
	highest := outage(target)
	switch {
	case t.Threshold() >= highest:
		return fmt.Sprintf("a total outage burns %.4g times, which never exceeds the threshold of %.4g", highest, t.Threshold())
	case t.ThresholdMilli < 1000:
		return fmt.Sprintf("its threshold of %.4g would fire while the budget lasts", t.Threshold())
	case len(faster) > 0 && faster[len(faster)-1].Long >= t.Long:
		return "a faster tier already watches the same window"
	}
	return ""
}
