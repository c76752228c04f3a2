// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/slice"
)

// Load is what happens minute by minute: events of an objective's indicator,
// of an operation, or spans that the rules judge.
type Load struct {
	Place
	// Of these one is set. An Operation without a service is of any.
	Objective Named
	Service   operation.Service
	Operation operation.Operation
	Span      *Span
	// Group is the group of the objective's events, empty when they have none.
	Group string
	From  slice.Minute // since the start of the test
	Parts []Part
}

// Part is a stretch of a load in which every minute counts the same. Of a load
// of spans, Good is how many there are.
type Part struct {
	Counts  slice.Counts
	Minutes slice.Minute
}

const loadExample = "write for example 100 good 1 bad x60m, nothing x5m"

// loads reads one load as a text, or a list. Texts are what happens to the
// test's objective, one after the other.
func (f *tests) loads(o *object) (all []Load) {
	nodes := []*yaml.Node{o.value["load"]}
	if n := nodes[0]; n == nil || n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		nodes = f.entries(o, "load")
	} else {
		o.take("load")
	}
	from := slice.Minute(0)
	for _, n := range nodes {
		if n.Kind != yaml.ScalarNode {
			all = append(all, f.load(n))
			continue
		}
		if f.objective.Text == "" {
			f.at(n, "the load names no objective", "nor does the test", "add objective: to the test, or write {objective: NAME, events: ...}")
		}
		l := Load{Place: placeOf(n), Objective: f.objective, From: from, Parts: f.parts(n, false)}
		for _, p := range l.Parts {
			from += p.Minutes
		}
		all = append(all, l)
	}
	return all
}

func (f *tests) load(n *yaml.Node) (l Load) {
	l.Place = placeOf(n)
	o := f.object(n, "a load")
	if o == nil {
		return l
	}
	objective, operation, span := f.named(o, "objective"), o.take("operation"), o.take("span")
	switch {
	case operation != nil && span != nil || objective.Text != "" && (operation != nil || span != nil):
		f.at(n, "a load is of several things", "", "write one of objective, operation and span")
	case operation != nil:
		if st, ok := f.readStep(operation, "operation"); ok {
			l.Service, l.Operation = st.service, st.operation
		}
	case span != nil:
		l.Span = f.span(span)
	default:
		l.Objective = f.about(o)
	}
	if l.Group = o.text("group"); l.Group != "" && (operation != nil || span != nil) {
		f.at(o.value["group"], "only the events of an objective have a group", "", "remove it; a span's attributes say its group")
	}
	l.From = minutes(f.instant(o, "from"))
	if events := o.take("events"); events != nil {
		l.Parts = f.parts(events, span != nil)
	} else {
		f.at(n, "a load has no events", "", "add events: "+strings.TrimPrefix(loadExample, "write for example "))
	}
	o.finish()
	return l
}

// parts reads "100 good 1 bad x60m, nothing x5m"; of spans "20 x60m".
func (f *tests) parts(n *yaml.Node, bare bool) (parts []Part) {
	if n.Kind != yaml.ScalarNode {
		f.at(n, "events must be a text", "found "+kindText(n), loadExample)
		return nil
	}
	if strings.Count(n.Value, ",") >= maxParts {
		f.at(n, "a load has too many parts", fmt.Sprintf("%d are the most", maxParts), "split it")
		return nil
	}
	whole := slice.Minute(0)
	for text := range strings.SplitSeq(n.Value, ",") {
		p, err := parsePart(strings.Fields(text), bare)
		if err != nil {
			f.at(n, fmt.Sprintf("events %q cannot be read", strings.TrimSpace(text)), err.Error(), loadExample)
			return nil
		}
		if whole += p.Minutes; whole > minutes(maxTestLength) {
			f.at(n, "a load lasts too long", fmt.Sprintf("%d days are the most", maxTestLength/(24*time.Hour)), "")
			return nil
		}
		parts = append(parts, p)
	}
	return parts
}

func parsePart(words []string, bare bool) (p Part, err error) {
	p.Minutes = 1
	if n := len(words); n > 1 && strings.HasPrefix(words[n-1], "x") {
		length, err := parseOffset(words[n-1][1:])
		if err != nil || length <= 0 || length%time.Minute != 0 || length > maxTestLength {
			return p, fmt.Errorf("%q is not a length of whole minutes", words[n-1][1:])
		}
		p.Minutes, words = minutes(length), words[:n-1]
	}
	switch {
	case len(words) == 1 && words[0] == "nothing":
		return p, nil
	case bare && len(words) == 1:
		p.Counts.Good, err = parseCount(words[0])
		return p, err
	case bare:
		return p, errors.New("a number of spans is needed")
	case len(words) == 0 || len(words)%2 != 0:
		return p, errors.New("numbers and words are needed: good, bad, excluded")
	}
	for i := 0; i < len(words); i += 2 {
		column := map[string]*uint64{"good": &p.Counts.Good, "bad": &p.Counts.Bad, "excluded": &p.Counts.Excluded}[words[i+1]]
		if column == nil || *column > 0 {
			return p, fmt.Errorf("%q is none of good, bad and excluded, once each", words[i+1])
		}
		if *column, err = parseCount(words[i]); err != nil {
			return p, err
		}
	}
	return p, nil
}

func parseCount(text string) (uint64, error) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n > maxEventsMinute {
		return 0, fmt.Errorf("%q is not a number of events in a minute, at most %d", text, maxEventsMinute)
	}
	return n, nil
}
