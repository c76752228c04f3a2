// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package python_test

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

// How long things may take before the test gives up. The machine of a test is
// often busy; nothing of this is a measurement.
const (
	startLimit = 60 * time.Second
	endLimit   = 60 * time.Second
	countLimit = 60 * time.Second
	pollEvery  = 20 * time.Millisecond
)

// process is a started program, with all that it started itself in its group.
type process struct {
	name   string
	cmd    *exec.Cmd
	said   *output
	exited chan struct{}
}

// launch starts a program that ends with the test at the latest.
func launch(t *testing.T, name, dir string, env []string, argv ...string) *process {
	t.Helper()
	p := &process{name: name, cmd: exec.Command(argv[0], argv[1:]...), said: &output{}, exited: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env = dir, slices.Concat(inherited(), env)
	p.cmd.Stdout, p.cmd.Stderr = p.said, p.said
	p.cmd.SysProcAttr = ownGroup()
	p.cmd.WaitDelay = time.Second
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended is asked of cmd.ProcessState
		close(p.exited)
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("%s said last:\n%s", name, p.said.tail())
		}
	})
	return p
}

// inherited is our environment without what would change how Python or the
// instrumentation behaves, and without a proxy for loopback.
func inherited() []string {
	kept := slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "OTEL_") || strings.HasPrefix(v, "PYTHON") || strings.HasPrefix(v, "DJANGO_") ||
			strings.HasPrefix(v, "CELERY_") || strings.HasPrefix(v, "GUNICORN_") || strings.HasPrefix(v, "LEADLINE_")
	})
	return append(kept, "PYTHONDONTWRITEBYTECODE=1", "PYTHONUNBUFFERED=1", "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
}

// kill ends the process and its children at once.
func (p *process) kill() {
	// The group is empty when all have ended, which is no error here.
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	<-p.exited
}

// end asks the process alone, as a supervisor does, and waits for its end.
func (p *process) end(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatalf("end %s: %v", p.name, err)
	}
	p.wait(t)
}

// wait waits until the process has ended by itself.
func (p *process) wait(t *testing.T) {
	t.Helper()
	select {
	case <-p.exited:
	case <-time.After(endLimit):
		t.Fatalf("%s is still there after %s", p.name, endLimit)
	}
}

// until asks often whether something has come true.
func until(t *testing.T, what string, limit time.Duration, true func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); !true(); {
		if time.Now().After(end) {
			t.Fatalf("%s: not within %s", what, limit)
		}
		<-time.After(pollEvery)
	}
}

// freeAddress returns a loopback address that nobody listens on.
func freeAddress(t *testing.T) string {
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
