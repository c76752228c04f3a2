// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package pagerduty sends alerts to PagerDuty's Events API, version 2.
//
// An alert's key and episode are hashed into the dedup_key, by which PagerDuty
// makes one incident of everything that is sent about it: an attempt that is
// repeated after a crash changes nothing there. Each alert is an event of its
// own, and PagerDuty takes about two a second: while attempts of one delivery
// follow each other, they go on with the event that was not taken, so that a
// message of many alerts gets through.
//
// A digest is about what is over, of which PagerDuty would keep nothing: it is a
// notice that is triggered, and resolved when the incidents in it have been.
//
// PagerDuty has triggered and resolved. An alert that is no longer measured is
// neither: its incident stays open, is told so, and a person closes it.
package pagerduty

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/dispatch"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/notify/notice"
	"github.com/leadline/leadline/internal/notify/outbound"
	"github.com/leadline/leadline/internal/notify/secret"
)

// DefaultURL is the service of the United States; accounts in the European
// Union have https://events.eu.pagerduty.com.
const DefaultURL = "https://events.pagerduty.com"

// Config is whom to call.
type Config struct {
	// URL is the service.
	URL *url.URL
	// RoutingKeyFile holds the integration key.
	RoutingKeyFile secret.File
}

// Channel sends to one integration, one message at a time.
type Channel struct {
	cfg    Config
	client *outbound.Client

	sending sync.Mutex
	// delivery is the last that was begun, and taken are its events that
	// PagerDuty has.
	delivery string
	taken    map[string]bool
}

// New returns a channel.
func New(cfg Config, client *outbound.Client) *Channel { return &Channel{cfg: cfg, client: client} }

// Send implements dispatch.Channel.
func (c *Channel) Send(ctx context.Context, m *dispatch.Message) error {
	if m.Reason == dispatch.Heartbeat {
		return errs.New(errs.Unsupported, "PagerDuty has no heartbeats").WithHint("send the heartbeat to a webhook of a switch that pages when it stops")
	}
	key, err := c.cfg.RoutingKeyFile.Read()
	if err != nil {
		return err
	}
	c.sending.Lock()
	defer c.sending.Unlock()
	if c.delivery != m.DeliveryID || m.Attempt <= 1 {
		c.delivery, c.taken = m.DeliveryID, map[string]bool{}
	}
	var refused []error
	for _, e := range eventsOf(m) {
		if c.taken[e.Action+e.DedupKey] {
			continue
		}
		err := c.enqueue(ctx, key, e)
		switch {
		case err == nil:
			c.taken[e.Action+e.DedupKey] = true
		case errs.KindOf(err) == errs.Unavailable:
			return err
		default:
			// An event that is refused does not keep the others from being sent.
			refused = append(refused, err)
		}
	}
	if len(refused) > 0 {
		return outbound.Together(refused)
	}
	return nil
}

func (c *Channel) enqueue(ctx context.Context, key string, e event) error {
	e.RoutingKey = key
	body, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("encode the event: %w", err)
	}
	return c.client.PostJSON(ctx, outbound.Request{URL: c.cfg.URL.JoinPath("/v2/enqueue").String(), Body: body, Secrets: []string{key}})
}

// The actions.
const (
	trigger = "trigger"
	resolve = "resolve"
)

// event is the document of the API.
type event struct {
	RoutingKey string   `json:"routing_key"`
	Action     string   `json:"event_action"`
	DedupKey   string   `json:"dedup_key"`
	Client     string   `json:"client,omitempty"`
	ClientURL  string   `json:"client_url,omitempty"`
	Payload    *payload `json:"payload,omitempty"`
	Links      []link   `json:"links,omitempty"`
}

type payload struct {
	Summary   string            `json:"summary"`
	Source    string            `json:"source"`
	Severity  string            `json:"severity"`
	Timestamp string            `json:"timestamp,omitempty"`
	Component string            `json:"component,omitempty"`
	Group     string            `json:"group,omitempty"`
	Class     string            `json:"class,omitempty"`
	Details   map[string]string `json:"custom_details,omitempty"`
}

type link struct {
	Href string `json:"href"`
	Text string `json:"text"`
}

// maxSummary is the length that the API cuts summaries to.
const maxSummary = 1024

func eventsOf(m *dispatch.Message) []event {
	if m.Reason == dispatch.Test {
		t := notice.Of(m, 0)
		return []event{{
			Action: trigger, DedupKey: "leadline-test-" + hash(m.DeliveryID), Client: "Leadline", ClientURL: m.URL,
			Payload: &payload{Summary: t.Title, Source: "leadline", Severity: "info", Details: map[string]string{"description": t.Intro}},
		}}
	}
	if m.Reason == dispatch.Digest {
		return digestOf(m)
	}
	return alertsOf(m)
}

// digestOf makes a notice of what began and ended while PagerDuty could not be
// reached: it drops the end of an incident of which it knows nothing. An attempt
// that seemed to fail may have opened one, so each is resolved; the notice is
// too, because nothing is left to be done about it.
func digestOf(m *dispatch.Message) []event {
	t := notice.Of(m, len(m.Alerts))
	key := "leadline-digest-" + hash(m.DeliveryID)
	said := event{
		Action: trigger, DedupKey: key, Client: "Leadline", ClientURL: m.URL,
		Payload: &payload{Summary: notice.Cut(t.Title, maxSummary), Source: "leadline", Severity: "info", Details: map[string]string{}},
	}
	for i, item := range t.Items {
		said.Payload.Details[fmt.Sprintf("%02d", i+1)] = item.Title
	}
	return append(append([]event{said}, alertsOf(m)...), event{Action: resolve, DedupKey: key})
}

func alertsOf(m *dispatch.Message) (events []event) {
	for i := range m.Alerts {
		// What PagerDuty was told of and still fires is left alone: an event would
		// open again what a person has closed.
		if n := &m.Alerts[i]; !n.Told || m.Reason != dispatch.Changed {
			events = append(events, eventOf(m, n))
		}
	}
	return events
}

func eventOf(m *dispatch.Message, n *dispatch.Notice) event {
	e := event{Action: trigger, DedupKey: DedupKey(&n.Alert)}
	if n.Phase == alert.Resolved {
		e.Action = resolve
		return e
	}
	one := *m
	one.Alerts, one.Truncated = []dispatch.Notice{*n}, 0
	t := notice.Of(&one, 1)
	labels := notice.Labels(n)
	e.Client, e.ClientURL = "Leadline", m.URL
	e.Payload = &payload{
		Summary: notice.Cut(notice.Title(n), maxSummary), Source: cmp.Or(labels["service"], "leadline"), Severity: severity(n),
		Timestamp: n.Started.UTC().Format(time.RFC3339), Component: labels["objective"], Group: labels["journey"], Class: labels["alertname"],
		Details: map[string]string{},
	}
	for _, f := range t.Items[0].Facts {
		e.Payload.Details[f.Name] = f.Text
	}
	for _, l := range t.Items[0].Links {
		e.Links = append(e.Links, link{l.URL, l.Text})
	}
	return e
}

// severity is critical for what wakes somebody. That nothing is measured any
// more does not mean that users are hit.
func severity(n *dispatch.Notice) string {
	if n.Severity == alert.Page && n.Phase == alert.Firing {
		return "critical"
	}
	return "warning"
}

// DedupKey names the incident of an alert's episode.
func DedupKey(a *alert.Alert) string {
	o := a.Objective
	return "leadline-" + hash(o.Service.Namespace, o.Service.Name, o.Service.Environment, o.Name, a.Rule, a.Group, strconv.FormatUint(a.Episode, 10))
}

// hash is of the texts with their lengths, so that no two lists have the same.
func hash(texts ...string) string {
	h := sha256.New()
	for _, t := range texts {
		fmt.Fprintf(h, "%d:%s", len(t), t)
	}
	return hex.EncodeToString(h.Sum(nil))
}
