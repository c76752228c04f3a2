// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/report"
	"github.com/leadline/leadline/internal/slo"
)

// explainRules prints what the alerts of an objective ask for, and the
// arithmetic of what is.
func explainRules(w io.Writer, s report.DetailSLO) {
	if len(s.Rules) == 0 {
		return
	}
	fmt.Fprintln(w, "\nalert rules: a burn rate is bad / valid / (1 - target)")
	for _, r := range s.Rules {
		verdict := ""
		if r.Life.Word != "" {
			verdict = ": " + r.Life.Word
		}
		asks := r.Asks
		if strings.HasPrefix(r.Sentence, asks) { // one about silence, which says when it cannot call yet
			asks = r.Sentence
		}
		fmt.Fprintf(w, "  %s%s\n", asks, verdict)
		for i := range r.Conditions {
			for _, line := range conditionLines(&s.SLO, &r.Conditions[i]) {
				fmt.Fprintf(w, "    %s\n", line)
			}
		}
	}
	if x := s.Exhaustion; x.State == report.Expected {
		fmt.Fprintf(w, "  if it goes on as in the last %s, the budget is gone at %s\n", x.Window, x.At.Format(time.RFC3339))
	}
	for i := range s.Alerts {
		a := &s.Alerts[i]
		fmt.Fprintf(w, "  alert %s is %s since %s; told: %s; %s\n", ruleText(a), a.State, a.Since.Format(time.RFC3339), plain(toldText(a)), plain(seesText(a)))
	}
}

// conditionLines say what each window of a condition holds, and what that is
// compared with.
func conditionLines(s *report.SLO, c *report.Condition) (lines []string) {
	long, short := above(c)
	switch c.Kind {
	case slo.Burn:
		lines = append(lines, rateText(s, c.Long)+compared(c, long))
		if c.Short.Window != "" {
			lines = append(lines, rateText(s, c.Short)+compared(c, short))
		}
	case slo.Exhausts:
		lines = append(lines, rateText(s, c.Long))
	case slo.Spent, slo.Drop:
		if c.Share == nil || c.Holds == nil {
			return nil
		}
		reached := "not reached"
		if *c.Holds {
			reached = "reached"
		}
		lines = append(lines, fmt.Sprintf("%.4g%% of the budget, threshold %.4g%%: %s", 100**c.Share, 100**c.Threshold, reached))
	}
	return lines
}

// above says which windows of a burn are above its threshold. That was decided
// exactly; the rates that are printed are rounded.
func above(c *report.Condition) (long, short *bool) {
	is := func(yes bool) *bool { return &yes }
	switch c.Verdict {
	case alert.Critical:
		return is(true), is(true)
	case alert.Rising:
		return is(false), is(true)
	case alert.Recovering:
		return is(true), is(false)
	case alert.Calm:
		return is(false), is(false)
	}
	return c.Holds, nil
}

func compared(c *report.Condition, above *bool) string {
	text := fmt.Sprintf(", threshold %.4gx", *c.Threshold)
	switch {
	case above == nil:
		return text
	case *above:
		return text + ": above"
	}
	return text + ": not above"
}

func rateText(s *report.SLO, x report.AlertWindow) string {
	if x.Burn == nil {
		return x.Window + ": no events"
	}
	return fmt.Sprintf("%s: %s / %s / (1 - %s) = %.4gx", x.Window, s.Unit.Amount(int64(*x.Bad)), s.Unit.Amount(int64(*x.Total)), s.Target, *x.Burn)
}
