// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanager_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
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
	at := notifytest.Alertmanager(t, binary, r.URL)
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
