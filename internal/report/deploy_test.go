// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/report"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
)

// young is the life of a server that was started a minute or two before its
// first bad deploy. Days of history were back-filled, up to ten minutes before
// the start; then 1.4.2 answers five requests a second, 1.5.0 takes over and
// fails every second one, and 1.4.2 comes back. Times are seconds after 12:00.
type young struct{ start, deploy, back int }

const never = 1 << 30

// look tells what is shown of the last hour at so many seconds after 12:00.
func (y young) look(t *testing.T, at int) report.Timeline {
	t.Helper()
	o := objective("up", 28*24*time.Hour)
	o.Alerting.WithoutDefaults = true
	noon := slice.MinuteOf(laneBegin)
	w := newWorld(laneBegin.Add(time.Duration(at)*time.Second), o)
	w.generations = []catalog.Generation{}
	w.closed, w.stored = noon-5, noon-6
	y.count(w, o, at)
	r := w.report(t)
	w.remember(t, madeUp(o, noon))
	v, err := r.Find(report.Which{Name: "up"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Events(context.Background(), v, w.now.Add(-time.Hour), w.now)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (y young) count(w *world, o *slo.Objective, at int) {
	for second := y.start; second < at; second++ {
		version, c := "1.4.2", slice.Counts{Good: 5}
		if y.deploy <= second && second < y.back {
			version, c = "1.5.0", slice.Counts{Good: 2 + uint64(second)%2, Bad: 3 - uint64(second)%2}
		}
		m := slice.MinuteOf(laneBegin.Add(time.Duration(second) * time.Second))
		w.count(checkoutOf(version), m, c)
		w.count(totalOf(o), m, c)
	}
}

// madeUp is history of two versions, up to a minute.
func madeUp(o *slo.Objective, noon slice.Minute) map[slice.Minute][]slice.Sample {
	history := map[slice.Minute][]slice.Sample{}
	for m := noon - 90; m < noon-10; m++ {
		version := "0.67.0"
		if m >= noon-30 {
			version = "0.68.0"
		}
		c := slice.Counts{Good: 199, Bad: 1}
		history[m] = []slice.Sample{{Key: checkoutOf(version), Counts: c}, {Key: totalOf(o), Counts: c}}
	}
	return history
}

func checkoutOf(version string) slice.Key {
	return slice.Key{Service: shop, Operation: "POST /checkout", Kind: operation.HTTP, Version: version}
}

// TestAYoungServerSaysWhatChanged is of the first minutes with Leadline, in
// which nothing that was made up may hide a deploy.
func TestAYoungServerSaysWhatChanged(t *testing.T) {
	const worse = "worse: Since version 1.5.0 began at "
	for _, c := range []struct {
		name string
		life young
		at   int
		want []string // without what the history holds
	}{
		{"before the deploy", young{60, never, never}, 119, []string{
			`"1.4.2" 0/295 live first live 12:01-12:02`, "version 12:01 version 1.4.2 first seen live",
		}},
		{"2 s after a deploy on the minute", young{60, 120, never}, 122, []string{
			`"1.4.2" 0/300 live first live 12:01-12:02`, `"1.5.0" 5/10 live began 12:02-12:03`,
			"version 12:01 version 1.4.2 first seen live", "version 12:02 version 1.5.0 began",
			worse + "12:02 UTC, 50% of its 10 events were bad; of version 1.4.2, 0% of 300 in the minute before.",
		}},
		{"20 s after it", young{60, 120, never}, 140, []string{
			`"1.4.2" 0/300 live first live 12:01-12:02`, `"1.5.0" 50/100 live began 12:02-12:03`,
			"version 12:01 version 1.4.2 first seen live", "version 12:02 version 1.5.0 began",
			worse + "12:02 UTC, 50% of its 100 events were bad; of version 1.4.2, 0% of 300 in the minute before.",
		}},
		{"60 s after it", young{60, 120, never}, 179, []string{
			`"1.4.2" 0/300 live first live 12:01-12:02`, `"1.5.0" 148/295 live began 12:02-12:03`,
			"version 12:01 version 1.4.2 first seen live", "version 12:02 version 1.5.0 began",
			worse + "12:02 UTC, 50.2% of its 295 events were bad; of version 1.4.2, 0% of 300 in the minute before.",
		}},
		{"120 s after it", young{60, 120, never}, 240, []string{
			`"1.4.2" 0/300 live first live 12:01-12:02`, `"1.5.0" 300/600 live began 12:02-12:04`,
			"version 12:01 version 1.4.2 first seen live", "version 12:02 version 1.5.0 began",
			worse + "12:02 UTC, 50% of its 600 events were bad; of version 1.4.2, 0% of 300 in the minute before.",
		}},
		{"10 s after the roll-back", young{60, 120, 240}, 250, []string{
			`"1.5.0" 300/600 live began 12:02-12:04`, `"1.4.2" 0/350 live first live 12:01-12:02 12:04-12:05`,
			"version 12:01 version 1.4.2 first seen live", "version 12:02 version 1.5.0 began", "version 12:04 version 1.4.2 is back",
			worse + "12:02 UTC, 50% of its 600 events were bad; of version 1.4.2, 0% of 300 in the minute before.",
		}},
		{"30 s after it", young{60, 120, 240}, 270, []string{
			`"1.5.0" 300/600 live began 12:02-12:04`, `"1.4.2" 0/450 live first live 12:01-12:02 12:04-12:05`,
			"version 12:01 version 1.4.2 first seen live", "version 12:02 version 1.5.0 began", "version 12:04 version 1.4.2 is back",
			worse + "12:02 UTC, 50% of its 600 events were bad; of version 1.4.2, 0% of 300 in the minute before. It was last seen at 12:04 UTC, and version 1.4.2 is back since 12:04 UTC.",
		}},
		{"5 min after it", young{60, 120, 240}, 540, []string{
			`"1.5.0" 300/600 live began 12:02-12:04`, `"1.4.2" 0/1800 live first live 12:01-12:02 12:04-12:09`,
			"version 12:01 version 1.4.2 first seen live", "version 12:02 version 1.5.0 began", "version 12:04 version 1.4.2 is back",
			worse + "12:02 UTC, 50% of its 600 events were bad; of version 1.4.2, 0% of 300 in the minute before. It was last seen at 12:04 UTC, and version 1.4.2 is back since 12:04 UTC.",
		}},
		// So early in its minute, that of 20 events nobody can tell whether they
		// are the first.
		{"4 s after a deploy late in a minute", young{50, 116, never}, 120, []string{
			`"1.4.2" 0/330 live first live 12:00-12:02`, `"1.5.0" 10/20 live 12:01-12:02`,
			"version 12:00 version 1.4.2 first seen live",
		}},
		{"20 s after it", young{50, 116, never}, 136, []string{
			`"1.4.2" 0/330 live first live 12:00-12:02`, `"1.5.0" 50/100 live began 12:01-12:03`,
			"version 12:00 version 1.4.2 first seen live", "version 12:01 version 1.5.0 began",
			worse + "12:01 UTC, 50% of its 100 events were bad; of version 1.4.2, 0% of 50 in the minute before.",
		}},
		{"60 s after it", young{50, 116, never}, 176, []string{
			`"1.4.2" 0/330 live first live 12:00-12:02`, `"1.5.0" 150/300 live began 12:01-12:03`,
			"version 12:00 version 1.4.2 first seen live", "version 12:01 version 1.5.0 began",
			worse + "12:01 UTC, 50% of its 300 events were bad; of version 1.4.2, 0% of 50 in the minute before.",
		}},
		{"a deploy in the first minute of all", young{60, 116, never}, 176, []string{
			`"1.4.2" 0/280 live first live 12:01-12:02`, `"1.5.0" 150/300 live began 12:01-12:03`,
			"version 12:01 version 1.4.2 first seen live", "version 12:01 version 1.5.0 began",
			worse + "12:01 UTC, 50% of its 300 events were bad; of version 1.4.2, 0% of 280 in that minute.",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := slices.DeleteFunc(timelineText(c.life.look(t, c.at)), func(line string) bool {
				return strings.Contains(line, "backfill") || strings.Contains(line, "back-filled") || strings.Contains(line, "0.68.0")
			})
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestVersionsOfAnHourAreThoseThatWereMeasured leaves out what only made-up
// history had, unless there is nothing else.
func TestVersionsOfAnHourAreThoseThatWereMeasured(t *testing.T) {
	for at, want := range map[int]string{0: "0.67.0 0.68.0", 170: "1.4.2 1.5.0"} {
		o := objective("up", 28*24*time.Hour)
		noon := slice.MinuteOf(laneBegin)
		w := newWorld(laneBegin.Add(time.Duration(at)*time.Second), o)
		w.closed, w.stored = noon-5, noon-6
		young{60, 120, never}.count(w, o, at)
		r := w.report(t)
		w.remember(t, madeUp(o, noon))
		got, err := r.Services(t.Context())
		if err != nil || len(got.Services) != 1 {
			t.Fatal(got, err)
		}
		if versions := strings.Join(got.Services[0].Versions, " "); versions != want {
			t.Errorf("%d s after noon: got %s, want %s", at, versions, want)
		}
	}
}
