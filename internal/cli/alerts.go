// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/leadline/leadline/internal/report"
)

func newAlerts(e *env) *cobra.Command {
	q, all := url.Values{}, false
	c := &cobra.Command{
		Use: "alerts", Short: "List alerts, worst first", Args: cobra.NoArgs,
		Long: "List the alerts that fire, are pending or are frozen, worst first, with what\ntheir windows say and who was told. --all lists those that have ended too.",
		RunE: func(c *cobra.Command, _ []string) error {
			if !all && !q.Has("state") {
				q["state"] = []string{string(report.AlertFiring), string(report.AlertPending), string(report.AlertFrozen)}
			}
			return e.repeat(c.Context(), func(ctx context.Context) error { return e.alerts(ctx, q) })
		},
	}
	c.Flags().BoolVarP(&all, "all", "a", false, "also those that have ended")
	for name, help := range map[string]string{
		"state": "only these: firing, pending, frozen, resolved, no_longer_measured", "severity": "only these: page, ticket",
		"owner": "only those of these owners", "service": "only those of these services",
	} {
		c.Flags().Var(&parameter{q, name}, name, help)
	}
	return e.watching(e.asking(e.printing(c)))
}

// parameter is a flag whose values, of which there may be several, are those
// of a query's parameter.
type parameter struct {
	query url.Values
	name  string
}

// Set implements pflag.Value.
func (p *parameter) Set(text string) error {
	for value := range strings.SplitSeq(text, ",") {
		p.query.Add(p.name, value)
	}
	return nil
}

// String implements pflag.Value.
func (p *parameter) String() string { return strings.Join(p.query[p.name], ",") }

// Type implements pflag.Value.
func (p *parameter) Type() string { return "strings" }

func (e *env) alerts(ctx context.Context, q url.Values) error {
	c, err := e.client()
	if err != nil {
		return err
	}
	v, err := c.Alerts(ctx, q)
	if err != nil {
		return err
	}
	return e.print(v, func(w io.Writer) { alertTable(w, v) })
}

func alertTable(w io.Writer, v report.Alerts) {
	if len(v.Alerts) == 0 {
		fmt.Fprintf(w, "no alerts to show, as of %s\n", v.EvaluatedAt.Format(time.RFC3339))
		return
	}
	fmt.Fprintln(w, "STATE\tSEVERITY\tSERVICE\tOBJECTIVE\tRULE\tSINCE\tVERDICT\tTOLD\tWHAT IT SEES")
	for _, a := range v.Alerts {
		fmt.Fprintln(w, strings.Join([]string{
			string(a.State), string(a.Severity), serviceName(a.Namespace, a.Service, a.Environment), a.Objective, ruleText(&a),
			a.Since.Format(time.RFC3339), dash(a.Life.Word), plain(toldText(&a)), plain(seesText(&a)),
		}, "\t"))
	}
}

func ruleText(a *report.Alert) string {
	if a.Group == "" {
		return a.Rule
	}
	return a.Rule + "[" + plain(a.Group) + "]"
}

// toldText says who knows of the alert, or why nobody does.
func toldText(a *report.Alert) string {
	var told []string
	for _, d := range a.Deliveries {
		switch {
		case d.State == "delivered":
			told = append(told, d.Receiver)
		case d.Error != "":
			told = append(told, fmt.Sprintf("%s %s: %s", d.Receiver, strings.ReplaceAll(d.State, "_", " "), d.Error))
		default:
			told = append(told, d.Receiver+" "+d.State)
		}
	}
	switch {
	case a.SilencedBy != "":
		told = append(told, "silenced by "+a.SilencedBy)
	case a.InhibitedUntil != nil:
		told = append(told, fmt.Sprintf("%s called for it, quiet until %s", a.InhibitedBy, a.InhibitedUntil.Format(time.RFC3339)))
	case a.InhibitedBy != "":
		told = append(told, a.InhibitedBy+" calls for it")
	}
	return dash(strings.Join(told, ", "))
}

func seesText(a *report.Alert) string {
	if a.Frozen != "" {
		return a.Sentence + "; frozen: " + a.Frozen
	}
	if a.EndsAt != nil {
		return a.Sentence + "; " + a.Life.Says
	}
	return a.Sentence
}

// plain takes control characters out of what somebody wrote: in a terminal
// they are commands, and in a table they begin new cells.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
}
