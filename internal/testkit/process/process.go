// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package process starts programs for tests and ends them.
//
// A program has a process group of its own, so that its end is the end of all
// that it started, and it does not outlive the test. Its environment is ours
// without what would change how Python, OpenTelemetry or Leadline behave. What
// it prints is kept, up to a limit.
package process

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// How long things may take before a test gives up. The machine of a test is
// often busy; nothing of this is a measurement.
const (
	endLimit = 60 * time.Second
	// PollEvery is how long Until waits between two questions.
	PollEvery = 20 * time.Millisecond
)

// Command is a program to be started.
type Command struct {
	Name string
	Dir  string   // of the caller where it is empty
	Env  []string // beside what is inherited
	Argv []string
}

// Process is a started program, with all that it started itself in its group.
type Process struct {
	name string
	cmd  *exec.Cmd
	said *output
	// Exited is closed when the program has ended.
	Exited chan struct{}
}

// Start starts a program that ends with the test at the latest.
func Start(t *testing.T, c Command) *Process {
	t.Helper()
	p := &Process{name: c.Name, cmd: exec.Command(c.Argv[0], c.Argv[1:]...), said: &output{}, Exited: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env = c.Dir, slices.Concat(inherited(), c.Env)
	p.cmd.Stdout, p.cmd.Stderr = p.said, p.said
	p.cmd.SysProcAttr = ownGroup()
	p.cmd.WaitDelay = time.Second
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", c.Name, err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended is asked of cmd.ProcessState
		close(p.Exited)
	}()
	t.Cleanup(func() {
		well := p.Ended() && p.State().Success()
		p.Kill()
		if t.Failed() && !well {
			t.Logf("%s said last:\n%s", c.Name, p.said.tail())
		}
	})
	return p
}

// inherited is our environment without what would change how Python or the
// instrumentation behaves, and without a proxy for loopback.
func inherited() []string {
	kept := slices.DeleteFunc(os.Environ(), func(v string) bool {
		return slices.ContainsFunc([]string{"OTEL_", "PYTHON", "DJANGO_", "CELERY_", "GUNICORN_", "LEADLINE_", "PIP_", "VIRTUAL_ENV"}, func(prefix string) bool {
			return strings.HasPrefix(v, prefix)
		})
	})
	return append(kept, "PYTHONDONTWRITEBYTECODE=1", "PYTHONUNBUFFERED=1", "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
}

// Said returns what the program has printed.
func (p *Process) Said() string { return p.said.String() }

// Kill ends the process and its children at once.
func (p *Process) Kill() {
	// The group is empty when all have ended, which is no error here.
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.Exited
}

// End asks the process alone, as a supervisor does, and waits for its end.
func (p *Process) End(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatalf("end %s: %v", p.name, err)
	}
	p.Wait(t)
}

// Interrupt asks the process and its children to end, as Ctrl-C in a terminal
// does, and waits for their end.
func (p *Process) Interrupt(t *testing.T) {
	t.Helper()
	if err := syscall.Kill(-p.cmd.Process.Pid, syscall.SIGINT); err != nil && !p.Ended() {
		t.Fatalf("interrupt %s: %v", p.name, err)
	}
	p.Wait(t)
}

// Wait waits until the process has ended by itself.
func (p *Process) Wait(t *testing.T) {
	t.Helper()
	select {
	case <-p.Exited:
	case <-time.After(endLimit):
		t.Fatalf("%s is still there after %s", p.name, endLimit)
	}
}

// Ended reports whether the program has ended.
func (p *Process) Ended() bool {
	select {
	case <-p.Exited:
		return true
	default:
		return false
	}
}

// State says how a program that has ended did so.
func (p *Process) State() *os.ProcessState { return p.cmd.ProcessState }

// Until asks often whether something has come true.
func Until(t *testing.T, what string, limit time.Duration, true func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !true(); {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %s", what, limit)
		}
		<-time.After(PollEvery)
	}
}

// FreeAddress returns a loopback address that nobody listens on.
func FreeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// output is what a process has printed.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

const (
	maxOutput = 4 << 20
	tailBytes = 4 << 10
)

// Write never fails; what is too much is left out, so that a process in an
// endless loop of complaints does not fill the memory.
func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.text.Len() < maxOutput {
		o.text.Write(b)
	}
	return len(b), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func (o *output) tail() string {
	s := o.String()
	return s[max(0, len(s)-tailBytes):]
}
