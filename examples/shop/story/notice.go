// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"strings"
	"unicode/utf8"
)

// Notice is one alert of a notification, as a person on call gets it.
type Notice struct {
	Status, Severity string
	Objective, Rule  string
	Title            string   // "Page: checkout-succeeds ..."
	Facts            []string // "Why: 1h burn 22x, ..."
	Runbook, Page    string   // addresses
}

func (n Notice) firing() bool { return n.Status == "firing" }
func (n Notice) isPage() bool { return n.Severity == "page" }

// lines are the notification for a terminal of this width.
func (n Notice) lines(width int) []string {
	lines := wrap(n.Title, "", width)
	for _, f := range n.Facts {
		lines = append(lines, wrap(f, "  ", width)...)
	}
	if n.Runbook != "" {
		lines = append(lines, "  Runbook: "+n.Runbook)
	}
	if n.Page != "" {
		lines = append(lines, "  Objective: "+n.Page)
	}
	return lines
}

// wrap breaks a text between words; lines after the first stand further in.
func wrap(text, indent string, width int) (lines []string) {
	line := indent
	for _, word := range strings.Fields(text) {
		if strings.TrimSpace(line) != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines = append(lines, line)
			line = indent + "  "
		}
		if strings.TrimSpace(line) != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
