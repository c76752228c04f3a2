// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"regexp"
	"strings"
)

// cutRunbook returns the runbook's name in an address of the desk.
func cutRunbook(path string) (string, bool) { return strings.CutPrefix(path, "/runbooks/") }

// block is a piece of a runbook.
type block struct {
	Kind   string // title, p or step; point is below a step
	Number int    // of a step
	Text   []piece
}

// piece is a stretch of text, plain or strong or code.
type piece struct{ Kind, Text string }

// parseRunbook reads the little Markdown that the shop's runbooks use: a title,
// paragraphs, numbered steps with points, bold and code. Links are their text.
func parseRunbook(text string) (blocks []block) {
	open, steps := false, 0
	for line := range strings.Lines(text) {
		trimmed := strings.TrimSpace(line)
		kind, rest := kindOf(line, trimmed)
		switch {
		case trimmed == "":
			open = false
		case kind == "" && open:
			last := &blocks[len(blocks)-1]
			last.Text = append(last.Text, pieces(" "+trimmed)...)
		default:
			if kind == "" {
				kind, rest = "p", trimmed
			}
			if kind == "step" {
				steps++
			}
			blocks = append(blocks, block{kind, steps, pieces(rest)})
			open = true
		}
	}
	return blocks
}

var numbered = regexp.MustCompile(`^\d+\. `)

func kindOf(line, trimmed string) (kind, rest string) {
	switch {
	case strings.HasPrefix(trimmed, "# "):
		return "title", trimmed[2:]
	case numbered.MatchString(trimmed):
		return "step", numbered.ReplaceAllString(trimmed, "")
	case strings.HasPrefix(trimmed, "- ") && strings.HasPrefix(line, " "):
		return "point", trimmed[2:]
	case strings.HasPrefix(trimmed, "- "):
		return "step", trimmed[2:]
	}
	return "", ""
}

var marked = regexp.MustCompile("\\*\\*([^*]+)\\*\\*|`([^`]+)`|\\[([^]]+)\\]\\([^)]+\\)")

func pieces(text string) (all []piece) {
	for text != "" {
		at := marked.FindStringSubmatchIndex(text)
		if at == nil {
			return append(all, piece{"", text})
		}
		if at[0] > 0 {
			all = append(all, piece{"", text[:at[0]]})
		}
		for group, kind := range []string{"strong", "code", ""} {
			if from := at[2*group+2]; from >= 0 {
				all = append(all, piece{kind, text[from:at[2*group+3]]})
			}
		}
		text = text[at[1]:]
	}
	return all
}
