// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

func methodName(m slo.Method) string {
	for name, method := range methods {
		if method == m {
			return name
		}
	}
	return "Occurrences"
}

// objectiveOf writes the target, and what belongs to the method and the metric.
func objectiveOf(o *slo.Objective) openObjective {
	out := openObjective{Target: number(o.Target.String())}
	if o.Indicator.Rule.Kind == sli.Latency {
		out.Op, out.Value = "lte", number(decimal(uint64(o.Indicator.Rule.Under), 6))
	}
	if o.Budgeting.Sliced() {
		out.TimeSliceWindow = shorthandOf(o.Budgeting.Width)
	}
	if o.Budgeting.Method == slo.Timeslices {
		out.TimeSliceTarget = number(o.Budgeting.Target.String())
	}
	return out
}

// decimal prints a number with so many decimals, without zeros at its end.
func decimal(n uint64, decimals int) string {
	digits := fmt.Sprintf("%0*d", decimals+1, n)
	whole, rest := digits[:len(digits)-decimals], strings.TrimRight(digits[len(digits)-decimals:], "0")
	if rest == "" {
		return whole
	}
	return whole + "." + rest
}

// shorthandOf prints whole minutes in the largest unit that divides them.
func shorthandOf(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d > 0 && d%day == 0:
		return fmt.Sprintf("%dd", d/day)
	case d > 0 && d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return fmt.Sprintf("%dm", d/time.Minute)
}

// periodShorthands are what is written for a period of the calendar.
var periodShorthands = map[window.Period]string{window.Week: "1w", window.Month: "1M", window.Quarter: "1Q", window.Year: "1Y"}

// calendarsFrom is in the period whose begin is written as the start.
var calendarsFrom = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func openWindow(w window.Window) openTimeWindow {
	if w.Calendar.IsZero() {
		return openTimeWindow{Duration: shorthandOf(w.Length), IsRolling: true}
	}
	zone := w.Calendar.Zone
	if zone == nil {
		zone = time.UTC
	}
	from, _ := w.Calendar.Around(calendarsFrom)
	return openTimeWindow{Duration: periodShorthands[w.Calendar.Period],
		Calendar: &openCalendar{StartTime: from.In(zone).Format(startLayout), TimeZone: zone.String()}}
}

func windowsNote(o *slo.Objective) string {
	names := make([]string, len(o.Others))
	for i, w := range o.Others {
		names[i] = w.String()
	}
	return strings.Join(names, ", ")
}

// alerts writes the rules that OpenSLO has a condition for.
func (w *openWriter) alerts(o *slo.Objective) (policies []openDocument) {
	for i := range o.Alerting.Rules {
		r := &o.Alerting.Rules[i]
		if len(r.When) != 1 || r.When[0].Kind != slo.Burn && r.When[0].Kind != slo.Absent {
			w.lose(o, "the alert rule "+alert.Describe(r), false)
			continue
		}
		policies, w.policies = append(policies, w.policy(o, r)), true
	}
	return policies
}

// policy writes a rule that looks at one burn rate, or at silence.
func (w *openWriter) policy(o *slo.Objective, r *slo.Rule) openDocument {
	c, notes := r.When[0], map[string]string{}
	note := func(name, value, what string) {
		notes[notePrefix+name] = value
		w.lose(o, what+" of the alert rule "+r.Name, true)
	}
	name := slug(r.Name)
	if name = strings.Trim(name[:min(len(name), longestName)], "-"); name != r.Name {
		notes[notePrefix+noteName] = r.Name
	}
	if c.Short > 0 {
		note(noteShort, shorthandOf(c.Short), "the second window")
	}
	standard := uint64(alert.GuardBadEvents)
	if c.Kind == slo.Absent {
		standard = 0
	}
	if r.Guard != standard {
		note(noteGuard, strconv.FormatUint(r.Guard, 10), "guard")
	}
	if r.ByGroup {
		note(noteByGroup, "true", "by_group")
	}
	condition := openBurn{Kind: "burnrate", Op: "gt", Threshold: number(decimal(c.Milli, 3)), Lookback: shorthandOf(c.Long)}
	if r.For > 0 {
		condition.After = shorthandOf(r.For)
	}
	if r.For%time.Minute > 0 {
		condition.After = shorthandOf(r.For.Truncate(time.Minute) + time.Minute)
		w.lose(o, fmt.Sprintf("the seconds of for: %s of the alert rule %s", r.For, r.Name), false)
	}
	when := "alertWhenBreaching"
	if c.Kind == slo.Absent {
		// The threshold is asked for and has no part in it.
		when, condition.Threshold = "alertWhenNoData", "1"
	}
	return openDocument{Kind: openPolicy, Metadata: openMetadata{name, notes}, Spec: map[string]any{
		when: true, "alertWhenResolved": true,
		"conditions": []openDocument{{Kind: openCondition, Metadata: openMetadata{Name: name},
			Spec: openConditionSpec{string(r.Severity), condition}}},
		"notificationTargets": []any{map[string]string{"targetRef": sourceType}},
	}}
}
