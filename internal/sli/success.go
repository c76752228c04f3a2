// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package sli

import (
	"errors"
	"time"

	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/wire"
)

// success counts events that succeed in time.
type success struct{ under time.Duration }

func compileSuccess(r Rule) (counting, error) {
	return success{r.Under}, errors.Join(r.requireUnder(), r.withoutExpressions())
}

func (s success) judge(f *operation.Facts, _ operation.Judgement, judged Outcome, _ []wire.Attr) Outcome {
	if judged == Good && f.Duration() > s.under {
		return Bad
	}
	return judged
}

func (s success) describe() string {
	return "good if it succeeds and takes at most " + s.under.String() + "; " + usuallyExcluded
}
