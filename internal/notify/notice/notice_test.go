// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package notice_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/leadline/leadline/internal/dispatch"
	"github.com/leadline/leadline/internal/notify/notice"
	"github.com/leadline/leadline/internal/notify/notifytest"
)

func TestWording(t *testing.T) {
	var all strings.Builder
	for _, m := range notifytest.Messages() {
		all.WriteString("=== " + m.Name + "\n" + notice.Of(m.Message, 3).String() + "\n")
	}
	notifytest.Golden(t, "messages.txt", all.String())
}

func TestPercent(t *testing.T) {
	tests := []struct{ name, share, want string }{
		{"nothing", "", ""},
		{"a share", "0.42", "42%"},
		{"places", "0.998731", "99.873%"},
		{"almost all is not all", "0.999999999", "99.999%"},
		{"all", "1", "100%"},
		{"none", "0", "0%"},
		{"overspent is not less than it is", "-0.00001", "-0.001%"},
		{"far below zero", "-12.5", "-1250%"},
		{"a percentage stays", "99.87%", "99.87%"},
		{"no number stays", "unknown", "unknown"},
		{"an exponent is not worked out", "1e999999999", "1e999999999"},
		{"a fraction is not worked out", "1/3", "1/3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := notice.Percent(tt.share); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestFingerprint holds it against what Alertmanager v0.31.1 answered for
// these labels.
func TestFingerprint(t *testing.T) {
	got := notice.Fingerprint(map[string]string{"alertname": "page-1h", "service": "shop-api"})
	if want := "97ab8cc9ba41077b"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// FuzzLine checks that no text breaks a line, hides anything or grows.
func FuzzLine(f *testing.F) {
	f.Add("plain", 10)
	f.Add(notifytest.Hostile().Owner, 50)
	f.Add(strings.Repeat("é", 100), 7)
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit = 1 + (limit&0x7fffffff)%1000
		got := notice.Line(text, limit)
		if n := utf8.RuneCountInString(got); n > limit {
			t.Errorf("%d characters, the limit is %d", n, limit)
		}
		if !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q is not plain", got)
		}
		n := notifytest.Page()
		n.Sentence, n.Description, n.Runbook, n.URL, n.SLI, n.BudgetLeft = text, text, text, text, text, text
		m := &dispatch.Message{Reason: dispatch.Changed, Alerts: []dispatch.Notice{n}, Attempt: 1}
		for _, i := range notice.Of(m, 1).Items {
			for _, l := range i.Links {
				if !strings.HasPrefix(strings.ToLower(l.URL), "http") || strings.ContainsAny(l.URL, "<>\"' \r\n") {
					t.Errorf("%q is a link", l.URL)
				}
			}
		}
	})
}
