// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanager_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/dispatch"
	"github.com/leadline/leadline/internal/notify/alertmanager"
	"github.com/leadline/leadline/internal/notify/notice"
	"github.com/leadline/leadline/internal/notify/notifytest"
)

// binary is a real Alertmanager, which make alertmanager builds.
const binary = "../../../bin/alertmanager"

// TestRealAlertmanager follows alerts from our post through Alertmanager's API
// and grouping to a webhook, and to their end.
func TestRealAlertmanager(t *testing.T) {
	if _, err := os.Stat(binary); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("bin/alertmanager is missing: make alertmanager")
		}
		t.Skip("bin/alertmanager is missing: make alertmanager")
	}
	arrived := make(chan hook, 100)
	r := notifytest.NewReceiver(t)
	r.Answer = func(http.ResponseWriter, *http.Request) {
		for _, q := range r.Requests() {
			var h hook
			if err := json.Unmarshal(q.Body, &h); err != nil {
				t.Errorf("%s: %v", q.Body, err)
			}
			arrived <- h
		}
	}
	at := startReal(t, r.URL)
	c := alertmanager.New(alertmanager.Config{URLs: []*url.URL{at}}, notifytest.Client(), time.Now, slog.New(slog.DiscardHandler))

	send(t, c, dispatch.Changed, notifytest.Page(), notifytest.Ticket())
	want, told := map[string]string{}, map[string]string{}
	for _, n := range []dispatch.Notice{notifytest.Page(), notifytest.Ticket()} {
		want[notice.Fingerprint(notice.Labels(&n))] = "firing"
	}
	await(t, arrived, told, want)
	checkActive(t, at, want)

	// Said again it is the same alert, and Alertmanager tells nobody anew.
	send(t, c, dispatch.Resend, notifytest.Page(), notifytest.Ticket())
	checkActive(t, at, want)

	resolved, ticket := notifytest.Resolved(), notifytest.Ticket()
	resolved.Ended = time.Now()
	send(t, c, dispatch.Changed, resolved, ticket)
	page := notice.Fingerprint(notice.Labels(&resolved))
	want[page] = "resolved"
	await(t, arrived, told, want)
	delete(want, page)
	checkActive(t, at, want)
	if len(arrived) > 0 {
		t.Errorf("it told of more: %+v", <-arrived)
	}

	for _, m := range notifytest.Messages() {
		if err := c.Send(context.Background(), m.Message); err != nil {
			t.Errorf("%s: %v", m.Name, err)
		}
	}
}

// hook is what Alertmanager posts.
type hook struct {
	Version, Status string
	Alerts          []struct {
		Status, Fingerprint string
		Labels, Annotations map[string]string
	}
}

func send(t *testing.T, c *alertmanager.Channel, reason dispatch.Reason, notices ...dispatch.Notice) {
	t.Helper()
	m := &dispatch.Message{DeliveryID: "1", Attempt: 1, Reason: reason, Alerts: notices, Resend: time.Minute}
	if err := c.Send(context.Background(), m); err != nil {
		t.Fatal(err)
	}
}

// await waits until the last that it told of each alert is as it should be.
func await(t *testing.T, arrived <-chan hook, told, want map[string]string) {
	t.Helper()
	enough := time.After(time.Minute)
	for !maps.Equal(told, want) {
		select {
		case h := <-arrived:
			if h.Version != "4" {
				t.Errorf("version %q", h.Version)
			}
			for _, a := range h.Alerts {
				if got := notice.Fingerprint(a.Labels); got != a.Fingerprint {
					t.Errorf("it names %v %s, and we %s", a.Labels, a.Fingerprint, got)
				}
				if a.Annotations["summary"] == "" || a.Annotations["description"] == "" {
					t.Errorf("annotations %v", a.Annotations)
				}
				told[a.Fingerprint] = a.Status
			}
		case <-enough:
			t.Fatalf("it told %v, want %v", told, want)
		}
	}
}

// checkActive asks the API which alerts fire, and until when.
func checkActive(t *testing.T, at *url.URL, want map[string]string) {
	t.Helper()
	response, err := http.Get(at.JoinPath("/api/v2/alerts").String())
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var alerts []struct {
		Fingerprint string
		EndsAt      time.Time
	}
	if err := json.NewDecoder(response.Body).Decode(&alerts); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, a := range alerts {
		got[a.Fingerprint] = "firing"
		if left := time.Until(a.EndsAt); left < alertmanager.HoldFor/2 {
			t.Errorf("it ends by itself in %s", left)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what fires (-want +got):\n%s", diff)
	}
}

// startReal starts an Alertmanager that tells a webhook, and waits until it is
// ready.
func startReal(t *testing.T, hook string) *url.URL {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	dir := t.TempDir()
	config := fmt.Sprintf("route: {receiver: hook, group_by: [service], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}\nreceivers: [{name: hook, webhook_configs: [{url: %q}]}]\n", hook)
	file := filepath.Join(dir, "alertmanager.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command(binary, "--config.file", file, "--storage.path", dir, "--web.listen-address", addr, "--cluster.listen-address", "")
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	t.Cleanup(func() { cmd.Process.Kill(); <-ended })
	at := &url.URL{Scheme: "http", Host: addr}
	enough := time.After(time.Minute)
	for tick := time.NewTicker(20 * time.Millisecond); ; {
		if response, err := http.Get(at.JoinPath("/-/ready").String()); err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				tick.Stop()
				return at
			}
		}
		select {
		case <-tick.C:
		case <-ended:
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("it ended: %s", text)
		case <-enough:
			t.Fatal("it is not ready")
		}
	}
}
