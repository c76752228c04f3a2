// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch_test

import (
	"strings"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/dispatch"
	"github.com/leadline/leadline/internal/errs"
)

func TestMatchers(t *testing.T) {
	labels := map[string]string{"service": "shop-api", "owner": "", "environment": "prod, eu"}
	for _, c := range []struct {
		text    string
		matches bool
	}{
		{`service="shop-api"`, true},
		{`service=shop-api`, true},
		{` service = "shop-api" `, true},
		{`service="shop"`, false},
		{`service!="shop"`, true},
		{`service=~"shop-.*"`, true},
		{`service=~"shop"`, false}, // the whole value
		{`service=~"a|shop-api|b"`, true},
		{`service!~"shop-.*"`, false},
		{`owner=""`, true},
		{`owner=`, true},
		{`owner!=x`, true},
		{`journey=~".+"`, false}, // absent is empty
		{`environment="prod, eu"`, true},
		{`environment="prod\u002c eu"`, true},
	} {
		m, err := dispatch.ParseMatcher(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if m.Matches(labels) != c.matches {
			t.Errorf("%s: got %v", c.text, !c.matches)
		}
	}
}

func TestRefusedMatchers(t *testing.T) {
	for text, want := range map[string]string{
		"":                                     "no operator",
		"service":                              "no operator",
		"service!shop":                         "no operator",
		`team="x"`:                             `no label "team"`,
		`="x"`:                                 `no label ""`,
		`service="x`:                           "not quoted rightly",
		`service=~"("`:                         "the pattern for service",
		`service=~"((a{999}){999})"`:           "the pattern for service",
		"service=~" + strings.Repeat("a", 257): "at most 256",
	} {
		if _, err := dispatch.ParseMatcher(text); err == nil || !strings.Contains(err.Error(), want) || errs.KindOf(err) != errs.Invalid {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

func FuzzParseMatcher(f *testing.F) {
	for _, text := range []string{`service="shop"`, `group!~"a|b"`, `owner=~x`, `severity!=page`, `service="\xff"`} {
		f.Add(text, "shop")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		m, err := dispatch.ParseMatcher(text)
		if err != nil {
			if errs.KindOf(err) != errs.Invalid {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		for _, label := range dispatch.Labels {
			m.Matches(map[string]string{label: value})
		}
	})
}

func TestConfig(t *testing.T) {
	receivers := map[string]dispatch.ReceiverPolicy{"a": {}}
	for _, c := range []struct {
		name string
		cfg  dispatch.Config
		want string
	}{
		{"nobody to tell", dispatch.Config{}, ""},
		{"one receiver is the default", dispatch.Config{Receivers: receivers}, ""},
		{"a timeout that is too short", dispatch.Config{Receivers: map[string]dispatch.ReceiverPolicy{"a": {Timeout: time.Millisecond}}}, `receiver "a": timeout: 1ms is not between`},
		{"a heartbeat that is too fast", dispatch.Config{Receivers: map[string]dispatch.ReceiverPolicy{"a": {Heartbeat: time.Second}}}, "heartbeat: 1s is not between"},
		{"too many routes", dispatch.Config{Receivers: receivers, Routes: make([]dispatch.Route, 201)}, "201 routes"},
		{"a route to nobody", dispatch.Config{Receivers: receivers, Routes: []dispatch.Route{{}}}, `route 1: receiver names ""`},
		{"reminders that never stop", dispatch.Config{Receivers: receivers, Routes: []dispatch.Route{{Receiver: "a", RepeatInterval: time.Second}}}, "repeat_interval: 1s is not between"},
		{"no reminders", dispatch.Config{Receivers: receivers, Routes: []dispatch.Route{{Receiver: "a", RepeatInterval: -1}}}, ""},
		{"a default without receivers", dispatch.Config{Default: "a"}, `default_receiver names "a"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.cfg.Validate()
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestAReceiverWithoutAChannelIsRefused(t *testing.T) {
	w := newWorld(t, "pager")
	w.receivers = nil
	if err := w.open(); errs.KindOf(err) != errs.Invalid {
		t.Errorf("got %v", err)
	}
}
