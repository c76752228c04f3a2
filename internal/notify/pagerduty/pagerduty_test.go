// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package pagerduty_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/dispatch"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/notify/notifytest"
	"github.com/leadline/leadline/internal/notify/pagerduty"
	"github.com/leadline/leadline/internal/notify/secret"
)

const accepted = `{"status":"success","message":"Event processed","dedup_key":"x"}`

func channel(t *testing.T, r *notifytest.Receiver) *pagerduty.Channel {
	t.Helper()
	key := secret.File(notifytest.Secret(t, "hunter2-routing-key"))
	return pagerduty.New(pagerduty.Config{URL: r.At(t, ""), RoutingKeyFile: key}, notifytest.Client())
}

func TestEvents(t *testing.T) {
	r := notifytest.NewReceiver(t)
	r.Answer = notifytest.Status(202, accepted)
	c := channel(t, r)
	for _, m := range notifytest.Messages() {
		if m.Name == "heartbeat" || m.Name == "many" {
			continue
		}
		t.Run(m.Name, func(t *testing.T) {
			if err := c.Send(context.Background(), m.Message); err != nil {
				t.Fatal(err)
			}
			var all strings.Builder
			for _, q := range r.Requests() {
				if q.Path != "/v2/enqueue" {
					t.Errorf("posted to %s", q.Path)
				}
				all.WriteString(notifytest.Indented(t, q.Body))
				checkLimits(t, q.Body)
			}
			notifytest.Golden(t, strings.ReplaceAll(m.Name, " ", "-")+".json", all.String())
		})
	}
}

func checkLimits(t *testing.T, body []byte) {
	t.Helper()
	var e struct {
		DedupKey string `json:"dedup_key"`
		Payload  struct{ Summary string }
	}
	if err := json.Unmarshal(body, &e); err != nil {
		t.Fatal(err)
	}
	if len(e.DedupKey) == 0 || len(e.DedupKey) > 255 || len([]rune(e.Payload.Summary)) > 1024 || len(body) > 512<<10 {
		t.Errorf("key of %d bytes, summary of %d, event of %d", len(e.DedupKey), len(e.Payload.Summary), len(body))
	}
}

func TestDedupKey(t *testing.T) {
	base := notifytest.Page()
	key := pagerduty.DedupKey(&base.Alert)
	same := notifytest.Resolved()
	if got := pagerduty.DedupKey(&same.Alert); got != key {
		t.Error("an alert and its end have two keys")
	}
	for name, change := range map[string]func(*dispatch.Notice){
		"episode":     func(n *dispatch.Notice) { n.Episode++ },
		"rule":        func(n *dispatch.Notice) { n.Rule = "page-6h" },
		"group":       func(n *dispatch.Notice) { n.Group = "gold" },
		"environment": func(n *dispatch.Notice) { n.Objective.Service.Environment = "" },
		"a shift":     func(n *dispatch.Notice) { n.Objective.Name += n.Rule; n.Rule = "" },
	} {
		n := notifytest.Page()
		change(&n)
		if pagerduty.DedupKey(&n.Alert) == key {
			t.Errorf("another %s has the same key", name)
		}
	}
}

func TestAnswers(t *testing.T) {
	tests := []struct {
		name   string
		answer http.HandlerFunc
		kind   errs.Kind
		wait   time.Duration
		want   string
		sent   int // of five events
	}{
		{"refused", notifytest.Status(400, `{"status":"invalid event","errors":["bad hunter2-routing-key"]}`), errs.Invalid, 0, "invalid event", 5},
		{"too many", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "20"); w.WriteHeader(429) }, errs.Unavailable, 20 * time.Second, "429", 1},
		{"broken", notifytest.Status(500, ""), errs.Unavailable, 0, "500", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := notifytest.NewReceiver(t)
			r.Answer = tt.answer
			c := channel(t, r)
			err := c.Send(context.Background(), notifytest.Message("digest"))
			if errs.KindOf(err) != tt.kind || errs.RetryAfter(err) != tt.wait || !strings.Contains(fmt.Sprint(err), tt.want) || strings.Contains(fmt.Sprintf("%v %+v %#v", err, c, c), "hunter2") {
				t.Errorf("got %v (%v after %v)", err, errs.KindOf(err), errs.RetryAfter(err))
			}
			if got := len(r.Requests()); got != tt.sent {
				t.Errorf("%d events were sent, want %d", got, tt.sent)
			}
		})
	}
}

// TestGoesOn checks that a message of many alerts gets through where few
// events are taken at a time.
func TestGoesOn(t *testing.T) {
	r := notifytest.NewReceiver(t)
	var tokens atomic.Int32
	r.Answer = func(w http.ResponseWriter, _ *http.Request) {
		if tokens.Add(-1) < 0 {
			w.WriteHeader(429)
		}
	}
	c := channel(t, r)
	m := notifytest.Message("many")
	seen := map[string]int{}
	for m.Attempt = 1; ; m.Attempt++ {
		tokens.Store(25)
		err := c.Send(context.Background(), m)
		for _, q := range r.Requests() {
			var e struct {
				DedupKey string `json:"dedup_key"`
			}
			if err := json.Unmarshal(q.Body, &e); err != nil {
				t.Fatal(err)
			}
			seen[e.DedupKey]++
		}
		if err == nil {
			break
		}
		if errs.KindOf(err) != errs.Unavailable || m.Attempt == 5 {
			t.Fatal(err)
		}
	}
	if m.Attempt != 3 || len(seen) != 60 {
		t.Errorf("%d incidents after %d attempts", len(seen), m.Attempt)
	}
	// The next delivery begins anew.
	m.Attempt, m.DeliveryID = 1, "02HX"
	tokens.Store(100)
	if err := c.Send(context.Background(), m); err != nil || len(r.Requests()) != 60 {
		t.Errorf("the next delivery: %v", err)
	}
}

// TestTold checks that what a person may have closed is not opened again
// because another alert of the group changed.
func TestTold(t *testing.T) {
	r := notifytest.NewReceiver(t)
	for name, want := range map[string]int{"page while another fires": 1, "said again": 2, "reminder": 2} {
		if err := channel(t, r).Send(context.Background(), notifytest.Message(name)); err != nil {
			t.Fatal(err)
		}
		if got := len(r.Requests()); got != want {
			t.Errorf("%s: %d events, want %d", name, got, want)
		}
	}
}

// TestDigestLeavesNothingOpen: an attempt that seemed to fail has opened an
// incident, which ends with the digest, as does the digest's own.
func TestDigestLeavesNothingOpen(t *testing.T) {
	r := notifytest.NewReceiver(t)
	c := channel(t, r)
	digest := *notifytest.Message("digest")
	digest.Alerts = []dispatch.Notice{notifytest.Resolved()}
	began := *notifytest.Message("digest")
	began.DeliveryID, began.Reason, began.Alerts = "02HX", dispatch.Changed, []dispatch.Notice{notifytest.Page()}
	incidents := map[string]string{} // the last event of each
	for _, m := range []*dispatch.Message{&began, &digest} {
		if err := c.Send(context.Background(), m); err != nil {
			t.Fatal(err)
		}
		for _, q := range r.Requests() {
			var e struct {
				Action   string `json:"event_action"`
				DedupKey string `json:"dedup_key"`
			}
			if err := json.Unmarshal(q.Body, &e); err != nil {
				t.Fatal(err)
			}
			incidents[e.DedupKey] = e.Action
		}
	}
	if len(incidents) != 2 {
		t.Errorf("got incidents %v, want the alert's and the digest's", incidents)
	}
	for key, last := range incidents {
		if last != "resolve" {
			t.Errorf("%s is left open", key)
		}
	}
}

func TestHeartbeatIsRefused(t *testing.T) {
	r := notifytest.NewReceiver(t)
	err := channel(t, r).Send(context.Background(), notifytest.Message("heartbeat"))
	if errs.KindOf(err) != errs.Unsupported || errs.HintOf(err) == "" || len(r.Requests()) > 0 {
		t.Errorf("got %v", err)
	}
}
