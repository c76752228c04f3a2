// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"go/build"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/leadline/leadline/"

// The floors, from below. A package imports packages of lower floors, and of
// its own floor only those listed in beside.
var floors = [][]string{
	{"internal/errs", "internal/wire", "internal/expr", "internal/inflate", "internal/stats"},
	{
		"internal/operation", "internal/slice", "internal/sli", "internal/window",
		"internal/slo", "internal/budget", "internal/alert", "internal/proposal", "internal/version",
	},
	{
		"internal/intakelog", "internal/series", "internal/series/tsdb",
		"internal/catalog", "internal/catalog/sqlite", "internal/spec",
	},
	{"internal/join", "internal/ingest", "internal/backfill", "internal/self", "internal/eval", "internal/unittest", "internal/dispatch", "internal/report"},
	{
		"internal/otlp", "internal/api", "internal/client",
		"internal/notify/secret", "internal/notify/outbound", "internal/notify/notice",
		"internal/notify/alertmanager", "internal/notify/webhook", "internal/notify/slack",
		"internal/notify/pagerduty", "internal/notify/email", "internal/notify/stdout",
	},
	{"internal/cli", "internal/app", "internal/config"},
	{"cmd/leadline"},
}

// beside lists the imports within a floor, from each package to those before it.
var beside = map[string][]string{
	"internal/wire":           {"internal/errs"},
	"internal/slice":          {"internal/operation"},
	"internal/sli":            {"internal/operation"},
	"internal/window":         {"internal/slice"},
	"internal/slo":            {"internal/operation", "internal/sli", "internal/slice", "internal/window"},
	"internal/budget":         {"internal/slice", "internal/slo"},
	"internal/alert":          {"internal/budget", "internal/slice", "internal/slo", "internal/window"},
	"internal/proposal":       {"internal/operation", "internal/slice"},
	"internal/version":        {"internal/slice", "internal/window"},
	"internal/series/tsdb":    {"internal/series"},
	"internal/catalog/sqlite": {"internal/catalog"},
	"internal/ingest":         {"internal/join"},
	"internal/backfill":       {"internal/ingest"},
	"internal/unittest":       {"internal/eval"},
	"internal/dispatch":       {"internal/eval"},
	"internal/report":         {"internal/dispatch", "internal/eval", "internal/ingest"},
	"internal/cli":            {"internal/app", "internal/config"},
	"internal/app":            {"internal/config"},

	"internal/notify/outbound":     {"internal/notify/secret"},
	"internal/notify/alertmanager": {"internal/notify/notice", "internal/notify/outbound", "internal/notify/secret"},
	"internal/notify/webhook":      {"internal/notify/notice", "internal/notify/outbound", "internal/notify/secret"},
	"internal/notify/slack":        {"internal/notify/notice", "internal/notify/outbound", "internal/notify/secret"},
	"internal/notify/pagerduty":    {"internal/notify/notice", "internal/notify/outbound", "internal/notify/secret"},
	"internal/notify/email":        {"internal/notify/notice", "internal/notify/outbound", "internal/notify/secret"},
	"internal/notify/stdout":       {"internal/notify/notice"},
}

// implementations may be imported by internal/app and by tests alone.
var implementations = []string{
	"internal/series/tsdb", "internal/catalog/sqlite",
	"internal/notify/alertmanager", "internal/notify/webhook", "internal/notify/slack",
	"internal/notify/pagerduty", "internal/notify/email", "internal/notify/stdout",
}

// impure is what the domain may not import: it has no I/O, no logger, and
// takes the time as an argument.
var impure = []string{"os", "io/fs", "net", "net/http", "log", "log/slog", "context", "database/sql"}

// support are packages that only tests import. The unit tests of package
// unittest are those of users.
func support(pkg string) bool {
	if pkg == "internal/unittest" {
		return false
	}
	return slices.Contains([]string{"internal/archtest", "internal/crashfs"}, pkg) ||
		strings.HasPrefix(pkg, "internal/testkit") || strings.HasSuffix(pkg, "test") || strings.HasSuffix(pkg, "/conform")
}

func floorOf(pkg string) int {
	return slices.IndexFunc(floors, func(f []string) bool { return slices.Contains(f, pkg) })
}

func TestPackagesImportLowerFloors(t *testing.T) {
	for _, p := range packages(t) {
		if support(p.name) {
			continue
		}
		floor := floorOf(p.name)
		if floor < 0 {
			t.Errorf("%s is on no floor: add it to the table and to ARCHITECTURE.md", p.name)
			continue
		}
		for _, imported := range p.Imports {
			to, ours := strings.CutPrefix(imported, module)
			if !ours || to == "ui" {
				continue
			}
			switch {
			case support(to):
				t.Errorf("%s imports %s, which is for tests", p.name, to)
			case slices.Contains(implementations, to) && p.name != "internal/app":
				t.Errorf("%s imports %s; only internal/app chooses implementations", p.name, to)
			case floorOf(to) > floor, floorOf(to) == floor && !slices.Contains(beside[p.name], to):
				t.Errorf("%s (floor %d) imports %s (floor %d)", p.name, floor, to, floorOf(to))
			}
		}
	}
}

func TestDomainIsPure(t *testing.T) {
	for _, p := range packages(t) {
		if floor := floorOf(p.name); floor > 1 || floor < 0 {
			continue
		}
		for _, imported := range p.Imports {
			if slices.Contains(impure, imported) {
				t.Errorf("%s imports %s: the domain has no I/O", p.name, imported)
			}
		}
	}
}

func TestTablesNamePackagesThatExist(t *testing.T) {
	var known []string
	for _, p := range packages(t) {
		known = append(known, p.name)
	}
	for _, f := range floors {
		for _, name := range f {
			if !slices.Contains(known, name) {
				t.Errorf("the table names %s, which does not exist", name)
			}
		}
	}
}

// pkg is one package of the module, by its path in it.
type pkg struct {
	name string
	dir  string
	*build.Package
}

// packages returns the packages below internal and cmd.
func packages(t *testing.T) (found []pkg) {
	t.Helper()
	root := root(t)
	for _, top := range []string{"internal", "cmd"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(dir string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() {
				return err
			}
			if d.Name() == "testdata" {
				return fs.SkipDir
			}
			p, err := build.ImportDir(dir, 0)
			if err != nil {
				return nil // a folder of folders
			}
			name, err := filepath.Rel(root, dir)
			found = append(found, pkg{path.Clean(filepath.ToSlash(name)), dir, p})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(found) < 20 {
		t.Fatalf("found %d packages only", len(found))
	}
	return found
}

func root(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "..", "..")
}
