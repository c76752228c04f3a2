// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package spec reads the service files in which teams write their objectives,
// and writes them as documents of OpenSLO.
//
// It owns the format leadline/v1 and what it takes of openslo/v1: reading YAML
// within limits, checking every field, and saying of each mistake where it
// stands, why it is one and how to mend it. All problems of a file are reported at once: none waits for another
// to be mended, unless nothing can be said before, as within YAML that cannot be
// parsed. A file with a problem contributes nothing; whoever keeps the last good
// content of it may hand that in too (see ParseOver), so that a slip of the
// keyboard does not stop a measurement.
//
// Documents of OpenSLO name each other, across the files of a folder. So they
// are found first and read then, and a file that names something in a broken
// one is refused with it. What they say and this version cannot do is an error
// where a number or an alert would not be what was asked for, and a warning
// where it can be left out. The files open*.go hold all of it.
//
// It does not own what an indicator counts (package sli) or when history
// begins anew (package catalog).
package spec

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/slo"
)

// Limits of what is read.
const (
	MaxFileBytes  = 1 << 20
	MaxFiles      = 10_000
	MaxDepth      = 64 // of nested YAML
	maxObjectives = 1_000
	maxPlaces     = 100   // environments of a service
	maxProblems   = 50    // said of one file
	maxGathered   = 1_000 // of one file, of which the first are said
)

// Problem is one mistake in a file.
type Problem struct {
	File         string
	Line, Column int // from 1; 0 when the mistake has no place
	What         string
	Why          string // may be empty
	Mend         string // may be empty
}

// Error prints the problem as one line: file:line:column: what; why; how to mend it.
func (p *Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
	}
	b.WriteString(": " + p.What)
	for _, more := range []string{p.Why, p.Mend} {
		if more != "" {
			b.WriteString("; " + more)
		}
	}
	return b.String()
}

// Source is a service file as bytes.
type Source struct {
	Path    string // as it is shown
	Content []byte
}

// Set is what a folder of service files defines.
type Set struct {
	Objectives []*slo.Objective
	// Problems are in the order of files and lines, the first of each file.
	Problems []*Problem
	// Unsaid counts the problems beyond those.
	Unsaid int
	// Warnings say what was left out of a document, in the same order. They
	// refuse nothing.
	Warnings []*Problem
	// Good are the sources that contributed.
	Good []Source
	// Described are the descriptions of services, which have no environment here.
	Described map[operation.Service]string
	// Prose says where texts stand that are for people and that nothing here
	// carries, such as reviews and failure modes.
	Prose []*Problem

	linked map[string]bool // files with documents that name each other
}

// Parse reads the sources as one set. Names must be unique among them: of two
// definitions of one objective both are refused.
func Parse(sources []Source) *Set {
	files, objectives := parseFiles(sources)
	refused := refuseDuplicates(files)
	set := &Set{Described: map[operation.Service]string{}, linked: map[string]bool{}}
	for i, f := range files {
		if f.found() == 0 && !refused[f.path] {
			set.Good = append(set.Good, sources[i])
			set.Objectives = append(set.Objectives, objectives[i]...)
			set.Prose = append(set.Prose, f.prosaic...)
			maps.Copy(set.Described, f.described)
		}
		said := first(f.problems)
		set.Problems = append(set.Problems, said...)
		set.Unsaid += f.found() - len(said)
		set.Warnings = append(set.Warnings, first(f.warnings)...)
		set.linked[f.path] = len(f.parts) > 0
	}
	return set
}

// parseFiles reads the files and what each of them defines, whether there is a
// problem in it or not.
func parseFiles(sources []Source) (files []*file, objectives [][]*slo.Objective) {
	parts := newParts()
	for _, s := range sources {
		f := &file{path: s.Path}
		files, objectives = append(files, f), append(objectives, f.read(s.Content, parts))
	}
	for i, f := range files {
		for _, p := range f.parts {
			objectives[i] = append(objectives[i], parts.read(p)...)
		}
		f.limit()
	}
	parts.refuseUsers()
	return files, objectives
}

// ParseOver parses the sources as one set, with the text that a file had when
// it was last good in the place of one that contributes nothing, and names the
// files that went on as they were. What contradicts such a text goes on as it
// was too: an objective that moves into another file, while the file that it
// leaves is broken, stays where it was. The problems are those of every try.
func ParseOver(lastGood map[string][]byte, sources []Source) (set *Set, kept []string) {
	var problems []*Problem
	for {
		set = Parse(sources)
		problems = appendNew(problems, set.Problems)
		next, fell := set.fallBack(lastGood, sources, kept)
		if len(next) == len(sources) && len(fell) == 0 {
			set.Problems = problems
			return set, kept
		}
		sources, kept = next, append(kept, fell...)
	}
}

// fallBack returns the sources with the last good text of those that
// contribute nothing, and without those that have none. Those in kept have it
// already.
func (s *Set) fallBack(lastGood map[string][]byte, sources []Source, kept []string) (next []Source, fell []string) {
	good := make(map[string]bool, len(s.Good))
	for _, g := range s.Good {
		good[g.Path] = true
	}
	// What was good names what another file has no more: then the files that
	// name each other go on together.
	together := slices.ContainsFunc(kept, func(path string) bool { return s.linked[path] && !good[path] })
	for _, source := range sources {
		content, had := lastGood[source.Path]
		held := slices.Contains(kept, source.Path)
		switch {
		case held, good[source.Path] && !(together && had && s.linked[source.Path]):
			next = append(next, source)
		case had:
			next = append(next, Source{Path: source.Path, Content: content})
			fell = append(fell, source.Path)
		}
	}
	return next, fell
}

// appendNew adds the problems that are not known yet.
func appendNew(known, more []*Problem) []*Problem {
	said := make(map[Problem]bool, len(known))
	for _, p := range known {
		said[*p] = true
	}
	for _, p := range more {
		if !said[*p] {
			known = append(known, p)
		}
	}
	return known
}

// refuseDuplicates reports objectives that are defined twice, and returns the
// files that are refused for it: both, or only the one that is broken anyway.
// Then the other goes on, and its mistake is not said of it.
func refuseDuplicates(files []*file) (refused map[string]bool) {
	first, in := make(map[slo.Key]named), make(map[string]*file)
	refused = make(map[string]bool)
	broken := make(map[string]bool)
	for _, f := range files {
		in[f.path], broken[f.path] = f, f.found() > 0
	}
	for _, f := range files {
		for _, n := range f.named {
			have, twice := first[n.Key]
			if !twice {
				first[n.Key] = n
				continue
			}
			at, other := n, have
			if broken[have.file] && !broken[n.file] {
				at, other = have, n
			}
			in[at.file].twice(at, other)
			refused[at.file] = true
			refused[other.file] = refused[other.file] || !broken[at.file]
		}
	}
	return refused
}

// twice reports a name that stands elsewhere too.
func (f *file) twice(n, other named) {
	f.add(&Problem{
		File: f.path, Line: n.line, Column: 1,
		What: fmt.Sprintf("objective %q of %s is defined twice", n.Name, n.Service),
		Why:  fmt.Sprintf("it is also defined at %s:%d%s", other.file, other.line, ownerText(other.owner)),
		Mend: "rename one of them, or remove it",
	})
}

func ownerText(owner string) string {
	if owner == "" {
		return ""
	}
	return ", by " + owner
}
