// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/leadline/leadline/examples/shop/load"
	"github.com/leadline/leadline/examples/shop/venv"
)

// built are the commands that tests run as processes of their own, compiled and
// linked once each.
var built struct {
	sync.Mutex
	folder string // removed by TestMain
	path   map[string]string
}

// build compiles the command in a folder.
func build(t *testing.T, folder string) string {
	t.Helper()
	built.Lock()
	defer built.Unlock()
	if path, done := built.path[folder]; done {
		return path
	}
	path := filepath.Join(built.folder, strconv.Itoa(len(built.path)))
	if out, err := exec.Command("go", "build", "-o", path, folder).CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", folder, err, out)
	}
	built.path[folder] = path
	return path
}

// result is what one run of the demo showed.
type result struct {
	code   int
	output string
	ledger load.Totals
}

// play runs the demo against the fake server, this test binary.
func play(t *testing.T, env []string, args ...string) result {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return playWith(t, self, env, args...)
}

// quietPorts keeps the demo away from the ports where somebody may look for a
// server of their own.
func quietPorts(env ...string) []string {
	return append(env, "LEADLINE_LISTEN=127.0.0.1:0", "LEADLINE_OTLP_GRPC=127.0.0.1:0", "LEADLINE_OTLP_HTTP=127.0.0.1:0")
}

// playWith runs the demo and checks that nothing of it is left: no process, no
// temporary folder.
func playWith(t *testing.T, server string, env []string, args ...string) result {
	t.Helper()
	temp, ledger := t.TempDir(), filepath.Join(t.TempDir(), "ledger.json")
	cmd := exec.CommandContext(t.Context(), build(t, "."), append([]string{"--bin", server, "--ledger", ledger, "--scenario", "none"}, args...)...)
	cmd.Env = append(os.Environ(), append(quietPorts("TMPDIR="+temp), env...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	r := result{code: cmd.ProcessState.ExitCode(), output: out.String()}
	if r.code < 0 {
		t.Fatalf("run demo: %v\n%s", err, r.output)
	}
	if text, err := os.ReadFile(ledger); err == nil {
		if err := json.Unmarshal(text, &r.ledger); err != nil {
			t.Fatalf("read ledger: %v", err)
		}
	}
	checkNothingLeft(t, temp)
	return r
}

// checkNothingLeft looks for processes that carry the run's temporary folder
// in their environment, which every child inherits.
func checkNothingLeft(t *testing.T, temp string) {
	t.Helper()
	left, err := os.ReadDir(temp)
	if err != nil || len(left) != 0 {
		t.Errorf("temporary folder: got %v, %v; want it empty", left, err)
	}
	// The kernel ends the children of a killed parent a moment later.
	deadline := time.Now().Add(10 * time.Second)
	for {
		alive := running(t, "TMPDIR="+temp)
		if len(alive) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("processes %v are left over", alive)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// running lists the processes that have the setting in their environment.
func running(t *testing.T, setting string) []string {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, p := range all {
		// A process that ended meanwhile cannot be read, and need not be.
		if text, err := os.ReadFile(p); err == nil && strings.Contains(string(text), setting) {
			found = append(found, filepath.Dir(p))
		}
	}
	return found
}

func TestStandInLedgerEqualsAPI(t *testing.T) {
	r := play(t, nil, "--stand-in", "--requests", "600", "--rate", "300", "--mishaps", "10")
	if r.code != exitEqual {
		t.Fatalf("exit code %d, want %d\n%s", r.code, exitEqual, r.output)
	}
	checkLedger(t, r, 600)
}

// checkLedger makes sure that the run proved something: all kinds of outcome
// happened, and nothing that was not planned.
func checkLedger(t *testing.T, r result, requests int64) {
	t.Helper()
	if r.ledger.Requests != requests || r.ledger.Unanswered != 0 || r.ledger.Surprises != 0 {
		t.Errorf("ledger: %d requests, %d unanswered, %d surprises; want %d, 0, 0\n%s",
			r.ledger.Requests, r.ledger.Unanswered, r.ledger.Surprises, requests, r.output)
	}
	for _, name := range []string{"checkout-succeeds", "checkout-is-fast", "checkout-good-and-fast", "app-checkout-answers"} {
		c := r.ledger.Objectives[name]
		if c.Good == 0 || c.Bad == 0 || (c.Excluded == 0) != (name == "app-checkout-answers") {
			t.Errorf("objective %s: ledger %+v; want some good, bad and, but for the app, excluded", name, c)
		}
	}
	for _, name := range []string{"items-are-shown", "front-page-is-fast", "charges-are-answered", "card-company-answers", "parcels-are-shipped", "customers-are-told"} {
		if c := r.ledger.Objectives[name]; c.Good == 0 {
			t.Errorf("objective %s: ledger %+v; want some good", name, c)
		}
	}
}

// TestPythonLedgerEqualsAPI has the Python exporters resend over gRPC; the next
// test has them send over HTTP.
func TestPythonLedgerEqualsAPI(t *testing.T) {
	requirePython(t)
	r := play(t, nil, "--protocol", "grpc", "--requests", "700", "--rate", "60", "--mishaps", "10")
	if r.code != exitEqual {
		t.Fatalf("exit code %d, want %d\n%s", r.code, exitEqual, r.output)
	}
	checkLedger(t, r, 700)
}

// TestLedgerEqualsTheServersAPI is the demo as `make demo` runs it.
func TestLedgerEqualsTheServersAPI(t *testing.T) {
	leadline := build(t, "../../../cmd/leadline")
	for name, prepare := range map[string]func(*testing.T) []string{
		"stand-in": func(*testing.T) []string { return []string{"--stand-in"} },
		"Python":   func(t *testing.T) []string { requirePython(t); return []string{"--protocol", "http/protobuf"} },
	} {
		t.Run(name, func(t *testing.T) {
			args := append(prepare(t), "--requests", "700", "--rate", "60", "--mishaps", "10")
			r := playWith(t, leadline, nil, args...)
			if r.code != exitEqual {
				t.Fatalf("exit code %d, want %d\n%s", r.code, exitEqual, r.output)
			}
			checkLedger(t, r, 700)
			if python := strings.Contains(r.output, "FastAPI under"); python != (name == "Python") {
				t.Errorf("the Python shop ran: %v\n%s", python, r.output)
			}
		})
	}
}

// requirePython skips the test where the Python shop cannot be installed,
// except in CI, where that is a failure.
func requirePython(t *testing.T) venv.Env {
	t.Helper()
	checkout, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	env, err := venv.Prepare(t.Context(), checkout, "../requirements.txt", func(line string) { t.Log(line) })
	if err == nil {
		return env
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("the Python shop cannot be installed: %v", err)
	}
	t.Skipf("the Python shop cannot be installed: %v", err)
	return env
}

func TestDifferenceIsAnExitCode(t *testing.T) {
	r := play(t, []string{"FAKE_WRONG=1"}, "--stand-in", "--requests", "100", "--rate", "300")
	if r.code != exitDiffer || !strings.Contains(r.output, "DIFFER") {
		t.Errorf("exit code %d, want %d\n%s", r.code, exitDiffer, r.output)
	}
}

func TestServerThatDiesIsSaid(t *testing.T) {
	r := play(t, []string{"FAKE_DIE=1"}, "--stand-in")
	if r.code != exitBroken || !strings.Contains(r.output, "cannot open the log") {
		t.Errorf("exit code %d, want %d and the server's last words\n%s", r.code, exitBroken, r.output)
	}
}

func TestUsage(t *testing.T) {
	for name, args := range map[string][]string{
		"unknown argument": {"now"},
		"unknown flag":     {"--nonsense"},
		"protocol":         {"--protocol", "json"},
		"scenario":         {"--scenario", "flood"},
		"missing binary":   {"--bin", "/nonexistent/leadline"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := parse(args, &bytes.Buffer{}); err == nil {
				t.Errorf("parse(%q): no error", args)
			}
		})
	}
}

// begin starts the demo and waits until it has said something; what it says
// then goes on to be read from the pipe.
func begin(t *testing.T, temp, said string, env []string, args ...string) (*exec.Cmd, *os.File) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	cmd := exec.CommandContext(t.Context(), build(t, "."), append([]string{"--bin", self, "--scenario", "none"}, args...)...)
	cmd.Env = append(os.Environ(), append(quietPorts("TMPDIR="+temp), env...)...)
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	waitForText(t, out, said)
	return cmd, out
}

// opened is what the demo says when everything runs.
const opened = "Ctrl-C ends it"

// TestInterruptWhilePreparing waits for customers, who come although the
// history is not made up yet, and ends the demo then.
func TestInterruptWhilePreparing(t *testing.T) {
	temp := t.TempDir()
	cmd, out := begin(t, temp, "✓ traffic", []string{"FAKE_ENDLESS=1"}, "--stand-in")
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	waitForText(t, out, "demo: it was ended before the story began\n")
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != exitBroken {
		t.Errorf("demo: %v, want exit code %d", err, exitBroken)
	}
	checkNothingLeft(t, temp)
}

func TestInterruptEndsWithAVerdict(t *testing.T) {
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(s.String(), func(t *testing.T) {
			temp := t.TempDir()
			cmd, out := begin(t, temp, opened, nil, "--stand-in", "--rate", "200")
			if err := cmd.Process.Signal(s); err != nil {
				t.Fatal(err)
			}
			waitForText(t, out, "VERDICT: ledger == API")
			if err := cmd.Wait(); err != nil {
				t.Errorf("demo: %v", err)
			}
			checkNothingLeft(t, temp)
		})
	}
}

// TestKilledDemoLeavesNoProcess kills the demo where it cannot defend itself.
// Of the Python shop there are processes whose parents are killed with it.
func TestKilledDemoLeavesNoProcess(t *testing.T) {
	for name, prepare := range map[string]func(*testing.T) []string{
		"stand-in": func(*testing.T) []string { return []string{"--stand-in"} },
		"Python":   func(t *testing.T) []string { requirePython(t); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			temp := t.TempDir()
			cmd, _ := begin(t, temp, opened, nil, prepare(t)...)
			if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err == nil {
				t.Fatal("the killed demo ended without an error")
			}
			if err := os.RemoveAll(temp); err != nil { // which a killed demo cannot
				t.Fatal(err)
			}
			if err := os.Mkdir(temp, 0o755); err != nil {
				t.Fatal(err)
			}
			checkNothingLeft(t, temp)
		})
	}
}

func waitForText(t *testing.T, out *os.File, want string) {
	t.Helper()
	if err := out.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	for buf := make([]byte, 4096); !strings.Contains(said.String(), want); {
		n, err := out.Read(buf)
		said.Write(buf[:n])
		if err != nil {
			t.Fatalf("wait for %q: %v\n%s", want, err, said.String())
		}
	}
}
