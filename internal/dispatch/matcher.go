// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/leadline/leadline/internal/errs"
)

// Labels are what routes, groups and silences know an alert by, in the order
// in which they are shown.
var Labels = []string{"namespace", "service", "environment", "journey", "objective", "owner", "severity", "rule", "group"}

// Labels returns every label of the alert; an absent one is empty.
func (n *Notice) Labels() map[string]string {
	o := &n.Objective
	return map[string]string{
		"namespace": o.Service.Namespace, "service": o.Service.Name, "environment": o.Service.Environment,
		"journey": n.Journey, "objective": o.Name, "owner": n.Owner, "severity": string(n.Severity),
		"rule": n.Rule, "group": n.Alert.Group,
	}
}

// maxPatternBytes bounds what a regular expression costs to compile.
const maxPatternBytes = 256

// Matcher is a condition on one label: `owner="team-checkout"`, with != for
// its negation, and =~ and !~ for regular expressions over the whole value.
type Matcher struct {
	label, value string
	negated      bool
	pattern      *regexp.Regexp // nil for an exact match
}

// operators in the order in which they are looked for: the longer first.
var operators = []string{"!=", "=~", "!~", "="}

// ParseMatcher reads a matcher. Quotes around the value may be left out.
func ParseMatcher(text string) (*Matcher, error) {
	at := strings.IndexAny(text, "=!")
	if at < 0 {
		return nil, errs.New(errs.Invalid, "matcher %q has no operator", text).WithHint(`write it as severity="page", with =, !=, =~ or !~`)
	}
	label, rest := strings.TrimSpace(text[:at]), text[at:]
	i := slices.IndexFunc(operators, func(o string) bool { return strings.HasPrefix(rest, o) })
	if i < 0 {
		return nil, errs.New(errs.Invalid, "matcher %q has no operator", text).WithHint("the operators are =, !=, =~ and !~")
	}
	if !slices.Contains(Labels, label) {
		return nil, errs.New(errs.Invalid, "matcher %q: there is no label %q", text, label).WithHint("the labels are " + strings.Join(Labels, ", "))
	}
	value, err := unquote(strings.TrimSpace(rest[len(operators[i]):]))
	if err != nil {
		return nil, errs.New(errs.Invalid, "matcher %q: the value is not quoted rightly", text)
	}
	m := &Matcher{label: label, value: value, negated: operators[i][0] == '!'}
	if strings.HasSuffix(operators[i], "~") {
		err = m.compile()
	}
	return m, err
}

func unquote(value string) (string, error) {
	if strings.HasPrefix(value, `"`) {
		return strconv.Unquote(value)
	}
	return value, nil
}

func (m *Matcher) compile() (err error) {
	if len(m.value) > maxPatternBytes {
		return errs.New(errs.Invalid, "the pattern for %s has %d bytes, at most %d are allowed", m.label, len(m.value), maxPatternBytes)
	}
	if m.pattern, err = regexp.Compile("^(?:" + m.value + ")$"); err != nil {
		return errs.New(errs.Invalid, "the pattern for %s: %w", m.label, err)
	}
	return nil
}

// Matches reports whether the condition holds for these labels.
func (m *Matcher) Matches(labels map[string]string) bool {
	value := labels[m.label]
	if m.pattern != nil {
		return m.pattern.MatchString(value) != m.negated
	}
	return (value == m.value) != m.negated
}

// matchers are conditions that must all hold.
type matchers []*Matcher

func parseMatchers(texts []string) (ms matchers, err error) {
	for _, text := range texts {
		m, err := ParseMatcher(text)
		if err != nil {
			return nil, err
		}
		ms = append(ms, m)
	}
	return ms, nil
}

func (ms matchers) match(labels map[string]string) bool {
	return !slices.ContainsFunc(ms, func(m *Matcher) bool { return !m.Matches(labels) })
}
