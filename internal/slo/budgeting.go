// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"strconv"
	"strings"
	"time"

	"github.com/leadline/leadline/internal/window"
)

// Method says what a budget counts. The words are those of OpenSLO.
type Method string

// The methods. The empty one is that of occurrences.
const (
	// Occurrences counts events.
	Occurrences Method = "occurrences"
	// Timeslices counts slices of time, each of which is good when the share of
	// good events in it reaches a target of its own.
	Timeslices Method = "timeslices"
	// RatioTimeslices counts slices of time, each as far good as its events are:
	// the average of the ratios of all slices.
	RatioTimeslices Method = "ratio_timeslices"
)

// The widths that a slice of time may have.
const (
	NarrowestTimeslice = time.Minute
	WidestTimeslice    = time.Hour
)

// Budgeting is a method with what belongs to it. The zero Budgeting is that of
// occurrences.
type Budgeting struct {
	Method Method
	// Width is how long a slice of time is, in whole minutes; slices begin at
	// multiples of it since the epoch. Zero for occurrences.
	Width time.Duration
	// Target is the share of good events from which on a slice is good, up to
	// all of them; for timeslices only.
	Target Target
}

// Sliced reports whether the budget counts slices of time.
func (b Budgeting) Sliced() bool { return b.Width > 0 }

// Unit returns what the numbers of the budget count.
func (b Budgeting) Unit() Unit {
	switch b.Method {
	case Timeslices:
		return Slices
	case RatioTimeslices:
		return Microslices
	}
	return Events
}

// String says how the budget is counted; two that say the same are the same.
func (b Budgeting) String() string {
	switch b.Method {
	case Timeslices:
		return string(b.Method) + " of " + window.Compact(b.Width) + ", good from " + b.Target.Percent()
	case RatioTimeslices:
		return string(b.Method) + " of " + window.Compact(b.Width)
	}
	return string(Occurrences)
}

// Unit is what the numbers of a budget count.
type Unit string

// The units. The budget of ratio timeslices counts slices in millionths, so
// that it is a sum of integers like the others.
const (
	Events      Unit = "events"
	Slices      Unit = "slices"
	Microslices Unit = "microslices"
)

// Microslice is how many microslices a slice has.
const Microslice = 1_000_000

// One returns the number that stands for one event or one slice.
func (u Unit) One() uint64 {
	if u == Microslices {
		return Microslice
	}
	return 1
}

// Noun is what people call what is counted: events, or slices.
func (u Unit) Noun() string {
	if u == Microslices {
		return string(Slices)
	}
	if u == "" {
		return string(Events)
	}
	return string(u)
}

// Amount prints a number of the unit in whole events or slices: "7", "7.25".
func (u Unit) Amount(n int64) string {
	if u != Microslices {
		return strconv.FormatInt(n, 10)
	}
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	text := strconv.FormatInt(n/Microslice, 10)
	if rest := n % Microslice; rest > 0 {
		text += "." + strings.TrimRight(strconv.FormatInt(Microslice+rest, 10)[1:], "0")
	}
	return sign + text
}
