// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package shop_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/leadline/leadline/examples/shop/venv"
)

func TestPython(t *testing.T) {
	checkout, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	env, err := venv.Prepare(t.Context(), checkout, "requirements-dev.txt", func(line string) { t.Log(line) })
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatalf("the shop's Python packages cannot be installed: %v", err)
	}
	if err != nil {
		t.Skipf("the shop's Python packages cannot be installed: %v", err)
	}
	readSources(t)
	cache := t.TempDir()
	for name, argv := range map[string][]string{
		"pytest": {"-m", "pytest", "--basetemp", filepath.Join(cache, "pytest")},
		"mypy":   {"-m", "mypy", "--cache-dir", filepath.Join(cache, "mypy")},
		"ruff":   {"-m", "ruff", "check", "--no-cache", "."},
		"format": {"-m", "ruff", "format", "--no-cache", "--check", "."},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), env.Program("python"), argv...)
			cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("%v: %v\n%s", argv, err, out)
			}
			t.Logf("%s", out)
		})
	}
}

// readSources tells the test cache what the programs below depend on: it
// remembers the files that a test opens, but not those of its children.
func readSources(t *testing.T) {
	t.Helper()
	files := 0
	for _, folder := range []string{"shop", "tests"} {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".py" {
				return err
			}
			files++
			_, err = os.ReadFile(path)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"pyproject.toml", "storefront.conf.py", "payments.conf.py"} {
		if _, err := os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	if files == 0 {
		t.Fatal("no Python sources found")
	}
}
