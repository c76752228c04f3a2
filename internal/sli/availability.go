// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package sli

import (
	"errors"

	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/wire"
)

// availability counts events as they are judged.
type availability struct{}

func compileAvailability(r Rule) (counting, error) {
	return availability{}, errors.Join(r.forbid(r.Under != 0, "under"), r.withoutExpressions())
}

func (availability) judge(_ *operation.Facts, _ operation.Judgement, judged Outcome, _ []wire.Attr) Outcome {
	return judged
}

func (availability) describe() string { return "good if it succeeds; " + usuallyExcluded }
