// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package slo_test

import (
	"strings"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

func local(t *testing.T, zone, text string) time.Time {
	t.Helper()
	z, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.ParseInLocation("2006-01-02T15:04", text, z)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// TestExclusionsHappenWhenClocksSaySo lists the occurrences of rules, in UTC.
func TestExclusionsHappenWhenClocksSaySo(t *testing.T) {
	for _, c := range []struct {
		name, zone, begin, repeat string
		length                    time.Duration
		from, to                  string // asked for, in UTC
		want                      string
	}{
		{"once", "UTC", "2026-11-01T02:00", "", 2 * time.Hour, "2026-01-01T00:00", "2027-01-01T00:00", "11-01 02:00-04:00"},
		{"once, before the range", "UTC", "2026-11-01T02:00", "", 2 * time.Hour, "2026-11-01T04:00", "2027-01-01T00:00", ""},
		{"once, cut by the range", "UTC", "2026-11-01T02:00", "", 2 * time.Hour, "2026-11-01T03:30", "2027-01-01T00:00", "11-01 03:30-04:00"},
		{"weekly on two days", "UTC", "2026-11-02T02:00", "FREQ=WEEKLY;BYDAY=MO,TH", time.Hour, "2026-11-01T00:00", "2026-11-10T00:00", "11-02 02:00-03:00, 11-05 02:00-03:00, 11-09 02:00-03:00"},
		{"first Sunday of the month", "UTC", "2026-11-01T02:00", "FREQ=MONTHLY;BYDAY=1SU", time.Hour, "2026-11-01T00:00", "2027-02-10T00:00", "11-01 02:00-03:00, 12-06 02:00-03:00, 01-03 02:00-03:00, 02-07 02:00-03:00"},
		{"over the change of a clock", "Europe/Berlin", "2026-10-23T02:30", "FREQ=DAILY", time.Hour, "2026-10-23T00:00", "2026-10-27T00:00", "10-23 00:30-01:30, 10-24 00:30-01:30, 10-25 01:30-02:30, 10-26 01:30-02:30"},
		{"until", "UTC", "2026-11-01T02:00", "FREQ=DAILY;UNTIL=20261102T020000Z", time.Hour, "2026-11-01T00:00", "2027-02-10T00:00", "11-01 02:00-03:00, 11-02 02:00-03:00"},
		{"so many times", "UTC", "2026-11-01T02:00", "RRULE:FREQ=YEARLY;COUNT=1", time.Hour, "2026-11-01T00:00", "2028-02-10T00:00", "11-01 02:00-03:00"},
		{"begun before the range", "UTC", "2000-01-01T23:30", "FREQ=DAILY", time.Hour, "2026-11-01T00:00", "2026-11-01T12:00", "11-01 00:00-00:30"},
	} {
		x, err := slo.NewExclusion(local(t, c.zone, c.begin), c.length, c.repeat, "x")
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		o := &slo.Objective{Exclusions: []slo.Exclusion{x}}
		in := window.Stretch{From: slice.MinuteOf(local(t, "UTC", c.from)), To: slice.MinuteOf(local(t, "UTC", c.to))}
		var got []string
		for _, l := range o.LeftOut(in) {
			got = append(got, l.From.Start().Format("01-02 15:04-")+l.To.Start().Format("15:04"))
		}
		if got := strings.Join(got, ", "); got != c.want {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
}

// TestHostileExclusionsAreRefused, and quickly: none of them may be expanded.
func TestHostileExclusionsAreRefused(t *testing.T) {
	begin := local(t, "UTC", "2026-11-01T02:00")
	for name, c := range map[string]struct {
		repeat, want string
		begin        time.Time
		length       time.Duration
	}{
		"every second":                  {repeat: "FREQ=SECONDLY", want: "FREQ is \"SECONDLY\""},
		"every minute":                  {repeat: "FREQ=MINUTELY;COUNT=5", want: "FREQ is \"MINUTELY\""},
		"an hour that never comes":      {repeat: "FREQ=HOURLY;INTERVAL=2;BYHOUR=1", want: "FREQ is \"HOURLY\""},
		"seconds of a day":              {repeat: "FREQ=DAILY;BYSECOND=0,1,2", want: "BYSECOND"},
		"minutes of a day":              {repeat: "FREQ=DAILY;BYMINUTE=0,1,2", want: "BYMINUTE"},
		"a date that never comes":       {repeat: "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", want: "never happens"},
		"a Monday that never comes":     {repeat: "FREQ=YEARLY;BYDAY=6MO;BYMONTH=1", want: "BYDAY"},
		"an interval beyond everything": {repeat: "FREQ=DAILY;INTERVAL=1000000000", want: "INTERVAL"},
		"an interval of nothing":        {repeat: "FREQ=DAILY;INTERVAL=0", want: "INTERVAL"},
		"an interval below":             {repeat: "FREQ=DAILY;INTERVAL=-1", want: "INTERVAL"},
		"an eighth Saturday":            {repeat: "FREQ=MONTHLY;BYDAY=8SA;BYSETPOS=1", want: "BYDAY"},
		"the first Monday of a week":    {repeat: "FREQ=WEEKLY;BYDAY=1MO", want: "BYDAY"},
		"no frequency":                  {repeat: "BYDAY=MO", want: "no FREQ"},
		"a part twice":                  {repeat: "FREQ=DAILY;FREQ=YEARLY", want: "twice"},
		"a part that is none":           {repeat: "FREQ=DAILY;EXRULE=x", want: "EXRULE"},
		"a start of its own":            {repeat: "DTSTART=20260101T000000Z;FREQ=DAILY", want: "DTSTART"},
		"a day that is none":            {repeat: "FREQ=WEEKLY;BYDAY=XX", want: "XX"},
		"over before it begins":         {repeat: "FREQ=DAILY;UNTIL=20250101T000000Z", want: "never happens"},
		"lines":                         {repeat: "FREQ=DAILY\nRRULE:FREQ=SECONDLY", want: "FREQ is"},
		"very long":                     {repeat: "FREQ=DAILY;BYMONTHDAY=" + strings.Repeat("1,", 1000) + "1", want: "bytes"},
		"everything":                    {repeat: "FREQ=DAILY", length: 23 * time.Hour, want: "leaves out 95% of the time"},
		"long ago":                      {begin: local(t, "UTC", "1970-01-01T00:00"), want: "before the year 2000"},
		"too long":                      {length: 15 * 24 * time.Hour, want: "lasts 15d"},
		"nothing":                       {length: -time.Hour, want: "lasts -1h"},
		"seconds":                       {length: 90 * time.Second, want: "whole minutes"},
	} {
		if c.begin.IsZero() {
			c.begin = begin
		}
		if c.length == 0 {
			c.length = time.Hour
		}
		if _, err := slo.NewExclusion(c.begin, c.length, c.repeat, "x"); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", name, err, c.want)
		}
	}
}

func TestCorrectionsAndExclusionsStandInOrder(t *testing.T) {
	x, err := slo.NewExclusion(local(t, "UTC", "2026-11-01T02:00"), time.Hour, "FREQ=DAILY", "planned")
	if err != nil {
		t.Fatal(err)
	}
	o := &slo.Objective{Exclusions: []slo.Exclusion{x}, Corrections: []slo.Correction{
		{Kind: slo.ExcludeAll, ID: 7, From: local(t, "UTC", "2026-11-01T02:30"), To: local(t, "UTC", "2026-11-01T05:00"), Reason: "a drill"},
	}}
	in := window.Stretch{From: slice.MinuteOf(local(t, "UTC", "2026-11-01T00:00")), To: slice.MinuteOf(local(t, "UTC", "2026-11-02T12:00"))}
	var got []string
	for _, l := range o.LeftOut(in) {
		got = append(got, l.Reason)
	}
	if got := strings.Join(got, ", "); got != "planned, a drill, planned" || !o.LeavesOut() {
		t.Errorf("got %s", got)
	}
	if text := o.ExclusionsText(); text != "2026-11-01T02:00 in UTC for 1h, FREQ=DAILY: planned; correction 7" {
		t.Errorf("got %s", text)
	}
}

// FuzzNewExclusion must end, whatever the rule says, and what it accepts must
// be one that can be listed.
func FuzzNewExclusion(f *testing.F) {
	for _, s := range []string{"FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,TU;INTERVAL=2", "FREQ=MONTHLY;BYDAY=-1SU;BYSETPOS=1", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "FREQ=SECONDLY"} {
		f.Add(s)
	}
	begin := time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, repeat string) {
		x, err := slo.NewExclusion(begin, time.Hour, repeat, "x")
		if err != nil {
			return
		}
		o := &slo.Objective{Exclusions: []slo.Exclusion{x}}
		in := window.Stretch{From: slice.MinuteOf(begin), To: slice.MinuteOf(begin.AddDate(2, 0, 0))}
		for _, l := range o.LeftOut(in) {
			if l.From < in.From || l.To > in.To || l.From >= l.To {
				t.Fatalf("%q: %v is left out of %v", repeat, l, in)
			}
		}
	})
}
