// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package guide_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// fence is a fenced block of a guide, with what was written above it.
type fence struct {
	place string // file:line
	kind  kind
	name  string // of a file or a terminal
	text  string
	says  string // what is expected of a command, nothing if empty
	above string // the paragraph before it
}

// kind is what is to be done with a fence; see the package comment.
type kind int

const (
	shown kind = iota // and nothing to be done
	file
	run
	stays
	until
	request
	says
)

// kindOf reads what stands behind the backticks.
func kindOf(info string) (k kind, name string, err error) {
	words := strings.Fields(info)
	switch {
	case len(words) == 0:
		return shown, "", fmt.Errorf("a fence without a language")
	case words[0] == "console" && len(words) == 1:
		return says, "", nil
	case words[0] != "sh" && len(words) == 1:
		return shown, "", nil
	case words[0] != "sh" && len(words) == 2:
		return file, words[1], nil
	case info == "sh":
		return run, "", nil
	case info == "sh until":
		return until, "", nil
	case info == "sh request":
		return request, "", nil
	case len(words) == 3 && words[1] == "stays":
		return stays, words[2], nil
	}
	return shown, "", fmt.Errorf("a fence that nobody understands: %s", info)
}

// fences reads a guide. What it expects of a command is put to the command.
func fences(t *testing.T, path string) (all []fence) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var open *fence
	above := ""
	for i, line := range strings.Split(string(content), "\n") {
		info, marked := strings.CutPrefix(line, "```")
		switch {
		case open != nil && line == "```":
			all = add(t, all, *open)
			open, above = nil, ""
		case open != nil:
			open.text += line + "\n"
		case marked:
			k, name, err := kindOf(info)
			if err != nil {
				t.Fatalf("%s:%d: %v", path, i+1, err)
			}
			open = &fence{place: fmt.Sprintf("%s:%d", path, i+1), kind: k, name: name, above: above}
		case strings.TrimSpace(line) != "":
			above += line + "\n"
		}
	}
	if open != nil {
		t.Fatalf("%s: the fence does not end", open.place)
	}
	return all
}

// add appends a fence, or gives it to the command that it is expected of.
func add(t *testing.T, all []fence, f fence) []fence {
	t.Helper()
	switch {
	case f.kind == file && !strings.Contains(f.above, "`"+f.name+"`"):
		t.Errorf("%s: the text above does not say that this is `%s`", f.place, f.name)
	case f.kind == says:
		if len(all) == 0 || all[len(all)-1].kind < run || all[len(all)-1].says != "" {
			t.Fatalf("%s: this is expected of no command", f.place)
		}
		all[len(all)-1].says = f.text
		return all
	}
	return append(all, f)
}
