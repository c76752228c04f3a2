// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package result writes down what a benchmark found, so that the numbers can
// be judged later: as a table for people, as JSON for a comparison with the
// next run, and both with the commit and the machine they were measured on.
//
// Files are named KIND-DATE.md and KIND-DATE.json; a later run of the same day
// replaces the earlier one.
package result

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Report is one run of one benchmark.
type Report struct {
	Kind    string    `json:"kind"`
	At      time.Time `json:"at"`
	Commit  string    `json:"commit"`
	Machine Machine   `json:"machine"`
	Command string    `json:"command"`
	// Tables are printed in order; Data is what they were made from.
	Tables []Table  `json:"-"`
	Notes  []string `json:"notes,omitempty"`
	Data   any      `json:"data"`
}

// Table is a heading and aligned columns.
type Table struct {
	Title  string
	Header []string
	Rows   [][]string
}

// New describes this run on this machine. The data directory decides which
// file system the durable writes go to.
func New(kind string, at time.Time, repository, dataDir string) (*Report, error) {
	machine, err := describe(dataDir)
	if err != nil {
		return nil, err
	}
	return &Report{
		Kind:    kind,
		At:      at.UTC().Truncate(time.Second),
		Commit:  commit(repository),
		Machine: machine,
		Command: strings.Join(append([]string{kind}, os.Args[1:]...), " "),
	}, nil
}

// Write writes both files into the folder and returns the path of the table.
func (r *Report) Write(dir string) (string, error) {
	base := filepath.Join(dir, r.Kind+"-"+r.At.Format(time.DateOnly))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("write report: %w", err)
	}
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return "", fmt.Errorf("encode report %s: %w", base, err)
	}
	if err := os.WriteFile(base+".json", append(data, '\n'), 0o644); err != nil {
		return "", fmt.Errorf("write report: %w", err)
	}
	if err := os.WriteFile(base+".md", []byte(r.Markdown()), 0o644); err != nil {
		return "", fmt.Errorf("write report: %w", err)
	}
	return base + ".md", nil
}

// Markdown returns the report as a page.
func (r *Report) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s, %s\n\n", r.Kind, r.At.Format("2006-01-02 15:04 MST"))
	fmt.Fprintf(&b, "- commit: %s\n- machine: %s\n- command: `%s`\n", r.Commit, r.Machine, r.Command)
	for _, t := range r.Tables {
		b.WriteString("\n" + t.Markdown())
	}
	if len(r.Notes) > 0 {
		b.WriteByte('\n')
	}
	for _, note := range r.Notes {
		b.WriteString("- " + note + "\n")
	}
	return b.String()
}

// Markdown returns the table with its columns aligned, so that it reads the
// same in a terminal: text left, everything after the first column right.
func (t Table) Markdown() string {
	widths := t.widths()
	var b strings.Builder
	if t.Title != "" {
		b.WriteString("## " + t.Title + "\n\n")
	}
	writeRow(&b, widths, t.Header)
	rule := make([]string, len(widths))
	for i, w := range widths {
		rule[i] = strings.Repeat("-", w-1) + ":"
	}
	rule[0] = strings.Repeat("-", widths[0])
	writeRow(&b, widths, rule)
	for _, row := range t.Rows {
		writeRow(&b, widths, row)
	}
	return b.String()
}

func (t Table) widths() []int {
	widths := make([]int, len(t.Header))
	for _, row := range append([][]string{t.Header}, t.Rows...) {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)), 3)
		}
	}
	return widths
}

func writeRow(b *strings.Builder, widths []int, row []string) {
	for i, cell := range row {
		pad := strings.Repeat(" ", widths[i]-len([]rune(cell)))
		if i == 0 {
			b.WriteString("| " + cell + pad)
		} else {
			b.WriteString(" | " + pad + cell)
		}
	}
	b.WriteString(" |\n")
}
