// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/leadline/leadline/internal/report"
)

func newSilence(e *env) *cobra.Command {
	c := &cobra.Command{Use: "silence", Short: "Keep alerts from being told for a while"}
	c.AddCommand(newSilenceAdd(e), newSilenceList(e), newSilenceEnd(e))
	return c
}

func newSilenceAdd(e *env) *cobra.Command {
	wish := report.NewSilence{}
	var starts, ends string
	c := &cobra.Command{
		Use: "add MATCHER...", Short: "Begin a silence of the alerts that match all of the matchers", Args: taking(1, math.MaxInt),
		Long:    "Begin a silence of the alerts that match all of the matchers: conditions on\nnamespace, service, environment, journey, objective, owner, severity, rule and\ngroup, with =, !=, =~ and !~. It lasts a year at most.",
		Example: "  leadline silence add service=shop-api severity=ticket --for 2h --reason \"migration\"",
		RunE: func(c *cobra.Command, args []string) error {
			var err error
			if wish.Starts, err = moment("start", starts); err != nil {
				return err
			}
			if wish.Ends, err = moment("until", ends); err != nil {
				return err
			}
			if (wish.Ends == nil) == (wish.Length == "") {
				return usageError{errors.New("write how long: --for, or --until")}
			}
			if err := signed(wish.Author, wish.Reason); err != nil {
				return err
			}
			wish.Matchers = args
			return e.addSilence(c.Context(), wish)
		},
	}
	c.Flags().StringVar(&wish.Author, "author", os.Getenv("USER"), "who silences")
	c.Flags().StringVar(&wish.Reason, "reason", "", "why")
	c.Flags().StringVar(&wish.Length, "for", "", "how long it lasts, as 30m, 2h or 7d")
	c.Flags().StringVar(&starts, "start", "", "when it begins, as 2026-11-23T12:00:00Z; now if left out")
	c.Flags().StringVar(&ends, "until", "", "when it ends, instead of --for")
	return e.asking(e.printing(c))
}

// moment reads a time of a flag; nil when it was left out.
func moment(flag, text string) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return nil, usageError{fmt.Errorf("--%s: %q is not a time, write it as 2026-11-23T12:00:00Z", flag, text)}
	}
	return &t, nil
}

func (e *env) addSilence(ctx context.Context, wish report.NewSilence) error {
	c, err := e.client()
	if err != nil {
		return err
	}
	v, err := c.AddSilence(ctx, wish)
	if err != nil {
		return err
	}
	return e.print(v, func(w io.Writer) {
		fmt.Fprintf(w, "silence %s from %s until %s; end it with: leadline silence end %s\n",
			v.Silence.ID, v.Silence.Starts.Format(time.RFC3339), v.Silence.Ends.Format(time.RFC3339), v.Silence.ID)
	})
}

func newSilenceEnd(e *env) *cobra.Command {
	c := &cobra.Command{
		Use: "end ID", Short: "End a silence now: what still fires is told", Args: taking(1, 1),
		RunE: func(c *cobra.Command, args []string) error { return e.endSilence(c.Context(), args[0]) },
	}
	return e.asking(e.printing(c))
}

func (e *env) endSilence(ctx context.Context, id string) error {
	c, err := e.client()
	if err != nil {
		return err
	}
	v, err := c.EndSilence(ctx, id)
	if err != nil {
		return err
	}
	return e.print(v, func(w io.Writer) {
		fmt.Fprintf(w, "silence %s has ended at %s\n", v.Silence.ID, v.Silence.Ends.Format(time.RFC3339))
	})
}

func newSilenceList(e *env) *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use: "list", Short: "List silences that hold or will", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return e.listSilences(c.Context(), all) },
	}
	c.Flags().BoolVarP(&all, "all", "a", false, "also those that have ended")
	return e.asking(e.printing(c))
}

func (e *env) listSilences(ctx context.Context, all bool) error {
	c, err := e.client()
	if err != nil {
		return err
	}
	v, err := c.Silences(ctx)
	if err != nil {
		return err
	}
	shown := []report.Silence{}
	for _, s := range v.Silences {
		if all || s.State != report.SilenceEnded {
			shown = append(shown, s)
		}
	}
	v.Silences = shown
	return e.print(v, func(w io.Writer) { silenceTable(w, v) })
}

func silenceTable(w io.Writer, v report.Silences) {
	if len(v.Silences) == 0 {
		fmt.Fprintln(w, "no silences")
		return
	}
	fmt.Fprintln(w, "ID\tSTATE\tMATCHERS\tSTARTS\tENDS\tALERTS\tAUTHOR\tREASON")
	for _, s := range v.Silences {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\n", s.ID, s.State, plain(strings.Join(s.Matchers, " ")),
			s.Starts.Format(time.RFC3339), s.Ends.Format(time.RFC3339), s.Alerts, plain(s.Author), plain(s.Reason))
	}
}
