// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package stdout_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/notify/notifytest"
	"github.com/leadline/leadline/internal/notify/stdout"
)

func TestLines(t *testing.T) {
	var json, text strings.Builder
	for _, m := range notifytest.Messages() {
		for _, c := range []*stdout.Channel{stdout.New(&json, false), stdout.New(&text, true)} {
			if err := c.Send(context.Background(), m.Message); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := strings.Count(json.String(), "\n"); got != len(notifytest.Messages()) {
		t.Errorf("%d lines for %d messages", got, len(notifytest.Messages()))
	}
	for _, bad := range []string{"\r", "\x00", "\x1b", "\u202e"} {
		if strings.Contains(json.String()+text.String(), bad) {
			t.Errorf("%q was written", bad)
		}
	}
	first, _, _ := strings.Cut(json.String(), "\n")
	notifytest.Golden(t, "page.json", notifytest.Indented(t, []byte(first)))
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestFullStreamIsTriedAgain(t *testing.T) {
	if err := stdout.New(full{}, true).Send(context.Background(), notifytest.Message("page")); errs.KindOf(err) != errs.Unavailable {
		t.Errorf("got %v", err)
	}
}
