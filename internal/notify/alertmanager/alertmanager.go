// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package alertmanager posts alerts to Alertmanager's API, version 2.
//
// Alertmanager keeps alerts in memory only and resolves by itself what it does
// not hear of. So a firing alert is posted with an end that lies ahead, and said
// again for as long as it fires (dispatch.Message.Resend). The end is at least
// HoldFor ahead and four times as far as the next time. An alert that ended is
// posted with its end.
//
// All instances of a cluster are told, because they do not tell each other of
// alerts; the message is delivered when one took it, as Prometheus sees it.
// What another did not take, or not soon after, it will be told with the next
// message.
//
// Alertmanager has no state for an alert that is no longer measured: it ends
// there, and its annotations say why.
package alertmanager

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/leadline/leadline/internal/dispatch"
	"github.com/leadline/leadline/internal/notify/notice"
	"github.com/leadline/leadline/internal/notify/outbound"
	"github.com/leadline/leadline/internal/notify/secret"
)

// HoldFor is how long Alertmanager keeps an alert at least of which it hears nothing. A
// restart of ours takes seconds and an upgrade some minutes, in which an alert
// must not seem to be over.
const HoldFor = 10 * time.Minute

// trialFor is how long the alert of a test fires.
const trialFor = time.Minute

// Config is where alerts are posted.
type Config struct {
	// URLs are the instances of one cluster, as outbound.ParseURL read them.
	URLs []*url.URL
	// AuthorizationFile holds the value of the Authorization header, if any.
	AuthorizationFile secret.File
}

// Channel posts to the instances of one cluster.
type Channel struct {
	cfg    Config
	client *outbound.Client
	now    func() time.Time
	logger *slog.Logger
}

// New returns a channel. It logs instances that do not take a message while
// another does.
func New(cfg Config, client *outbound.Client, now func() time.Time, logger *slog.Logger) *Channel {
	return &Channel{cfg, client, now, logger}
}

// Send implements dispatch.Channel.
func (c *Channel) Send(ctx context.Context, m *dispatch.Message) error {
	alerts := c.alertsOf(m)
	if len(alerts) == 0 {
		return nil
	}
	body, err := json.Marshal(alerts)
	if err != nil {
		return fmt.Errorf("encode the alerts: %w", err)
	}
	r := outbound.Request{Header: http.Header{}, Body: body}
	if c.cfg.AuthorizationFile != "" {
		if err := r.Authorize(c.cfg.AuthorizationFile); err != nil {
			return err
		}
	}
	return c.postToAll(ctx, r)
}

// graceAfter is how long the others may still take when one instance has taken
// the message. One that hangs must not keep the next page waiting.
const graceAfter = 2 * time.Second

// postToAll posts to the instances at once, so that one that hangs delays no
// other.
func (c *Channel) postToAll(ctx context.Context, r outbound.Request) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan error, len(c.cfg.URLs))
	for _, u := range c.cfg.URLs {
		go func() { results <- c.postTo(ctx, u, r) }()
	}
	var failures []error
	for range c.cfg.URLs {
		if err := <-results; err != nil {
			failures = append(failures, err)
		} else {
			defer time.AfterFunc(graceAfter, cancel).Stop()
		}
	}
	if len(failures) == len(c.cfg.URLs) {
		return outbound.Together(failures)
	}
	for _, err := range failures {
		c.logger.Warn("an Alertmanager does not take what another takes", "error", err)
	}
	return nil
}

// postTo posts to one instance, which the error names.
func (c *Channel) postTo(ctx context.Context, u *url.URL, r outbound.Request) error {
	r.URL = u.JoinPath("/api/v2/alerts").String()
	if err := c.client.PostJSON(ctx, r); err != nil {
		return fmt.Errorf("%s: %w", u.Host, err)
	}
	return nil
}

// posted is an alert as the API takes it.
type posted struct {
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL,omitempty"`
}

func (c *Channel) alertsOf(m *dispatch.Message) []posted {
	now := c.now().UTC()
	held := now.Add(max(HoldFor, 4*m.Resend))
	switch m.Reason {
	case dispatch.Heartbeat:
		labels, annotations := notice.Watchdog(m)
		return []posted{{Labels: labels, Annotations: annotations, StartsAt: now, EndsAt: held}}
	case dispatch.Test:
		labels, annotations := notice.Trial(m)
		return []posted{{Labels: labels, Annotations: annotations, StartsAt: now, EndsAt: now.Add(trialFor)}}
	}
	all := make([]posted, len(m.Alerts))
	for i := range m.Alerts {
		n := &m.Alerts[i]
		all[i] = posted{
			Labels: notice.Labels(n), Annotations: notice.Annotations(n), GeneratorURL: notice.GeneratorURL(n),
			StartsAt: n.Started.UTC(), EndsAt: held,
		}
		if notice.Ended(n) {
			// The API refuses an end before the start, and takes none for firing.
			all[i].EndsAt = latest(n.Ended.UTC(), all[i].StartsAt)
		}
	}
	return all
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
