// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package verdict holds the ledger of what customers saw against what the server
// counted, objective by objective, and says whether they are equal.
package verdict

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/leadline/leadline/examples/shop/load"
	"github.com/leadline/leadline/examples/shop/server"
)

// Row holds the ledger and the API of one objective side by side.
type Row struct {
	name   string
	ledger load.Counts
	api    server.Counts
	known  bool // the API has the objective
}

func (r Row) agrees() bool {
	return r.known && r.ledger.Agrees(r.api.Good, r.api.Bad, r.api.Excluded)
}

// behind is how many events of the ledger the API does not show yet.
func (r Row) behind() int64 {
	return r.ledger.Total() + r.ledger.Excluded - r.api.Good - r.api.Bad - r.api.Excluded
}

// Compare pairs what the load caused with what the server counted since the
// load began; before holds what it had counted until then.
func Compare(ledger map[string]load.Counts, api, before map[string]server.Counts) []Row {
	var rows []Row
	for _, name := range slices.Sorted(maps.Keys(ledger)) {
		now, known := api[name]
		rows = append(rows, Row{name, ledger[name], now.Minus(before[name]), known})
	}
	return rows
}

func AllAgree(rows []Row) bool {
	return !slices.ContainsFunc(rows, func(r Row) bool { return !r.agrees() })
}

// PrintRows shows both numbers of every objective.
func PrintRows(w io.Writer, rows []Row) {
	fmt.Fprintf(w, "  %-24s %28s   %28s\n", "", "ledger good/bad/excluded", "API good/bad/excluded")
	for _, r := range rows {
		fmt.Fprintf(w, "  %-24s %28s   %28s   %s\n", r.name, ledgerText(r.ledger), r.apiText(), r.remark())
	}
}

func ledgerText(c load.Counts) string {
	text := fmt.Sprintf("%d / %d / %d", c.Good, c.Bad, c.Excluded)
	if c.Uncertain > 0 {
		text += fmt.Sprintf(" (+%d near)", c.Uncertain)
	}
	if c.Unanswered > 0 {
		text += fmt.Sprintf(" (+%d unanswered)", c.Unanswered)
	}
	return text
}

func (r Row) apiText() string {
	return fmt.Sprintf("%d / %d / %d", r.api.Good, r.api.Bad, r.api.Excluded)
}

func (r Row) remark() string {
	switch {
	case !r.known:
		return "not in the API"
	case r.agrees():
		return "equal"
	case r.behind() > 0:
		return fmt.Sprintf("%d behind", r.behind())
	}
	return "DIFFERENT"
}

// lossText says when requests had no answer, and why.
func lossText(l load.Loss) string {
	text := fmt.Sprintf("%d requests, %s to %s", l.Requests, l.First.Local().Format(time.TimeOnly), l.Last.Local().Format(time.TimeOnly))
	if l.Phase != "" {
		text += ", " + l.Phase
	}
	return text + ": they " + l.Reason + "."
}

// Print says whether the ledger equals the API, with both numbers.
func Print(w io.Writer, rows []Row, ledger load.Totals) bool {
	fmt.Fprintf(w, "\nLedger of %d requests against the API:\n", ledger.Requests)
	PrintRows(w, rows)
	var near int64
	for _, r := range rows {
		near += r.ledger.Uncertain
	}
	if near > 0 {
		fmt.Fprintf(w, "  near: answers so close to a threshold that a client cannot tell good from bad; their sum is compared.\n")
	}
	for _, l := range ledger.Losses {
		fmt.Fprintf(w, "  unanswered: %s\n", lossText(l))
	}
	if !AllAgree(rows) {
		fmt.Fprintln(w, "VERDICT: the ledger and the API DIFFER.")
		return false
	}
	fmt.Fprintln(w, "VERDICT: ledger == API, every objective.")
	return true
}
