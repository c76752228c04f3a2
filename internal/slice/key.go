// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package slice

import "github.com/leadline/leadline/internal/operation"

// Key names one counted series. An indicator's series has Indicator and
// perhaps Group set; a baseline has Operation and Version set and an empty
// Indicator. The zero Group is the total over all groups.
type Key struct {
	Service   operation.Service
	Indicator string // sli.ID; empty for baselines
	Group     string // "customer.tier=gold"; empty for the total
	Operation string // baselines: the operation's name
	Kind      operation.Kind
	Version   string // baselines: service.version; empty for the total over all versions
}

// IsBaseline reports whether the series is an operation's baseline.
func (k Key) IsBaseline() bool { return k.Indicator == "" }

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
