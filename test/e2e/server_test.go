// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The bounds of waiting: a machine that needs longer is broken.
const (
	startTimeout  = 30 * time.Second
	stopTimeout   = 20 * time.Second
	settleTimeout = 30 * time.Second
)

// installation is a data directory and its service files, in which one
// process after another runs.
type installation struct {
	t        *testing.T
	data     string
	services string
	held     string   // see hold
	env      []string // beside the environment of the test
	binary   string   // another one than that with failpoints
	flags    []string
}

func install(t *testing.T, files map[string]string) *installation {
	t.Helper()
	dir := t.TempDir()
	in := &installation{t: t, data: filepath.Join(dir, "data"), services: filepath.Join(dir, "services"), held: filepath.Join(dir, "held")}
	if err := os.Mkdir(in.services, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		in.write(name, content)
	}
	return in
}

// write replaces a service file at once, as editors do.
func (in *installation) write(name, content string) {
	in.t.Helper()
	path := filepath.Join(in.services, name)
	if err := os.WriteFile(path+".tmp", []byte(content), 0o644); err != nil {
		in.t.Fatal(err)
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		in.t.Fatal(err)
	}
}

// hold keeps minutes from closing until release, however slow the machine is.
func (in *installation) hold() {
	in.t.Helper()
	if err := os.WriteFile(in.held, nil, 0o600); err != nil {
		in.t.Fatal(err)
	}
}

// release lets minutes close a grace from now on.
func (in *installation) release() {
	in.t.Helper()
	if err := os.Remove(in.held); err != nil {
		in.t.Fatal(err)
	}
}

// server is one process.
type server struct {
	t      *testing.T
	cmd    *exec.Cmd
	at     addresses
	exited chan struct{}
	err    error // of the exit, once exited is closed

	mu     sync.Mutex
	stderr strings.Builder
}

// addresses are where a process listens.
type addresses struct{ api, grpc, http string }

// launch starts a process and waits until it has said where it listens, or
// has ended.
func (in *installation) launch(env ...string) *server {
	in.t.Helper()
	args := append([]string{
		"serve", "--data-dir", in.data, "--services", in.services,
		"--listen", "127.0.0.1:0", "--otlp-grpc", "127.0.0.1:0", "--otlp-http", "127.0.0.1:0",
	}, in.flags...)
	s := &server{t: in.t, cmd: exec.Command(cmp.Or(in.binary, binary), args...), exited: make(chan struct{})}
	s.cmd.Env = append(append(os.Environ(), "LEADLINE_TEST_HOLD="+in.held), in.env...)
	s.cmd.Env = append(s.cmd.Env, env...)
	pipe, err := s.cmd.StderrPipe()
	if err != nil {
		in.t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		in.t.Fatal(err)
	}
	in.t.Cleanup(s.kill)
	listening := make(chan struct{})
	go s.read(pipe, listening)
	select {
	case <-listening:
	case <-s.exited:
	case <-time.After(startTimeout):
		in.t.Fatalf("the server does not listen after %s:\n%s", startTimeout, s.log())
	}
	return s
}

// start launches a process that must live.
func (in *installation) start(env ...string) *server {
	in.t.Helper()
	s := in.launch(env...)
	if s.ended() {
		in.t.Fatalf("the server ended at its start: %v\n%s", s.err, s.log())
	}
	return s
}

// read keeps what the process says and finds its addresses.
func (s *server) read(pipe io.Reader, listening chan<- struct{}) {
	lines := bufio.NewScanner(pipe)
	for lines.Scan() {
		line := lines.Text()
		s.mu.Lock()
		fmt.Fprintln(&s.stderr, line)
		s.mu.Unlock()
		name, value, _ := strings.Cut(strings.TrimSpace(line), "  ")
		value = strings.TrimPrefix(strings.TrimSpace(value), "http://")
		switch name {
		case "UI and API":
			s.at.api = value
		case "OTLP/gRPC":
			s.at.grpc = value
		case "OTLP/HTTP":
			s.at.http = value
			close(listening)
		}
	}
	s.err = s.cmd.Wait()
	close(s.exited)
}

func (s *server) log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stderr.String()
}

func (s *server) ended() bool {
	select {
	case <-s.exited:
		return true
	default:
		return false
	}
}

// kill ends the process as a crash does.
func (s *server) kill() {
	// An error says that it has ended already.
	_ = s.cmd.Process.Kill()
	<-s.exited
}

// stop ends the process as an operator does.
func (s *server) stop() {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatalf("stop the server: %v\n%s", err, s.log())
	}
	select {
	case <-s.exited:
	case <-time.After(stopTimeout):
		s.t.Fatalf("the server has not stopped after %s:\n%s", stopTimeout, s.log())
	}
	if s.err != nil {
		s.t.Fatalf("the server stopped with %v:\n%s", s.err, s.log())
	}
}

// status asks for a path and returns the answer's status and body.
func (s *server) status(path string) (int, []byte) {
	s.t.Helper()
	r, err := http.Get("http://" + s.at.api + path)
	if err != nil {
		s.t.Fatalf("get %s: %v\n%s", path, err, s.log())
	}
	defer r.Body.Close()
	body, err := io.ReadAll(io.LimitReader(r.Body, 64<<20))
	if err != nil {
		s.t.Fatalf("get %s: %v", path, err)
	}
	return r.StatusCode, body
}

// get decodes the answer to a path that must succeed.
func (s *server) get(path string, into any) {
	s.t.Helper()
	status, body := s.status(path)
	if status != http.StatusOK {
		s.t.Fatalf("get %s: status %d: %s", path, status, body)
	}
	if err := json.Unmarshal(body, into); err != nil {
		s.t.Fatalf("get %s: %v in %s", path, err, body)
	}
}

// ready waits until the history of the windows is read.
func (s *server) ready() {
	s.t.Helper()
	eventually(s.t, "the server is ready", func() string {
		status, body := s.status("/readyz")
		if status == http.StatusOK {
			return ""
		}
		return string(body)
	})
}

// eventually polls until check returns nothing, or fails with what it
// returned last.
func eventually(t *testing.T, what string, check func() string) {
	t.Helper()
	deadline := time.Now().Add(settleTimeout)
	for {
		problem := check()
		if problem == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s\n%s", settleTimeout, what, problem)
		}
		time.Sleep(100 * time.Millisecond)
	}
}
