// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package sli

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// describe makes the sentence: what is counted, what is good, how statuses are
// judged, and how the count is split.
func describe(i *Indicator) string {
	r := i.Rule
	what := "Each request and task of "
	if r.Operation != "" {
		what = "Each " + r.Operation + " of "
	}
	s := what + r.Service.Name + " (" + environments(r.Environments) + ") is " + i.counting.describe()
	for _, code := range slices.Sorted(maps.Keys(r.Statuses)) {
		s += fmt.Sprintf("; status %s is %s", code, r.Statuses[code])
	}
	if len(r.GroupBy) > 0 {
		s += "; counted by " + strings.Join(r.GroupBy, " and ")
	}
	return s + "."
}

// environments names the environments, which are sorted, with the unset one last.
func environments(list []string) string {
	names := slices.Clone(list)
	if names[0] == "" {
		names = append(names[1:], "no environment")
	}
	if len(names) == 1 {
		return names[0]
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}
