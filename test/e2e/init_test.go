// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/testkit/otlpgen"
)

// leadline runs a command to its end and returns its exit code and all that it
// said.
func leadline(t *testing.T, args ...string) (code int, said string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), binary, args...)
	out, err := c.CombinedOutput()
	if err != nil && c.ProcessState == nil {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), string(out)
}

// shopTraffic sends what a shop was asked since some time.
func shopTraffic(t *testing.T, s *server, seed uint64, since time.Duration) {
	t.Helper()
	now := time.Now()
	o := otlpgen.Options{From: now.Add(-since), To: now, ErrorShare: 0.01, Namespace: "shop"}
	c := newClient()
	defer c.close()
	if err := c.send(way{}, s.at, otlpgen.Encode(otlpgen.Spans(seed, 3000, o), o)); err != nil {
		t.Fatal(err)
	}
}

// TestInitDraftsWhatIsThenMeasured starts a server without an objective, lets
// init wait for the first telemetry, and looks whether the server measures
// every objective of the file that it wrote.
func TestInitDraftsWhatIsThenMeasured(t *testing.T) {
	t.Parallel()
	in := install(t, nil)
	s := in.start()
	s.ready()
	server := "http://" + s.at.api
	if code, said := leadline(t, "init", "--server", server, "--services", in.services); code != 1 || !strings.Contains(said, "no service has sent telemetry") {
		t.Errorf("without telemetry: exit code %d: %s", code, said)
	}

	type end struct {
		code int
		said string
	}
	waiting := make(chan end, 1)
	go func() {
		code, said := leadline(t, "init", "--wait", "--server", server, "--services", in.services)
		waiting <- end{code, said}
	}()
	shopTraffic(t, s, 1, 3*time.Minute)
	var e end
	select {
	case e = <-waiting:
	case <-time.After(startTimeout + settleTimeout):
		t.Fatal("init --wait still waits")
	}
	if e.code != 0 || !strings.Contains(e.said, "The server measures them") {
		t.Fatalf("exit code %d: %s", e.code, e.said)
	}
	path := filepath.Join(in.services, "shop-api.yaml")
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v: %s", err, e.said)
	}
	if code, said := leadline(t, "validate", in.services); code != 0 {
		t.Errorf("the draft is not valid: exit code %d: %s\n%s", code, said, content)
	}

	shopTraffic(t, s, 2, 5*time.Second)
	eventually(t, "every objective is measured", func() string {
		objectives := s.slos()
		if len(objectives) < 5 {
			return "there are too few"
		}
		for name, o := range objectives {
			if o.Good == nil || *o.Good == 0 {
				return name + " is " + o.State
			}
		}
		return ""
	})
	for _, name := range []string{"all-requests-succeed", "get-items-id-succeeds", "get-items-id-is-fast"} {
		if _, found := s.slos()[name]; !found {
			t.Errorf("there is no %s in\n%s", name, content)
		}
	}

	if code, said := leadline(t, "init", "--server", server, "--services", in.services); code != 0 || !strings.Contains(said, "objectives already") {
		t.Errorf("again: exit code %d: %s", code, said)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(content) {
		t.Errorf("the file was changed: %v", err)
	}
}
