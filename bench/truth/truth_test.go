// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package truth

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/bench/payload"
)

var (
	nameLine = regexp.MustCompile(`(?m)^ +- name: (\S+)$`)
	kindLine = regexp.MustCompile(`(?m)^ +(availability|latency|success|custom): `)
)

// TestObjectivesAreThoseOfTheServiceFiles keeps the table in step with what
// Leadline is given, and that with the load the goals were set for.
func TestObjectivesAreThoseOfTheServiceFiles(t *testing.T) {
	var inFiles, inTable []string
	kinds := map[string]int{}
	files, err := filepath.Glob("../services/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range nameLine.FindAllStringSubmatch(string(text), -1) {
			inFiles = append(inFiles, m[1])
		}
		for _, m := range kindLine.FindAllStringSubmatch(string(text), -1) {
			kinds[m[1]]++
		}
	}
	for _, o := range objectives {
		inTable = append(inTable, o.name)
	}
	slices.Sort(inFiles)
	slices.Sort(inTable)
	if diff := cmp.Diff(inFiles, inTable); diff != "" {
		t.Errorf("(-files +table):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"availability": 9, "latency": 8, "success": 1, "custom": 2}, kinds); diff != "" {
		t.Errorf("kinds (-want +got):\n%s", diff)
	}
}

// TestEverySpanIsBound is the claim that the load is the dearest case.
func TestEverySpanIsBound(t *testing.T) {
	for _, template := range payload.Shop(1, 512) {
		for _, e := range template.Events {
			if !slices.ContainsFunc(objectives, func(o objective) bool {
				return o.service == template.Service && o.judge(e) != unrelated
			}) {
				t.Fatalf("no objective counts %s of %s", e.Operation, template.Service)
			}
		}
	}
}

func TestExpectedIsTheVerdictTimesTheRequests(t *testing.T) {
	l := NewLedger([]*payload.Template{
		{Service: "shop-worker", Events: []payload.Event{
			{Operation: payload.Ship, Duration: time.Second},
			{Operation: payload.Ship, Duration: 3 * time.Second, Failed: true},
		}},
		{Service: "shop-catalog", Events: []payload.Event{{Operation: payload.Search, Status: 404}}},
	})
	for _, template := range []int{0, 1, 0, 1, 1, 0, 1, 1} {
		l.Add(template)
	}
	if got := l.Spans(); got != 11 {
		t.Errorf("got %d spans, want 11", got)
	}
	want := l.Expected()
	for name, c := range map[string]Counts{
		"parcel-is-shipped": {Good: 3, Bad: 3},
		"parcel-ships-fast": {Good: 3, Bad: 3},
		"search-works":      {Excluded: 5},
		"catalog-up":        {Excluded: 5},
		"api-up":            {},
	} {
		if want[name] != c {
			t.Errorf("%s: got %+v, want %+v", name, want[name], c)
		}
	}
}

func TestCompareNamesWhatDiffers(t *testing.T) {
	want := map[string]Counts{"a": {Good: 2}, "b": {Bad: 1}}
	for _, c := range []struct {
		name  string
		got   map[string]Counts
		equal bool
	}{
		{"equal", map[string]Counts{"a": {Good: 2}, "b": {Bad: 1}}, true},
		{"one event less", map[string]Counts{"a": {Good: 1}, "b": {Bad: 1}}, false},
		{"one objective less", map[string]Counts{"a": {Good: 2}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := Compare(want, c.got); (err == nil) != c.equal {
				t.Errorf("got %v", err)
			}
		})
	}
}
