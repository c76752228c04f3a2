// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package verdict_test

import (
	"strings"
	"testing"
	"time"

	"github.com/leadline/leadline/examples/shop/load"
	"github.com/leadline/leadline/examples/shop/verdict"
)

// TestPrintSaysWhenAnswersWereLost wants the time, the phase and the reason.
func TestPrintSaysWhenAnswersWereLost(t *testing.T) {
	first := time.Date(2026, 3, 2, 12, 0, 1, 0, time.Local)
	var out strings.Builder
	verdict.Print(&out, nil, load.Totals{Unanswered: 54, Losses: []load.Loss{{
		Reason: "were refused", Phase: "while customers moved", Requests: 54, First: first, Last: first.Add(2 * time.Second),
	}}})
	if want := "  unanswered: 54 requests, 12:00:01 to 12:00:03, while customers moved: they were refused.\n"; !strings.Contains(out.String(), want) {
		t.Errorf("want %q in:\n%s", want, out.String())
	}
}
