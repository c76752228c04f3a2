// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package guide_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/leadline/leadline/examples/shop/venv"
	"github.com/leadline/leadline/internal/cli"
)

// asLeadline makes this test program Leadline itself, under whatever name it is
// called. So the guides meet what the checkout holds, and go test knows that
// their result depends on it.
const asLeadline = "LEADLINE_TEST_GUIDE"

func TestMain(m *testing.M) {
	if os.Getenv(asLeadline) != "" {
		os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// TestGuides follows every guide that has a command.
func TestGuides(t *testing.T) {
	paths, err := filepath.Glob("../../docs/guide/*.md")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no guides: %v", err)
	}
	env := prepared(t)
	for _, path := range paths {
		all := fences(t, path)
		if !slices.ContainsFunc(all, func(f fence) bool { return f.kind >= run }) {
			continue
		}
		t.Run(strings.TrimSuffix(filepath.Base(path), ".md"), func(t *testing.T) {
			t.Parallel() // most of the time they wait for exporters
			newNewcomer(t, slices.Clone(env)).follow(t, all)
		})
	}
}

// prepared returns the environment of a newcomer's machine: Python, an index of
// packages and Leadline are there. Or it skips.
func prepared(t *testing.T) []string {
	t.Helper()
	env, err := machine(t)
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatalf("no guide can be followed: %v", err)
	}
	if err != nil {
		t.Skipf("no guide can be followed: %v", err)
	}
	return env
}

func machine(t *testing.T) ([]string, error) {
	t.Helper()
	if err := commandsThat("bash", "curl"); err != nil {
		return nil, err
	}
	checkout, err := filepath.Abs("../..")
	if err != nil {
		return nil, err
	}
	wheels, err := venv.Fetch(t.Context(), checkout, "requirements.txt", func(line string) { t.Log(line) })
	if err != nil {
		return nil, err
	}
	// The interpreter itself: what stands on the PATH may be a script that
	// looks for it in the home of the caller.
	python, err := exec.CommandContext(t.Context(), wheels.Python, "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	tools := t.TempDir()
	if err := os.Symlink(self, filepath.Join(tools, "leadline")); err != nil {
		return nil, err
	}
	path := []string{tools, filepath.Dir(strings.TrimSpace(string(python))), os.Getenv("PATH")}
	return []string{
		"PATH=" + strings.Join(path, string(filepath.ListSeparator)), asLeadline + "=1",
		"PIP_NO_INDEX=1", "PIP_FIND_LINKS=" + wheels.Dir, "PIP_CONFIG_FILE=" + os.DevNull, "PIP_DISABLE_PIP_VERSION_CHECK=1", "TERM=dumb",
	}, nil
}
