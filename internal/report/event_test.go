// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/report"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
)

// lane is what the versions of an operation did from a minute on: a line for
// each, with a character a minute. X is 100 good events, B 50 good and 50 bad
// ones, a digit so many good ones, a dot none. Small letters are of history
// that was back-filled. A blank was not measured.
type lane map[string]string

var laneBegin = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func laneCounts(c byte) slice.Counts {
	switch c {
	case 'X', 'x':
		return slice.Counts{Good: 100}
	case 'B', 'b':
		return slice.Counts{Good: 50, Bad: 50}
	case '.':
		return slice.Counts{}
	}
	return slice.Counts{Good: uint64(c - '0')}
}

// drive plays lanes and returns what happened, of the last minutes shown.
func (l lane) drive(t *testing.T, shown time.Duration, change func(*world, *slo.Objective)) report.Timeline {
	t.Helper()
	o := objective("up", 7*24*time.Hour)
	o.Alerting.WithoutDefaults = true
	length := 0
	for _, line := range l {
		length = max(length, len(line))
	}
	// All but the last four minutes are closed, and all but the last seven stored.
	w := newWorld(laneBegin.Add(time.Duration(length)*time.Minute-time.Second), o)
	w.generations = []catalog.Generation{}
	w.closed = slice.MinuteOf(w.now) - 4
	w.stored = w.closed - 3
	if change != nil {
		change(w, o)
	}
	history := map[slice.Minute][]slice.Sample{}
	for version, line := range l {
		baseline := slice.Key{Service: shop, Operation: "POST /checkout", Kind: operation.HTTP, Version: version}
		for i := range line {
			m, c := slice.MinuteOf(laneBegin)+slice.Minute(i), laneCounts(line[i])
			switch {
			case line[i] >= 'a':
				history[m] = append(history[m], slice.Sample{Key: baseline, Counts: c}, slice.Sample{Key: totalOf(o), Counts: c})
			case line[i] != ' ':
				w.count(baseline, m, c, 100*time.Millisecond)
				w.count(totalOf(o), m, c)
			}
		}
	}
	r := w.report(t)
	w.remember(t, history)
	v, err := r.Find(report.Which{Name: "up"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Events(context.Background(), v, w.now.Add(-shown), w.now)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// remember back-fills the store.
func (w *world) remember(t *testing.T, history map[slice.Minute][]slice.Sample) {
	t.Helper()
	_, err := w.store.Backfill(context.Background(), series.Backfill{Before: w.closed, Minutes: func(yield func(slice.Closed, error) bool) {
		for _, m := range slices.Sorted(maps.Keys(history)) {
			if m < w.closed && !yield(slice.Closed{Minute: m, Samples: merged(history[m])}, nil) {
				return
			}
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
}

// merged adds up the samples of equal keys.
func merged(all []slice.Sample) (out []slice.Sample) {
	at := map[slice.Key]int{}
	for _, s := range all {
		i, ok := at[s.Key]
		if !ok {
			at[s.Key] = len(out)
			out = append(out, s)
			continue
		}
		out[i].Counts = out[i].Counts.Plus(s.Counts)
	}
	return out
}

func hm(at time.Time) string { return at.Format("15:04") }

// timelineText is a timeline as a test reads it.
func timelineText(l report.Timeline) (out []string) {
	for _, v := range l.Versions {
		text := fmt.Sprintf("%q %d/%d %s", v.Version, v.Bad, v.Good+v.Bad, v.Source)
		if v.Began {
			text += " began"
		}
		if v.FirstLive {
			text += " first live"
		}
		for _, s := range v.Spans {
			text += " " + hm(s.From) + "-" + hm(s.To)
		}
		out = append(out, text)
	}
	for _, e := range l.Events {
		text := string(e.Kind) + " " + hm(e.At)
		if e.To != nil {
			text += "-" + hm(*e.To)
		}
		out = append(out, text+" "+e.Title)
	}
	if c := l.Comparison; c != nil {
		out = append(out, string(c.Judgement)+": "+c.Sentence)
	}
	return out
}

func TestTimeline(t *testing.T) {
	const hour = time.Hour
	for _, c := range []struct {
		name   string
		shown  time.Duration
		lane   lane
		change func(*world, *slo.Objective)
		want   []string
	}{
		{"nothing ever", hour, lane{}, nil, nil},
		{"no versions", hour, lane{"": "XXXXXXXXXXXX"}, nil, []string{`"" 0/1200 live 12:00-12:12`}},
		{"a bad deploy", hour, lane{
			"1.4.2": "XXXXXXXXXX5......",
			"1.5.0": "..........BBBBBBB",
		}, nil, []string{
			`"1.4.2" 0/1005 live 12:00-12:11`, `"1.5.0" 350/700 live began 12:10-12:17`,
			"version 12:10 version 1.5.0 began",
			"worse: Since version 1.5.0 began at 12:10 UTC, 50% of its 700 events were bad; of version 1.4.2, 0% of 1,000 in the 10m before.",
		}},
		{"a roll-back", hour, lane{
			"1.4.2": "XXXXXXXXXX....XXXXX",
			"1.5.0": "..........BBBB.....",
		}, nil, []string{
			`"1.5.0" 200/400 live began 12:10-12:14`, `"1.4.2" 0/1500 live 12:00-12:10 12:14-12:19`,
			"version 12:10 version 1.5.0 began", "version 12:14 version 1.4.2 is back",
			"worse: Since version 1.5.0 began at 12:10 UTC, 50% of its 400 events were bad; of version 1.4.2, 0% of 1,000 in the 10m before. It was last seen at 12:14 UTC, and version 1.4.2 is back since 12:14 UTC.",
		}},
		{"back after it had gone before what is shown", 6 * time.Minute, lane{
			"1.4.2": "XXXXXXXXXX....XXXXX",
			"1.5.0": "..........BBBB.....",
		}, nil, []string{
			`"1.5.0" 100/200 live 12:12-12:14`, `"1.4.2" 0/500 live 12:14-12:19`, "version 12:14 version 1.4.2 is back",
			"worse: Since version 1.5.0 began at 12:10 UTC, 50% of its 400 events were bad; of version 1.4.2, 0% of 1,000 in the 10m before. It was last seen at 12:14 UTC, and version 1.4.2 is back since 12:14 UTC.",
		}},
		{"a canary that is alike", hour, lane{
			"1.4.2": "XXXXXXXXXXXXXXXXXXXX",
			"1.5.0": "..........9999999999",
		}, nil, []string{
			`"1.4.2" 0/2000 live 12:00-12:20`, `"1.5.0" 0/90 live began 12:10-12:20`,
			"version 12:10 version 1.5.0 began",
			"alike: Since version 1.5.0 began at 12:10 UTC, 0% of its 90 events were bad; of version 1.4.2, 0% of 1,000 in the 10m before. Chance may explain the difference.",
		}},
		{"too little to say", hour, lane{
			"1.4.2": "XXXXXXXXXX..",
			"1.5.0": "..........19",
		}, nil, []string{
			`"1.4.2" 0/1000 live 12:00-12:10`, `"1.5.0" 0/10 live began 12:10-12:12`,
			"version 12:10 version 1.5.0 began",
			"too_few: Version 1.5.0 began at 12:10 UTC. 0 of its 10 events were bad, too few to tell; of version 1.4.2, 0 of 1,000 in the 10m before.",
		}},
		{"a deploy before what is shown is compared all the same", 4 * time.Minute, lane{
			"1.4.2": "XXXXXXXXXX........",
			"1.5.0": "..........BBBBBBBB",
		}, nil, []string{
			`"1.5.0" 250/500 live 12:13-12:18`,
			"worse: Since version 1.5.0 began at 12:10 UTC, 50% of its 800 events were bad; of version 1.4.2, 0% of 1,000 in the 10m before.",
		}},
		{"made-up history has its own versions", hour, lane{
			"0.8": "xxxxxxxx",
			"0.9": "        xxxx",
			"1.0": "            XXXXXXXXXXXXXXXXXX",
		}, nil, []string{
			`"0.8" 0/800 backfill 12:00-12:08`, `"0.9" 0/400 backfill began 12:08-12:12`, `"1.0" 0/1800 live first live 12:12-12:30`,
			"made_up 12:00-12:12 back-filled history", "version 12:08 version 0.9 began", "version 12:12 version 1.0 first seen live",
		}},
		{"nothing was measured for a while", hour, lane{
			"1.0": "XXXXXXXXXX               XXXXXXXXXXXX",
		}, nil, []string{
			`"1.0" 0/2200 live 12:00-12:10 12:25-12:37`, "gap 12:10-12:25 nothing was measured for 15m",
		}},
		{"what else happened", hour, lane{"": "XXXXXXXXXXXXXXXXXXXX"}, func(w *world, o *slo.Objective) {
			o.Corrections = []slo.Correction{
				{ID: 3, Kind: slo.ExcludeAll, From: laneBegin.Add(2 * time.Minute), To: laneBegin.Add(4 * time.Minute), Author: "ada", Reason: "a drill"},
				{ID: 4, Kind: slo.ExcludeBad, From: laneBegin.Add(5 * time.Minute), To: laneBegin.Add(6 * time.Minute), Bad: []slo.BadMinute{{Minute: 1, Bad: 1200}}},
			}
			x, err := slo.NewExclusion(laneBegin.Add(7*time.Minute), 3*time.Minute, "", "maintenance")
			if err != nil {
				panic(err)
			}
			o.Exclusions = []slo.Exclusion{x}
			w.generations = []catalog.Generation{{Number: 2, From: laneBegin.Add(time.Minute), Current: catalog.Current{Objective: o.Key}}}
			page := func(phase alert.Phase, ended time.Time) catalog.Transition {
				return catalog.Transition{Alert: alert.Alert{
					Key: alert.Key{Objective: o.Key, Rule: "page-15m"}, Severity: alert.Page, Phase: phase, Episode: 7, Started: laneBegin.Add(10 * time.Minute), Ended: ended,
				}}
			}
			w.changes = []catalog.Transition{page(alert.Resolved, laneBegin.Add(14*time.Minute)), page(alert.Firing, time.Time{})}
		}, []string{
			`"" 0/2000 live 12:00-12:20`,
			"generation 12:01 generation 2 began", "correction 12:02-12:04 correction 3 leaves this time out", "correction 12:05-12:06 correction 4 leaves out 1,200 bad",
			"exclusion 12:07-12:10 planned exclusion", "alert 12:10-12:14 page-15m fired",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, timelineText(c.lane.drive(t, c.shown, c.change))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestAlertsOfATimeline tells when alerts fired, of changes that were persisted
// and of an evaluation that is newer.
func TestAlertsOfATimeline(t *testing.T) {
	minute := func(m int) time.Time { return laneBegin.Add(time.Duration(m) * time.Minute) }
	of := func(rule, group string, episode uint64, phase alert.Phase, started, ended int, change ...func(*alert.Alert)) catalog.Transition {
		a := alert.Alert{Key: alert.Key{Rule: rule, Group: group}, Severity: alert.Ticket, Phase: phase, Episode: episode, Sentence: string(phase)}
		if started != 0 {
			a.Started = minute(started)
		}
		if ended != 0 {
			a.Ended = minute(ended)
		}
		for _, f := range change {
			f(&a)
		}
		return catalog.Transition{Alert: a}
	}
	inhibited := func(a *alert.Alert) { a.InhibitedBy = "page-1h" }
	for _, c := range []struct {
		name   string
		newest []catalog.Transition // first
		want   []string
	}{
		{"none", nil, nil},
		{"fires", []catalog.Transition{of("a", "", 1, alert.Firing, 5, 0)}, []string{"12:05 a fired: firing"}},
		{"fired before what is shown, and still does", []catalog.Transition{of("a", "", 1, alert.Firing, -300, 0)}, []string{"07:00 a fired: firing"}},
		{"was over before", []catalog.Transition{of("a", "", 1, alert.Resolved, -300, -200)}, nil},
		{"is over, and says what it saw when it began", []catalog.Transition{of("a", "", 1, alert.Resolved, 5, 9), of("a", "", 1, alert.Firing, 5, 0)}, []string{"12:05-12:09 a fired: firing"}},
		{"its begin is no longer kept", []catalog.Transition{of("a", "", 1, alert.Resolved, 5, 9)}, []string{"12:05-12:09 a fired: resolved"}},
		{"twice, and pending again", []catalog.Transition{
			of("a", "", 2, alert.Pending, 12, 14), of("a", "", 2, alert.Resolved, 12, 14), of("a", "", 2, alert.Firing, 12, 0),
			of("a", "", 1, alert.Resolved, 5, 9), of("a", "", 1, alert.Firing, 5, 0), of("a", "", 0, alert.Pending, 0, 0),
		}, []string{"12:05-12:09 a fired: firing", "12:12-12:14 a fired: firing"}},
		{"of a group, quiet, and no longer measured", []catalog.Transition{of("a", "tier=gold", 1, alert.Unmeasured, 5, 9), of("a", "tier=gold", 1, alert.Firing, 5, 0, inhibited)},
			[]string{"12:05-12:09 a fired for tier=gold: firing; quiet, because page-1h called for it; it ended because nothing was measured any longer"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := lane{"": "XXXXXXXXXXXXXXXXXXXX"}.drive(t, time.Hour, func(w *world, _ *slo.Objective) { w.changes = c.newest })
			var text []string
			for _, e := range got.Events {
				line := hm(e.At)
				if e.To != nil {
					line += "-" + hm(*e.To)
				}
				if text = append(text, line+" "+e.Title+": "+e.Detail); e.Severity != "ticket" {
					t.Errorf("severity %s", e.Severity)
				}
			}
			if diff := cmp.Diff(c.want, text); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestTimelineIsBounded lists the newest, and says how many it leaves out.
func TestTimelineIsBounded(t *testing.T) {
	got := lane{"": "XXXXXXXXXXXXXXXXXXXX"}.drive(t, 390*24*time.Hour, func(_ *world, o *slo.Objective) {
		for hour := range 2 {
			x, err := slo.NewExclusion(laneBegin.Add(time.Duration(hour)*time.Hour-380*24*time.Hour), time.Minute, "FREQ=DAILY", "nightly work")
			if err != nil {
				t.Fatal(err)
			}
			o.Exclusions = append(o.Exclusions, x)
		}
	})
	if len(got.Events) != 200 || got.LeftOut != 2*381-1-200 { // of the second exclusion one is still to come
		t.Fatalf("%d events, %d left out", len(got.Events), got.LeftOut)
	}
	if last := got.Events[199].At; !last.Equal(laneBegin) {
		t.Errorf("the newest is of %s", last)
	}
}

// TestVersionsAreBounded lists those that were seen last.
func TestVersionsAreBounded(t *testing.T) {
	l := lane{}
	for i := range 103 {
		l[fmt.Sprintf("1.%d", i)] = strings.Repeat(" ", i) + "X"
	}
	got := l.drive(t, 3*time.Hour, nil)
	if len(got.Versions) != 100 || got.VersionsLeftOut != 3 || got.Versions[0].Version != "1.3" {
		t.Errorf("%d versions from %s on, %d left out", len(got.Versions), got.Versions[0].Version, got.VersionsLeftOut)
	}
}

// TestDetailsOfVersions says how long one had gone, and how a new one did.
func TestDetailsOfVersions(t *testing.T) {
	got := lane{
		"1.4.2": "XXXXXXXXXX....XXXXX",
		"1.5.0": "..........BBBB.....",
	}.drive(t, time.Hour, nil)
	var details []string
	for _, e := range got.Events {
		details = append(details, e.Detail)
	}
	want := []string{
		"It was first seen at 12:10 UTC, and had 400 events up to 12:14 UTC, 50% of them bad.",
		"It had gone at 12:10 UTC, and other versions ran meanwhile.",
	}
	if diff := cmp.Diff(want, details); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestTimesOfVersions writes durations as people do.
func TestTimesOfVersions(t *testing.T) {
	for took, want := range map[time.Duration]string{
		0:                       "0ms",
		1500 * time.Microsecond: "1.5ms",
		40 * time.Millisecond:   "40ms",
		1500 * time.Millisecond: "1.5s",
		90 * time.Second:        "1m30s",
		20 * time.Minute:        "20m12s", // within a bucket
	} {
		o := objective("up", 7*24*time.Hour)
		o.Indicator.Rule.Kind = sli.Latency
		w := newWorld(laneBegin.Add(20*time.Minute-time.Second), o)
		w.generations = []catalog.Generation{}
		for i := range 20 {
			k := slice.Key{Service: shop, Operation: "POST /checkout", Kind: operation.HTTP, Version: "1"}
			if i >= 10 {
				k.Version = "2"
			}
			w.count(k, slice.MinuteOf(laneBegin)+slice.Minute(i), slice.Counts{Good: 10}, took)
		}
		r := w.report(t)
		v, err := r.Find(report.Which{Name: "up"})
		if err != nil {
			t.Fatal(err)
		}
		got, err := r.Events(t.Context(), v, laneBegin, w.now)
		if err != nil || got.Comparison == nil {
			t.Fatal(got, err)
		}
		if sentence := " 95% of them took up to " + want + ", before up to " + want + "."; !strings.HasSuffix(got.Comparison.Sentence, sentence) {
			t.Errorf("%s: got %q, want %q", took, got.Comparison.Sentence, sentence)
		}
	}
}

// TestALaterEndIsNotNow asks for a range that has not ended.
func TestALaterEndIsNotNow(t *testing.T) {
	o := objective("up", 7*24*time.Hour)
	w := newWorld(laneBegin.Add(20*time.Minute-time.Second), o)
	w.generations = []catalog.Generation{}
	for i := range 20 {
		k := slice.Key{Service: shop, Operation: "POST /checkout", Kind: operation.HTTP, Version: fmt.Sprint(1 + i/10)}
		w.count(k, slice.MinuteOf(laneBegin)+slice.Minute(i), slice.Counts{Good: 10})
	}
	// What a sender with a wrong clock says of the next minutes has not come.
	w.count(slice.Key{Service: shop, Operation: "POST /checkout", Kind: operation.HTTP, Version: "3"}, slice.MinuteOf(w.now)+3, slice.Counts{Good: 50})
	r := w.report(t)
	v, err := r.Find(report.Which{Name: "up"})
	if err != nil {
		t.Fatal(err)
	}
	for _, later := range []time.Duration{0, time.Hour, 3 * 24 * time.Hour} {
		got, err := r.Events(t.Context(), v, laneBegin, w.now.Add(later))
		if err != nil {
			t.Fatal(err)
		}
		const want = "Since version 2 began at 12:10 UTC, 0% of its 100 events were bad; of version 1, 0% of 100 in the 10m before. Chance may explain the difference."
		if got.Comparison == nil || got.Comparison.Sentence != want {
			t.Errorf("%s later: got %+v", later, got.Comparison)
		}
	}
}
