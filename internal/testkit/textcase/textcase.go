// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package textcase runs test cases that are written as text.
//
// A file holds cases. A case is a title that stands at the start of a line,
// and indented lines below it: what is given, and after "=>" what came of it.
// Lines that begin with # are comments.
//
//	an unknown item is the caller's mistake
//		kind server
//		http.request.method = GET
//		http.response.status_code = 404
//		=> excluded, http_4xx
//
// With the flag -update the results are rewritten in place; review the diff.
package textcase

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the results in text cases")

const arrow = "\t=> "

// Case is one case of a file.
type Case struct {
	Title string
	Given []string // without indentation
	want  []string
	lines []string // as they stand, without the results
}

// Run calls do for each case of the files that match the pattern, and compares
// the lines that it returns with the results in the file.
func Run(t *testing.T, pattern string, do func(t *testing.T, file string, c Case) []string) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("text cases %s: found %d files, %v", pattern, len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		t.Run(name, func(t *testing.T) { runFile(t, file, name, do) })
	}
}

func runFile(t *testing.T, file, name string, do func(*testing.T, string, Case) []string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for _, c := range parse(string(text)) {
		var got []string
		if c.Title != "" {
			t.Run(c.Title, func(t *testing.T) {
				got = do(t, name, c)
				if !*update && !slices.Equal(got, c.want) {
					t.Errorf("got\n%swant\n%s", results(got), results(c.want))
				}
			})
		}
		c.write(&out, got)
	}
	if *update && out.String() != string(text) {
		if err := os.WriteFile(file, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// parse splits a file. What stands before the first title is a case without one.
func parse(text string) []Case {
	cases := []Case{{}}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if line != "" && !strings.HasPrefix(line, "\t") && !strings.HasPrefix(line, "#") {
			cases = append(cases, Case{Title: line})
		}
		c := &cases[len(cases)-1]
		if want, isResult := strings.CutPrefix(line, arrow); isResult {
			c.want = append(c.want, want)
			continue
		}
		c.lines = append(c.lines, line)
		if given, indented := strings.CutPrefix(line, "\t"); indented {
			c.Given = append(c.Given, given)
		}
	}
	return cases
}

// write writes the case with its results below the last given line.
func (c Case) write(out *strings.Builder, got []string) {
	last := len(c.lines)
	for last > 0 && !strings.HasPrefix(c.lines[last-1], "\t") {
		last--
	}
	if last == 0 {
		last = min(1, len(c.lines))
	}
	for i, line := range c.lines {
		out.WriteString(line + "\n")
		if i == last-1 {
			out.WriteString(results(got))
		}
	}
}

func results(lines []string) string {
	var b strings.Builder
	for _, line := range lines {
		b.WriteString(arrow + line + "\n")
	}
	return b.String()
}
