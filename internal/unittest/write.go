// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package unittest

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
)

// WriteFailures writes the tests that failed, for people.
func WriteFailures(w io.Writer, results []Result) error {
	var b strings.Builder
	for i := range results {
		if r := &results[i]; len(r.Failures) > 0 {
			fmt.Fprintf(&b, "FAIL %s:%d: %s\n", r.File, r.Line, r.Name)
			r.failures(&b)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// failures writes what was not as expected, and once of each expectation how
// the objective stood.
func (r *Result) failures(b *strings.Builder) {
	for i := range r.Failures {
		f := &r.Failures[i]
		fmt.Fprintf(b, "  %s:%d:%d: %s\n", r.File, f.Line, f.Column, f.What)
		if f.Want != "" {
			fmt.Fprintf(b, "    want  %s\n    got   %s\n", f.Want, f.Got)
		}
		if i+1 < len(r.Failures) && shared(f.Stood, r.Failures[i+1].Stood) {
			continue
		}
		for _, line := range f.Stood {
			fmt.Fprintf(b, "      %s\n", line)
		}
	}
}

// shared reports whether both are the lines of one expectation.
func shared(a, b []string) bool { return len(a) > 0 && len(b) > 0 && &a[0] == &b[0] }

// The elements of JUnit's XML, as test reporters read them.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Name      string        `xml:"name,attr"`
		Classname string        `xml:"classname,attr"`
		File      string        `xml:"file,attr"`
		Line      int           `xml:"line,attr,omitempty"`
		Failure   *junitProblem `xml:"failure"`
		Error     *junitProblem `xml:"error"`
	}
	junitProblem struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// Broken is a test file whose tests could not run, and why.
type Broken struct {
	File     string
	Problems []string
}

// WriteJUnit writes the results as JUnit XML: a suite for each file, in which
// a file that could not run is an error.
func WriteJUnit(w io.Writer, results []Result, broken []Broken) error {
	all := junitSuites{Name: "leadline test"}
	for _, r := range results {
		if n := len(all.Suites); n == 0 || all.Suites[n-1].Name != r.File {
			all.Suites = append(all.Suites, junitSuite{Name: r.File})
		}
		all.Suites[len(all.Suites)-1].add(r.junit())
	}
	for _, b := range broken {
		s := junitSuite{Name: b.File, Tests: 1, Errors: 1}
		s.Cases = []junitCase{{Name: "the file can be read", Classname: b.File, File: b.File, Error: &junitProblem{first(b.Problems), strings.Join(b.Problems, "\n")}}}
		all.Suites = append(all.Suites, s)
	}
	for _, s := range all.Suites {
		all.Tests, all.Failures, all.Errors = all.Tests+s.Tests, all.Failures+s.Failures, all.Errors+s.Errors
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (s *junitSuite) add(c junitCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	if c.Failure != nil {
		s.Failures++
	}
}

func (r *Result) junit() junitCase {
	c := junitCase{Name: r.Name, Classname: r.File, File: r.File, Line: r.Line}
	if len(r.Failures) == 0 {
		return c
	}
	var b strings.Builder
	r.failures(&b)
	f := &r.Failures[0]
	message := f.What
	if f.Want != "" {
		message += fmt.Sprintf(": want %s, got %s", f.Want, f.Got)
	}
	if more := len(r.Failures) - 1; more > 0 {
		message += fmt.Sprintf(", and %d more", more)
	}
	c.Failure = &junitProblem{message, b.String()}
	return c
}

func first(texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	return texts[0]
}
