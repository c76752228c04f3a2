// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package python_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/testkit/process"
)

// server is a running `leadline serve`.
type server struct {
	*process.Process
	data, services     string
	ui, grpc, otlpHTTP string // host:port
}

var listening = regexp.MustCompile(`UI and API +http://(\S+)\s+OTLP/gRPC +(\S+)\s+OTLP/HTTP +http://(\S+)\n`)

// serve starts Leadline on a folder of service files.
func serve(t *testing.T, services string) *server {
	t.Helper()
	s := &server{data: t.TempDir(), services: services, ui: "127.0.0.1:0", grpc: "127.0.0.1:0", otlpHTTP: "127.0.0.1:0"}
	s.start(t)
	return s
}

// start starts Leadline, again on the addresses that it had.
func (s *server) start(t *testing.T) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s.Process = process.Start(t, process.Command{Name: "leadline", Env: []string{asServer + "=1"}, Argv: []string{program, "serve", "--data-dir", s.data,
		"--services", s.services, "--listen", s.ui, "--otlp-grpc", s.grpc, "--otlp-http", s.otlpHTTP}})
	process.Until(t, "leadline listens", startLimit, func() bool {
		found := listening.FindStringSubmatch(s.Said())
		if found != nil {
			s.ui, s.grpc, s.otlpHTTP = found[1], found[2], found[3]
		}
		return found != nil
	})
	process.Until(t, "leadline is ready", startLimit, func() bool { return s.get("/readyz", nil) == nil })
}

// maxAnswer is more than the API says of a few services.
const maxAnswer = 8 << 20

func (s *server) get(path string, into any) error {
	resp, err := http.Get("http://" + s.ui + path)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("ask for %s: status %d: %.200s", path, resp.StatusCode, body)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(body, into)
}

// counts are events.
type counts struct{ Good, Bad, Excluded uint64 }

func (c counts) all() uint64 { return c.Good + c.Bad + c.Excluded }

// shown is what the API says of one service.
type shown struct {
	Objectives map[string]counts
	Operations map[string]counts
}

// shows asks for the counts of a service.
func (s *server) shows(service string) (shown, error) {
	var slos struct {
		SLOs []struct {
			Name, Service              string
			Good, Bad, Excluded, Total *uint64
			Budget                     struct{ Spent *uint64 }
		}
	}
	var operations struct {
		Operations []struct {
			Service, Operation string
			counts
		}
	}
	if err := s.get("/api/v1/slos", &slos); err != nil {
		return shown{}, err
	}
	if err := s.get("/api/v1/operations", &operations); err != nil {
		return shown{}, err
	}
	got := shown{map[string]counts{}, map[string]counts{}}
	for _, o := range slos.SLOs {
		if o.Service != service || o.Good == nil {
			continue
		}
		got.Objectives[o.Name] = counts{*o.Good, *o.Bad, *o.Excluded}
		if *o.Total != *o.Good+*o.Bad || *o.Budget.Spent != *o.Bad {
			return shown{}, fmt.Errorf("objective %s: %d good and %d bad make a total of %d and a spent budget of %d", o.Name, *o.Good, *o.Bad, *o.Total, *o.Budget.Spent)
		}
	}
	for _, o := range operations.Operations {
		if o.Service == service {
			got.Operations[o.Operation] = o.counts
		}
	}
	return got, nil
}

// mustShow waits until Leadline shows what the ledger says.
func (s *server) mustShow(t *testing.T, service string, want shown) {
	t.Helper()
	got := s.settled(t, service, func(got shown) bool { return cmp.Equal(want, got) })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: the ledger (-) and Leadline (+) differ:\n%s", service, diff)
	}
}

// settled asks until the counts are as hoped, or the time is up, and returns
// what it saw last.
func (s *server) settled(t *testing.T, service string, hoped func(shown) bool) (got shown) {
	t.Helper()
	for end := time.Now().Add(countLimit); ; <-time.After(10 * process.PollEvery) {
		var err error
		if got, err = s.shows(service); err != nil {
			t.Fatal(err)
		}
		if hoped(got) || time.Now().After(end) {
			return got
		}
	}
}

// mustShowGroup checks that all events of an objective are in one group.
func (s *server) mustShowGroup(t *testing.T, service, objective, group string, want counts) {
	t.Helper()
	var detail struct {
		SLO struct {
			Groups []struct {
				Group string
				counts
			}
		}
	}
	if err := s.get("/api/v1/slos/"+service+"/"+objective, &detail); err != nil {
		t.Fatal(err)
	}
	got := map[string]counts{}
	for _, g := range detail.SLO.Groups {
		got[g.Group] = g.counts
	}
	if diff := cmp.Diff(map[string]counts{group: want}, got); diff != "" {
		t.Errorf("groups of %s: (-want +got)\n%s", objective, diff)
	}
}
