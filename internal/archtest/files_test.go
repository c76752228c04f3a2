// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The hard limits on length: beyond them nobody reads to the end. A test may
// be longer, because its table of cases is part of it.
const (
	maxFileLines = 800
	maxFuncLines = 70
	maxTestLines = 140
)

const licence = "// Copyright The Leadline Authors\n// SPDX-License-Identifier: Apache-2.0\n"

// goFiles calls f for every Go file of the repository.
func goFiles(t *testing.T, f func(name, content string)) {
	t.Helper()
	top := root(t)
	err := filepath.WalkDir(top, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && name != top || d.Name() == "node_modules" || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if filepath.Ext(name) != ".go" {
			return nil
		}
		content, err := os.ReadFile(name)
		short, _ := filepath.Rel(top, name)
		f(short, string(content))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFilesHaveTheLicenceAndEnd(t *testing.T) {
	goFiles(t, func(name, content string) {
		if !strings.HasPrefix(content, licence) {
			t.Errorf("%s does not begin with the licence", name)
		}
		if n := strings.Count(content, "\n"); n > maxFileLines {
			t.Errorf("%s has %d lines, the limit is %d", name, n, maxFileLines)
		}
	})
}

func TestFunctionsAreShort(t *testing.T) {
	goFiles(t, func(name, content string) {
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, content, 0)
		if err != nil {
			t.Error(err)
			return
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			limit := maxFuncLines
			if strings.HasSuffix(name, "_test.go") {
				limit = maxTestLines
			}
			if n := set.Position(f.End()).Line - set.Position(f.Pos()).Line; n > limit {
				t.Errorf("%s: %s has %d lines, the limit is %d", name, f.Name.Name, n, limit)
			}
		}
	})
}

func TestPackagesHaveOneComment(t *testing.T) {
	for _, p := range packages(t) {
		documented := 0
		for _, name := range p.GoFiles {
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, filepath.Join(p.dir, name), nil, parser.ParseComments|parser.PackageClauseOnly)
			if err != nil {
				t.Fatal(err)
			}
			if file.Doc != nil {
				documented++
			}
		}
		if len(p.GoFiles) > 0 && documented != 1 {
			t.Errorf("%s has %d package comments, want one", p.name, documented)
		}
	}
}

var requirement = regexp.MustCompile(`(?m)^\s*(?:require )?([a-z0-9.-]+\.[a-z]+/\S+) v\S+$`)

// TestDependenciesHaveAReason compares the direct requirements of go.mod with
// the list in ARCHITECTURE.md.
func TestDependenciesHaveAReason(t *testing.T) {
	mod, err := os.ReadFile(filepath.Join(root(t), "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root(t), "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := requirement.FindAllStringSubmatch(string(mod), -1)
	if len(found) == 0 {
		t.Fatal("go.mod requires nothing directly")
	}
	for _, m := range found {
		if !strings.Contains(string(text), "`"+m[1]+"`") {
			t.Errorf("%s is required and ARCHITECTURE.md does not say why", m[1])
		}
	}
}

var link = regexp.MustCompile(`\]\(([^)#: ]+)(#[^)]*)?\)`)

// TestDocumentsLinkToWhatExists checks relative links of Markdown files.
func TestDocumentsLinkToWhatExists(t *testing.T) {
	top := root(t)
	err := filepath.WalkDir(top, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && name != top || d.Name() == "node_modules") {
			return fs.SkipDir
		}
		if filepath.Ext(name) != ".md" {
			return nil
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for _, m := range link.FindAllStringSubmatch(string(content), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(name), m[1])); err != nil {
				t.Errorf("%s links to %s, which does not exist", name, m[1])
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
