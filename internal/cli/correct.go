// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/leadline/leadline/internal/report"
	"github.com/leadline/leadline/internal/slo"
)

func newCorrect(e *env) *cobra.Command {
	c := &cobra.Command{
		Use: "correct", Short: "Leave out what should not have counted, and say why", Args: cobra.NoArgs,
		Long: "Corrections are entries of a ledger: who made one, why, and what it did to the\nbudget. None is ever edited; one that is wrong is withdrawn by another entry.\n" +
			"Slices stay as they were counted. A correction leaves out every event of a span,\nor some of its bad events; it makes nothing good.",
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newCorrectAdd(e), newCorrectList(e), newCorrectWithdraw(e))
	return c
}

func newCorrectAdd(e *env) *cobra.Command {
	var r report.CorrectionRequest
	var bad string
	c := &cobra.Command{
		Use: "add [SERVICE/]OBJECTIVE", Short: "Leave a span out of an objective's budget, or bad events of one", Args: taking(1, 1),
		Example: "  leadline correct add shop-api/checkout-succeeds --from 2026-11-23T12:00:00Z --to 2026-11-23T12:30:00Z \\\n    --author ada@example.com --reason 'the load test ran against production' --dry-run",
		RunE: func(c *cobra.Command, args []string) error {
			if err := readBad(&r, bad); err != nil {
				return usageError{err}
			}
			if err := signed(r.Author, r.Reason); err != nil {
				return err
			}
			return e.correct(c.Context(), r, args[0])
		},
	}
	c.Flags().StringVar(&r.Namespace, "namespace", "", "namespace of the service")
	c.Flags().StringVar(&r.Environment, "environment", "", "environment of the service")
	c.Flags().StringVar(&r.From, "from", "", "where the span begins, in whole minutes, as 2026-11-23T12:00:00Z or now-2h")
	c.Flags().StringVar(&r.To, "to", "", "where it ends, not later than now")
	c.Flags().StringVar(&bad, "bad", "", "leave out so many bad events of the span, the oldest first, or all; without it every event is left out")
	signing(c, &r.Author, &r.Reason, &r.DryRun)
	return e.asking(e.printing(c))
}

// signing adds the flags of a command that writes to the ledger.
func signing(c *cobra.Command, author, reason *string, dryRun *bool) {
	c.Flags().StringVar(author, "author", os.Getenv("USER"), "who answers for it")
	c.Flags().StringVar(reason, "reason", "", "why, in a sentence")
	c.Flags().BoolVar(dryRun, "dry-run", false, "say what it would do, and write nothing")
}

// signed refuses what nobody answers for, or nobody gives a reason for.
func signed(author, reason string) error {
	var missing []string
	switch {
	case author == "" && os.Getenv("USER") == "":
		missing = append(missing, "who: --author is needed, because $USER is empty")
	case author == "":
		missing = append(missing, "who: --author is empty")
	}
	if reason == "" {
		missing = append(missing, "why: --reason is empty")
	}
	if len(missing) > 0 {
		return usageError{errors.New("write " + strings.Join(missing, ", and "))}
	}
	return nil
}

// readBad reads a number of bad events, or "all".
func readBad(r *report.CorrectionRequest, text string) error {
	if text == "" {
		return nil
	}
	r.Kind = string(slo.ExcludeBad)
	if text == "all" {
		return nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n == 0 {
		return fmt.Errorf("--bad is %q: want a number of events above zero, or all", text)
	}
	r.Bad = n
	return nil
}

func (e *env) correct(ctx context.Context, r report.CorrectionRequest, objective string) error {
	c, err := e.client()
	if err != nil {
		return err
	}
	w := report.Which{Namespace: r.Namespace, Environment: r.Environment}
	if name(&w, objective); w.Service == "" {
		if w, err = e.whichOf(ctx, w); err != nil {
			return err
		}
	}
	r.Service, r.Objective = w.Service, w.Name
	made, err := c.Correct(ctx, r)
	if err != nil {
		return err
	}
	return e.print(made, func(out io.Writer) { madeText(out, made) })
}

func newCorrectWithdraw(e *env) *cobra.Command {
	var r report.WithdrawalRequest
	c := &cobra.Command{
		Use: "withdraw ID", Short: "End a correction: what it left out counts again", Args: taking(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := signed(r.Author, r.Reason); err != nil {
				return err
			}
			client, err := e.client()
			if err != nil {
				return err
			}
			made, err := client.Withdraw(c.Context(), args[0], r)
			if err != nil {
				return err
			}
			return e.print(made, func(out io.Writer) { madeText(out, made) })
		},
	}
	signing(c, &r.Author, &r.Reason, &r.DryRun)
	return e.asking(e.printing(c))
}

func newCorrectList(e *env) *cobra.Command {
	var w report.Which
	c := &cobra.Command{
		Use: "list [[SERVICE/]OBJECTIVE]", Short: "List the ledger, the newest entry first", Args: taking(0, 1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				name(&w, args[0])
			}
			client, err := e.client()
			if err != nil {
				return err
			}
			v, err := client.Corrections(c.Context(), w)
			if err != nil {
				return err
			}
			return e.print(v, func(out io.Writer) { ledgerTable(out, v) })
		},
	}
	c.Flags().StringVar(&w.Namespace, "namespace", "", "namespace of the service")
	c.Flags().StringVar(&w.Environment, "environment", "", "environment of the service")
	return e.asking(e.printing(c))
}

func ledgerTable(w io.Writer, v report.Corrections) {
	if len(v.Corrections) == 0 {
		fmt.Fprintln(w, "no corrections")
		return
	}
	fmt.Fprintln(w, "ID\tSTATE\tSERVICE\tOBJECTIVE\tLEAVES OUT\tFROM\tTO\tMADE\tAUTHOR\tREASON")
	for _, c := range v.Corrections {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", c.ID, correctionState(c), correctedService(c), c.Objective, leavesOut(c),
			c.From.Format(time.RFC3339), c.To.Format(time.RFC3339), c.CreatedAt.Format(time.RFC3339), c.Author, c.Reason)
	}
}

func correctionState(c report.Correction) string {
	switch {
	case c.Withdraws > 0:
		return fmt.Sprintf("withdraws %d", c.Withdraws)
	case c.WithdrawnBy > 0:
		return fmt.Sprintf("withdrawn by %d", c.WithdrawnBy)
	case c.Applies:
		return "applies"
	}
	return "does not apply" // its objective is gone, or counts by another rule
}

func leavesOut(c report.Correction) string {
	switch {
	case c.Withdraws > 0:
		return "-"
	case c.Kind == slo.ExcludeBad:
		return fmt.Sprintf("%d bad events", c.Bad)
	}
	return "every event"
}

func correctedService(c report.Correction) string {
	return serviceName(c.Namespace, c.Service, c.Environment)
}

// madeText says what an entry does, or would do.
func madeText(w io.Writer, m report.CorrectionMade) {
	c := m.Correction
	if m.DryRun {
		fmt.Fprintln(w, "dry run: nothing was written")
	}
	what := fmt.Sprintf("correction %d of %s of %s leaves out %s", c.ID, c.Objective, correctedService(c), leavesOut(c))
	if c.Withdraws > 0 {
		what = fmt.Sprintf("entry %d withdraws correction %d of %s of %s", c.ID, c.Withdraws, c.Objective, correctedService(c))
	}
	fmt.Fprintf(w, "%s: slices stamped after %s, up to %s\n", what, c.From.Format(time.RFC3339), c.To.Format(time.RFC3339))
	if len(c.Effects) == 0 {
		fmt.Fprintln(w, "it was in no number")
		return
	}
	effectsTable(w, "", c.Effects)
}

// effectsTable prints what each window held before and after.
func effectsTable(out io.Writer, indent string, effects []report.Effect) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	defer w.Flush()
	fmt.Fprintln(w, indent+"WINDOW\t\tGOOD\tBAD\tEXCLUDED\tLEFT OUT\tALLOWED\tSPENT\tBUDGET LEFT")
	for _, x := range effects {
		window := x.Window
		if x.Former {
			window = "the one before"
		}
		effectRow(w, indent+window, "before", x.Unit, x.Before)
		effectRow(w, indent, "after", x.Unit, x.After)
	}
}

func effectRow(w io.Writer, window, when string, u slo.Unit, n report.EffectNumbers) {
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\t%s\t%s\t%s\n", window, when, u.Amount(int64(n.Good)), u.Amount(int64(n.Bad)), n.Excluded,
		n.Corrected.Good+n.Corrected.Bad+n.Corrected.Excluded, u.Amount(int64(n.Allowed)), u.Amount(int64(n.Spent)), u.Amount(n.Remaining))
}

// explainCorrections prints each correction that is in the numbers, what it did
// when it was made, and what it does now.
func explainCorrections(w io.Writer, s report.DetailSLO) {
	if len(s.Corrections) == 0 {
		return
	}
	fmt.Fprintln(w, "\ncorrections")
	for _, c := range s.Corrections {
		fmt.Fprintf(w, "  %d by %s at %s: %s\n", c.ID, c.Author, c.CreatedAt.Format(time.RFC3339), c.Reason)
		fmt.Fprintf(w, "  leaves out %s: slices stamped after %s, up to %s; of the window now %d good, %d bad and %d excluded\n", leavesOut(c.Correction),
			c.From.Format(time.RFC3339), c.To.Format(time.RFC3339), c.LeavesOut.Good, c.LeavesOut.Bad, c.LeavesOut.Excluded)
		effectsTable(w, "  ", c.Effects)
	}
}
