// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package guide_test

import (
	"regexp"
	"strings"
	"testing"
)

// varying are the parts of what is printed that differ each time: durations,
// dates, ids of processes, and what the guide leaves out.
var varying = regexp.MustCompile(`…|\d+(?:\.\d+)?(?:ns|µs|ms|s)\b|\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?Z?)?`)

// colours are what programs print for terminals.
var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

// pattern is a line that is expected, whatever varies in it.
func pattern(line string) *regexp.Regexp {
	var b strings.Builder
	literally := func(s string) {
		for i, word := range strings.Fields(s) {
			if i > 0 || strings.HasPrefix(s, " ") {
				b.WriteString(`\s+`)
			}
			b.WriteString(regexp.QuoteMeta(word))
		}
		if strings.HasSuffix(s, " ") && strings.TrimSpace(s) != "" {
			b.WriteString(`\s+`)
		}
	}
	end := 0
	line = strings.TrimSpace(line)
	for _, at := range varying.FindAllStringIndex(line, -1) {
		literally(line[end:at[0]])
		if found := line[at[0]:at[1]]; found == "…" {
			b.WriteString(`.*`)
		} else {
			b.WriteString(`[0-9][^\s]*`)
		}
		end = at[1]
	}
	literally(line[end:])
	return regexp.MustCompile(b.String())
}

// missing returns the first expected line that was not printed behind those
// before it.
func missing(expected, printed string) string {
	lines := strings.Split(colours.ReplaceAllString(printed, ""), "\n")
	for _, want := range strings.Split(strings.TrimSpace(expected), "\n") {
		p, found := pattern(want), false
		for len(lines) > 0 && !found {
			found = p.MatchString(lines[0])
			lines = lines[1:]
		}
		if !found {
			return want
		}
	}
	return ""
}

func TestMissing(t *testing.T) {
	for _, c := range []struct{ name, expected, printed, want string }{
		{"the same", "a b\nc", "a b\nc\n", ""},
		{"other lines between, other spaces", "a   b\nc", "x\n  a b c\ny\nc", ""},
		{"another order", "c\na", "a\nc", "a"},
		{"one line is not two", "a\na", "a", "a"},
		{"a duration", "took 1.21ms each", "took 700µs each", ""},
		{"a date", "at 2026-11-23T16:04:00Z", "at 2027-01-01T00:00:00Z", ""},
		{"a count", "GOOD 1", "GOOD 2", "GOOD 1"},
		{"a percentage", "99.00%", "98.00%", "99.00%"},
		{"left out", "pid … started", "pid 4711 started", ""},
		{"colours", "Press CTRL+C", "\x1b[33mPress CTRL+C\x1b[0m", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := missing(c.expected, c.printed); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
