// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package sli

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leadline/leadline/internal/operation"
)

// The limits of a rule.
const (
	maxGroupBy  = 8
	maxStatuses = 50
	MaxUnder    = 24 * time.Hour
)

// FieldError says which field of a rule is wrong, by its name in service files.
// Where a field holds fields, one of those is the inner FieldError.
type FieldError struct {
	Field string
	Err   error
}

func (e *FieldError) Error() string { return e.Field + ": " + e.Err.Error() }

// Unwrap returns what is wrong with the field.
func (e *FieldError) Unwrap() error { return e.Err }

// canonical returns the rule in the form that equal rules share.
func (r Rule) canonical() Rule {
	if len(r.Environments) == 0 {
		r.Environments = DefaultEnvironments()
	}
	r.Environments = sorted(r.Environments)
	r.GroupBy = sorted(r.GroupBy)
	r.Where = strings.TrimSpace(r.Where)
	r.Good = strings.TrimSpace(r.Good)
	r.Statuses = maps.Clone(r.Statuses)
	return r
}

// sorted returns a copy in order and without repetitions; nil when it is empty.
func sorted(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return slices.Compact(slices.Sorted(slices.Values(list)))
}

// check is for what all kinds share.
func (r Rule) check() error {
	var wrong []error
	refuse := func(holds bool, field, format string, args ...any) {
		if holds {
			wrong = append(wrong, &FieldError{field, fmt.Errorf(format, args...)})
		}
	}
	refuse(r.Service.Name == "", "service", "is empty")
	refuse(r.Operation != "" && operation.KindOf(r.Operation) == operation.None, "of", "%q is not the name of an operation", r.Operation)
	refuse(len(r.GroupBy) > maxGroupBy, "by", "%d attributes, at most %d", len(r.GroupBy), maxGroupBy)
	refuse(len(r.GroupBy) > 0 && r.GroupBy[0] == "", "by", "an attribute has no name")
	refuse(len(r.Statuses) > maxStatuses, "statuses", "%d entries, at most %d", len(r.Statuses), maxStatuses)
	return errors.Join(wrong...)
}

// forbid is for the fields that a kind has no use for: ignoring them would
// count something else than the author meant.
func (r Rule) forbid(set bool, field string) error {
	if !set {
		return nil
	}
	return &FieldError{field, fmt.Errorf("has no meaning for %s", r.Kind)}
}

func (r Rule) withoutExpressions() error {
	return errors.Join(r.forbid(r.Where != "", "where"), r.forbid(r.Good != "", "good"))
}

func (r Rule) requireUnder() error {
	if r.Under <= 0 || r.Under > MaxUnder {
		return &FieldError{"under", fmt.Errorf("%s must be more than 0 and at most %s", r.Under, MaxUnder)}
	}
	return nil
}

// Canonical returns the text of which the id is made: one line per field that
// is set, in this order, values quoted as in Go. Durations are in nanoseconds.
//
//	leadline indicator 1
//	normaliser 1
//	kind success
//	namespace "shop"
//	service "shop-api"
//	environments "" "prod" "production"
//	operation "POST /checkout"
//	under 1000000000
//	where "..."
//	good "..."
//	status 404 bad
//	by "customer.tier"
//
// Expressions are compared as they are written: another spelling of the same
// question is another rule.
func (r Rule) Canonical() string {
	r = r.canonical()
	var b strings.Builder
	fmt.Fprintf(&b, "leadline indicator 1\nnormaliser %d\nkind %s\n", operation.NormaliserVersion, r.Kind)
	line := func(field string, values ...string) {
		if len(values) == 0 || len(values) == 1 && values[0] == "" {
			return
		}
		b.WriteString(field)
		for _, v := range values {
			b.WriteString(" " + strconv.Quote(v))
		}
		b.WriteByte('\n')
	}
	line("namespace", r.Service.Namespace)
	line("service", r.Service.Name)
	b.WriteString("environments")
	for _, e := range r.Environments {
		b.WriteString(" " + strconv.Quote(e))
	}
	b.WriteByte('\n')
	line("operation", r.Operation)
	if r.Under != 0 {
		fmt.Fprintf(&b, "under %d\n", r.Under.Nanoseconds())
	}
	line("where", r.Where)
	line("good", r.Good)
	for _, code := range slices.Sorted(maps.Keys(r.Statuses)) {
		fmt.Fprintf(&b, "status %s %s\n", code, r.Statuses[code])
	}
	line("by", r.GroupBy...)
	return b.String()
}

// idOf returns the first 64 bits of the hash of a canonical text.
func idOf(canonical string) ID {
	sum := sha256.Sum256([]byte(canonical))
	return ID(hex.EncodeToString(sum[:8]))
}
