// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package version_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/version"
	"github.com/leadline/leadline/internal/window"
)

// begin is the minute of the first character of a lane.
const begin = 1000

// lanes gathers what versions had: a line for each with its name and a
// character a minute. A digit is so many events, X is 100, a dot none; small
// letters are back-filled, a for one event, x for 100.
func lanes(shown window.Stretch, before []string, lines ...string) *version.Seen {
	seen := version.New(window.Stretch{From: begin + shown.From, To: begin + shown.To}, 0)
	for _, name := range before {
		seen.Before(version.Part{Version: name, Source: slice.Live, Counts: slice.Counts{Good: 1000}})
	}
	for m := range slice.Minute(200) {
		var parts []version.Part
		for _, line := range lines {
			name, lane, _ := strings.Cut(line, ":")
			if lane = strings.TrimSpace(lane); int(m) < len(lane) && lane[m] != '.' {
				parts = append(parts, part(strings.TrimSpace(name), lane[m]))
			}
		}
		seen.Minute(begin+m, parts)
	}
	return seen
}

func part(name string, c byte) version.Part {
	p := version.Part{Version: name, Source: slice.Live}
	if c >= 'a' {
		p.Source = slice.Backfill
	}
	switch c {
	case 'x', 'X':
		p.Counts.Good = 100
	case 'a':
		p.Counts.Good = 1
	default:
		p.Counts.Good = uint64(c - '0')
	}
	return p
}

// text says what is known of each version: "1.5 began 7: 7-9, back 12-14".
func text(all []version.Version) (out []string) {
	for _, v := range all {
		line := v.Name
		if v.Began > 0 {
			line += fmt.Sprintf(" began %d", v.Began-begin)
		}
		var spans []string
		for _, s := range v.Spans {
			span := fmt.Sprintf("%d-%d", s.From-begin, s.To-begin)
			if s.Back {
				span = "back " + span
			}
			spans = append(spans, span)
		}
		out = append(out, fmt.Sprintf("%s: %s; %d %s", line, strings.Join(spans, ", "), v.Counts.Total(), v.Source))
	}
	return out
}

func TestVersions(t *testing.T) {
	all := window.Stretch{To: 200}
	for _, c := range []struct {
		name   string
		shown  window.Stretch
		before []string
		lanes  []string
		want   []string
	}{
		{"nothing", all, nil, nil, nil},
		{"no version at all", all, nil, []string{":  9999"}, []string{": 0-4; 36 live"}},
		{"a deploy", all, nil, []string{
			"1.4: XXXXX5..",
			"1.5: .....5XX",
		}, []string{"1.4: 0-6; 505 live", "1.5 began 5: 5-8; 205 live"}},
		{"a deploy of what had no version before", all, nil, []string{
			"   : XXXX",
			"1.5: ....XX",
		}, []string{": 0-4; 400 live", "1.5 began 4: 4-6; 200 live"}},
		{"a deploy that loses the version", all, nil, []string{
			"1.5: XXXX",
			"   : ....XX",
		}, []string{"1.5: 0-4; 400 live", ": 4-6; 200 live"}},
		{"a roll-back", all, nil, []string{
			"1.4: XXXX...XX",
			"1.5: ....XXX..",
		}, []string{"1.5 began 4: 4-7; 300 live", "1.4: 0-4, back 7-9; 600 live"}},
		{"a canary beside it", all, nil, []string{
			"1.4: XXXXXXXXXXXXXXXXXXXXXXX",
			"1.5: ..............2.1.3.1.2",
		}, []string{"1.4: 0-23; 2300 live", "1.5 began 14: 14-23; 9 live"}},
		{"a rare version may have been there all the time", all, nil, []string{
			"1.4: XXXXXXXXXXXXXX",
			"1.5: ..1...1...1...",
		}, []string{"1.5: 2-11; 3 live", "1.4: 0-14; 1400 live"}},
		{"a rare version does not come and go", all, nil, []string{
			"1.4: XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
			"1.5: ..1..............1.............1..............1..............1............1",
		}, []string{"1.4: 0-72; 7200 live", "1.5: 2-3, 17-18, 31-32, 46-47, 61-62, 74-75; 6 live"}},
		{"one event is no beginning", all, nil, []string{
			"1.4: XXXXXXXXXXXXXXXXXXXX",
			"1.5: ...............1....",
		}, []string{"1.5: 15-16; 1 live", "1.4: 0-20; 2000 live"}},
		{"nor is what was first measured together with the others", all, nil, []string{
			"1.3: 1.....................",
			"1.4: ....................XX",
			"1.5: ....................XX",
		}, []string{"1.3: 0-1; 1 live", "1.4: 20-22; 200 live", "1.5: 20-22; 200 live"}},
		{"few events, of few", all, nil, []string{
			"1.4: 1.1..1..1...1..1..1.1..1..1..1..1..1............................1..",
			"1.5: ....................................1..1.1..1...1..1..1.1..1111....",
		}, []string{"1.5 began 36: 36-63; 12 live", "1.4: 0-36, back 64-65; 14 live"}},
		{"a few quiet minutes of everybody are no gap", all, nil, []string{
			"1.4: XXX.....XX",
		}, []string{"1.4: 0-10; 500 live"}},
		{"a long silence is a gap, and nobody comes back from it", all, nil, []string{
			"1.4: 9............9",
		}, []string{"1.4: 0-1, 13-14; 18 live"}},
		{"made-up history does not make a live version new", all, nil, []string{
			"0.9: xxxx......",
			"1.4: ....XXXX..",
		}, []string{"0.9: 0-4; 400 backfill", "1.4: 4-8; 400 live"}},
		{"a deploy in the middle of a server's second minute", all, nil, []string{
			"0.9: xxxx......",
			"1.4: .....5X....",
			"1.5: ......9XXX",
		}, []string{"0.9: 0-4; 400 backfill", "1.4: 5-7; 105 live", "1.5 began 6: 6-10; 309 live"}},
		{"a canary that was there when measuring began", all, nil, []string{
			"1.4: XXXXXXXXXX",
			"1.5: 9787989879",
		}, []string{"1.4: 0-10; 1000 live", "1.5: 0-10; 81 live"}},
		{"a version that only recorded history had begins in it", all, nil, []string{
			"0.8: xxxx......",
			"0.9: ...xxx....",
			"1.4: ......XXXX",
		}, []string{"0.8: 0-4; 400 backfill", "0.9 began 3: 3-6; 300 backfill", "1.4: 6-10; 400 live"}},
		{"one that history had too does not begin", all, nil, []string{
			"1.3: xxxxXXXXXX....",
			"1.4: xxxx......XXXX",
		}, []string{"1.3: 0-10; 1000 mixed", "1.4: 0-4, back 10-14; 800 mixed"}},
		{"seen some days ago", all, []string{"1.4", "1.5"}, []string{
			"1.4: XXXX...",
			"1.5: ...XXXX",
		}, []string{"1.4: 0-4; 400 live", "1.5: 3-7; 400 live"}},
		{"the first minute of a range, when others ran before", all, []string{"1.4"}, []string{
			"1.5: XXXX",
		}, []string{"1.4: ; 0 ", "1.5 began 0: 0-4; 400 live"}},
		{"late events come before the others", all, nil, []string{
			"1.4: XXXXXXXX..",
			"1.5: ......1XXX",
		}, []string{"1.4: 0-8; 800 live", "1.5 began 6: 6-10; 301 live"}},
		{"a range that begins later", window.Stretch{From: 5, To: 200}, nil, []string{
			"1.3: X.........",
			"1.4: XXXXXXX...",
			"1.5: ...XXXXXXX",
		}, []string{"1.3: ; 0 ", "1.4: 5-7; 200 live", "1.5 began 3: 5-10; 500 live"}},
		{"the rest of too many is no version", all, nil, []string{
			"1.4             : XXXX....",
			"(other versions): ....XXXX",
		}, []string{"1.4: 0-4; 400 live", "(other versions): 4-8; 400 live"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, text(lanes(c.shown, c.before, c.lanes...).Versions())); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestBefore tells of the hours before in the order in which stores do: none.
func TestBefore(t *testing.T) {
	for share, want := range map[uint64]string{
		// At 10 of 110 events it would have been among the 600 before.
		60: "1.5 began 0: 0-10; 10 live",
		// Of 20 before, nobody can tell.
		2: "1.5: 0-10; 10 live",
	} {
		seen := version.New(window.Stretch{From: begin, To: begin + 10}, 0)
		for range 10 {
			seen.Before(version.Part{Version: "1.4", Source: slice.Live, Counts: slice.Counts{Good: share}})
		}
		for m := range slice.Minute(10) {
			seen.Minute(begin+m, []version.Part{part("1.5", '1'), part("1.6", '9'), part("1.6", '1')})
		}
		if diff := cmp.Diff(want, text(seen.Versions())[1]); diff != "" {
			t.Errorf("%d events before (-want +got):\n%s", 10*share, diff)
		}
	}
}

func TestJudge(t *testing.T) {
	bad := func(bad, total uint64) slice.Counts { return slice.Counts{Good: total - bad, Bad: bad} }
	for _, c := range []struct {
		name         string
		newer, older slice.Counts
		want         version.Judgement
	}{
		{"a bad deploy", bad(404, 812), bad(362, 40_211), version.Worse},
		{"a bad deploy of some seconds", bad(10, 12), bad(362, 40_211), version.Worse},
		{"four bad events are too few, whatever they say", bad(4, 4), bad(0, 40_211), version.TooFew},
		{"the same share", bad(9, 1000), bad(362, 40_211), version.Alike},
		{"a little more, as chance has it", bad(15, 1000), bad(362, 40_211), version.Alike},
		{"a little more, of so many", bad(1500, 100_000), bad(362, 40_211), version.Worse},
		{"a mended one", bad(0, 1000), bad(404, 812), version.Better},
		{"nothing before", bad(1, 1000), bad(0, 0), version.TooFew},
		{"nothing yet", bad(0, 0), bad(1, 1000), version.TooFew},
		{"a first handful", bad(1, 20), bad(1, 1000), version.TooFew},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := version.Judge(c.newer, c.older); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
