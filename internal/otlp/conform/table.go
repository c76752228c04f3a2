// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package conform

import (
	"fmt"
	"strings"
)

// Failed returns the outcomes with an error, of the given level or, without
// one, of any.
func Failed(outcomes []Outcome, levels ...Level) []Outcome {
	var failed []Outcome
	for _, o := range outcomes {
		if o.Err == nil {
			continue
		}
		for _, level := range levels {
			if o.Row.Level == level {
				failed = append(failed, o)
			}
		}
		if len(levels) == 0 {
			failed = append(failed, o)
		}
	}
	return failed
}

// score is how many cells passed.
type score struct{ passed, cells int }

func (s score) String() string {
	switch {
	case s.cells == 0:
		return ""
	case s.passed == s.cells:
		return fmt.Sprintf("%d", s.cells)
	}
	return fmt.Sprintf("**%d of %d**", s.passed, s.cells)
}

// Table returns the outcomes as Markdown: a line for every row, with how many
// cells passed over each transport; an empty field is not applicable, a bold
// one has failures.
func Table(outcomes []Outcome) string {
	scores := map[string]map[Transport]score{}
	var order []Row
	for _, o := range outcomes {
		row := scores[o.Row.ID]
		if row == nil {
			row = map[Transport]score{}
			scores[o.Row.ID] = row
			order = append(order, o.Row)
		}
		s := row[o.Cell.Transport]
		s.cells++
		if o.Err == nil {
			s.passed++
		}
		row[o.Cell.Transport] = s
	}
	var b strings.Builder
	b.WriteString("| row | level | requirement | section of OTLP 1.11 | gRPC | HTTP protobuf | HTTP JSON |\n")
	b.WriteString("|---|---|---|---|---|---|---|\n")
	for _, row := range order {
		s := scores[row.ID]
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s |\n",
			row.ID, row.Level, row.Requirement, row.Section, s[GRPC], s[Proto], s[JSON])
	}
	return b.String()
}

// Summary returns one line a level: how many cells passed.
func Summary(outcomes []Outcome) string {
	var b strings.Builder
	for _, level := range []Level{Must, Should, Extra} {
		var s score
		for _, o := range outcomes {
			if o.Row.Level != level {
				continue
			}
			s.cells++
			if o.Err == nil {
				s.passed++
			}
		}
		fmt.Fprintf(&b, "- %s: %d of %d cells pass\n", level, s.passed, s.cells)
	}
	return b.String()
}
