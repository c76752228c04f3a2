// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leadline/leadline/internal/cli"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/report"
	"github.com/leadline/leadline/internal/spec"
)

// draft is a draft as a server answers it.
func draft(service string) report.Proposal {
	return report.Proposal{
		Service: service, Events: 33, Minutes: 2, FileName: service + ".yaml",
		File: strings.Replace(upService, "name: shop}", "name: "+service+"}", 1),
	}
}

// proposing answers each question with the next list, and then with the last.
func proposing(t *testing.T, answers ...[]report.Proposal) *httptest.Server {
	t.Helper()
	asked := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/api/v1/slos":
			json.NewEncoder(w).Encode(report.SLOs{SchemaVersion: 1, SLOs: []report.SLO{{Service: "slow"}, {Service: "shop"}, {Service: "x"}}})
			return
		case "/api/v1/proposals":
		default:
			t.Errorf("asked for %s", r.URL.Path)
		}
		answer := answers[min(asked, len(answers)-1)]
		asked++
		json.NewEncoder(w).Encode(report.Proposals{SchemaVersion: 1, Window: "28d", Services: answer})
	}))
	t.Cleanup(s.Close)
	return s
}

func TestInit(t *testing.T) {
	waits := report.Proposal{Service: "slow", Events: 3, Minutes: 1, Missing: "3 of 30 requests or tasks", FileName: "slow.yaml"}
	has := draft("old")
	has.Objectives = 2
	list := func(p ...report.Proposal) []report.Proposal { return p }
	for _, c := range []struct {
		name    string
		answers [][]report.Proposal
		args    []string
		code    int
		want    []string // in what is printed
		files   string   // that are there afterwards
	}{
		{"a draft", [][]report.Proposal{list(waits, has, draft("shop"))}, nil, 0,
			[]string{"services/shop.yaml  1 objective of shop, from 33 events in 2 minutes", "slow: too little was measured yet: 3 of 30 requests or tasks", "The server measures them"}, "services/shop.yaml"},
		{"elsewhere", [][]report.Proposal{list(draft("shop"))}, []string{"--services", "slos"}, 0, []string{"slos/shop.yaml"}, "slos/shop.yaml"},
		{"too little", [][]report.Proposal{list(waits)}, nil, 1, []string{"too little was measured to propose anything: slow: 3 of 30 requests or tasks", "--wait waits"}, ""},
		{"no telemetry", [][]report.Proposal{nil}, nil, 1, []string{"no service has sent telemetry"}, ""},
		{"none of this service", [][]report.Proposal{list(draft("shop"))}, []string{"--service", "shop-api"}, 1, []string{`no service "shop-api" has sent telemetry that is an operation`}, ""},
		{"waiting", [][]report.Proposal{list(waits), list(draft("slow"))}, []string{"--wait"}, 0,
			[]string{"waiting: slow: 3 of 30 requests or tasks\n", "services/slow.yaml"}, "services/slow.yaml"},
		{"all have objectives", [][]report.Proposal{list(has)}, nil, 0, []string{"old has 2 objectives already", "Nothing was written"}, ""},
		{"this one has objectives", [][]report.Proposal{list(has, draft("shop"))}, []string{"--service", "old", "--wait"}, 0, []string{"old has 2 objectives already", "Nothing was written"}, ""},
		{"printed", [][]report.Proposal{list(has, waits, draft("shop"))}, []string{"--print"}, 0, []string{"metadata: {name: old}", "---\n", "metadata: {name: shop}"}, ""},
		{"a name that leaves the folder", [][]report.Proposal{list(report.Proposal{Service: "x", File: upService, FileName: "../../x.yaml"})}, nil, 0, nil, "services/x.yaml"},
		{"a draft that is not valid", [][]report.Proposal{list(report.Proposal{Service: "x", File: "kind: x", FileName: "x.yaml"})}, nil, 1, []string{"the draft is not valid"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			var out bytes.Buffer
			if code := cli.Main(append([]string{"init", "--server", proposing(t, c.answers...).URL}, c.args...), &out, &out); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			for _, want := range c.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("%q is not in\n%s", want, out.String())
				}
			}
			if got := files(t); got != c.files {
				t.Errorf("files %q, want %q", got, c.files)
			}
		})
	}
}

// files lists the files below the working directory.
func files(t *testing.T) string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"*.yaml", "*/*.yaml"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, found...)
	}
	return strings.Join(all, " ")
}

// TestInitSaysWhoAnswered: a server that nobody named may be another than was
// thought of, as that of the demo.
func TestInitSaysWhoAnswered(t *testing.T) {
	has := draft("shop-api")
	has.Objectives = 2
	for name, c := range map[string]struct {
		answer []report.Proposal
		want   string
	}{
		"the service has objectives": {[]report.Proposal{has}, "shop-api has 2 objectives already"},
		"no such service":            {[]report.Proposal{draft("x")}, `no service "shop-api"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			for _, named := range []bool{false, true} {
				out, err := cli.Init("shop-api", proposing(t, c.answer).URL, named)
				all := fmt.Sprint(out, err, errs.HintOf(err))
				if !strings.Contains(all, c.want) || strings.Contains(all, "as the one of make demo") == named || files(t) != "" {
					t.Errorf("the server is named: %v: %s", named, all)
				}
			}
		})
	}
}

func TestInitChangesNoFile(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "services/shop.yaml", "mine")
	var out bytes.Buffer
	code := cli.Main([]string{"init", "--server", proposing(t, []report.Proposal{draft("shop"), draft("slow")}).URL}, &out, &out)
	if content, err := os.ReadFile("services/shop.yaml"); err != nil || code != 1 || string(content) != "mine" || !strings.Contains(out.String(), "services/shop.yaml exists and is left as it is") {
		t.Errorf("exit code %d, file %q: %s", code, content, out.String())
	}
	if got := files(t); got != "services/shop.yaml services/slow.yaml" || !strings.Contains(out.String(), "The server measures them") {
		t.Errorf("files %q: %s", got, out.String())
	}
}

// TestInitWithoutServer writes what a first server needs, unless somebody
// named a server that is not there.
func TestInitWithoutServer(t *testing.T) {
	gone := httptest.NewServer(nil)
	gone.Close()
	run := func(args ...string) (int, string) {
		var out bytes.Buffer
		code := cli.Main(append([]string{"init"}, args...), &out, &out)
		return code, out.String()
	}
	t.Chdir(t.TempDir())
	t.Setenv("OTEL_SERVICE_NAME", "")
	code, out := run("--server", gone.URL)
	if code != 4 || !strings.Contains(out, "start one with leadline serve") || files(t) != "" {
		t.Errorf("a server that is named: exit code %d, files %q: %s", code, files(t), out)
	}
	t.Setenv("LEADLINE_SERVER", gone.URL)
	if code, out = run(); code != 4 || files(t) != "" {
		t.Errorf("a server in the environment: exit code %d: %s", code, out)
	}
	t.Setenv("LEADLINE_SERVER", "")
	for _, c := range []struct{ name, dir, service, want string }{
		{"after its folder", "My shop", "", "My shop/services/my-shop.yaml: all-requests-succeed of My shop"},
		{"as it is told", "told", "shop-api", "told/services/shop-api.yaml: all-requests-succeed of shop-api"},
		{"a hostile name", "x", "../a: [\n", "x/services/a.yaml: all-requests-succeed of ../a: [\n"},
	} {
		var out bytes.Buffer
		if err := cli.Start(c.dir, c.service, &out); err != nil {
			t.Fatal(err)
		}
		path, _, _ := strings.Cut(c.want, ":")
		content, err := os.ReadFile(path)
		set := spec.Parse([]spec.Source{{Path: path, Content: content}})
		if err != nil || len(set.Objectives) != 1 || path+": "+set.Objectives[0].Name+" of "+set.Objectives[0].Service.Name != c.want {
			t.Errorf("%s: %v, %v in\n%s", c.name, err, set.Problems, content)
		}
		settings, err := os.ReadFile(filepath.Join(c.dir, "leadline.yaml"))
		if err != nil || !strings.Contains(string(settings), "\nservices: services ") || !strings.Contains(out.String(), "leadline serve") {
			t.Errorf("%s: %v, settings\n%s\nsaid\n%s", c.name, err, settings, out.String())
		}
		if err := cli.Start(c.dir, c.service, &out); err == nil || !strings.Contains(err.Error(), "holds service files already") {
			t.Errorf("%s again: %v", c.name, err)
		}
	}
}
