// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package guide_test

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/testkit/process"
)

// How long a newcomer waits: for what a guide says, for a command that ends by
// itself, and for the first SLI, which guides promise within 30 s. The machine
// of a test may be busy.
const (
	patience      = 2 * time.Minute
	commandLimit  = 5 * time.Minute
	firstSLILimit = time.Minute
)

// newcomer follows a guide in a folder and a home of their own.
type newcomer struct {
	folder    string
	env       []string
	ports     map[string]string
	terminals map[string]*process.Process
	api       string
	measuring sync.WaitGroup
	requested bool
}

// fixed are the ports that guides write.
var fixed = regexp.MustCompile(`\b(8484|4317|4318|8000)\b`)

func newNewcomer(t *testing.T, env []string) *newcomer {
	n := &newcomer{folder: filepath.Join(t.TempDir(), "hello"), ports: map[string]string{}, terminals: map[string]*process.Process{}}
	for _, fixed := range []string{"8484", "4317", "4318", "8000"} {
		_, n.ports[fixed], _ = net.SplitHostPort(process.FreeAddress(t))
	}
	home := t.TempDir()
	if err := os.Mkdir(n.folder, 0o755); err != nil {
		t.Fatal(err)
	}
	n.api = "http://127.0.0.1:" + n.ports["8484"]
	n.env = append(env, "HOME="+home, "XDG_CACHE_HOME="+filepath.Join(home, "cache"),
		"LEADLINE_LISTEN=127.0.0.1:"+n.ports["8484"], "LEADLINE_OTLP_GRPC=127.0.0.1:"+n.ports["4317"], "LEADLINE_OTLP_HTTP=127.0.0.1:"+n.ports["4318"])
	return n
}

// here is a text with the ports of this run.
func (n *newcomer) here(text string) string {
	return fixed.ReplaceAllStringFunc(text, func(port string) string { return n.ports[port] })
}

// follow does all that the guide says, and ends what it started, the last first.
func (n *newcomer) follow(t *testing.T, all []fence) {
	t.Helper()
	for _, f := range all {
		n.do(t, f)
	}
	n.measuring.Wait()
	for name, p := range n.terminals {
		if name != "leadline" {
			p.Interrupt(t)
		}
	}
	if p := n.terminals["leadline"]; p != nil {
		if p.Interrupt(t); !p.State().Success() {
			t.Errorf("leadline ended with %s", p.State())
		}
		if n.requested && !strings.Contains(p.Said(), `msg="telemetry arrives" service=hello`) {
			t.Error("leadline does not say that telemetry arrives")
		}
	}
}

// do does what a fence says, and logs what took long.
func (n *newcomer) do(t *testing.T, f fence) {
	t.Helper()
	began := time.Now()
	switch f.kind {
	case file:
		n.save(t, f)
	case run:
		n.run(t, f)
	case request:
		n.measure(t)
		n.run(t, f)
	case until:
		n.repeat(t, f)
	case stays:
		n.open(t, f)
	}
	if took := time.Since(began); took > time.Second {
		t.Logf("%s took %.1f s", f.place, took.Seconds())
	}
}

func (n *newcomer) save(t *testing.T, f fence) {
	t.Helper()
	path := filepath.Join(n.folder, f.name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(n.here(f.text)), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (n *newcomer) start(t *testing.T, f fence) *process.Process {
	t.Helper()
	return process.Start(t, process.Command{Name: f.place, Dir: n.folder, Env: n.env, Argv: []string{"bash", "-euo", "pipefail", "-c", n.here(f.text)}})
}

// once runs a command to its end and returns what is wrong with it.
func (n *newcomer) once(t *testing.T, f fence) string {
	t.Helper()
	p := n.start(t, f)
	select {
	case <-p.Exited:
	case <-time.After(commandLimit):
		t.Fatalf("%s: not done after %s:\n%s", f.place, commandLimit, p.Said())
	}
	if !p.State().Success() {
		return p.State().String() + ":\n" + p.Said()
	}
	if want := missing(n.here(f.says), p.Said()); want != "" {
		return "it does not say\n" + want + "\nbut\n" + p.Said()
	}
	return ""
}

func (n *newcomer) run(t *testing.T, f fence) {
	t.Helper()
	if wrong := n.once(t, f); wrong != "" {
		t.Fatalf("%s: %s", f.place, wrong)
	}
}

func (n *newcomer) repeat(t *testing.T, f fence) {
	t.Helper()
	for end := time.Now().Add(patience); ; <-time.After(time.Second) {
		wrong := n.once(t, f)
		if wrong == "" {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s: for %s %s", f.place, patience, wrong)
		}
	}
}

// open lets a command stay in the terminal of a name.
func (n *newcomer) open(t *testing.T, f fence) {
	t.Helper()
	if before := n.terminals[f.name]; before != nil {
		before.Interrupt(t)
	}
	p := n.start(t, f)
	n.terminals[f.name] = p
	process.Until(t, f.place+" says what the guide does", patience, func() bool {
		ended := p.Ended()
		wrong := missing(n.here(f.says), p.Said())
		if ended {
			t.Fatalf("%s: it ended with %s:\n%s", f.place, p.State(), p.Said())
		}
		return wrong == ""
	})
}

// measure logs how long it takes from now to the first SLI.
func (n *newcomer) measure(t *testing.T) {
	n.requested = true
	began := time.Now()
	n.measuring.Go(func() {
		for time.Since(began) < firstSLILimit {
			if n.measured() {
				t.Logf("the first SLI came %.1f s after the first request", time.Since(began).Seconds())
				return
			}
			<-time.After(process.PollEvery)
		}
		t.Errorf("no SLI within %s of the first request", firstSLILimit)
	})
}

// measured reports whether an objective has an SLI.
func (n *newcomer) measured() bool {
	r, err := http.Get(n.api + "/api/v1/slos")
	if err != nil {
		return false
	}
	defer r.Body.Close()
	var answer struct {
		SLOs []struct{ SLI *float64 }
	}
	if json.NewDecoder(r.Body).Decode(&answer) != nil {
		return false
	}
	for _, o := range answer.SLOs {
		if o.SLI != nil {
			return true
		}
	}
	return false
}

// commandsThat returns an error for a program that guides use and that is not there.
func commandsThat(names ...string) error {
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			return err
		}
	}
	return nil
}
