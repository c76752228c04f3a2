// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/report"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/spec"
)

func newExplain(e *env) *cobra.Command {
	var w report.Which
	var slices bool
	c := &cobra.Command{
		Use: "explain [SERVICE/]OBJECTIVE", Short: "Say how an objective's number comes about", Args: taking(1, 1),
		Long: "Print the counting rule, the edges of the window, the sums of its slices, which\nadd up to the number shown, the generation, and how far it can be trusted.",
		RunE: func(c *cobra.Command, args []string) error {
			name(&w, args[0])
			return e.explain(c.Context(), w, slices)
		},
	}
	c.Flags().StringVar(&w.Namespace, "namespace", "", "namespace of the service")
	c.Flags().StringVar(&w.Environment, "environment", "", "environment of the service")
	c.Flags().StringVar(&w.Generation, "generation", "", "show the slices of an earlier generation, by the id of its indicator")
	c.Flags().BoolVar(&slices, "slices", false, "list every slice; without it a long list has the newest with bad events")
	return e.asking(e.printing(c))
}

// name reads [SERVICE/]OBJECTIVE.
func name(w *report.Which, text string) {
	w.Name = text
	if service, name, found := strings.Cut(text, "/"); found {
		w.Service, w.Name = service, name
	}
}

func (e *env) explain(ctx context.Context, w report.Which, slices bool) error {
	c, err := e.client()
	if err != nil {
		return err
	}
	if w.Service == "" {
		if w, err = e.whichOf(ctx, w); err != nil {
			return err
		}
	}
	v, err := c.SLO(ctx, w, "", "")
	if err != nil {
		return err
	}
	return e.print(v, func(out io.Writer) {
		explainText(out, v, w.Generation, slices, func() {
			happened, err := c.Timeline(ctx, w, "", "")
			explainVersions(out, happened, err)
		})
	})
}

// whichOf finds the service of an objective that was named alone.
func (e *env) whichOf(ctx context.Context, w report.Which) (report.Which, error) {
	c, err := e.client()
	if err != nil {
		return w, err
	}
	all, err := c.SLOs(ctx)
	if err != nil {
		return w, err
	}
	found := called(all.SLOs, w)
	if len(found) == 0 {
		// Those of the server itself yield their names to those of its users.
		found = called(all.Self, w)
	}
	switch len(found) {
	case 0:
		return w, notCalled(w.Name, slices.Concat(all.SLOs, all.Self))
	case 1:
		w.Service = found[0].Service
		return w, nil
	}
	var services []string
	for _, s := range found {
		services = append(services, serviceText(s))
	}
	return w, usageError{fmt.Errorf("%q is the name of %d objectives, of %s: write SERVICE/%s, or add --namespace or --environment",
		w.Name, len(services), strings.Join(services, ", "), w.Name)}
}

// called returns the objectives that w may mean.
func called(all []report.SLO, w report.Which) (found []report.SLO) {
	for _, s := range all {
		if s.Name == w.Name && (w.Namespace == "" || w.Namespace == s.Namespace) && (w.Environment == "" || w.Environment == s.Environment) {
			found = append(found, s)
		}
	}
	return found
}

func notCalled(name string, all []report.SLO) error {
	var names []string
	for _, s := range all {
		names = append(names, s.Name)
	}
	hint := "leadline status lists them"
	if near := spec.Nearest(name, names); near != "" {
		hint = fmt.Sprintf("did you mean %q? leadline status lists all", near)
	}
	return errs.New(errs.NotFound, "no objective is called %q", name).WithHint(hint)
}

// explainText prints all of it, what is long at the end; versions prints those
// that ran in the window.
func explainText(w io.Writer, v report.Detail, generation string, slices bool, versions func()) {
	s := v.SLO
	if generation != "" && generation != s.Indicator.ID {
		fmt.Fprintf(w, "%s of %s, as indicator %s counted it\n", s.Name, serviceText(s.SLO), generation)
		explainSlices(w, v.Series, slices)
		return
	}
	fmt.Fprintf(w, "%s of %s: %s\n", s.Name, serviceText(s.SLO), s.State)
	for _, line := range []string{whyText(s.SLO), s.NextStep} {
		if line != "" {
			fmt.Fprintf(w, "  %s\n", line)
		}
	}
	fmt.Fprintf(w, "\nindicator %s\n  %s\n", s.Indicator.ID, s.Indicator.Description)
	fmt.Fprintf(w, "defined at %s:%d, owner %s\n", s.Definition.File, s.Definition.Line, dash(s.Owner))
	own := ownWindow(s.SLO)
	if s.Unit.Noun() != string(slo.Events) {
		fmt.Fprintf(w, "\nthe budget counts %s: %s\n", s.Unit.Noun(), s.Budgeting)
	}
	explainEdges(w, "window "+s.Window, own)
	if s.Total == nil {
		fmt.Fprintln(w, "  no events were counted, so there is no number")
		explainRules(w, s)
		explainTrust(w, s)
		return
	}
	explainNumbers(w, s.SLO, own)
	for i, other := range s.Windows {
		switch {
		case i == 0:
			continue
		case other.Former:
			explainEdges(w, "the period before", other)
		default:
			explainEdges(w, "window "+other.Window, other)
		}
		explainNumbers(w, s.SLO, other)
	}
	versions()
	explainRules(w, s)
	explainTrust(w, s)
	explainGroups(w, s.Groups)
	explainLeftOut(w, s)
	explainCorrections(w, s)
	shown := explainSlices(w, v.Series, slices)
	if n := int64(shown) - int64(*s.Total+*s.Excluded); n != 0 && s.Unit.Noun() == string(slo.Events) {
		fmt.Fprintf(w, "%+d events: the slices are as of now, the number as of its evaluation at %s\n", n, s.EvaluatedAt.Format(time.TimeOnly))
	}
}

// ownWindow returns the numbers of the objective's own window.
func ownWindow(s report.SLO) report.Standing {
	return report.Standing{From: s.From, To: s.To, Numbers: s.Numbers, Corrected: s.Corrected}
}

func explainEdges(w io.Writer, what string, s report.Standing) {
	fmt.Fprintf(w, "\n%s: slices stamped after %s, up to %s\n", what, s.From.Format(time.RFC3339), s.To.Format(time.RFC3339))
}

func explainNumbers(w io.Writer, o report.SLO, s report.Standing) {
	n := func(x uint64) string { return o.Unit.Amount(int64(x)) }
	if o.Unit.Noun() == string(slo.Events) {
		fmt.Fprintf(w, "  good %d + bad %d = %d valid, %d excluded\n", *s.Good, *s.Bad, *s.Total, *s.Excluded)
	} else {
		fmt.Fprintf(w, "  good %s + bad %s = %s slices with valid events; %d events excluded\n", n(*s.Good), n(*s.Bad), n(*s.Total), *s.Excluded)
	}
	fmt.Fprintf(w, "  SLI %s, target %s\n", ratio(s.SLI), percent(o.Target))
	fmt.Fprintf(w, "  budget: %s x (1 - %s) allows %s bad %s, %s spent, %s left\n",
		n(*s.Total), o.Target, n(*s.Budget.Allowed), o.Unit.Noun(), n(*s.Budget.Spent), o.Unit.Amount(*s.Budget.Remaining))
	if c := s.Corrected; c != (report.Counts{}) {
		fmt.Fprintf(w, "  excluded by correction: %d good, %d bad and %d excluded events\n", c.Good, c.Bad, c.Excluded)
	}
}

// explainGroups lists what each group counted, and which are not measured.
func explainGroups(w io.Writer, groups []report.Group) {
	if len(groups) == 0 {
		return
	}
	fmt.Fprintln(w, "\ngroups, in events\nGROUP\tGOOD\tBAD\tEXCLUDED\tSLI")
	for _, g := range groups {
		sli := ratio(g.SLI)
		if g.State == report.GroupNotMeasured {
			sli = "not measured"
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%s\n", g.Group, g.Good, g.Bad, g.Excluded, sli)
	}
	for _, g := range groups {
		if g.Cause != "" {
			fmt.Fprintf(w, "  %s: %s\n", g.Group, g.Cause)
		}
	}
}

// explainLeftOut lists the time that is not counted.
func explainLeftOut(w io.Writer, s report.DetailSLO) {
	if len(s.LeftOut) == 0 {
		return
	}
	fmt.Fprintln(w, "\nleft out: slices stamped")
	for _, l := range s.LeftOut {
		what := "planned"
		if l.Correction > 0 {
			what = fmt.Sprintf("correction %d", l.Correction)
		}
		fmt.Fprintf(w, "  after %s, up to %s: %s (%s)\n", l.From.Format(time.RFC3339), l.To.Format(time.RFC3339), l.Reason, what)
	}
}

// listedSlices is how many slices are listed when nobody asks for all.
const listedSlices = 20

// explainSlices prints the slices that the number is the sum of, and returns
// the number of their events. Those that a short list leaves out are one row
// of it, so that it adds up all the same.
func explainSlices(w io.Writer, s report.Series, all bool) uint64 {
	if s.Unit.Noun() == string(slo.Events) {
		fmt.Fprintf(w, "\nslices of %s, by the stamp of their end\n", plural(int(s.StepSeconds/60), "minute"))
	} else {
		fmt.Fprintf(w, "\nsteps of %s, by the stamp of their end: good and bad are %s, each in the step in which it begins\n", plural(int(s.StepSeconds/60), "minute"), s.Unit.Noun())
	}
	fmt.Fprintln(w, "STAMP\tGOOD\tBAD\tEXCLUDED\tSOURCE")
	row := func(name string, c slice.Counts, source string) {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d%s\n", name, s.Unit.Amount(int64(c.Good)), s.Unit.Amount(int64(c.Bad)), c.Excluded, source)
	}
	listed, left := toList(s, all)
	var others, sum slice.Counts
	for i, at := range s.Timestamps {
		c, known := countsAt(s, i)
		sum = sum.Plus(c)
		switch {
		case listed[i]:
			row(time.Unix(at, 0).UTC().Format(time.RFC3339), c, "\t"+*s.Source[i])
		case known:
			others = others.Plus(c)
		}
	}
	if left > 0 {
		row(plural(left, "other"), others, "\tlisted with --slices")
	}
	row("sum", sum, "")
	return sum.Good + sum.Bad + sum.Excluded
}

// toList chooses the slices with events that are listed, and returns how many
// are left out: of a long list those without bad events, and older ones.
func toList(s report.Series, all bool) (listed []bool, left int) {
	listed = make([]bool, len(s.Timestamps))
	for i := range listed {
		if c, known := countsAt(s, i); known && !c.IsZero() {
			listed[i] = true
			left++
		}
	}
	if all || left <= listedSlices {
		return listed, 0
	}
	room := listedSlices
	for i := len(listed) - 1; i >= 0; i-- {
		c, _ := countsAt(s, i)
		if listed[i] = c.Bad > 0 && room > 0; listed[i] {
			room, left = room-1, left-1
		}
	}
	return listed, left
}

func countsAt(s report.Series, i int) (c slice.Counts, known bool) {
	if s.Good[i] == nil {
		return c, false
	}
	return slice.Counts{Good: *s.Good[i], Bad: *s.Bad[i], Excluded: *s.Excluded[i]}, true
}

// trustedText says how far numbers can be believed, as the pages do.
var trustedText = map[slo.Trusted]string{
	slo.Believed: "to be trusted", slo.WithCare: "to be trusted with care", slo.NotToBe: "not to be trusted", slo.NotProven: "not measured",
}

func explainTrust(w io.Writer, s report.DetailSLO) {
	fmt.Fprintln(w, "\ngenerations")
	for _, g := range s.Generations {
		to := "now"
		if g.To != nil {
			to = g.To.Format(time.RFC3339)
		}
		fmt.Fprintf(w, "  %s from %s to %s\n", g.IndicatorID, g.From.Format(time.RFC3339), to)
	}
	fmt.Fprintf(w, "%s: %s\n", trustedText[s.Trust.Verdict], strings.Join(s.Trust.Reasons, ", "))
	fmt.Fprintf(w, "trust: coverage %s, late %s, refused %s, excluded %s, sampled %s\n",
		share(s.Trust.Coverage), share(s.Trust.LateShare), share(s.Trust.RefusedShare), share(s.Trust.ExcludedShare), share(s.Trust.Sampling))
	for _, n := range s.Trust.Notes {
		fmt.Fprintf(w, "  %s\n", n)
	}
	for _, d := range s.Dropped {
		fmt.Fprintf(w, "  default alert over %s and %s does not apply: %s\n", d.Long, d.Short, d.Reason)
	}
}

func share(x *float64) string {
	if x == nil {
		return "unknown"
	}
	return fmt.Sprintf("%.2f%%", 100**x)
}
