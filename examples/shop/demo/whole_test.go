// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leadline/leadline/examples/shop/crew"
	"github.com/leadline/leadline/examples/shop/screen"
)

// soon is an objective whose alert begins and ends within minutes, under the
// names that the story of the bad deploy knows.
const soon = `        - name: checkout-succeeds
          availability: {of: pay}
          target: 90%
          window: 1h
          runbook: runbooks/checkout-fails.md
          alerts:
            defaults: false
            rules: [{name: page-1h, severity: page, when: {burn: {above: 3, over: [5m, 1m]}}}]
`

// oneObjective is the objective in the shop's service file.
var oneObjective = regexp.MustCompile(`(?s) {8}- name: checkout-succeeds\n.*?\n( {8}- name: )`)

// sooner copies the shop's service files, with that objective.
func sooner(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "services")
	if err := os.CopyFS(dir, os.DirFS("../services")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "shop.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !oneObjective.Match(text) {
		t.Fatalf("%s has no objective checkout-succeeds", path)
	}
	if err := os.WriteFile(path, oneObjective.ReplaceAll(text, []byte(soon+"$1")), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// paper keeps what is shown, and calls back when a text appears in it.
type paper struct {
	mu    sync.Mutex
	text  bytes.Buffer
	await map[string]func()
}

func (p *paper) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text.Write(b)
	for text, then := range p.await {
		if strings.Contains(p.text.String(), text) {
			delete(p.await, text)
			go then()
		}
	}
	return len(b), nil
}

// TestTheWholeStory plays the bad deploy against the real server, with the
// stand-in and shorter alert windows: the page comes, somebody rolls back in the
// terminal, the alert ends, the ledger equals the API, and nothing is left.
func TestTheWholeStory(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	for _, setting := range quietPorts() {
		name, value, _ := strings.Cut(setting, "=")
		t.Setenv(name, value)
	}
	o, err := parse([]string{"--stand-in", "--rate", "150", "--bin", build(t, "../../../cmd/leadline")}, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	o.services, o.scenario.Healthy = sooner(t), 10*time.Second
	soft, end := context.WithTimeout(t.Context(), 6*time.Minute)
	defer end()
	in, keys, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	defer keys.Close()
	shown := &paper{await: map[string]func(){
		"The page is here":       func() { keys.WriteString("r\n") },
		"Customers go on buying": end,
	}}
	d := &demo{options: o, in: in, screen: screen.Plain(shown), crew: crew.New()}
	ended := d.run(soft, t.Context())
	d.end(t.Context())
	text := shown.text.String()
	if ended != nil {
		t.Errorf("the demo ended with %v", ended)
	}
	for _, want := range []string{
		"30 days, made up and labelled so", "Release 1.5.0", "┃ Page: checkout-succeeds", "Runbook: " + d.desk.URL,
		"Asked for in the terminal", "┃ Resolved: checkout-succeeds", "Cost", "VERDICT: ledger == API", " init ~/your-app",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q was not shown", want)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) != 0 {
		t.Errorf("temporary folder: got %v, %v; want it empty", left, err)
	}
}
