// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/leadline/leadline/internal/config"
	"github.com/leadline/leadline/internal/errs"
)

// readReceivers reads a list in which SECRET, WEBHOOK and NONE are the names of
// files: a password, the address of a webhook, and none that exists.
func readReceivers(t *testing.T, list string) ([]config.Receiver, error) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{"SECRET": "hunter2-password", "WEBHOOK": "https://hooks.example/services/hunter2-path", "INSIDE": "https://10.0.0.9/hunter2-path", "RELATIVE": "/hunter2-path"} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		list = strings.ReplaceAll(list, name, file)
	}
	file := filepath.Join(dir, "leadline.yaml")
	if err := os.WriteFile(file, []byte("listen: 127.0.0.1:1\nreceivers:\n"+list), 0o600); err != nil {
		t.Fatal(err)
	}
	none := func(string) (string, bool) { return "", false }
	flags := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	(&config.Config{}).Flags(flags)
	if err := config.Load(flags, file, none); err != nil {
		t.Errorf("the other settings: %v", err)
	}
	var c config.Config
	err := c.ReadNotifications(file, none)
	return c.Receivers, err
}

func TestReceivers(t *testing.T) {
	all, err := readReceivers(t, `
- {name: am, type: alertmanager, urls: ["http://10.0.0.1:9093", "http://10.0.0.2:9093"], allow_private: true}
- {name: hook, type: webhook, url: "https://hooks.example/x", secret_file: SECRET, authorization_file: SECRET, headers: {X-Team: checkout}, timeout: 5s}
- {name: switch, type: webhook, url_file: WEBHOOK, heartbeat: 1m}
- {name: team, type: slack, url_file: WEBHOOK, send_resolved: false}
- {name: oncall, type: pagerduty, routing_key_file: SECRET}
- {name: oncall-eu, type: pagerduty, routing_key_file: SECRET, url: "https://events.eu.pagerduty.com"}
- {name: mail, type: email, server: "smtp.example:587", username: me, password_file: SECRET, from: "Leadline <leadline@shop.example>", to: [a@shop.example]}
- {name: mail-tls, type: email, server: "smtp.example:465", from: leadline@shop.example, to: [a@shop.example]}
- {name: dev, type: stdout, format: text}
default_receiver: dev
`)
	if err != nil {
		t.Fatal(err, errs.HintOf(err))
	}
	if len(all) != 9 || all[0].Resend != config.DefaultResend || all[1].Timeout != 5*time.Second || all[2].Heartbeat != time.Minute ||
		*all[3].SendResolved || all[6].TLS != "starttls" || all[7].TLS != "implicit" || all[8].Line != 12 {
		t.Errorf("got %+v", all)
	}
	if text := fmt.Sprintf("%v %+v %#v", all, all, all); strings.Contains(text, "hunter2") {
		t.Error(text)
	}
}

// TestBadReceivers checks that each mistake is named with its file, receiver
// and setting, and that no secret is quoted.
func TestBadReceivers(t *testing.T) {
	tests := []struct{ name, list, want, hint string }{
		{"no list", "  hunter2: x", "want a list", ""},
		{"no name", "- {type: stdout}", "name is missing", ""},
		{"no type", "- {name: a}", "type is missing", ""},
		{"a name with a space", "- {name: a b, type: stdout}", `"a b" is no name`, "letters"},
		{"unknown type", "- {name: a, type: carrier-pigeon}", `type: "carrier-pigeon" is unknown`, "alertmanager, email, pagerduty, slack, stdout, webhook"},
		{"the same name", "- {name: a, type: stdout}\n- {name: a, type: stdout}", "another has the same name", ""},
		{"unknown setting", "- {name: a, type: slack, url_file: WEBHOOK, chanel: x}", "chanel: a receiver of type slack has no such setting", "url_file"},
		{"a setting of another type", "- {name: a, type: stdout, url_file: WEBHOOK}", "url_file: a receiver of type stdout has no such setting", ""},
		{"a secret in the file", "- {name: a, type: pagerduty, routing_key: hunter2-key}", "routing_key: secrets are not settings", "routing_key_file"},
		{"a webhook's secret in the file", "- {name: a, type: slack, webhook_url: https://hunter2}", "webhook_url: secrets are not settings", "url_file"},
		{"nothing required", "- {name: a, type: slack}", "url_file is missing", ""},
		{"no such file", "- {name: a, type: pagerduty, routing_key_file: NOWHERE}", "routing_key_file: read the secret in NOWHERE: no such file", "one line"},
		{"a relative address", "- {name: a, type: webhook, url: /hook}", "url: the address is no absolute URL", ""},
		{"a relative address in a file", "- {name: a, type: slack, url_file: RELATIVE}", "is no absolute URL", ""},
		{"a private address", "- {name: a, type: webhook, url: 'https://192.168.1.1/'}", "url: the address is a private address: set allow_private: true", ""},
		{"a private address in a file", "- {name: a, type: slack, url_file: INSIDE}", "is a private address: set allow_private: true", ""},
		{"metadata", "- {name: a, type: webhook, url: 'http://169.254.169.254/', allow_private: true}", "never a receiver's", ""},
		{"http", "- {name: a, type: webhook, url: 'http://hooks.example/'}", "is http", ""},
		{"two addresses", "- {name: a, type: webhook, url: 'https://hooks.example/', url_file: WEBHOOK}", "either url or url_file", ""},
		{"a line break in a header", `- {name: a, type: webhook, url: 'https://hooks.example/', headers: {X: "a\r\nY: b"}}`, "headers: it has a value for X", ""},
		{"a list for a text", "- {name: a, type: webhook, url: [hunter2]}", "not of the right kind", ""},
		{"a length without a unit", "- {name: a, type: stdout, heartbeat: 60}", "heartbeat is a length like 1m", ""},
		{"an endless timeout", "- {name: a, type: stdout, timeout: 10m}", "timeout: 10m0s is not between 1s and 1m0s", ""},
		{"a heartbeat to PagerDuty", "- {name: a, type: pagerduty, routing_key_file: SECRET, heartbeat: 1m}", "heartbeat: PagerDuty has none", "webhook"},
		{"a server without a port", "- {name: a, type: email, server: smtp.example, from: a@b.example, to: [a@b.example]}", "is no HOST:PORT", ""},
		{"mail without encryption", "- {name: a, type: email, server: 'smtp.example:25', tls: none, from: a@b.example, to: [a@b.example]}", "tls: none", "allow_private"},
		{"a password without encryption", "- {name: a, type: email, server: 'smtp.example:25', tls: none, allow_private: true, username: me, password_file: SECRET, from: a@b.example, to: [a@b.example]}", "tls: none", "username"},
		{"a recipient that is more", `- {name: a, type: email, server: 'smtp.example:25', from: a@b.example, to: ["a@b.example\r\nBcc: c@d.example"]}`, "is no mail address", ""},
		{"no recipient", "- {name: a, type: email, server: 'smtp.example:25', from: a@b.example, to: []}", "to: 0 recipients", ""},
		{"a user without a password", "- {name: a, type: email, server: 'smtp.example:25', username: me, from: a@b.example, to: [a@b.example]}", "username: it goes with password_file", ""},
		{"another format", "- {name: a, type: stdout, format: xml}", "format:", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := readReceivers(t, tt.list)
			if err == nil || errs.KindOf(err) != errs.Invalid || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "leadline.yaml") {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
			if hint := errs.HintOf(err); !strings.Contains(hint, tt.hint) {
				t.Errorf("the hint is %q, want %q", hint, tt.hint)
			}
			if text := err.Error() + errs.HintOf(err); strings.Contains(text, "hunter2") {
				t.Errorf("%s quotes a secret", text)
			}
		})
	}
}

// FuzzReceivers checks that no list crashes the reader, and that what it
// accepts is whole.
func FuzzReceivers(f *testing.F) {
	f.Add("- {name: a, type: stdout}")
	f.Add("- {name: a, type: webhook, url: 'https://h.example/', headers: {X: y}}")
	f.Add("- &a {name: a, type: stdout}\n- *a\n- {<<: *a}")
	f.Add("- {name: a, type: email, server: 'h.example:1', from: a@b.example, to: [c@d.example]}")
	f.Add("- name: a\n  type: alertmanager\n  urls: [http://10.0.0.1]\n  allow_private: yes\n  resend: 1h")
	f.Fuzz(func(t *testing.T, list string) {
		file := filepath.Join(t.TempDir(), "leadline.yaml")
		if err := os.WriteFile(file, []byte("receivers:\n"+list), 0o600); err != nil {
			t.Fatal(err)
		}
		var c config.Config
		err := c.ReadNotifications(file, func(string) (string, bool) { return "", false })
		if err != nil && errs.KindOf(err) != errs.Invalid && errs.KindOf(err) != errs.TooLarge {
			t.Errorf("got %v (%v)", err, errs.KindOf(err))
		}
		names := map[string]bool{}
		for _, r := range c.Receivers {
			if r.Name == "" || names[r.Name] || r.Type == config.Alertmanager && (len(r.URLs) == 0 || r.Resend == 0) || r.Type == config.Email && len(r.To) == 0 {
				t.Errorf("accepted %+v", r)
			}
			names[r.Name] = true
		}
	})
}
