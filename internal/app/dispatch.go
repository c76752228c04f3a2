// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"math/rand/v2"
	"net/url"
	"strings"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadline/leadline/internal/dispatch"
	"github.com/leadline/leadline/internal/errs"
)

// openDispatch reads what is persisted of alerts and deliveries, before
// anything is evaluated.
func (a *App) openDispatch() (err error) {
	a.dispatch, err = dispatch.Open(context.Background(), a.cfg.Dispatch(), dispatch.Parts{
		Store: a.failpoint.outbox(a.catalog), Source: a.failpoint.source(dispatch.NewEvaluations(a.eval, a.cfg.URL)),
		Channels: a.failpoint.receivers(a.channels), Writer: a.writer, Alive: a.Ready, Now: a.clock.Now,
		NewID:  func() string { return ulid.Make().String() },
		Random: rand.Float64, Logger: a.logger, URL: a.cfg.URL,
	})
	return err
}

// pagesURL checks where people reach the pages, and takes off a slash at the end.
func pagesURL(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", errs.New(errs.Invalid, "url: %q is no address of pages", text).WithHint("write it as https://lead.example")
	}
	return strings.TrimRight(text, "/"), nil
}

// deliveries turns the state of delivery into Prometheus metrics.
type deliveries struct {
	engine *dispatch.Engine

	messages, waiting, oldest, delivered, outbox, unrouted, silenced *prometheus.Desc
}

func newDeliveries(e *dispatch.Engine) *deliveries {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("leadline_"+name, help, labels, nil)
	}
	return &deliveries{
		engine:    e,
		messages:  desc("notifications_total", "Messages to receivers since the start, by what became of them.", "receiver", "result"),
		waiting:   desc("notifications_waiting", "Deliveries that a receiver has not taken yet.", "receiver"),
		oldest:    desc("notifications_oldest_timestamp_seconds", "When the oldest delivery that waits was made.", "receiver"),
		delivered: desc("notifications_delivered_timestamp_seconds", "When a receiver took a delivery last.", "receiver"),
		outbox:    desc("outbox_unwritable", "1 when the outbox cannot be read or written, and nothing is sent."),
		unrouted:  desc("alerts_unrouted", "Alerts that fire and have no receiver."),
		silenced:  desc("alerts_silenced", "Alerts that fire and are silenced."),
	}
}

// Describe implements prometheus.Collector.
func (d *deliveries) Describe(c chan<- *prometheus.Desc) {
	for _, desc := range []*prometheus.Desc{d.messages, d.waiting, d.oldest, d.delivered, d.outbox, d.unrouted, d.silenced} {
		c <- desc
	}
}

// Collect implements prometheus.Collector.
func (d *deliveries) Collect(c chan<- prometheus.Metric) {
	gauge := func(desc *prometheus.Desc, x float64, labels ...string) {
		c <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, x, labels...)
	}
	s := d.engine.Status()
	for _, r := range s.Receivers {
		n := r.Counts
		for result, count := range map[string]uint64{
			"delivered": n.Delivered, "failed": n.Failed, "given_up": n.GivenUp, "heartbeat": n.Heartbeats, "resend": n.Resends,
		} {
			c <- prometheus.MustNewConstMetric(d.messages, prometheus.CounterValue, float64(count), r.Name, result)
		}
		gauge(d.waiting, float64(r.Waiting), r.Name)
		if !r.Oldest.IsZero() {
			gauge(d.oldest, float64(r.Oldest.Unix()), r.Name)
		}
		if !r.Delivered.IsZero() {
			gauge(d.delivered, float64(r.Delivered.Unix()), r.Name)
		}
	}
	unwritable := 0.0
	if s.Trouble != nil {
		unwritable = 1
	}
	gauge(d.outbox, unwritable)
	gauge(d.unrouted, float64(s.Unrouted))
	gauge(d.silenced, float64(len(s.Silenced)))
}
