// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/leadline/leadline/internal/slice"
)

const testKind = "Test"

// Limits of a test file.
const (
	maxTests        = 1_000
	maxLoads        = 100   // of one test, and so many spans and expectations
	maxParts        = 1_000 // of one load
	maxTestLength   = 400 * 24 * time.Hour
	maxEventsMinute = 1_000_000_000
)

// testStart is when tests begin that do not say so: a Monday.
var testStart = time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)

// Place is where something stands in a file, from 1.
type Place struct{ Line, Column int }

// Named is a text that names something, and where it stands.
type Named struct {
	Text string
	Place
}

// TestFile is a file of unit tests.
type TestFile struct {
	Path string
	// Services are the service files, and folders of them, that the tests are
	// about: paths as they are written, from the folder of the test file.
	Services []Named
	// Defined are the service files that stand in the test file as documents of
	// their own, each at its line; nil when there is none.
	Defined []byte
	Start   time.Time
	Tests   []Test
}

// Test is one unit test: what happens to objectives, and how they stand then.
type Test struct {
	Name string
	Place
	Spans  []SpanCase
	Loads  []Load
	Expect []Expectation // in the order of their times
}

// ParseTests reads a test file: at most one document of kind Test, beside
// service files that it may bring along. With a problem there is no file.
func ParseTests(s Source) (*TestFile, []*Problem) {
	f := &tests{service: &service{file: &file{path: s.Path}}, TestFile: TestFile{Path: s.Path, Start: testStart}}
	var found []*yaml.Node
	docs := f.documents(s.Content)
	for _, doc := range docs {
		if isTest(doc) {
			found = append(found, doc)
		}
	}
	switch {
	case f.found() > 0:
	case len(found) == 1:
		f.read(found[0])
	case len(found) == 0:
		f.at(&yaml.Node{Line: 1, Column: 1}, "the file holds no test", "", "begin it with apiVersion: "+APIVersion+" and kind: "+testKind)
	default:
		f.at(found[1], "the file holds two documents of kind Test", "", "write all tests below one tests:")
	}
	if f.found() > 0 {
		return nil, first(f.problems)
	}
	if len(docs) > 1 {
		f.Defined = without(s.Content, found[0].Line)
	}
	return &f.TestFile, nil
}

// isTest reports whether the document is of kind Test.
func isTest(doc *yaml.Node) bool { return says(doc, "kind", testKind) }

// without empties the lines of the document that stands at a line, so that the
// others keep their places. A document ends where a line begins with "---": the
// marker means that even within a text.
func without(content []byte, line int) []byte {
	lines := bytes.Split(content, []byte("\n"))
	begin, end := 0, len(lines)
	for i, text := range lines {
		if !bytes.HasPrefix(text, []byte("---")) {
			continue
		}
		if i < line {
			begin = i
		} else if end == len(lines) {
			end = i
		}
	}
	for i := begin; i < end; i++ {
		lines[i] = nil
	}
	return bytes.Join(lines, []byte("\n"))
}

// tests is a test file while it is read. It reads as a service file is read.
type tests struct {
	*service
	TestFile
	objective Named // of the test at hand, for what names none
}

func (f *tests) read(doc *yaml.Node) {
	root := f.object(doc, "a test file")
	if version := root.text("apiVersion"); version != APIVersion {
		f.at(doc, fmt.Sprintf("apiVersion is %q", version), "this version reads "+APIVersion, "begin the file with apiVersion: "+APIVersion)
	}
	root.text("kind")
	for _, n := range root.list("services") {
		if n.Kind != yaml.ScalarNode || n.Value == "" {
			f.at(n, "services must be a list of paths", "found "+kindText(n), "write for example services: [shop.yaml]")
			continue
		}
		f.Services = append(f.Services, Named{n.Value, placeOf(n)})
	}
	f.readStart(root)
	nodes := root.list("tests")
	if root.has("tests") && len(nodes) > maxTests {
		f.at(root.value["tests"], fmt.Sprintf("%d tests", len(nodes)), fmt.Sprintf("a file may hold %d", maxTests), "split it")
		nodes = nil
	}
	for _, n := range nodes {
		f.test(n)
	}
	root.finish()
	if len(f.Tests) == 0 && f.found() == 0 {
		f.at(doc, "the file holds no test", "", "add one below tests:")
	}
}

func (f *tests) readStart(root *object) {
	text := root.text("start")
	if text == "" {
		return
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || at.Second() != 0 || at.Nanosecond() != 0 || at.Year() < 1971 || at.Year() > 2200 {
		f.at(root.value["start"], fmt.Sprintf("start %q is not a time", text), "", "write a whole minute, for example 2026-01-05T00:00:00Z")
		return
	}
	f.Start = at.UTC()
}

func placeOf(n *yaml.Node) Place { return Place{n.Line, n.Column} }

func (f *tests) test(n *yaml.Node) {
	o := f.object(n, "a test")
	if o == nil {
		return
	}
	t := Test{Name: o.required("name", "a bad deploy pages within five minutes"), Place: placeOf(n)}
	f.objective = f.named(o, "objective")
	for _, n := range f.entries(o, "spans") {
		t.Spans = append(t.Spans, f.spanCase(n))
	}
	t.Loads = f.loads(o)
	for _, n := range f.entries(o, "expect") {
		t.Expect = append(t.Expect, f.expectation(n))
	}
	o.finish()
	if len(t.Spans)+len(t.Expect) == 0 && !f.reported(n) {
		f.at(n, "a test expects nothing", "it could not fail", "add expect:, or spans:")
	}
	slices.SortStableFunc(t.Expect, func(a, b Expectation) int { return int(a.At - b.At) })
	f.Tests = append(f.Tests, t)
}

// entries returns the entries of a list that is not too long.
func (f *tests) entries(o *object, field string) []*yaml.Node {
	nodes := o.list(field)
	if len(nodes) > maxLoads {
		f.at(o.value[field], fmt.Sprintf("%s has %d entries", field, len(nodes)), fmt.Sprintf("a test may have %d", maxLoads), "split the test")
		return nil
	}
	return nodes
}

// named reads a text field and where it stands.
func (f *tests) named(o *object, field string) Named {
	text := o.text(field)
	if text == "" {
		return Named{}
	}
	return Named{text, placeOf(o.value[field])}
}

// about reads which objective an entry is about: its own, or the test's.
func (f *tests) about(o *object) Named {
	n := f.named(o, "objective")
	if n.Text != "" {
		return n
	}
	if f.objective.Text == "" && !f.reported(o.node) {
		f.at(o.node, o.what+" names no objective", "nor does the test", "add objective: with the name that it has in the service file")
	}
	return f.objective
}

// instant reads when something is: a length after the start, or a time.
func (f *tests) instant(o *object, field string) time.Duration {
	text := o.text(field)
	if text == "" {
		return 0
	}
	length, err := parseOffset(text)
	if at, wrong := time.Parse(time.RFC3339, text); wrong == nil {
		length, err = at.Sub(f.Start), nil
	}
	if err != nil || length < 0 || length > maxTestLength || length%time.Minute != 0 {
		f.at(o.value[field], fmt.Sprintf("%s %q is not a time of this test", field, text), fmt.Sprintf("it begins at %s and lasts %d days at most", f.Start.Format(time.RFC3339), maxTestLength/(24*time.Hour)),
			"write whole minutes since then, for example 5m or 2d10h30m, or a time")
		return 0
	}
	return length
}

// parseOffset reads a length that may be nothing: 2d10h30m, 90m, 0.
func parseOffset(text string) (time.Duration, error) {
	var length time.Duration
	if days, rest, found := strings.Cut(text, "d"); found {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return 0, err
		}
		if length, text = time.Duration(n)*24*time.Hour, rest; text == "" {
			return length, nil
		}
	}
	d, err := time.ParseDuration(text)
	if err == nil && d < 0 {
		err = fmt.Errorf("duration %s is negative", text)
	}
	return length + d, err
}

// minutes returns the minutes of a test's time: how many have passed.
func minutes(d time.Duration) slice.Minute { return slice.Minute(d / time.Minute) }
