// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"strings"
	"testing"

	"github.com/leadline/leadline/internal/config"
)

// TestFolder follows a run's files from the copy with addresses to their end.
func TestFolder(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	f, err := newFolder("../services")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.linkRunbooks(func(name string) string { return "http://127.0.0.1:9/runbooks/" + name }); err != nil {
		t.Fatal(err)
	}
	linked := runbooksOf(t, f)
	for _, r := range linked {
		name, ok := strings.CutPrefix(r, "http://127.0.0.1:9/runbooks/")
		if _, err := os.Stat(f.runbooks() + "/" + name + ".md"); !ok || err != nil {
			t.Errorf("runbook %q is none of the desk: %v", r, err)
		}
	}
	if err := f.writeSettings("http://127.0.0.1:8", "http://127.0.0.1:9/notifications/x"); err != nil {
		t.Fatal(err)
	}
	var c config.Config
	if err := c.ReadNotifications(f.settings(), func(string) (string, bool) { return "", false }); err != nil {
		t.Errorf("settings: %v", err)
	}
	if err := f.restore(); err != nil {
		t.Fatal(err)
	}
	for i, r := range runbooksOf(t, f) {
		if want := "runbooks/" + strings.TrimPrefix(linked[i], "http://127.0.0.1:9/runbooks/") + ".md"; r != want {
			t.Errorf("restored runbook %q, want %q", r, want)
		}
	}
	if err := f.remove(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func runbooksOf(t *testing.T, f folder) (all []string) {
	t.Helper()
	objectives, err := objectivesIn(f.services())
	if err != nil || len(objectives) == 0 {
		t.Fatalf("%d objectives, %v", len(objectives), err)
	}
	for _, o := range objectives {
		all = append(all, o.Runbook)
	}
	return all
}

// TestLiveTrafficOutweighsTheHistory holds the rate of the history against the
// load of every story, operation by operation.
func TestLiveTrafficOutweighsTheHistory(t *testing.T) {
	objectives, err := objectivesIn("../services")
	if err != nil {
		t.Fatal(err)
	}
	for _, rate := range []string{"1", "30", "200"} {
		o, err := parse([]string{"--rate", rate, "--bin", os.Args[0]}, os.Stderr)
		if err != nil {
			t.Fatal(err)
		}
		live := liveRates((&demo{options: o}).load(""))
		perMinute, err := historyRate(live, objectives)
		if err != nil {
			t.Fatal(err)
		}
		counted := 0
		for _, objective := range objectives {
			operation := objective.Indicator.Rule.Operation
			if l, known := live[operation]; known {
				counted++
				if got := 60 * l / perMinute; got < meanShare {
					t.Errorf("at %s a second %s has %.1f times the history's rate, want %d", rate, operation, got, meanShare)
				}
			}
		}
		if counted < 3 {
			t.Errorf("customers ask for %d of the operations that objectives count", counted)
		}
	}
	if _, err := historyRate(map[string]float64{"GET /nothing": 1}, objectives); err == nil {
		t.Error("a load that no objective counts has a history")
	}
}
