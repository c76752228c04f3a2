// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package e2e holds tests of the whole binary: they build it, start it on
// loopback ports that were free, send telemetry as applications do, kill it,
// and compare what its API says with a ledger of what they sent.
//
// The ledger is the naive model. It judges each span by rules written again
// from the documentation, so that it shares no code with what it checks. A
// span counts once a request that holds it was answered with success; one
// without an answer is sent again until it has one, so that in the end every
// span is acknowledged and the API's integers must be the ledger's.
//
// Processes end by their own id, and every test that starts one bounds its
// time. Nothing asserts how fast something is; speeds are logged.
package e2e

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// binary is the program under test, built once, with the failpoints that what
// ships does not have.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() {
		fmt.Println("e2e: skipped, -short is set")
		return
	}
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "leadline-e2e-*")
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "leadline")
	if err := build(binary, "-tags", "leadlinetest"); err != nil {
		fmt.Fprintln(os.Stderr, "e2e: build the binary:", err)
		return 1
	}
	return m.Run()
}

// build builds leadline, with its failpoints if the tag says so.
func build(to string, flags ...string) error {
	args := append([]string{"build", "-o", to}, flags...)
	c := exec.Command("go", append(args, "../../cmd/leadline")...)
	c.Stdout, c.Stderr = os.Stderr, os.Stderr
	return c.Run()
}

// skip skips a test for want of something on this machine. In CI nothing may
// be left out.
func skip(t *testing.T, reason string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("CI must run this: %s", reason)
	}
	t.Skip(reason)
}
