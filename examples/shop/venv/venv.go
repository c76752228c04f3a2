// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package venv prepares a Python environment with pinned, hashed packages.
//
// It owns the folder .venv of the checkout (ignored by git): one environment
// per content of the requirements file and per Python version, so a changed pin
// makes a new environment and an unchanged one costs nothing. Beside them lie the
// packages of other files as wheels, for installations that a test makes itself.
// Either is used only when its marker file says that the installation came to its end.
// A lock file keeps two preparations from meeting; nothing is written elsewhere.
//
// Its errors are for people: no Python, a Python that is too old, and no
// package index are the expected ones, and callers fall back or skip by them.
package venv

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Limits of a preparation.
const (
	installTimeout = 8 * time.Minute
	progressEvery  = 5 * time.Second
)

// Env is a ready environment.
type Env struct {
	// Dir is its folder; the programs are in Dir/bin.
	Dir string
}

// Program returns the path of a program that the environment installed.
func (e Env) Program(name string) string { return filepath.Join(e.Dir, "bin", name) }

// Prepare returns the environment for a requirements file, and makes it when
// it is not there yet. It tells progress in short lines.
func Prepare(ctx context.Context, checkout, requirements string, progress func(string)) (Env, error) {
	env, _, err := prepare(ctx, checkout, "shop-", requirements, progress, Env.install)
	return env, err
}

// prepare returns the folder of the pins, filled by fill unless that came to its
// end before, and the interpreter.
func prepare(ctx context.Context, checkout, prefix, requirements string, progress func(string), fill func(e Env, ctx context.Context, python, requirements string, progress func(string)) error) (env Env, python string, err error) {
	ctx, cancel := context.WithTimeout(ctx, installTimeout)
	defer cancel()
	python, version, err := findPython(ctx)
	if err != nil {
		return Env{}, "", err
	}
	pins, err := os.ReadFile(requirements)
	if err != nil {
		return Env{}, "", fmt.Errorf("read requirements: %w", err)
	}
	folder := filepath.Join(checkout, ".venv")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return Env{}, "", fmt.Errorf("make environment folder: %w", err)
	}
	unlock, err := lock(ctx, filepath.Join(folder, "shop.lock"), progress)
	if err != nil {
		return Env{}, "", err
	}
	defer unlock()
	env = Env{Dir: filepath.Join(folder, prefix+digest(pins, version))}
	if _, err := os.Stat(env.marker()); err == nil {
		return env, python, nil
	}
	if err := os.RemoveAll(env.Dir); err != nil {
		return Env{}, "", fmt.Errorf("remove half-made environment: %w", err)
	}
	if err := fill(env, ctx, python, requirements, progress); err != nil {
		return env, "", err
	}
	if err := os.WriteFile(env.marker(), nil, 0o644); err != nil {
		return env, "", fmt.Errorf("mark environment complete: %w", err)
	}
	return env, python, nil
}

func (e Env) marker() string { return filepath.Join(e.Dir, ".complete") }

func digest(pins []byte, version string) string {
	h := sha256.New()
	h.Write(pins)
	h.Write([]byte(version))
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// findPython returns the first interpreter that is new enough.
func findPython(ctx context.Context) (path, version string, err error) {
	const ask = `import sys, ensurepip; print("%d.%d" % sys.version_info[:2]); sys.exit(sys.version_info < (3, 11))`
	var tried []string
	for _, name := range []string{"python3", "python3.14", "python3.13", "python3.12", "python3.11"} {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		out, err := exec.CommandContext(ctx, path, "-c", ask).CombinedOutput()
		said := lastLine(out)
		if err == nil {
			return path, said, nil
		}
		tried = append(tried, fmt.Sprintf("%s (%s)", path, said))
	}
	if len(tried) == 0 {
		return "", "", errors.New("find python: no python3 on the PATH; want 3.11 or newer")
	}
	return "", "", fmt.Errorf("find python: want 3.11 or newer with venv, found %s", strings.Join(tried, ", "))
}

func (e Env) install(ctx context.Context, python, requirements string, progress func(string)) error {
	progress("making a Python environment in " + e.Dir)
	if err := runTold(ctx, progress, "make environment", python, "-m", "venv", e.Dir); err != nil {
		return err
	}
	progress("installing the pinned packages of " + requirements)
	return runTold(ctx, progress, "install packages", pip(e.Program("python"), "install", "--progress-bar", "off", "-r", requirements)...)
}

// pip is a call of pip, which decides for itself where packages come from. A
// machine without an index must be told so soon, hence few and short retries.
func pip(python, command string, more ...string) []string {
	return append([]string{python, "-m", "pip", command, "--quiet", "--disable-pip-version-check", "--no-input",
		"--retries", "2", "--timeout", "15", "--require-hashes"}, more...)
}

// runTold runs a command and says every few seconds that it still runs.
func runTold(ctx context.Context, progress func(string), what string, argv ...string) error {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.WaitDelay = time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	done := make(chan error, 1)
	go func() { done <- cmd.Run() }()
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			if err != nil {
				return fmt.Errorf("%s: %w: %s", what, err, lastLine(out.Bytes()))
			}
			return nil
		case <-tick.C:
			progress(what + ": still at it") // who shows it has a clock of its own
		}
	}
}

func lastLine(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}

// lock takes the lock file, waiting for another preparation to end.
func lock(ctx context.Context, path string, progress func(string)) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	for waited := false; ; waited = true {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			f.Close()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		if !waited {
			progress("another preparation is running; waiting for it")
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, fmt.Errorf("wait for lock %s: %w", path, ctx.Err())
		case <-time.After(200 * time.Millisecond):
		}
	}
}
