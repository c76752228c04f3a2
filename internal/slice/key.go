// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package slice

import "github.com/leadline/leadline/internal/operation"

// Key names one counted series, which is one of three:
//
//   - an indicator's: Indicator is set, and Group for one group of its events;
//     the empty Group is the total over all groups;
//   - an operation's baseline: Operation, Kind and Version are set. Each event
//     is in exactly one version, so the operation's total is the sum over its versions;
//   - a tally of something that is not an outcome: Tally is set, beside
//     Indicator when it concerns one.
type Key struct {
	Service   operation.Service
	Indicator string // sli.ID
	Group     string // "customer.tier=gold"
	Operation string // the operation's name
	Kind      operation.Kind
	Version   string // service.version
	Tally     Tally
}

// Tally names what a series counts that is not the outcome of events. What
// Good, Bad and Excluded mean is said beside each.
type Tally string

// The tallies. Those of signals are counted in the minute of arrival.
const (
	Spans       Tally = "spans"       // good: accepted, bad: refused as late or ahead of time, excluded: arrived again
	Points      Tally = "points"      // metric data points: good: accepted
	Records     Tally = "records"     // log records: good: accepted
	LateSpans   Tally = "late_spans"  // good: accepted more than a minute after they ended
	Heard       Tally = "heard"       // good: one for each minute in which the service sent anything
	Unchecked   Tally = "unchecked"   // good: spans accepted while ids had outgrown their memory
	Sampled     Tally = "sampled"     // good: spans accepted whose trace state says that others were not sent
	Silent      Tally = "silent"      // good: one for each closed minute of an indicator without a valid event
	Unevaluated Tally = "unevaluated" // good: events whose custom expression raised an error
	Probes      Tally = "probes"      // good: excluded events that were health checks or synthetic traffic
)

// IsBaseline reports whether the series is an operation's baseline.
func (k Key) IsBaseline() bool { return k.Operation != "" }

// OtherGroups is the group that holds the events of all groups beyond an
// indicator's cap; OtherVersions does the same for versions.
const (
	OtherGroups   = "(other groups)"
	OtherVersions = "(other versions)"
)

// Sample is one slice of one series.
type Sample struct {
	Key       Key
	Minute    Minute
	Counts    Counts
	Histogram *Histogram // baselines only, may be nil
}

// Closed is one closed minute: every series that was measured in it, zeros
// included, so that a series that is missing was not measured.
type Closed struct {
	Minute  Minute
	Source  Source
	Up      bool // intake ran during the minute
	Samples []Sample
}
