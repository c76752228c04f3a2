// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// notice is one alert of a notification, as a person on call gets it.
type notice struct {
	status, severity string
	objective, rule  string
	title            string   // "Page: checkout-succeeds ..."
	facts            []string // "Why: 1h burn 22x, ..."
	runbook, page    string   // addresses
}

// readNotices reads a notification in the format of Alertmanager's webhook.
func readNotices(body []byte) ([]notice, error) {
	var m struct {
		Alerts []struct {
			Status              string
			Labels, Annotations map[string]string
			GeneratorURL        string
		}
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return nil, fmt.Errorf("read notification: %w", err)
	}
	var all []notice
	for _, a := range m.Alerts {
		n := notice{
			status: a.Status, severity: a.Labels["severity"], objective: a.Labels["objective"], rule: a.Labels["alertname"],
			title: a.Annotations["summary"], runbook: a.Annotations["runbook_url"], page: a.GeneratorURL,
		}
		if text := a.Annotations["description"]; text != "" {
			n.facts = strings.Split(text, "\n")
		}
		all = append(all, n)
	}
	return all, nil
}

func (n notice) firing() bool { return n.status == "firing" }
func (n notice) isPage() bool { return n.severity == "page" }

// lines are the notification for a terminal of this width.
func (n notice) lines(width int) []string {
	lines := wrap(n.title, "", width)
	for _, f := range n.facts {
		lines = append(lines, wrap(f, "  ", width)...)
	}
	if n.runbook != "" {
		lines = append(lines, "  Runbook: "+n.runbook)
	}
	if n.page != "" {
		lines = append(lines, "  Objective: "+n.page)
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
