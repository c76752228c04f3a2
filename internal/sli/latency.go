// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package sli

import (
	"errors"
	"time"

	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/wire"
)

// latency counts how long events took, whatever their result: a fast failure
// spends the availability's budget, not this one's.
type latency struct{ under time.Duration }

func compileLatency(r Rule) (counting, error) {
	return latency{r.Under}, errors.Join(r.requireUnder(), r.withoutExpressions())
}

func (l latency) judge(f *operation.Facts, _ operation.Judgement, judged Outcome, _ []wire.Attr) Outcome {
	switch {
	case judged == Excluded:
		return Excluded
	case f.Duration() <= l.under:
		return Good
	}
	return Bad
}

func (l latency) describe() string {
	return "good if it takes at most " + l.under.String() + ", whether it succeeds or not; " + usuallyExcluded
}
