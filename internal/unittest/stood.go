// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package unittest

import (
	"fmt"
	"strings"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/window"
)

// stood says how the objective stood, for somebody who did not expect it.
func (c *comparison) stood() []string {
	v := c.v
	state := "state    " + string(v.Status.State)
	if v.Status.Code != "" {
		state += ", " + v.Status.Code + ": " + v.Status.Cause
	}
	sli := "none"
	if n := c.counts.Total(); n > 0 {
		sli = fmt.Sprintf("%.4f%%", 100*float64(c.counts.Good)/float64(n))
	}
	of := ""
	if c.x.Group.Text != "" {
		of = " of " + c.x.Group.Text
	}
	if c.x.Over.Text != "" {
		of += " over " + c.x.Over.Text
	}
	lines := []string{
		state,
		fmt.Sprintf("events   %d good, %d bad, %d excluded%s: sli %s", c.counts.Good, c.counts.Bad, c.counts.Excluded, of, sli),
	}
	if c.x.Group.Text == "" {
		lines = append(lines, fmt.Sprintf("budget   %d allowed, %d spent, %d remaining (%s)", c.budget.Allowed, c.budget.Spent, c.budget.Remaining(), v.Objective.Budgeting.Unit().Noun()))
	}
	lines = append(lines, "burn     "+c.burnText())
	for i := range v.Alerts {
		lines = append(lines, "alert    "+c.alertText(&v.Alerts[i]))
	}
	return lines
}

func (c *comparison) burnText() string {
	var burns []string
	for _, b := range c.v.Burn {
		rate := "none"
		if b.Known {
			rate = fmt.Sprintf("%.4gx", float64(b.Rate))
		}
		burns = append(burns, window.Compact(b.Window)+" "+rate)
	}
	if len(burns) == 0 {
		return "no alert window"
	}
	return strings.Join(burns, ", ")
}

func (c *comparison) alertText(a *alert.Alert) string {
	text := fmt.Sprintf("%s %s since %s", name(a), a.Phase, c.at(a.Since))
	if a.InhibitedBy != "" {
		text += ", inhibited by " + a.InhibitedBy
	}
	if a.Frozen != "" {
		text += ", frozen: " + a.Frozen
	}
	return text + ": " + a.Sentence
}

// since writes a time as tests do: 2d10h30m after the start.
func since(start, at time.Time) string {
	d := at.Sub(start)
	if d < 24*time.Hour {
		return window.Compact(d)
	}
	rest := d % (24 * time.Hour)
	text := window.Compact(d - rest)
	if rest > 0 {
		text += window.Compact(rest)
	}
	return text
}
