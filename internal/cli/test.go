// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/spec"
	"github.com/leadline/leadline/internal/unittest"
)

func newTest(e *env) *cobra.Command {
	var f testFlags
	c := &cobra.Command{
		Use: "test [PATH...]", Short: "Run unit tests of objectives and alerts",
		Long: "Run unit tests of objectives and alerts: what happens minute by minute, and how\nobjectives stand then. A PATH is a test file, or a folder in which files that end\nin .test.yaml are; by default the working directory.\n\n" +
			"A test file names its service files. One that does not is about those of\n--services, or else of its own folder.",
		Example: "  leadline test\n  leadline test services/shop.test.yaml --junit report.xml",
		RunE:    func(c *cobra.Command, paths []string) error { return e.test(c.Context(), paths, f) },
	}
	c.Flags().StringVar(&f.services, "services", "", "service file, or folder of them, for test files that name none")
	c.Flags().StringVar(&f.junit, "junit", "", "write the results to this file too, as JUnit XML")
	return c
}

// testFlags are what was asked for.
type testFlags struct{ services, junit string }

func (e *env) test(ctx context.Context, paths []string, f testFlags) error {
	if len(paths) == 0 {
		paths = []string{"."}
	}
	var sources []spec.Source
	for _, p := range paths {
		found, err := testFiles(p)
		if err != nil {
			return err
		}
		sources = append(sources, found...)
	}
	var all []unittest.Result
	var broken []unittest.Broken
	for _, s := range sources {
		results, problems, err := runTests(ctx, s, f.services)
		if err != nil {
			return err
		}
		if len(problems) > 0 {
			broken = append(broken, unittest.Broken{File: s.Path, Problems: problems})
		}
		all = append(all, results...)
	}
	if err := e.tellTests(all, broken, len(sources)); err != nil {
		return err
	}
	if err := writeJUnit(f.junit, all, broken); err != nil {
		return err
	}
	if len(broken) > 0 || !unittest.Passed(all) {
		return errInvalid
	}
	return nil
}

// testFiles reads a test file, or those of a folder.
func testFiles(path string) ([]spec.Source, error) {
	return readSources(path, (*spec.Folder).ReadTests, errs.New(errs.NotFound, "%s holds no test file", path).WithHint("their names end in .test.yaml"))
}

// runTests runs the tests of a file, unless there are problems.
func runTests(ctx context.Context, s spec.Source, services string) (results []unittest.Result, problems []string, err error) {
	f, found := spec.ParseTests(s)
	if len(found) > 0 {
		return nil, problemTexts(found), nil
	}
	var sources []spec.Source
	if f.Defined != nil {
		sources = append(sources, spec.Source{Path: f.Path, Content: f.Defined})
	}
	for _, n := range servicesOf(f, services) {
		path := n.Text
		if n.Line > 0 && !filepath.IsAbs(path) {
			path = filepath.Join(filepath.Dir(f.Path), path)
		}
		more, err := readPath(path)
		if err != nil {
			return nil, []string{fmt.Sprintf("%s:%d:%d: %s", f.Path, n.Line, n.Column, err)}, nil
		}
		sources = append(sources, more...)
	}
	set := spec.Parse(sources)
	if len(set.Problems) > 0 {
		return nil, problemTexts(set.Problems), nil
	}
	results, err = unittest.Run(ctx, f, set.Objectives)
	return results, nil, err
}

// servicesOf returns where the service files of a test file are.
func servicesOf(f *spec.TestFile, otherwise string) []spec.Named {
	switch {
	case len(f.Services) > 0 || f.Defined != nil:
		return f.Services
	case otherwise != "":
		return []spec.Named{{Text: otherwise}}
	}
	return []spec.Named{{Text: filepath.Dir(f.Path)}}
}

func problemTexts(problems []*spec.Problem) (texts []string) {
	for _, p := range problems[:min(len(problems), maxPrinted)] {
		texts = append(texts, p.Error())
	}
	return texts
}

// tellTests prints what failed and how many passed.
func (e *env) tellTests(results []unittest.Result, broken []unittest.Broken, files int) error {
	for _, b := range broken {
		fmt.Fprintf(e.out, "FAIL %s\n", b.File)
		for _, p := range b.Problems {
			fmt.Fprintf(e.out, "  %s\n", p)
		}
	}
	if err := unittest.WriteFailures(e.out, results); err != nil {
		return err
	}
	failed := 0
	for _, r := range results {
		if len(r.Failures) > 0 {
			failed++
		}
	}
	text := fmt.Sprintf("%s in %s: %d passed, %d failed", plural(len(results), "test"), plural(files, "file"), len(results)-failed, failed)
	if len(broken) > 0 {
		text += fmt.Sprintf("; %s could not run", plural(len(broken), "file"))
	}
	fmt.Fprintln(e.err, text)
	return nil
}

func writeJUnit(path string, results []unittest.Result, broken []unittest.Broken) error {
	if path == "" {
		return nil
	}
	var b bytes.Buffer
	if err := unittest.WriteJUnit(&b, results, broken); err != nil {
		return err
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		return fmt.Errorf("write test report: %w", err)
	}
	return nil
}
