// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package webhook

import (
	"maps"
	"time"

	"github.com/leadline/leadline/internal/dispatch"
	"github.com/leadline/leadline/internal/notify/notice"
)

// payload is the document. No field is left out when it is empty: receivers
// index into it.
type payload struct {
	Version           string            `json:"version"`
	GroupKey          string            `json:"groupKey"`
	TruncatedAlerts   int               `json:"truncatedAlerts"`
	Status            string            `json:"status"`
	Receiver          string            `json:"receiver"`
	GroupLabels       map[string]string `json:"groupLabels"`
	CommonLabels      map[string]string `json:"commonLabels"`
	CommonAnnotations map[string]string `json:"commonAnnotations"`
	ExternalURL       string            `json:"externalURL"`
	// NotificationReason came to the format with Alertmanager v0.32.
	NotificationReason string      `json:"notification_reason"`
	Alerts             []alertJSON `json:"alerts"`
}

type alertJSON struct {
	Status       string            `json:"status"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL"`
	Fingerprint  string            `json:"fingerprint"`
}

// The two states that the format knows.
const (
	firing   = "firing"
	resolved = "resolved"
)

func payloadOf(m *dispatch.Message, now time.Time) payload {
	p := payload{
		Version: "4", GroupKey: m.GroupKey, TruncatedAlerts: m.Truncated, Status: resolved, Receiver: m.Receiver,
		GroupLabels: map[string]string{}, CommonLabels: map[string]string{}, CommonAnnotations: map[string]string{},
		ExternalURL: m.URL, Alerts: alertsOf(m, now),
	}
	maps.Copy(p.GroupLabels, m.Group)
	for i := range p.Alerts {
		a := &p.Alerts[i]
		a.Fingerprint = notice.Fingerprint(a.Labels)
		if a.Status == firing {
			p.Status = firing
		}
		if i == 0 {
			p.CommonLabels, p.CommonAnnotations = maps.Clone(a.Labels), maps.Clone(a.Annotations)
		}
		keepCommon(p.CommonLabels, a.Labels)
		keepCommon(p.CommonAnnotations, a.Annotations)
	}
	p.NotificationReason = reason(m, p.Status)
	return p
}

// alertsOf returns the message's alerts, or the one that stands for it.
func alertsOf(m *dispatch.Message, now time.Time) []alertJSON {
	switch m.Reason {
	case dispatch.Heartbeat:
		labels, annotations := notice.Watchdog(m)
		return []alertJSON{{Status: firing, Labels: labels, Annotations: annotations, StartsAt: now.UTC()}}
	case dispatch.Test:
		labels, annotations := notice.Trial(m)
		return []alertJSON{{Status: firing, Labels: labels, Annotations: annotations, StartsAt: now.UTC()}}
	}
	all := make([]alertJSON, len(m.Alerts))
	for i := range m.Alerts {
		n := &m.Alerts[i]
		all[i] = alertJSON{
			Status: firing, Labels: notice.Labels(n), Annotations: notice.Annotations(n),
			StartsAt: n.Started.UTC(), GeneratorURL: notice.GeneratorURL(n),
		}
		if notice.Ended(n) {
			all[i].Status, all[i].EndsAt = resolved, n.Ended.UTC()
		}
	}
	return all
}

func keepCommon(common, other map[string]string) {
	maps.DeleteFunc(common, func(name, value string) bool { return other[name] != value })
}

// reason is in Alertmanager's words where it has some.
func reason(m *dispatch.Message, status string) string {
	switch {
	case m.Reason == dispatch.Reminder, m.Reason == dispatch.Resend:
		return "repeat interval elapsed"
	case m.Reason != dispatch.Changed:
		return string(m.Reason)
	case status == resolved:
		return "all alerts resolved"
	case notice.Ended(&m.Alerts[0]):
		return "some alerts resolved"
	case len(m.Alerts)+m.Truncated == 1:
		return "first notification"
	}
	return "new alerts added"
}
