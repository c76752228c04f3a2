// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package alert_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/testkit/textcase"
)

// TestCases runs the text cases in testdata; its README says how to read them.
func TestCases(t *testing.T) {
	textcase.Run(t, "testdata/*.txt", func(t *testing.T, _ string, c textcase.Case) []string {
		w := &world{t: t, whole: alert.Whole{Target: 999_000_000, Length: 28 * day}}
		for _, line := range c.Given {
			w.line(line)
		}
		return w.said
	})
}

var start = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// world is the state of one case: rules, the alert of each, and what their
// windows hold.
type world struct {
	t      *testing.T
	rules  []*slo.Rule
	alerts []*alert.Alert
	whole  alert.Whole
	seen   []alert.Seen // of the rule read last
	said   []string
}

func (w *world) line(line string) {
	word, rest, _ := strings.Cut(line, " ")
	words := strings.Fields(rest)
	switch word {
	case "rule":
		w.rule(words)
	case "budget":
		w.budget(words)
	case "windows":
		w.seen = append(w.seen, alert.Seen{Long: w.counts(words[0]), Unusual: words[len(words)-1] == "unusual"})
		if len(words) > 1 && words[1] != "unusual" {
			w.seen[len(w.seen)-1].Short = w.counts(words[1])
		}
	case "read":
		w.read()
	case "at":
		w.at(words)
	default:
		w.t.Fatalf("line %q: unknown word", line)
	}
}

// rule reads "name severity", then conditions, "guard 5", "for 5m".
func (w *world) rule(words []string) {
	r := &slo.Rule{Name: words[0], Severity: slo.Severity(words[1])}
	for i := 2; i < len(words); i++ {
		next := func() string { i++; return words[i] }
		switch words[i] {
		case "burn":
			r.When = append(r.When, slo.Condition{Kind: slo.Burn, Milli: w.milli(next()), Long: w.length(next())})
			if i+1 < len(words) && words[i+1] == "and" {
				i++
				r.When[len(r.When)-1].Short = w.length(next())
			}
		case "spent":
			r.When = append(r.When, slo.Condition{Kind: slo.Spent, Milli: w.milli(next()) / 100})
		case "drop":
			r.When = append(r.When, slo.Condition{Kind: slo.Drop, Milli: w.milli(next()) / 100, Long: w.length(next())})
		case "exhausts":
			r.When = append(r.When, slo.Condition{Kind: slo.Exhausts, Within: w.length(next()), Long: w.length(next())})
		case "absent":
			r.When = append(r.When, slo.Condition{Kind: slo.Absent, Long: w.length(next())})
		case "guard":
			r.Guard = w.milli(next()) / 1000
		case "for":
			r.For = w.length(next())
		default:
			w.t.Fatalf("rule %v: unknown word %q", words, words[i])
		}
	}
	w.rules = append(w.rules, r)
	w.alerts = append(w.alerts, &alert.Alert{Key: alert.Key{Rule: r.Name}, Phase: alert.Inactive})
	w.seen = nil
}

func (w *world) milli(text string) uint64 {
	x, err := strconv.ParseFloat(strings.TrimSuffix(text, "%"), 64)
	if err != nil {
		w.t.Fatal(err)
	}
	return uint64(x*1000 + 0.5)
}

func (w *world) length(text string) time.Duration {
	if days, found := strings.CutSuffix(text, "d"); found {
		text = days + "h"
		d, err := time.ParseDuration(text)
		if err != nil {
			w.t.Fatal(err)
		}
		return 24 * d
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

// counts reads "good/bad".
func (w *world) counts(text string) slice.Counts {
	good, bad, _ := strings.Cut(text, "/")
	return slice.Counts{Good: w.milli(good) / 1000, Bad: w.milli(bad) / 1000}
}

// budget reads "99.9% over 28d good/bad".
func (w *world) budget(words []string) {
	target, err := slo.ParseTarget(words[0])
	if err != nil {
		w.t.Fatal(err)
	}
	w.whole = alert.Whole{Target: target, Length: w.length(words[2]), Counts: w.counts(words[3])}
}

// read says what the last rule reads in the windows.
func (w *world) read() {
	r := w.rules[len(w.rules)-1]
	w.seen = append(w.seen, make([]alert.Seen, len(r.When))...)[:max(len(w.seen), len(r.When))]
	in := alert.Read(r, &w.whole, w.seen)
	line := map[alert.Answer]string{alert.No: "no", alert.Unknown: "unknown", alert.Yes: "yes"}[in.Answer]
	if in.Empty {
		line += ", empty"
	}
	if p, ok := alert.Judge(r, &w.whole, w.seen); ok {
		line += ", " + string(p.Verdict)
	}
	w.said = append(w.said, line+": "+alert.Sentence(r, &w.whole, w.seen))
	w.seen = nil
}

// at reads "5m yes no": what each rule reads then, in their order.
func (w *world) at(words []string) {
	at := start.Add(w.length(words[0]))
	for i, text := range words[1:] {
		in := alert.Reading{Answer: map[string]alert.Answer{"no": alert.No, "unknown": alert.Unknown, "yes": alert.Yes}[text]}
		switch text {
		case "empty":
			in.Answer, in.Empty = alert.Unknown, true
		case "doubt":
			in.Doubt = "reason"
		case "gone":
			*w.alerts[i] = alert.Leave(*w.alerts[i], "gone", at)
			continue
		}
		next := alert.Step(*w.alerts[i], w.rules[i], in, at)
		if again := alert.Step(next, w.rules[i], in, at); again != next {
			w.t.Errorf("at %s %s again: got %+v, then %+v", words[0], text, next, again)
		}
		*w.alerts[i] = next
	}
	alert.Inhibit(w.alerts, w.rules, at)
	for i, a := range w.alerts {
		w.said = append(w.said, words[0]+" "+describe(a, w.rules[i])+w.quiet(i))
	}
}

// quiet says until when an alert is quiet after the one that inhibits it.
func (w *world) quiet(i int) string {
	for j, r := range w.rules {
		if until := alert.QuietUntil(w.rules[i], w.alerts[j]); r.Name == w.alerts[i].InhibitedBy && !until.IsZero() {
			return " until " + until.Sub(start).String()
		}
	}
	return ""
}

func describe(a *alert.Alert, r *slo.Rule) string {
	line := fmt.Sprintf("%s %s", a.Rule, a.Phase)
	if a.Sequence > 0 {
		line += fmt.Sprintf(" since %s, episode %d, sequence %d", a.Since.Sub(start), a.Episode, a.Sequence)
	}
	if !a.Clear.IsZero() {
		line += ", clear since " + a.Clear.Sub(start).String()
	}
	if ends := alert.Ends(a, r); !ends.IsZero() {
		line += ", ends at " + ends.Sub(start).String()
	}
	if a.Frozen != "" {
		line += ", frozen: " + a.Frozen
	}
	if a.InhibitedBy != "" {
		line += ", inhibited by " + a.InhibitedBy
	}
	if a.Calls() {
		line += ", calls"
	}
	return line
}
