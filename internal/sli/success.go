// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package sli

import "time"

// success counts events that succeed in time.
type success struct{ under time.Duration }

func compileSuccess(r Rule) (counting, error) {
	if err := r.requireUnder(); err != nil {
		return nil, err
	}
	return success{r.Under}, r.withoutExpressions()
}

func (s success) judge(e event) Outcome {
	if e.judged == Good && e.facts.Duration() > s.under {
		return Bad
	}
	return e.judged
}

func (s success) describe() string {
	return "good if it succeeds and takes at most " + s.under.String() + "; " + usuallyExcluded
}
