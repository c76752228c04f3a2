// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package python_test

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/leadline/leadline/examples/shop/venv"
	"github.com/leadline/leadline/internal/testkit/process"
)

// prepared returns the environment with the applications, or skips.
func prepared(t *testing.T) venv.Env {
	t.Helper()
	checkout, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	env, err := venv.Prepare(t.Context(), checkout, "requirements.txt", func(line string) { t.Log(line) })
	switch {
	case err == nil:
		return env
	case os.Getenv("CI") == "true":
		t.Fatalf("no Python applications to measure: %v", err)
	}
	t.Skipf("no Python applications to measure: %v", err)
	return env
}

// serviceFiles writes the service file once for each service that is to be
// measured by it, and returns their folder.
func serviceFiles(t *testing.T, file string, services ...string) string {
	t.Helper()
	text := readFile(t, filepath.Join("services", file+".yaml"))
	folder := t.TempDir()
	for _, service := range services {
		named := strings.Replace(text, "name: "+file+"\n", "name: "+service+"\n", 1)
		if err := os.WriteFile(filepath.Join(folder, service+".yaml"), []byte(named), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// readApplications tells the test cache what the programs below depend on: it
// remembers the files that a test opens, but not those of its children.
func readApplications(t *testing.T) {
	t.Helper()
	files, err := filepath.Glob("apps/*.py")
	if err != nil {
		t.Fatal(err)
	}
	more, err := filepath.Glob("apps/*/*.py")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(files, more...) {
		readFile(t, path)
	}
}

// telemetry is a way in which an application sends, all of it environment.
type telemetry struct {
	name     string
	protocol string // empty is the default, gRPC
	optIn    string // OTEL_SEMCONV_STABILITY_OPT_IN
}

// variables are what a team sets for a zero-code application.
func (w telemetry) variables(s *server, service string) []string {
	endpoint := s.grpc
	if w.protocol != "" {
		endpoint = s.otlpHTTP
	}
	v := []string{"OTEL_SERVICE_NAME=" + service, "OTEL_EXPORTER_OTLP_ENDPOINT=http://" + endpoint}
	if w.protocol != "" {
		v = append(v, "OTEL_EXPORTER_OTLP_PROTOCOL="+w.protocol)
	}
	if w.optIn != "" {
		v = append(v, "OTEL_SEMCONV_STABILITY_OPT_IN="+w.optIn)
	}
	return v
}

// gunicorn serves a WSGI application under zero-code instrumentation, by two
// workers, and returns when it accepts connections.
func gunicorn(t *testing.T, env venv.Env, app string, variables []string) (p *process.Process, address string) {
	t.Helper()
	address = process.FreeAddress(t)
	p = process.Start(t, process.Command{Name: "gunicorn " + app, Dir: "apps", Env: variables, Argv: []string{env.Program("opentelemetry-instrument"),
		env.Program("gunicorn"), "-c", "gunicorn.conf.py", "-b", address, app}})
	process.Until(t, app+" listens", startLimit, func() bool {
		if p.Ended() {
			t.Fatalf("%s ended while it started", app)
		}
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return false
		}
		conn.Close()
		return true
	})
	return p, address
}

var answeredBy = regexp.MustCompile(`worker answered (\d+) requests`)

// mustHaveServed checks that both workers of an ended application had their
// share, and that what they were asked is what the ledger says.
func mustHaveServed(t *testing.T, app *process.Process, total uint64) {
	t.Helper()
	shares, sum := []uint64{}, uint64(0)
	for _, found := range answeredBy.FindAllStringSubmatch(app.Said(), -1) {
		n, err := strconv.ParseUint(found[1], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		shares, sum = append(shares, n), sum+n
	}
	if len(shares) != 2 || slices.Contains(shares, 0) || sum != total {
		t.Errorf("the workers answered %d requests; want two numbers above 0 with the sum %d", shares, total)
	}
	t.Logf("%d requests, by the workers %d", total, shares)
}
