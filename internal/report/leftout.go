// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"time"

	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// Counts are numbers of events.
type Counts struct {
	Good     uint64 `json:"good"`
	Bad      uint64 `json:"bad"`
	Excluded uint64 `json:"excluded"`
}

func countsOf(c slice.Counts) Counts { return Counts{c.Good, c.Bad, c.Excluded} }

// LeftOut is a stretch of time that is not counted: the slices stamped in
// (From, To].
type LeftOut struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Reason string    `json:"reason"`
	// Correction is the id of the ledger's entry, 0 of an exclusion that was planned.
	Correction int64 `json:"correction"`
}

// maxLeftOut bounds how many stretches are listed, the newest of them.
const maxLeftOut = 500

// leftOutShown lists what is left out of a range.
func leftOutShown(o *slo.Objective, from, to time.Time) []LeftOut {
	out := []LeftOut{}
	if !o.LeavesOut() || !from.Before(to) {
		return out
	}
	all := o.LeftOut(window.Stretch{From: slice.MinuteOf(from), To: slice.MinuteOf(to.Add(-1)) + 1})
	for _, l := range all[max(0, len(all)-maxLeftOut):] {
		out = append(out, LeftOut{l.From.Start(), l.To.Start(), l.Reason, l.Correction})
	}
	return out
}
