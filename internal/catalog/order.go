// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"cmp"
	"slices"

	"github.com/leadline/leadline/internal/slo"
)

// CompareObjectives is the order of objectives in every answer: namespace,
// service, environment, name, by bytes.
func CompareObjectives(a, b slo.Key) int {
	return cmp.Or(
		cmp.Compare(a.Service.Namespace, b.Service.Namespace),
		cmp.Compare(a.Service.Name, b.Service.Name),
		cmp.Compare(a.Service.Environment, b.Service.Environment),
		cmp.Compare(a.Name, b.Name),
	)
}

// sortChanges sorts by objective; numbers put an end before an opening.
func sortChanges(cs []Change) {
	slices.SortFunc(cs, func(a, b Change) int {
		return cmp.Or(
			CompareObjectives(a.Generation.Objective, b.Generation.Objective),
			cmp.Compare(a.Generation.Number, b.Generation.Number),
		)
	})
}
