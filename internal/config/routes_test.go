// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/config"
	"github.com/leadline/leadline/internal/dispatch"
	"github.com/leadline/leadline/internal/errs"
)

const twoReceivers = "receivers:\n  - {name: a, type: stdout, heartbeat: 1m}\n  - {name: b, type: stdout, send_resolved: false, timeout: 5s}\n"

func readNotifications(t *testing.T, content string) (config.Config, error) {
	t.Helper()
	var c config.Config
	err := c.ReadNotifications(write(t, "leadline.yaml", content), func(string) (string, bool) { return "", false })
	return c, err
}

func TestRoutesOfTheFile(t *testing.T) {
	c, err := readNotifications(t, twoReceivers+`
default_receiver: b
routes:
  - match: ['severity="page"', 'owner!=x']
    receiver: a
    continue: true
    group_by: [service]
    group_wait: 10s
    group_interval: 1m
    repeat_interval: 1h
`)
	if err != nil {
		t.Fatal(err)
	}
	no := false
	want := dispatch.Config{
		Default: "b",
		Routes: []dispatch.Route{{
			Match: []string{`severity="page"`, "owner!=x"}, Receiver: "a", Continue: true, GroupBy: []string{"service"},
			GroupWait: 10 * time.Second, GroupInterval: time.Minute, RepeatInterval: time.Hour,
		}},
		Receivers: map[string]dispatch.ReceiverPolicy{"a": {Heartbeat: time.Minute}, "b": {SendResolved: &no, Timeout: 5 * time.Second}},
	}
	if diff := cmp.Diff(want, c.Dispatch()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRefusedRoutes(t *testing.T) {
	for _, c := range []struct{ name, file, want string }{
		{"two receivers and no default", twoReceivers, "no receiver for what no route matches"},
		{"a default that is none", twoReceivers + "default_receiver: c\n", `default_receiver names "c"`},
		{"a receiver that is none", twoReceivers + "default_receiver: a\nroutes: [{receiver: c}]\n", `route 1: receiver names "c"`},
		{"an unknown setting", twoReceivers + "default_receiver: a\nroutes:\n  - {receiver: a}\n  - {recevier: a}\n", "leadline.yaml:7: route 2: recevier"},
		{"an unknown label", twoReceivers + "default_receiver: a\nroutes: [{receiver: a, match: ['team=x']}]\n", `there is no label "team"`},
		{"a pattern that is none", twoReceivers + "default_receiver: a\nroutes: [{receiver: a, match: ['owner=~(']}]\n", "the pattern for owner"},
		{"group_by of nothing known", twoReceivers + "default_receiver: a\nroutes: [{receiver: a, group_by: [team]}]\n", `group_by: there is no label "team"`},
		{"a wait that is too long", twoReceivers + "default_receiver: a\nroutes: [{receiver: a, group_wait: 2h}]\n", "group_wait: 2h0m0s is not between 0s and 1h0m0s"},
		{"a wait without a unit", twoReceivers + "default_receiver: a\nroutes: [{receiver: a, group_wait: soon}]\n", "lengths like 30s"},
		{"no list", twoReceivers + "default_receiver: a\nroutes: {receiver: a}\n", "want a list of routes"},
		{"a route that is text", twoReceivers + "default_receiver: a\nroutes: [a]\n", "want receiver and match"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := readNotifications(t, c.file)
			if err == nil || !strings.Contains(err.Error(), c.want) || errs.KindOf(err) != errs.Invalid {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
