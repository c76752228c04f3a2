// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/report"
)

func newReceivers(e *env) *cobra.Command {
	c := &cobra.Command{
		Use: "receivers", Short: "List who is told of alerts, and whether they take it", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return e.receivers(c.Context()) },
	}
	test := &cobra.Command{
		Use: "test NAME", Short: "Send a test message to a receiver", Args: taking(1, 1),
		RunE: func(c *cobra.Command, args []string) error { return e.testReceiver(c.Context(), args[0]) },
	}
	c.AddCommand(e.asking(e.printing(test)))
	return e.asking(e.printing(c))
}

func (e *env) receivers(ctx context.Context) error {
	c, err := e.client()
	if err != nil {
		return err
	}
	v, err := c.Receivers(ctx)
	if err != nil {
		return err
	}
	return e.print(v, func(w io.Writer) {
		receiverTable(w, v)
		e.warn(v)
	})
}

// warn says what is wrong with delivery as a whole.
func (e *env) warn(v report.Receivers) {
	if v.Trouble != "" {
		fmt.Fprintln(e.err, "nothing is sent: "+plain(v.Trouble))
	}
	if v.NotAlive != "" {
		fmt.Fprintln(e.err, "heartbeats have stopped: "+plain(v.NotAlive))
	}
	if v.Unrouted > 0 {
		fmt.Fprintf(e.err, "alerts that call somebody and have no receiver: %d\n", v.Unrouted)
	}
}

func receiverTable(w io.Writer, v report.Receivers) {
	if len(v.Receivers) == 0 {
		fmt.Fprintln(w, "no receivers: nobody is told of alerts; write receivers in the configuration file")
		return
	}
	fmt.Fprintln(w, "RECEIVER\tKIND\tBACKLOG\tLAST SUCCESS\tLAST FAILURE\tNEXT ATTEMPT\tFAILING")
	for _, r := range v.Receivers {
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\t%s\n", r.Name, r.Kind, r.Backlog,
			momentText(r.LastSuccess), momentText(r.LastFailure.At), momentText(r.NextAttempt), plain(dash(r.Failing)))
	}
}

func momentText(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.Format(time.RFC3339)
}

func (e *env) testReceiver(ctx context.Context, name string) error {
	c, err := e.client()
	if err != nil {
		return err
	}
	v, err := c.TestReceiver(ctx, name)
	if err != nil {
		return err
	}
	err = e.print(v, func(w io.Writer) {
		if v.Delivered {
			fmt.Fprintf(w, "%s took the test message\n", name)
		}
	})
	if err == nil && !v.Delivered {
		return errs.New(errs.Internal, "%s did not take the test message: %s", name, plain(v.Error)).WithHint(v.Hint)
	}
	return err
}
