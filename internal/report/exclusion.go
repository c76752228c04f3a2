// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"time"

	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// Exclusion is time that was planned to be left out of the budget, with when
// that was within the objective's window, and is within as long a time ahead.
type Exclusion struct {
	Reason string `json:"reason"`
	// Begin is when it began or begins for the first time; Zone's clocks repeat
	// it by Repeat, a recurrence rule of RFC 5545 (empty for once).
	Begin  time.Time `json:"begin"`
	Zone   string    `json:"zone"`
	Length string    `json:"length"`
	Repeat string    `json:"repeat"`
	// Past are the occurrences that have begun, the newest last; Next those to
	// come, the soonest first. Of many those nearest to now.
	Past []Stretch `json:"past"`
	Next []Stretch `json:"next"`
}

// Stretch is a stretch of time: the slices stamped in (From, To].
type Stretch struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// maxOccurrences bounds how many are listed of each.
const maxOccurrences = 20

func exclusionsOf(v *eval.Evaluation) []Exclusion {
	out := []Exclusion{}
	for _, x := range v.Objective.Exclusions {
		out = append(out, exclusionOf(v, x))
	}
	return out
}

func exclusionOf(v *eval.Evaluation, x slo.Exclusion) Exclusion {
	out := Exclusion{
		Reason: x.Reason, Begin: x.Begin.UTC(), Zone: x.Begin.Location().String(), Length: window.Compact(x.Length), Repeat: x.Repeat,
		Past: []Stretch{}, Next: []Stretch{},
	}
	now := slice.MinuteOf(v.At)
	ahead := window.Stretch{From: slice.MinuteOf(v.From), To: now + slice.Minute(v.Objective.Window.Longest()/time.Minute)}
	for _, s := range x.Within(ahead) {
		shown := Stretch{s.From.Start(), s.To.Start()}
		if s.From <= now {
			out.Past = append(out.Past, shown)
		} else {
			out.Next = append(out.Next, shown)
		}
	}
	out.Past = out.Past[max(0, len(out.Past)-maxOccurrences):]
	out.Next = out.Next[:min(len(out.Next), maxOccurrences)]
	return out
}
