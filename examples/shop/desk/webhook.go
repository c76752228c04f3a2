// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package desk

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/leadline/leadline/examples/shop/story"
)

// readNotices reads a notification in the format of Alertmanager's webhook.
func readNotices(body []byte) ([]story.Notice, error) {
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
	var all []story.Notice
	for _, a := range m.Alerts {
		n := story.Notice{
			Status: a.Status, Severity: a.Labels["severity"], Objective: a.Labels["objective"], Rule: a.Labels["alertname"],
			Title: a.Annotations["summary"], Runbook: a.Annotations["runbook_url"], Page: a.GeneratorURL,
		}
		if text := a.Annotations["description"]; text != "" {
			n.Facts = strings.Split(text, "\n")
		}
		all = append(all, n)
	}
	return all, nil
}
