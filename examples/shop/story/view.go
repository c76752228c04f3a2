// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"math"
	"time"

	"github.com/leadline/leadline/examples/shop/screen"
)

// View is how the objective of a story stands, as the API says it.
type View struct {
	Known     bool // somebody has looked
	State     string
	Allowed   int64 // the budget, in events
	Remaining int64
	Bad       int64
	Asks      string // when the rule pages, in its own words
	Threshold float64
	Long      Burn
	Short     Burn
	Holds     bool       // both windows are above the threshold
	EndsAt    *time.Time // of an alert that waits to end
}

// Burn is a window and how fast the budget burns in it; it is not measured
// where no event lies in it.
type Burn struct {
	Window string   `json:"window"`
	Rate   *float64 `json:"burn"`
}

func (b Burn) String() string {
	if b.Rate == nil {
		return b.Window + " not measured"
	}
	return fmt.Sprintf("%s burn %.3gx", b.Window, *b.Rate)
}

// above reports whether the budget burns faster than a threshold.
func (b Burn) above(threshold float64) bool { return b.Rate != nil && *b.Rate > threshold }

// left is the share of the budget that is left.
func (v View) left() string {
	if v.Allowed == 0 {
		return "no budget yet"
	}
	return fmt.Sprintf("%.1f%% of the budget left", v.share())
}

// share is what is left in percent, cut to a tenth as every page and command
// cuts it, so that one number reads the same wherever it stands.
func (v View) share() float64 { return math.Trunc(1000*float64(v.Remaining)/float64(v.Allowed)) / 10 }

// Standing says it while nothing is wrong.
func (v View) Standing() string {
	if !v.Known {
		return "not looked at yet"
	}
	return v.State + ", " + v.left()
}

// burning says how fast the budget burns, against what calls somebody.
func (v View) burning() string {
	if !v.Known {
		return "not looked at yet"
	}
	if v.Short.Window == "" {
		return v.Standing()
	}
	return fmt.Sprintf("%s, %s, pages above %.4gx", v.Long, v.Short, v.Threshold)
}

// clearing says what an alert still waits for.
func (v View) clearing(now time.Time) string {
	switch {
	case v.EndsAt != nil && v.EndsAt.After(now):
		return fmt.Sprintf("%s, %s; stays clear for %s more", v.Long, v.Short, screen.Span(v.EndsAt.Sub(now)))
	case v.Holds && v.Long.above(v.Threshold):
		return fmt.Sprintf("%s, %s; one has to fall below %.4gx", v.Long, v.Short, v.Threshold)
	}
	return v.burning()
}

// costSince is what was spent since an earlier view. Its events are of the whole
// window, of which the oldest have left it meanwhile: at most a few.
func (v View) costSince(before View) (string, bool) {
	if v.Allowed == 0 || before.Allowed == 0 || v.Bad < before.Bad {
		return "", false
	}
	return fmt.Sprintf("%d failed events: %.1f%% of the budget was left before, %.1f%% is left now", v.Bad-before.Bad, before.share(), v.share()), true
}
