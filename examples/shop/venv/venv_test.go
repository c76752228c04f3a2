// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package venv_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leadline/leadline/examples/shop/venv"
)

// fakePython puts a python3 on an otherwise empty PATH. It says its version,
// "makes" environments by copying itself, and logs every call.
func fakePython(t *testing.T, version string, tooOld, noIndex int) (calls string) {
	t.Helper()
	bin := t.TempDir()
	calls = filepath.Join(bin, "calls")
	script := fmt.Sprintf(`#!/bin/sh
echo "$@" >> %s
case "$1 $2" in
  "-c "*) echo %s; exit %d ;;
  "-m venv") /bin/mkdir -p "$3/bin" && /bin/cp "$0" "$3/bin/python" ;;
  "-m pip") [ %d = 0 ] || { echo "no matching distribution"; exit 1; } ;;
esac
`, calls, version, tooOld, noIndex)
	if err := os.WriteFile(filepath.Join(bin, "python3"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	return calls
}

func requirements(t *testing.T, pins string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "requirements.txt")
	if err := os.WriteFile(path, []byte(pins), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func installs(t *testing.T, calls string) int {
	t.Helper()
	text, err := os.ReadFile(calls)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(text), "-m pip install")
}

func TestPrepareInstallsOncePerPinsAndVersion(t *testing.T) {
	checkout := t.TempDir()
	calls := fakePython(t, "3.11", 0, 0)
	prepare := func(pins string) venv.Env {
		env, err := venv.Prepare(t.Context(), checkout, requirements(t, pins), func(string) {})
		if err != nil {
			t.Fatal(err)
		}
		return env
	}
	first := prepare("fastapi==1")
	if again := prepare("fastapi==1"); again != first || installs(t, calls) != 1 {
		t.Errorf("the same pins: %v then %v, %d installations; want one", first, again, installs(t, calls))
	}
	if other := prepare("fastapi==2"); other == first || installs(t, calls) != 2 {
		t.Errorf("other pins: %v, %d installations; want another environment", other, installs(t, calls))
	}
	fakePython(t, "3.12", 0, 0)
	if newer := prepare("fastapi==1"); newer == first {
		t.Error("a newer Python uses the older one's environment")
	}
	text, err := os.ReadFile(calls)
	if err != nil || !strings.Contains(string(text), "--require-hashes") {
		t.Errorf("pip was called without --require-hashes: %s, %v", text, err)
	}
}

func TestPrepareMakesHalfMadeEnvironmentAnew(t *testing.T) {
	checkout, pins := t.TempDir(), requirements(t, "fastapi==1")
	fakePython(t, "3.11", 0, 1)
	env, err := venv.Prepare(t.Context(), checkout, pins, func(string) {})
	if err == nil || !strings.Contains(err.Error(), "no matching distribution") {
		t.Fatalf("error %v; want pip's last words", err)
	}
	if err := os.WriteFile(env.Program("rubbish"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	calls := fakePython(t, "3.11", 0, 0)
	if env, err = venv.Prepare(t.Context(), checkout, pins, func(string) {}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(env.Program("rubbish")); !os.IsNotExist(err) || installs(t, calls) != 1 {
		t.Errorf("the half-made environment was used again: %v", err)
	}
}

func TestPrepareSaysWhatIsMissing(t *testing.T) {
	t.Run("old Python", func(t *testing.T) {
		fakePython(t, "3.9", 1, 0)
		_, err := venv.Prepare(t.Context(), t.TempDir(), requirements(t, "x"), func(string) {})
		if err == nil || !strings.Contains(err.Error(), "3.11 or newer") || !strings.Contains(err.Error(), "3.9") {
			t.Errorf("error %v; want both versions", err)
		}
	})
	t.Run("no Python", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		_, err := venv.Prepare(t.Context(), t.TempDir(), requirements(t, "x"), func(string) {})
		if err == nil || !strings.Contains(err.Error(), "no python3") {
			t.Errorf("error %v; want the missing python3", err)
		}
	})
}
