// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package version

import (
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/stats"
)

// Judgement is what two versions' events say of them.
type Judgement string

// The judgements.
const (
	// TooFew is when one has hardly any events.
	TooFew Judgement = "too_few"
	// Alike is when chance may explain the difference.
	Alike  Judgement = "alike"
	Worse  Judgement = "worse"
	Better Judgement = "better"
)

// What a judgement needs at least: events of each version, and bad events of
// the worse one.
const (
	minEvents = 30
	minBad    = 5
)

// Judge says whether the newer version has another share of bad events than the
// older one: whether 0 is outside of the 99.9% interval of the difference (see
// stats.Difference). Few events of an outage of the newer one are enough: they
// are not too few when they differ.
func Judge(newer, older slice.Counts) Judgement {
	low, high := stats.Difference(newer.Bad, newer.Total(), older.Bad, older.Total(), stats.Z999)
	switch {
	case low > 0 && newer.Bad >= minBad:
		return Worse
	case high < 0 && older.Bad >= minBad:
		return Better
	case min(newer.Total(), older.Total()) < minEvents:
		return TooFew
	}
	return Alike
}
