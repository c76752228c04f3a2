// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package sli

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// What is excluded whatever the rule says, and what is beside it unless the
// rule judges it.
const (
	alwaysExcluded  = "health checks, synthetic traffic and attempts that are retried are excluded"
	usuallyExcluded = "client errors (4xx except 429), " + alwaysExcluded
)

// describe makes the sentence: what is counted, what is good, what is
// excluded, how statuses are judged, and how the count is split.
func describe(i *Indicator) string {
	r := i.Rule
	what := "Each request and task of "
	if r.Operation != "" {
		what = "Each " + r.Operation + " of "
	}
	s := what + r.Service.Name + " (" + environments(r.Environments) + ") is " + i.counting.describe()
	if len(r.Statuses) > 0 {
		s += "; but " + overrides(r.Statuses)
	}
	if len(r.GroupBy) > 0 {
		s += "; split by " + enumerate(r.GroupBy, "and")
	}
	return s + "."
}

func overrides(statuses map[string]Outcome) string {
	var parts []string
	for _, code := range slices.Sorted(maps.Keys(statuses)) {
		parts = append(parts, fmt.Sprintf("status %s is %s", code, statuses[code]))
	}
	return enumerate(parts, "and")
}

// enumerate joins words as in "a, b or c".
func enumerate(words []string, last string) string {
	n := len(words) - 1
	if n == 0 {
		return words[0]
	}
	return strings.Join(words[:n], ", ") + " " + last + " " + words[n]
}

// environments names the environments, which are sorted, with the unset one last.
func environments(list []string) string {
	names := slices.Clone(list)
	if names[0] == "" {
		names = append(names[1:], "no environment")
	}
	return enumerate(names, "or")
}
