// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/leadline/leadline/internal/window"
)

const (
	rollingExample = "write for example timeWindow: [{duration: 4w, isRolling: true}]"
	startExample   = "write for example {duration: 1M, calendar: {startTime: 2026-01-01 00:00:00, timeZone: UTC}}"
)

// shorthand reads a duration of OpenSLO that is the same everywhere: minutes,
// hours, days and weeks. Months, quarters and years are periods of a calendar.
func shorthand(text string) (time.Duration, error) {
	number, unit := split(text)
	length := map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "w": 7 * 24 * time.Hour}[unit]
	n, err := strconv.ParseUint(number, 10, 16)
	switch {
	case err == nil && strings.Contains("MQY", unit) && unit != "":
		return 0, errors.New("months, quarters and years have no length of their own")
	case err != nil || length == 0 || strings.HasPrefix(number, "+"):
		return 0, errors.New("a number and a unit are needed: m, h, d or w")
	}
	return time.Duration(n) * length, nil
}

func split(text string) (number, unit string) {
	if text == "" {
		return "", ""
	}
	return text[:len(text)-1], text[len(text)-1:]
}

// window reads the one time window of an SLO, and those of the annotation.
func (r *openReader) window() {
	list := r.part.spec.list("timeWindow")
	switch n := r.part.spec.value["timeWindow"]; {
	case len(list) == 1:
		r.timeWindow(list[0])
	case r.reported(n):
	case len(list) == 0:
		r.at(r.part.node, "SLO has no timeWindow", "its budget would have no end", rollingExample)
	default:
		r.at(n, fmt.Sprintf("SLO has %d time windows", len(list)), "OpenSLO allows exactly one", "write an SLO for each")
	}
	text := r.part.note(noteWindows)
	if text == "" {
		return
	}
	at := r.part.noteNode(noteWindows)
	for each := range strings.SplitSeq(text, ",") {
		w, err := parseWindow(strings.TrimSpace(each))
		if err != nil || len(r.base.Others) == maxWindows-1 {
			r.at(at, fmt.Sprintf("%s%s %q is not usable", notePrefix, noteWindows, text), "it names up to 5 windows", `write for example "7d, month in Europe/Berlin"`)
			return
		}
		if w.Equal(r.base.Window) || r.base.Window.Length == 0 {
			continue
		}
		r.base.Others = append(r.base.Others, w)
	}
}

// parseWindow reads a window as it is printed.
func parseWindow(text string) (w window.Window, err error) {
	if period, zone, found := strings.Cut(text, " in "); found {
		at, err := time.LoadLocation(zone)
		w = window.Calendar{Period: window.Period(period), Zone: at}.Of()
		if err == nil && w.Length == 0 {
			err = errors.New("no period of the calendar")
		}
		return w, err
	}
	if w.Length, err = parseLength(text); err == nil {
		err = checkWindow(w.Length)
	}
	return w, err
}

func (r *openReader) timeWindow(n *yaml.Node) {
	o := r.object(n, "timeWindow")
	if o == nil {
		return
	}
	text, rolling := o.required("duration", "4w"), o.flag("isRolling")
	calendar := o.take("calendar")
	o.finish()
	switch {
	case text == "":
	case rolling && calendar != nil:
		r.at(o.keys["calendar"], "a rolling window has a calendar", "it is one or the other", "remove calendar, or write isRolling: false")
	case !rolling && calendar == nil:
		r.at(n, "timeWindow is not rolling and has no calendar", "", "write isRolling: true, or add a calendar")
	case rolling:
		r.rolling(o, text)
	default:
		r.calendarWindow(o, text, calendar)
	}
}

func (r *openReader) rolling(o *object, text string) {
	length, err := shorthand(text)
	if err == nil {
		err = checkWindow(length)
	}
	if err != nil {
		r.at(o.value["duration"], fmt.Sprintf("the rolling window %q is not usable", text), err.Error(), rollingExample)
		return
	}
	r.base.Window = window.Window{Length: length}
}

// periods are the durations that are a period of the calendar.
var periods = map[string]window.Period{
	"1w": window.Week, "7d": window.Week, "1M": window.Month, "3M": window.Quarter, "1Q": window.Quarter,
	"12M": window.Year, "4Q": window.Year, "1Y": window.Year,
}

// startLayout is how OpenSLO writes when a calendar starts.
const startLayout = time.DateTime

// calendarWindow reads a window that starts at fixed times. The start has to
// be where a period begins: from another the numbers would be other ones.
func (r *openReader) calendarWindow(o *object, text string, n *yaml.Node) {
	in := r.object(n, "calendar")
	if in == nil {
		return
	}
	start, name := in.required("startTime", "2026-01-01 00:00:00"), in.required("timeZone", "Europe/Berlin")
	in.finish()
	period, known := periods[text]
	if !known {
		r.at(o.value["duration"], fmt.Sprintf("the calendar window %q is not supported", text), "", "write 1w, 1M, 1Q or 1Y")
	}
	if name == "" || start == "" {
		return
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == time.Local.String() {
		r.at(in.value["timeZone"], fmt.Sprintf("there is no time zone %q", name), "", "write a name of the IANA database, such as Europe/Berlin or UTC")
		return
	}
	at, err := time.ParseInLocation(startLayout, start, zone)
	if err != nil {
		r.at(in.value["startTime"], fmt.Sprintf("startTime %q is not a time", start), "", startExample)
		return
	}
	if !known {
		return
	}
	c := window.Calendar{Period: period, Zone: zone}
	if from, to := c.Around(at); !from.Equal(at) {
		r.at(in.value["startTime"], fmt.Sprintf("startTime %s is not where a %s begins", start, period), "periods begin as the calendar says, weeks on Monday",
			"write for example "+to.In(zone).Format(startLayout))
		return
	}
	r.base.Window = c.Of()
}
