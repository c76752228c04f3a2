// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package notifytest holds messages of every kind for the tests of channels,
// and the means to compare what a channel makes of them.
package notifytest

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/dispatch"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/slo"
)

// Noon is the time at which the messages' alerts began to fire.
var Noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

// Page returns an alert that fires.
func Page() dispatch.Notice {
	return dispatch.Notice{
		Alert: alert.Alert{
			Key: alert.Key{Objective: slo.Key{
				Service: operation.Service{Namespace: "shop", Name: "shop-api", Environment: "production"}, Name: "checkout-succeeds",
			}, Rule: "page-1h"},
			Severity: alert.Page, Phase: alert.Firing, Since: Noon, Started: Noon, Episode: 3, Sequence: 7,
			Sentence: "1h burn 22x, 5m 16x, threshold 13.44x; 96.9% of the budget left, exhausted in 31h at this rate",
		},
		Description: "A customer pays for the basket and gets a confirmation.", Owner: "team-checkout", Journey: "checkout",
		Runbook: "https://lead.example/runbooks/checkout-fails", URL: "https://lead.example/slo/shop/shop-api/checkout-succeeds",
		Target: "99.9%", Window: "28d", SLI: "0.998731", BudgetLeft: "0.42",
		NextStep: "open the runbook and look at what changed since the burn began", At: Noon.Add(90 * time.Second),
	}
}

// Ticket returns a ticket of a group of another objective, which the default
// environment and no journey have.
func Ticket() dispatch.Notice {
	n := Page()
	n.Objective = slo.Key{Service: operation.Service{Name: "shop-worker"}, Name: "parcel-leaves-soon"}
	n.Rule, n.Group, n.Severity, n.Episode = "ticket-1d", "gold", alert.Ticket, 1
	n.Sentence = "1d burn 3x, 2h 3.2x, threshold 2.8x"
	n.Description, n.Owner, n.Journey, n.Runbook, n.URL = "", "", "", "runbooks/parcels.md", ""
	n.BudgetLeft, n.SLI, n.NextStep = "-0.2", "", "find the slow burn in working hours"
	return n
}

// Resolved returns the page when it is over.
func Resolved() dispatch.Notice {
	n := Page()
	n.Phase, n.Ended = alert.Resolved, Noon.Add(24*time.Minute)
	n.Since, n.At = n.Ended, n.Ended
	n.Sentence = "1h burn 2x, 5m 0x, threshold 13.44x"
	return n
}

// Unmeasured returns the page when nothing is measured any more.
func Unmeasured() dispatch.Notice {
	n := Page()
	n.Phase, n.Ended = alert.Unmeasured, Noon.Add(2*time.Hour)
	n.Since, n.At, n.SLI, n.BudgetLeft = n.Ended, n.Ended, "", ""
	n.NextStep = "check that the application still runs, gets traffic and sends telemetry"
	return n
}

// Hostile returns a page whose every text tries to be something else.
func Hostile() dispatch.Notice {
	const text = "<!channel> @here <script>alert(1)</script>\r\nBcc: all@evil.example\r\n\r\n\u202egnp.x*_`~|\"'\\ &amp; <https://evil.example|click> \x00\xff"
	n := Page()
	n.Objective.Name, n.Objective.Service.Name, n.Group = "obj"+text, "svc"+text, "grp"+text
	n.Sentence, n.Description, n.Owner, n.Journey = "sentence"+text, "description"+text, "owner"+text, "journey"+text
	n.NextStep, n.Runbook, n.URL = "step"+text, "javascript:alert(1)", "https://evil.example/\"><script>"
	n.Target, n.Window, n.SLI, n.BudgetLeft, n.Frozen = "target"+text, "window"+text, "sli"+text, "left"+text, "frozen"+text
	n.Rule = "rule" + text
	return n
}

// Named is a message with a name for its golden text.
type Named struct {
	Name string
	*dispatch.Message
}

// Messages returns one message of every kind.
func Messages() []Named {
	long := Page()
	long.Sentence, long.Description = strings.Repeat("burn ", 2000), strings.Repeat("é", 5000)
	frozen := Page()
	frozen.Frozen = "coverage of 3% is below the floor"
	return []Named{
		{"page", message(dispatch.Changed, Page())},
		{"ticket of a group", message(dispatch.Changed, Ticket())},
		{"resolved", message(dispatch.Changed, Resolved())},
		{"no longer measured", message(dispatch.Changed, Unmeasured())},
		{"frozen", message(dispatch.Changed, frozen)},
		{"resolved while another fires", message(dispatch.Changed, Resolved(), Ticket())},
		{"page while another fires", message(dispatch.Changed, Page(), told(Ticket()))},
		{"said again", again(message(dispatch.Resend, told(Page()), told(Ticket())))},
		{"reminder", message(dispatch.Reminder, Page(), Ticket())},
		{"digest", message(dispatch.Digest, Ticket(), Resolved(), Unmeasured())},
		{"test", message(dispatch.Test)},
		{"heartbeat", message(dispatch.Heartbeat)},
		{"repeat", repeat(message(dispatch.Changed, Page()))},
		{"many", many()},
		{"long", message(dispatch.Changed, long)},
		{"hostile", hostile()},
	}
}

// Message returns the message of a name.
func Message(name string) *dispatch.Message {
	for _, m := range Messages() {
		if m.Name == name {
			return m.Message
		}
	}
	panic("BUG: no message is called " + name)
}

func message(reason dispatch.Reason, notices ...dispatch.Notice) *dispatch.Message {
	return &dispatch.Message{
		DeliveryID: "01HXDELIVERY", Attempt: 1, Receiver: "oncall", Reason: reason, Alerts: notices,
		GroupKey: "oncall/shop/shop-api", Group: map[string]string{"service": "shop-api"}, URL: "https://lead.example",
	}
}

func told(n dispatch.Notice) dispatch.Notice {
	n.Told = true
	return n
}

func again(m *dispatch.Message) *dispatch.Message {
	m.Resend = 5 * time.Minute
	return m
}

func repeat(m *dispatch.Message) *dispatch.Message {
	m.Attempt = 2
	return m
}

// many is a message of more alerts than any channel shows in detail.
func many() *dispatch.Message {
	m := message(dispatch.Changed)
	for i := range 60 {
		n := Page()
		n.Group = fmt.Sprintf("tier-%02d", i)
		m.Alerts = append(m.Alerts, n)
	}
	m.Truncated = 140
	return m
}

func hostile() *dispatch.Message {
	m := message(dispatch.Changed, Hostile())
	m.Receiver, m.DeliveryID = "rec"+m.Alerts[0].Owner, "id"+m.Alerts[0].Owner
	m.GroupKey, m.Group = "key"+m.Alerts[0].Owner, map[string]string{"grp" + m.Alerts[0].Owner: m.Alerts[0].Owner}
	return m
}

var update = flag.Bool("update", false, "write the golden files")

// Golden compares a text with the file testdata/NAME, which -update writes.
func Golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// Secret writes a secret to a file and returns the file's name.
func Secret(t *testing.T, value string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(name, []byte(value+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}
