// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package result_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/bench/result"
)

func TestTableIsAligned(t *testing.T) {
	table := result.Table{
		Title:  "Cost",
		Header: []string{"cell", "ns"},
		Rows:   [][]string{{"HTTP gzip", "470"}, {"gRPC", "1,870 µs"}},
	}
	want := `## Cost

| cell      |       ns |
| --------- | -------: |
| HTTP gzip |      470 |
| gRPC      | 1,870 µs |
`
	if diff := cmp.Diff(want, table.Markdown()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReportSaysWhereItWasMeasured(t *testing.T) {
	dir := t.TempDir()
	r, err := result.New("ingest", time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC), dir, dir)
	if err != nil {
		t.Fatal(err)
	}
	r.Data = map[string]int{"spans": 3}
	r.Notes = []string{"a note"}
	path, err := r.Write(dir)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(dir, "ingest-2026-11-23.md"); path != want {
		t.Errorf("got %s, want %s", path, want)
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"commit: unknown", " cores, ", "Linux ", "go1.", "- a note"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("page lacks %q:\n%s", want, page)
		}
	}
	checkJSON(t, strings.TrimSuffix(path, ".md")+".json")
}

func checkJSON(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Kind    string
		Machine result.Machine
		Data    map[string]int
	}
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatalf("decode %s: %v", path, err)
	}
	if got.Kind != "ingest" || got.Machine.Cores < 1 || got.Data["spans"] != 3 {
		t.Errorf("got %+v", got)
	}
}
