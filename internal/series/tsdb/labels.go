// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package tsdb

import (
	"strings"

	"github.com/prometheus/prometheus/model/labels"

	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
)

// The metrics of the store.
const (
	sliceMetric    = "leadline_slice_events"
	baselineMetric = "leadline_operation_events"
	tallyMetric    = "leadline_tally_events"
	durationMetric = "leadline_operation_duration_seconds"
	coverMetric    = "leadline_operation_duration_minutes"
	upMetric       = "leadline_writer_up"
)

// metricName is the label that holds a metric's name.
const metricName = "__name__"

// outcomes are the values of the label outcome, in the order of slice.Counts.
var outcomes = [3]string{"good", "bad", "excluded"}

func countsOf(c slice.Counts) [3]uint64 { return [3]uint64{c.Good, c.Bad, c.Excluded} }

// cleaned replaces what is not valid UTF-8 in every string of k, since the
// database and everything that reads it take label values to be text.
func cleaned(k slice.Key) slice.Key {
	for _, s := range []*string{
		&k.Service.Namespace, &k.Service.Name, &k.Service.Environment,
		&k.Indicator, &k.Group, &k.Operation, &k.Version, (*string)(&k.Tally),
	} {
		*s = strings.ToValidUTF8(*s, "\uFFFD")
	}
	return k
}

// labelsOf returns the labels of a series; outcome is empty for histograms.
// Labels without a value are left out, which to a matcher is the same.
func labelsOf(metric string, k slice.Key, outcome string, src slice.Source, writer string) labels.Labels {
	b := labels.NewScratchBuilder(12)
	add := func(name, value string) {
		if value != "" {
			b.Add(name, value)
		}
	}
	add(metricName, metric)
	add("namespace", k.Service.Namespace)
	add("service", k.Service.Name)
	add("environment", k.Service.Environment)
	add("outcome", outcome)
	add("source", string(src))
	add("writer", writer)
	add("indicator", k.Indicator)
	add("group", k.Group)
	add("tally", string(k.Tally))
	if k.IsBaseline() {
		add("operation", k.Operation)
		add("kind", k.Kind.String())
		add("version", k.Version)
	}
	b.Sort()
	return b.Labels()
}

// countMetric returns the metric that holds the counts of k.
func countMetric(k slice.Key) string {
	switch {
	case k.IsBaseline():
		return baselineMetric
	case k.Tally != "":
		return tallyMetric
	}
	return sliceMetric
}

// keyOf reads a key back from labels.
func keyOf(ls labels.Labels) (k slice.Key, outcome string, src slice.Source) {
	ls.Range(func(l labels.Label) {
		switch l.Name {
		case "namespace":
			k.Service.Namespace = l.Value
		case "service":
			k.Service.Name = l.Value
		case "environment":
			k.Service.Environment = l.Value
		case "indicator":
			k.Indicator = l.Value
		case "group":
			k.Group = l.Value
		case "operation":
			k.Operation = l.Value
		case "kind":
			k.Kind = kindOf(l.Value)
		case "version":
			k.Version = l.Value
		case "tally":
			k.Tally = slice.Tally(l.Value)
		case "outcome":
			outcome = l.Value
		case "source":
			src = slice.Source(l.Value)
		}
	})
	return k, outcome, src
}

// kindOf reads the name of a kind; one that this version does not know is None.
func kindOf(name string) operation.Kind {
	for k := operation.None; k <= operation.Publish; k++ {
		if k.String() == name {
			return k
		}
	}
	return operation.None
}

func metric(name string) *labels.Matcher { return equal(metricName, name) }

func equal(name, value string) *labels.Matcher {
	return labels.MustNewMatcher(labels.MatchEqual, name, value)
}

// matchers selects the counts that q asks for.
func matchers(q series.Query) []*labels.Matcher {
	ms := ofService(q)
	switch {
	case q.Tally != "":
		return append(ms, metric(tallyMetric), equal("indicator", q.Indicator), equal("tally", string(q.Tally)))
	case q.Indicator == "":
		return baselineMatchers(baselineMetric, q)
	case q.Parts.All:
		return append(ms, indicatorMetrics, equal("indicator", q.Indicator))
	}
	return append(ms, metric(sliceMetric), equal("indicator", q.Indicator), equal("group", q.Parts.Only))
}

// indicatorMetrics are the metrics that an indicator may have series of.
var indicatorMetrics = labels.MustNewMatcher(labels.MatchRegexp, metricName, sliceMetric+"|"+tallyMetric)

// baselineMatchers selects the baselines that q asks for.
func baselineMatchers(name string, q series.Query) []*labels.Matcher {
	ms := append(ofService(q), metric(name))
	if q.Operation != "" {
		ms = append(ms, equal("operation", q.Operation))
	}
	if q.Parts.Only != "" {
		ms = append(ms, equal("version", q.Parts.Only))
	}
	return ms
}

func ofService(q series.Query) (ms []*labels.Matcher) {
	if s := q.Service; s != (operation.Service{}) {
		ms = append(ms, equal("namespace", s.Namespace), equal("service", s.Name), equal("environment", s.Environment))
	}
	if q.ServiceName != "" {
		ms = append(ms, equal("service", q.ServiceName))
	}
	return ms
}
