// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v4"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/report"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/spec"
)

func newStatus(e *env) *cobra.Command {
	c := &cobra.Command{
		Use: "status", Short: "List objectives, worst first", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return e.repeat(c.Context(), e.status) },
	}
	return e.watching(e.asking(e.printing(c)))
}

// watching adds the flags of a command that can print again and again.
func (e *env) watching(c *cobra.Command) *cobra.Command {
	c.Flags().BoolVarP(&e.watch, "watch", "w", false, "print again when time has passed, until interrupted")
	c.Flags().DurationVar(&e.every, "every", 5*time.Second, "how often to print with --watch")
	return c
}

func (e *env) status(ctx context.Context) error {
	c, err := e.client()
	if err != nil {
		return err
	}
	v, err := c.SLOs(ctx)
	if err != nil {
		return err
	}
	return e.print(v, func(w io.Writer) {
		for _, p := range v.Problems {
			fmt.Fprintln(e.err, "service file "+problemText(p))
		}
		statusTable(w, v)
		selfLines(w, v.Self)
	})
}

// problemText prints a mistake in a service file as validate does.
func problemText(p report.FileProblem) string {
	return (&spec.Problem{File: p.File, Line: p.Line, Column: p.Column, What: p.What, Why: p.Why, Mend: p.Mend}).Error()
}

// repeat does something once, or with --watch until ctx ends.
func (e *env) repeat(ctx context.Context, do func(context.Context) error) error {
	if !e.watch {
		return do(ctx)
	}
	ticker := time.NewTicker(max(e.every, time.Second))
	defer ticker.Stop()
	for {
		if err := do(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			fmt.Fprintln(e.err, "leadline: "+err.Error())
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			fmt.Fprintln(e.out)
		}
	}
}

// print writes an answer in the form that was asked for.
func (e *env) print(v any, table func(io.Writer)) error {
	switch e.output {
	case "json":
		j := json.NewEncoder(e.out)
		j.SetIndent("", "  ")
		return j.Encode(v)
	case "yaml":
		return printYAML(e.out, v)
	}
	w := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
	table(w)
	return w.Flush()
}

// printYAML prints the JSON of a value as YAML, so that both have one shape.
func printYAML(w io.Writer, v any) error {
	content, err := json.Marshal(v)
	if err != nil {
		return err
	}
	var n yaml.Node
	if err := yaml.Unmarshal(content, &n); err != nil {
		return err
	}
	block(&n)
	out, err := yaml.Marshal(&n)
	if err != nil {
		return err
	}
	_, err = w.Write(out)
	return err
}

// block takes JSON's braces and quotes off.
func block(n *yaml.Node) {
	n.Style = 0
	for _, c := range n.Content {
		block(c)
	}
}

func statusTable(w io.Writer, v report.SLOs) {
	if len(v.SLOs) == 0 && len(v.Problems) > 0 {
		fmt.Fprintln(w, "no objectives: the service files have mistakes")
		return
	}
	if len(v.SLOs) == 0 {
		fmt.Fprintln(w, "no objectives: write a service file and name its folder with leadline serve --services")
		return
	}
	fmt.Fprintln(w, "STATE\tSERVICE\tOBJECTIVE\tTARGET\tSLI\tGOOD\tBAD\tBUDGET LEFT\tWINDOW\tCOVERED\tOWNER\tCAUSE AND NEXT STEP")
	for _, s := range v.SLOs {
		fmt.Fprintln(w, strings.Join([]string{
			string(s.State), serviceText(s), s.Name, percent(s.Target), ratio(s.SLI), amount(s.Unit, s.Good), amount(s.Unit, s.Bad),
			budgetText(s.Unit, s.Budget), s.Window, covered(s.Trust.Coverage), dash(s.Owner), causeText(s),
		}, "\t"))
	}
}

// selfLines says which promise of its own the server does not keep. A number
// cannot be trusted more than who measured it.
func selfLines(w io.Writer, self []report.SLO) {
	begun := func(s report.SLO) bool { return s.State != slo.NotMeasured }
	if len(self) > 0 && !slices.ContainsFunc(self, begun) {
		fmt.Fprintln(w, "leadline itself: it has just begun to measure itself")
		return
	}
	for _, s := range self {
		if s.State != slo.OK {
			fmt.Fprintf(w, "leadline itself: %s is %s: %s\n", s.Name, s.State, causeText(s))
		}
	}
}

// causeText says why an objective is not ok, and what to do.
func causeText(s report.SLO) string {
	if s.Cause == "" {
		return "-"
	}
	return whyText(s) + "; next: " + s.NextStep
}

// whyText is the cause of a state. Where it is what the worst pair of windows
// says, a word says whether that goes on; a cause says itself that it ends.
func whyText(s report.SLO) string {
	v := s.Verdict
	if s.State == slo.Breaching && strings.HasPrefix(s.Cause, v.Sentence) && (v.Life.Word == string(alert.Critical) || v.Life.Word == string(alert.Rising) || v.Life.Word == string(alert.Recovering)) {
		return v.Life.Word + ": " + s.Cause
	}
	return s.Cause
}

// covered prints the share of the window in which the service was heard.
func covered(x *float64) string {
	if x == nil {
		return "-"
	}
	return fmt.Sprintf("%.0f%%", math.Floor(100**x))
}

func serviceText(s report.SLO) string { return serviceName(s.Namespace, s.Service, s.Environment) }

func serviceName(namespace, name, environment string) string {
	if namespace != "" {
		name = namespace + "/" + name
	}
	if environment != "" && environment != "production" {
		name += "@" + environment
	}
	return name
}

// percent turns "0.999" into "99.9%" without leaving decimal text.
func percent(share string) string {
	digits, _ := strings.CutPrefix(share, "0.")
	for len(digits) < 3 {
		digits += "0"
	}
	whole := strings.TrimLeft(digits[:2], "0")
	if whole == "" {
		whole = "0"
	}
	return strings.TrimSuffix(whole+"."+strings.TrimRight(digits[2:], "0"), ".") + "%"
}

func ratio(x *float64) string {
	if x == nil {
		return "-"
	}
	// Cut, not rounded: 99.9996 must not read as 100.
	return strconv.FormatFloat(float64(int64(*x*1e6))/1e4, 'f', 4, 64) + "%"
}

// amount prints a number with its unit, unless that is events.
func amount(u slo.Unit, n *uint64) string {
	if n == nil {
		return "-"
	}
	return u.Amount(int64(*n)) + suffix(u)
}

func suffix(u slo.Unit) string {
	if u.Noun() == string(slo.Events) {
		return ""
	}
	return " " + u.Noun()
}

func budgetText(u slo.Unit, b report.Budget) string {
	if b.Remaining == nil {
		return "-"
	}
	left := fmt.Sprintf("%s of %s%s", u.Amount(*b.Remaining), u.Amount(int64(*b.Allowed)), suffix(u))
	if *b.Allowed == 0 {
		return left
	}
	// Cut, not rounded: a budget that was touched must not read as whole.
	percent := math.Trunc(1000*float64(*b.Remaining)/float64(*b.Allowed)) / 10
	return fmt.Sprintf("%s (%.1f%%)", left, percent)
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
