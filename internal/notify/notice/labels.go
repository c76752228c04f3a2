// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"fmt"
	"hash/fnv"
	"maps"
	"slices"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/dispatch"
)

// Labels are an alert's identity as Alertmanager and its relatives know it: its
// labels, of which the rule is called alertname. They are the same for all of
// its episodes, and as long as its owner and its journey keep their names; what
// is empty is left out.
func Labels(n *dispatch.Notice) map[string]string {
	labels := n.Labels()
	labels["alertname"] = labels["rule"]
	delete(labels, "rule")
	return filled(labels)
}

// Annotations are what there is to say about the alert now. Phase tells an
// alert that is over from one that is no longer measured: the formats that
// carry annotations know only firing and resolved.
func Annotations(n *dispatch.Notice) map[string]string {
	i := itemOf(n)
	a := map[string]string{
		"summary": Title(n), "description": description(i), "phase": string(n.Phase), "sentence": Line(n.Sentence, maxText),
		"next_step": Line(n.NextStep, maxText), "target": Line(n.Target, maxName), "window": Line(n.Window, maxName),
		"sli": Line(n.SLI, maxName), "budget_left": Line(n.BudgetLeft, maxName), "runbook": Line(n.Runbook, maxText),
	}
	if (Link{"", n.Runbook}).opens() {
		a["runbook_url"] = n.Runbook
		delete(a, "runbook")
	}
	if n.Phase == alert.Resolved {
		delete(a, "next_step")
	}
	return filled(a)
}

// description is the facts of an item on lines.
func description(i Item) (text string) {
	for k, f := range i.Facts {
		if k > 0 {
			text += "\n"
		}
		text += f.Name + ": " + f.Text
	}
	return text
}

func filled(m map[string]string) map[string]string {
	maps.DeleteFunc(m, func(name, value string) bool { return value == "" })
	for name, value := range m {
		if name != "description" {
			m[name] = Line(value, maxURL)
		}
	}
	return m
}

// GeneratorURL is where the alert comes from, or empty when that is no link.
func GeneratorURL(n *dispatch.Notice) string {
	if (Link{"", n.URL}).opens() {
		return n.URL
	}
	return ""
}

// Fingerprint is the hash of labels by which Alertmanager names an alert:
// 64-bit FNV-1a of names and values in order, each closed by a byte that UTF-8
// does not have.
func Fingerprint(labels map[string]string) string {
	h := fnv.New64a()
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		h.Write([]byte(name + "\xff" + labels[name] + "\xff"))
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// Watchdog is the alert that stands for a heartbeat where a receiver knows
// nothing but alerts, under the name by which the field knows it.
func Watchdog(m *dispatch.Message) (labels, annotations map[string]string) {
	return signal(m, "Watchdog")
}

// Trial is the alert that stands for a test.
func Trial(m *dispatch.Message) (labels, annotations map[string]string) {
	return signal(m, "LeadlineTest")
}

func signal(m *dispatch.Message, name string) (labels, annotations map[string]string) {
	return filled(map[string]string{"alertname": name, "severity": "none", "receiver": m.Receiver}),
		filled(map[string]string{"summary": title(m), "description": intro(m)})
}

// Ended reports whether an alert is over for a receiver that knows only that.
func Ended(n *dispatch.Notice) bool { return n.Phase != alert.Firing }
