// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package sli

// availability counts events as they are judged.
type availability struct{}

func compileAvailability(r Rule) (counting, error) {
	if err := r.forbid(r.Under != 0, "under"); err != nil {
		return nil, err
	}
	return availability{}, r.withoutExpressions()
}

func (availability) judge(e event) Outcome { return e.judged }

func (availability) describe() string { return "good if it succeeds; " + usuallyExcluded }
