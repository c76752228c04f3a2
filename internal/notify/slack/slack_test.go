// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package slack_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/leadline/leadline/internal/dispatch"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/notify/notifytest"
	"github.com/leadline/leadline/internal/notify/secret"
	"github.com/leadline/leadline/internal/notify/slack"
)

func channel(t *testing.T, r *notifytest.Receiver) *slack.Channel {
	t.Helper()
	file := secret.File(notifytest.Secret(t, r.URL+"/services/T0/B0/hunter2-path"))
	return slack.New(slack.Config{URLFile: file, AllowPrivate: true}, notifytest.Client())
}

func TestPayloads(t *testing.T) {
	r := notifytest.NewReceiver(t)
	c := channel(t, r)
	for _, m := range notifytest.Messages() {
		t.Run(m.Name, func(t *testing.T) {
			if err := c.Send(context.Background(), m.Message); err != nil {
				t.Fatal(err)
			}
			body := r.Requests()[0].Body
			notifytest.Golden(t, strings.ReplaceAll(m.Name, " ", "-")+".json", notifytest.Indented(t, body))
			checkLimits(t, body)
		})
	}
}

// checkLimits holds a message against Slack's limits, and against what must
// never come from a text.
func checkLimits(t *testing.T, body []byte) {
	t.Helper()
	var d struct {
		Text   string
		Blocks []struct {
			Type     string
			Text     struct{ Type, Text string }
			Elements []struct{ Text string }
		}
	}
	if err := json.Unmarshal(body, &d); err != nil {
		t.Fatal(err)
	}
	total := len(d.Text)
	if n := len(d.Blocks); n == 0 || n > 50 {
		t.Errorf("%d blocks", n)
	}
	for _, b := range d.Blocks {
		texts := []string{b.Text.Text}
		for _, e := range b.Elements {
			texts = append(texts, e.Text)
		}
		for _, text := range texts {
			n := utf8.RuneCountInString(text)
			if n > 3000 {
				t.Errorf("a %s of %d characters", b.Type, n)
			}
			total += n
			checkMentions(t, text)
		}
	}
	checkMentions(t, d.Text)
	if total > 13_000 {
		t.Errorf("%d characters in all", total)
	}
}

func checkMentions(t *testing.T, text string) {
	t.Helper()
	for _, part := range strings.Split(text, "<")[1:] {
		if !strings.HasPrefix(part, "http") || !strings.Contains(part, "|Runbook>") && !strings.Contains(part, "|Objective>") {
			t.Errorf("<%.40s is no link of ours", part)
		}
	}
	for _, word := range strings.Fields(text) {
		for _, mention := range []string{"@here", "@channel", "@everyone"} {
			if strings.HasPrefix(word, mention) {
				t.Errorf("%q mentions", word)
			}
		}
	}
}

func TestAnswers(t *testing.T) {
	r := notifytest.NewReceiver(t)
	c := channel(t, r)
	for _, tt := range []struct {
		status int
		text   string
		want   errs.Kind
	}{{400, "invalid_payload", errs.Invalid}, {403, "action_prohibited", errs.Invalid}, {404, "no_service hunter2-path", errs.Invalid}, {500, "rollup_error", errs.Unavailable}} {
		r.Answer = notifytest.Status(tt.status, tt.text)
		err := c.Send(context.Background(), notifytest.Message("page"))
		if errs.KindOf(err) != tt.want || !strings.Contains(fmt.Sprint(err), tt.text[:8]) || strings.Contains(fmt.Sprintf("%v %+v %#v", err, c, c), "hunter2") {
			t.Errorf("%d: got %v (%v)", tt.status, err, errs.KindOf(err))
		}
	}
}

// FuzzTexts checks that no text mentions anybody or breaks a limit.
func FuzzTexts(f *testing.F) {
	f.Add("plain", 1)
	f.Add(notifytest.Hostile().Owner, 7)
	f.Add(strings.Repeat("&", 900), 60)
	f.Add("@here<!here>\n>quote", 3)
	f.Fuzz(func(t *testing.T, text string, alerts int) {
		n := notifytest.Page()
		n.Objective.Name, n.Objective.Service.Name, n.Sentence, n.Description = text, text, text, text
		n.NextStep, n.Owner, n.Runbook, n.URL, n.Frozen, n.Group = text, text, text, "https://x.example/"+text, text, text
		m := &dispatch.Message{DeliveryID: text, Attempt: alerts % 3, Reason: dispatch.Changed, Receiver: text}
		for range 1 + (alerts&0xff)%70 {
			m.Alerts = append(m.Alerts, n)
		}
		checkLimits(t, slack.Document(m))
	})
}
