// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package sli

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
)

// statuses are a rule's overrides of how HTTP status codes are judged, by code
// from 100. The zero entry overrides nothing.
type statuses [500]override

type override struct {
	set     bool
	outcome Outcome
}

// compileStatuses reads the overrides: a class first, so that a code in it wins.
func compileStatuses(rules map[string]Outcome) (*statuses, error) {
	if len(rules) == 0 || len(rules) > maxStatuses { // which check refuses
		return nil, nil
	}
	var s statuses
	var wrong []error
	keys := slices.SortedStableFunc(slices.Values(slices.Sorted(maps.Keys(rules))), classesFirst)
	for _, key := range keys {
		from, to, err := codes(key)
		if o := rules[key]; err == nil && o != Good && o != Bad && o != Excluded {
			err = fmt.Errorf("is %s, want good, bad or excluded", o)
		}
		if err != nil {
			wrong = append(wrong, &FieldError{"statuses", &FieldError{key, err}})
			continue
		}
		for code := from; code <= to; code++ {
			s[code-100] = override{true, rules[key]}
		}
	}
	return &s, errors.Join(wrong...)
}

func classesFirst(a, b string) int {
	return boolInt(isClass(b)) - boolInt(isClass(a))
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func isClass(key string) bool { return len(key) == 3 && key[1:] == "xx" }

// codes returns the first and the last code that "4xx" or "404" means.
func codes(key string) (from, to int, err error) {
	digits := key
	if isClass(key) {
		digits = key[:1] + "00"
	}
	from, err = strconv.Atoi(digits)
	if err != nil || len(key) != 3 || from < 100 || from > 599 {
		return 0, 0, errors.New("want a code such as 404 or a class such as 4xx")
	}
	if isClass(key) {
		return from, from + 99, nil
	}
	return from, from, nil
}

// judge returns the rule's judgement of a code, or the one that there was.
func (s *statuses) judge(code int, judged Outcome) Outcome {
	if code < 100 || code > 599 || !s[code-100].set {
		return judged
	}
	return s[code-100].outcome
}
