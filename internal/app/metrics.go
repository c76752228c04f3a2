// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadline/leadline/internal/slo"
)

// metrics turns the state of the server into Prometheus metrics when they are
// asked for.
type metrics struct {
	app *App

	spans, ignored, items, commits, bytes, waiting, ids, red *prometheus.Desc
	series, full                                             *prometheus.Desc
	sli, budget, state                                       *prometheus.Desc
}

func newMetrics(a *App) *metrics {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("leadline_"+name, help, labels, nil)
	}
	objective := []string{"namespace", "service", "environment", "objective"}
	return &metrics{
		app:     a,
		spans:   desc("spans_total", "Spans since the start, by what became of them.", "result"),
		ignored: desc("spans_ignored_total", "Spans that are no operation, by reason.", "reason"),
		items:   desc("items_total", "Metric data points and log records since the start.", "signal"),
		commits: desc("commits_total", "Groups committed to the intake log, by result.", "result"),
		bytes:   desc("intake_log_bytes", "Size of the intake log.", "stream"),
		waiting: desc("minutes_waiting", "Closed minutes that the series store does not have yet."),
		ids:     desc("event_id_bytes", "Memory of the ids of open minutes."),
		red:     desc("unhealthy", "1 when counting cannot go on."),
		series:  desc("series", "Series that are told apart."),
		full:    desc("series_full", "1 when baselines of new versions and operations are counted together."),
		sli:     desc("objective_sli_ratio", "Share of good events in the objective's window.", objective...),
		budget:  desc("objective_budget_remaining_events", "Bad events, or slices of time, that the budget still allows.", objective...),
		state:   desc("objective_state", "1 for the state that the objective is in.", append(objective, "state")...),
	}
}

// Describe implements prometheus.Collector.
func (m *metrics) Describe(c chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.spans, m.ignored, m.items, m.commits, m.bytes, m.waiting, m.ids, m.red, m.series, m.full, m.sli, m.budget, m.state} {
		c <- d
	}
}

// Collect implements prometheus.Collector.
func (m *metrics) Collect(c chan<- prometheus.Metric) {
	t := m.app.ingest.Totals()
	count := func(d *prometheus.Desc, n uint64, labels ...string) {
		c <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(n), labels...)
	}
	gauge := func(d *prometheus.Desc, x float64, labels ...string) {
		c <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, x, labels...)
	}
	for result, n := range map[string]uint64{"accepted": t.Accepted, "duplicate": t.Again, "late": t.Late, "future": t.Ahead, "invalid": t.Invalid} {
		count(m.spans, n, result)
	}
	for reason, n := range t.Ignored {
		count(m.ignored, n, reason)
	}
	count(m.items, t.Points, "metrics")
	count(m.items, t.Records, "logs")
	count(m.commits, t.Commits, "done")
	count(m.commits, t.RefusedCommits, "refused")
	gauge(m.bytes, float64(t.Log.Intake.Bytes), "intake")
	gauge(m.bytes, float64(t.Log.Minutes.Bytes), "minutes")
	gauge(m.waiting, float64(t.Waiting))
	gauge(m.ids, float64(t.IDBytes))
	gauge(m.series, float64(t.Series))
	gauge(m.full, flag(t.SeriesFull))
	gauge(m.red, flag(m.app.Health() != nil))
	m.objectives(gauge)
}

func (m *metrics) objectives(gauge func(*prometheus.Desc, float64, ...string)) {
	all := m.app.eval.Snapshot().Evaluations
	for i := range all {
		v := &all[i]
		o := v.Objective
		labels := []string{o.Service.Namespace, o.Service.Name, o.Service.Environment, o.Name}
		if sli, known := v.Counts.SLI(); known && v.Known {
			gauge(m.sli, sli, labels...)
		}
		if v.Known {
			gauge(m.budget, float64(v.Budget.Remaining())/float64(o.Budgeting.Unit().One()), labels...)
		}
		for _, state := range slo.States {
			gauge(m.state, flag(state == v.Status.State), append(labels, string(state))...)
		}
	}
}

// flag is what a metric says for yes and no.
func flag(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}
