// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package alertmanager_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/notify/alertmanager"
	"github.com/leadline/leadline/internal/notify/notifytest"
	"github.com/leadline/leadline/internal/notify/outbound"
	"github.com/leadline/leadline/internal/notify/secret"
)

func later() time.Time { return notifytest.Noon.Add(5 * time.Minute) }

func channel(t *testing.T, client *outbound.Client, to ...*notifytest.Receiver) *alertmanager.Channel {
	t.Helper()
	var urls []*url.URL
	for _, r := range to {
		urls = append(urls, r.At(t, ""))
	}
	return alertmanager.New(alertmanager.Config{URLs: urls}, client, later, slog.New(slog.DiscardHandler))
}

func TestAlerts(t *testing.T) {
	r := notifytest.NewReceiver(t)
	c := channel(t, notifytest.Client(), r)
	for _, name := range []string{"page", "ticket of a group", "resolved", "no longer measured", "said again", "digest", "test", "heartbeat", "hostile"} {
		t.Run(name, func(t *testing.T) {
			if err := c.Send(context.Background(), notifytest.Message(name)); err != nil {
				t.Fatal(err)
			}
			q := r.Requests()[0]
			if q.Path != "/api/v2/alerts" {
				t.Errorf("posted to %s", q.Path)
			}
			notifytest.Golden(t, strings.ReplaceAll(name, " ", "-")+".json", notifytest.Indented(t, q.Body))
		})
	}
}

// TestEveryAlertIsValid holds all messages against what the API demands.
func TestEveryAlertIsValid(t *testing.T) {
	r := notifytest.NewReceiver(t)
	c := channel(t, notifytest.Client(), r)
	for _, m := range notifytest.Messages() {
		if err := c.Send(context.Background(), m.Message); err != nil {
			t.Fatal(err)
		}
		var alerts []struct {
			Labels           map[string]string
			StartsAt, EndsAt time.Time
			GeneratorURL     *string
		}
		if err := json.Unmarshal(r.Requests()[0].Body, &alerts); err != nil {
			t.Fatal(err)
		}
		for _, a := range alerts {
			if a.Labels["alertname"] == "" || a.StartsAt.IsZero() || a.EndsAt.Before(a.StartsAt) {
				t.Errorf("%s: %+v", m.Name, a)
			}
			if a.GeneratorURL != nil && !strings.HasPrefix(*a.GeneratorURL, "http") {
				t.Errorf("%s: generatorURL %q", m.Name, *a.GeneratorURL)
			}
		}
	}
}

func TestInstances(t *testing.T) {
	answers := map[string]http.HandlerFunc{
		"ok":      nil,
		"broken":  notifytest.Status(500, "no"),
		"bad":     notifytest.Status(400, "bad labels"),
		"hanging": func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() },
		"busy":    func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "9"); w.WriteHeader(429) },
		"busier":  func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Retry-After", "90"); w.WriteHeader(503) },
	}
	tests := []struct {
		instances string
		ok        bool
		kind      errs.Kind
		wait      time.Duration
	}{
		{"ok", true, 0, 0},
		{"ok ok", true, 0, 0},
		{"ok broken", true, 0, 0},
		{"bad ok", true, 0, 0},
		{"hanging ok", true, 0, 0},
		{"broken broken", false, errs.Unavailable, 0},
		{"bad broken", false, errs.Unavailable, 0},
		{"bad bad", false, errs.Invalid, 0},
		{"busier busy", false, errs.Unavailable, 9 * time.Second},
		{"bad busy", false, errs.Unavailable, 9 * time.Second},
		{"hanging", false, errs.Unavailable, 0},
	}
	for _, tt := range tests {
		t.Run(tt.instances, func(t *testing.T) {
			var all []*notifytest.Receiver
			for _, name := range strings.Fields(tt.instances) {
				r := notifytest.NewReceiver(t)
				r.Answer = answers[name]
				all = append(all, r)
			}
			client := outbound.New(outbound.Config{AllowPrivate: true, Timeout: time.Second})
			err := channel(t, client, all...).Send(context.Background(), notifytest.Message("page"))
			if (err == nil) != tt.ok || !tt.ok && (errs.KindOf(err) != tt.kind || errs.RetryAfter(err) != tt.wait) {
				t.Errorf("got %v (%v after %v)", err, errs.KindOf(err), errs.RetryAfter(err))
			}
			for i, r := range all {
				if len(r.Requests()) != 1 {
					t.Errorf("instance %d was not told", i)
				}
			}
		})
	}
}

// TestAnInstanceThatHangsKeepsNothingWaiting: what another has taken is
// delivered, long before the exchange with the one that hangs would end.
func TestAnInstanceThatHangsKeepsNothingWaiting(t *testing.T) {
	fine, hangs := notifytest.NewReceiver(t), notifytest.NewReceiver(t)
	hangs.Answer = func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() }
	client := outbound.New(outbound.Config{AllowPrivate: true, Timeout: 24 * time.Hour})
	if err := channel(t, client, hangs, fine).Send(context.Background(), notifytest.Message("page")); err != nil {
		t.Error(err)
	}
}

// TestBasicCredentials are a secret in every form that a receiver may quote.
func TestBasicCredentials(t *testing.T) {
	r := notifytest.NewReceiver(t)
	r.Answer = notifytest.Status(401, "no: user:hunter2, or hunter2, or dXNlcjpodW50ZXIy")
	cfg := alertmanager.Config{URLs: []*url.URL{r.At(t, "/")}, AuthorizationFile: secret.File(notifytest.Secret(t, "Basic dXNlcjpodW50ZXIy"))}
	err := alertmanager.New(cfg, notifytest.Client(), later, slog.New(slog.DiscardHandler)).Send(context.Background(), notifytest.Message("page"))
	if err == nil || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "dXNl") {
		t.Error(err)
	}
}

func TestAuthorization(t *testing.T) {
	r := notifytest.NewReceiver(t)
	cfg := alertmanager.Config{URLs: []*url.URL{r.At(t, "/prefix/")}, AuthorizationFile: secret.File(notifytest.Secret(t, "Basic hunter2"))}
	c := alertmanager.New(cfg, notifytest.Client(), later, slog.New(slog.DiscardHandler))
	if err := c.Send(context.Background(), notifytest.Message("page")); err != nil {
		t.Fatal(err)
	}
	if q := r.Requests()[0]; q.Header.Get("Authorization") != "Basic hunter2" || q.Path != "/prefix/api/v2/alerts" {
		t.Errorf("got %s %v", q.Path, q.Header)
	}
	r.Answer = notifytest.Status(401, "no: Basic hunter2")
	if err := c.Send(context.Background(), notifytest.Message("page")); errs.KindOf(err) != errs.Invalid || strings.Contains(fmt.Sprintf("%v %#v", err, c), "hunter2") {
		t.Error(err)
	}
}
