// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"fmt"
	"math"
	"strings"
)

// Trusted says in a word how far the numbers of an objective can be believed.
type Trusted string

// The words. Not goes with a state of low trust, unless a worse one hides it.
const (
	Believed  Trusted = "trusted"
	WithCare  Trusted = "care"
	NotToBe   Trusted = "not"
	NotProven Trusted = "unknown" // nothing was measured that could be believed
)

// Trusts are all words.
var Trusts = [...]Trusted{Believed, WithCare, NotToBe, NotProven}

// Grounds are what trust is decided from. Shares are of the objective's window,
// and negative where they are not known.
type Grounds struct {
	// Distrust is that of Evidence: why the numbers should not be believed.
	Distrust string
	// EverSeen reports whether this generation ever counted anything.
	EverSeen bool
	// Coverage is the share of minutes in which the service was heard.
	Coverage float64
	// Refused, Late and Unsent are shares of the service's spans; Unsent of those
	// that say that others were not sent. Failed is the share of events whose
	// expression failed.
	Refused, Late, Unsent, Failed float64
	// Source is how the counts came to be: "backfill" and "mixed" are made
	// afterwards, in whole or in part.
	Source string
	// Damaged is how many ranges of the intake log the last start found damaged.
	Damaged int
}

// Within these a number serves for every use; beyond them a reader is told.
const (
	enoughCoverage = 0.99
	littleAstray   = 0.001
)

// Trust returns how far the numbers can be believed and why: what limits them,
// worst first, or what they rest on. It is the only place that decides this.
func Trust(g Grounds) (Trusted, []string) {
	if g.Distrust != "" {
		return NotToBe, append([]string{g.Distrust}, g.limits(false)...)
	}
	switch limits := g.limits(true); {
	case !g.EverSeen:
		return NotProven, []string{"no event of this indicator was ever counted"}
	case g.Coverage < 0:
		return NotProven, []string{"it is not known when the service was heard"}
	case len(limits) > 0:
		return WithCare, limits
	}
	return Believed, []string{shareText(g.Coverage) + " of the window was measured"}
}

// limits are what a reader should know first. With a distrust that already
// speaks of spans, their shares would say it again.
func (g *Grounds) limits(spans bool) (out []string) {
	if g.Coverage >= 0 && g.Coverage < enoughCoverage {
		out = append(out, strings.Replace("only "+shareText(g.Coverage), "only less", "less", 1)+" of the window was measured")
	}
	switch g.Source {
	case "backfill":
		out = append(out, "all of it is back-filled history")
	case "mixed":
		out = append(out, "part of it is back-filled history")
	}
	add := func(share float64, what string) {
		if share > littleAstray {
			out = append(out, shareText(share)+" of the "+what)
		}
	}
	if spans {
		add(g.Refused, "spans were refused")
		add(g.Unsent, "spans say that others were not sent")
	}
	add(g.Late, "spans came late")
	add(g.Failed, "events could not be judged")
	if g.Damaged > 0 {
		out = append(out, "the intake log was damaged")
	}
	return out
}

// shareText prints a share as the pages do: cut to a tenth of a percent and not
// rounded, so that what is not whole does not read as whole.
func shareText(share float64) string {
	tenths := math.Floor(math.Round(1e9*share) / 1e6)
	if share > 0 && tenths == 0 {
		return "less than 0.1%"
	}
	return fmt.Sprintf("%g%%", tenths/10)
}
