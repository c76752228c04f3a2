// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/teambition/rrule-go"

	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/window"
)

// Exclusion is time that was planned to be left out of the budget, once or
// again and again. It is made by NewExclusion, which checks it.
type Exclusion struct {
	Reason string
	// Begin is when it begins for the first time, in the zone whose clocks
	// repeat it; Length is how long it lasts each time.
	Begin  time.Time
	Length time.Duration
	// Repeat is a recurrence rule of RFC 5545, empty for once.
	Repeat string
}

// Limits of an exclusion: expanding one must not take long, whoever wrote it.
const (
	LongestExclusion = 14 * 24 * time.Hour
	maxRepeat        = 200 // bytes
	// maxOccurrences is more than a daily rule has in the longest time that is
	// ever looked at, two years of a calendar window.
	maxOccurrences = 2_000
	// looksAhead is how far a rule is expanded to see what it leaves out, and
	// mostlyOut the share of that time from which on nothing would be measured.
	looksAhead = 366 * 24 * time.Hour
	mostlyOut  = 2 // one half
)

// earliestExclusion bounds how many occurrences lie before those that are asked for.
var earliestExclusion = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// NewExclusion checks an exclusion: that its rule is one that can be expanded
// in bounded time, that it happens at all, and that it leaves something to
// measure.
func NewExclusion(begin time.Time, length time.Duration, repeat, reason string) (Exclusion, error) {
	x := Exclusion{Reason: reason, Begin: begin, Length: length, Repeat: strings.TrimPrefix(strings.TrimSpace(repeat), "RRULE:")}
	switch {
	case length < time.Minute || length > LongestExclusion || length%time.Minute != 0:
		return x, fmt.Errorf("it lasts %s: exclusions last from 1m to %s, in whole minutes", window.Compact(length), window.Compact(LongestExclusion))
	case begin.Before(earliestExclusion):
		return x, fmt.Errorf("it begins before the year %d", earliestExclusion.Year())
	case x.Repeat == "":
		return x, nil
	}
	if err := checkRepeat(x.Repeat); err != nil {
		return x, err
	}
	all, err := x.occurrences(begin, begin.Add(looksAhead))
	switch {
	case err != nil:
		return x, err
	case len(all) == 0:
		return x, fmt.Errorf("it never happens within a year of its begin")
	}
	var out slice.Minute
	for _, s := range x.stretches(all) {
		out += s.To - s.From
	}
	if time.Duration(out)*time.Minute*mostlyOut > looksAhead {
		return x, fmt.Errorf("it leaves out %d%% of the time, so hardly anything would be measured", 100*time.Duration(out)*time.Minute/looksAhead)
	}
	return x, nil
}

// parts are those of a rule that are expanded in steps of a day or more, and
// what their values look like. The others, hours, minutes and seconds, are
// not: an exclusion begins when it says, and a rule of seconds has more
// occurrences than anybody can list. Values are held to the calendar, because
// the library that expands them is not prepared for an eighth Saturday.
var parts = map[string]*regexp.Regexp{
	"FREQ":       regexp.MustCompile(`^(DAILY|WEEKLY|MONTHLY|YEARLY)$`),
	"INTERVAL":   regexp.MustCompile(`^[1-9][0-9]{0,2}$`),
	"COUNT":      regexp.MustCompile(`^[1-9][0-9]{0,5}$`),
	"UNTIL":      regexp.MustCompile(`^[0-9]{8}(T[0-9]{6}Z?)?$`),
	"BYDAY":      listOf(`([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)`),
	"BYMONTHDAY": listOf(`[+-]?([1-9]|[12][0-9]|3[01])`),
	"BYMONTH":    listOf(`([1-9]|1[0-2])`),
	"BYSETPOS":   listOf(`[+-]?[1-9][0-9]?`),
	"WKST":       regexp.MustCompile(`^(MO|TU|WE|TH|FR|SA|SU)$`),
}

func listOf(value string) *regexp.Regexp {
	return regexp.MustCompile("^" + value + "(," + value + ")*$")
}

func checkRepeat(text string) error {
	if len(text) > maxRepeat {
		return fmt.Errorf("the rule has %d bytes, at most %d are read", len(text), maxRepeat)
	}
	found := map[string]string{}
	for _, part := range strings.Split(text, ";") {
		name, value, _ := strings.Cut(part, "=")
		_, twice := found[name]
		switch form := parts[name]; {
		case form == nil:
			return fmt.Errorf("the rule has %q: its parts may be %s", part, strings.Join(slices.Sorted(maps.Keys(parts)), ", "))
		case twice:
			return fmt.Errorf("the rule has %s twice", name)
		case name == "FREQ" && !form.MatchString(value):
			return fmt.Errorf("FREQ is %q: it may be DAILY, WEEKLY, MONTHLY or YEARLY", value)
		case !form.MatchString(value):
			return fmt.Errorf("%s is %q, which is no value of it", name, value)
		}
		found[name] = value
	}
	switch freq := found["FREQ"]; {
	case freq == "":
		return fmt.Errorf("the rule has no FREQ, which may be DAILY, WEEKLY, MONTHLY or YEARLY")
	case strings.ContainsAny(found["BYDAY"], "12345") && freq != "MONTHLY" && freq != "YEARLY":
		return fmt.Errorf("BYDAY is %q: which week it is matters to a month or a year only", found["BYDAY"])
	}
	return nil
}

// occurrences returns when it begins so that some of it lies in [from, to).
func (x Exclusion) occurrences(from, to time.Time) (all []time.Time, err error) {
	if x.Repeat == "" {
		if x.Begin.Before(to) && x.Begin.Add(x.Length).After(from) {
			all = append(all, x.Begin)
		}
		return all, nil
	}
	option, err := rrule.StrToROptionInLocation(x.Repeat, x.Begin.Location())
	if err != nil {
		return nil, err
	}
	option.Dtstart = x.Begin
	rule, err := rrule.NewRRule(*option)
	if err != nil {
		return nil, err
	}
	next := rule.Iterator()
	for at, ok := next(); ok && at.Before(to) && len(all) < maxOccurrences; at, ok = next() {
		if at.Add(x.Length).After(from) {
			all = append(all, at)
		}
	}
	return all, nil
}

// Within returns the minutes of every occurrence of which some lie in the
// range, whole and in order.
func (x Exclusion) Within(in window.Stretch) []window.Stretch {
	occurrences, err := x.occurrences(in.From.Start(), in.To.Start())
	if err != nil {
		panic(fmt.Sprintf("BUG: the exclusion %s was not checked: %v", x, err))
	}
	return x.stretches(occurrences)
}

// stretches returns the minutes of occurrences: those that begin within one.
func (x Exclusion) stretches(occurrences []time.Time) (all []window.Stretch) {
	for _, at := range occurrences {
		all = append(all, window.Stretch{From: ceilMinute(at), To: ceilMinute(at.Add(x.Length))})
	}
	return all
}

// ceilMinute returns the first minute that begins at or after the instant.
func ceilMinute(at time.Time) slice.Minute { return slice.MinuteOf(at.Add(time.Minute - 1)) }

// String says all of it; two that say the same are the same.
func (x Exclusion) String() string {
	text := fmt.Sprintf("%s in %s for %s", x.Begin.Format("2006-01-02T15:04"), x.Begin.Location(), window.Compact(x.Length))
	if x.Repeat != "" {
		text += ", " + x.Repeat
	}
	return text + ": " + x.Reason
}

// LeftOut is a stretch of time that the budget does not count, and why.
type LeftOut struct {
	window.Stretch
	Reason     string
	Correction int64 // its id, 0 of an exclusion that was planned
}

// Minutes returns the minutes of what is left out.
func Minutes(all []LeftOut) window.Minutes {
	stretches := make([]window.Stretch, len(all))
	for i, l := range all {
		stretches[i] = l.Stretch
	}
	return window.NewMinutes(stretches...)
}

// LeavesOut reports whether the objective has exclusions or corrections.
func (o *Objective) LeavesOut() bool { return len(o.Exclusions)+len(o.Corrections) > 0 }

// LeftOut returns what is left out of a range of minutes, cut to it, in order.
func (o *Objective) LeftOut(in window.Stretch) (all []LeftOut) {
	add := func(s window.Stretch, reason string, id int64) {
		if cut := (window.Stretch{From: max(s.From, in.From), To: min(s.To, in.To)}); cut.From < cut.To {
			all = append(all, LeftOut{cut, reason, id})
		}
	}
	for _, x := range o.Exclusions {
		for _, s := range x.Within(in) {
			add(s, x.Reason, 0)
		}
	}
	for _, c := range o.Corrections {
		if c.Kind == ExcludeAll {
			add(c.Stretch(), c.Reason, c.ID)
		}
	}
	slices.SortStableFunc(all, func(a, b LeftOut) int { return int(a.From - b.From) })
	return all
}

// ExclusionsText says what is left out; objectives with the same text leave
// out the same.
func (o *Objective) ExclusionsText() string {
	var text []string
	for _, x := range o.Exclusions {
		text = append(text, x.String())
	}
	for _, c := range o.Corrections {
		text = append(text, fmt.Sprintf("correction %d", c.ID))
	}
	return strings.Join(text, "; ")
}
