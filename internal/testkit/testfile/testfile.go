// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package testfile runs test files of objectives, which users run with
// leadline test, under go test.
package testfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leadline/leadline/internal/spec"
	"github.com/leadline/leadline/internal/unittest"
)

// Run runs the test files that match the pattern, a subtest for each test.
func Run(t *testing.T, pattern string) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("test files %s: found %d, %v", pattern, len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".test.yaml"), func(t *testing.T) { runFile(t, file) })
	}
}

func runFile(t *testing.T, path string) {
	f, problems := spec.ParseTests(source(t, path))
	fatal(t, problems)
	var sources []spec.Source
	if f.Defined != nil {
		sources = append(sources, spec.Source{Path: path, Content: f.Defined})
	}
	for _, n := range f.Services {
		sources = append(sources, source(t, filepath.Join(filepath.Dir(path), n.Text)))
	}
	set := spec.Parse(sources)
	fatal(t, set.Problems)
	results, err := unittest.Run(t.Context(), f, set.Objectives)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range results {
		t.Run(r.Name, func(t *testing.T) {
			var text strings.Builder
			if err := unittest.WriteFailures(&text, results[i:i+1]); err != nil || len(r.Failures) > 0 {
				t.Errorf("%v\n%s", err, text.String())
			}
		})
	}
}

func source(t *testing.T, path string) spec.Source {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return spec.Source{Path: path, Content: content}
}

func fatal(t *testing.T, problems []*spec.Problem) {
	t.Helper()
	for _, p := range problems {
		t.Error(p)
	}
	if len(problems) > 0 {
		t.FailNow()
	}
}
