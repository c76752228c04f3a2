// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"log/slog"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/config"
)

func TestEveryTypeHasAChannel(t *testing.T) {
	receivers := []config.Receiver{
		{Name: "am", Type: config.Alertmanager, URLs: []string{"https://am.example"}},
		{Name: "hook", Type: config.Webhook, URL: "https://hooks.example"},
		{Name: "hook-file", Type: config.Webhook, URLFile: "url"},
		{Name: "slack", Type: config.Slack, URLFile: "url"},
		{Name: "pagerduty", Type: config.PagerDuty, RoutingKeyFile: "key"},
		{Name: "mail", Type: config.Email, Server: "smtp.example:587", From: "a@b.example", To: []string{"c@d.example"}},
		{Name: "stdout", Type: config.Stdout},
	}
	made, err := channels(receivers, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range receivers {
		if made[r.Name] == nil {
			t.Errorf("receiver %s of type %s has no channel", r.Name, r.Type)
		}
	}
	if _, err := channels([]config.Receiver{{Name: "a", Type: "carrier-pigeon"}}, time.Now, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a type without a channel was accepted")
	}
}
