// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval_test

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/series/seriestest"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/spec"
	"github.com/leadline/leadline/internal/testkit/textcase"
	"github.com/leadline/leadline/internal/window"
)

// TestCases runs the text cases in testdata; its README says how to read them.
// After every "at" a second engine is restored from a store that holds the
// closed minutes, and must say the same.
func TestCases(t *testing.T) {
	textcase.Run(t, "testdata/*.txt", func(t *testing.T, _ string, c textcase.Case) []string {
		w := &world{t: t, now: day0, counted: map[slice.Minute]map[slice.Key]slice.Counts{}, places: map[string]slice.Minute{}, lost: map[string]bool{}}
		for _, line := range c.Given {
			w.line(line)
		}
		return w.said
	})
}

// day0 is a Sunday: 0d00:00 in the cases.
var day0 = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// world is the state of one case: an engine with one objective, and all that
// was counted so far.
type world struct {
	t         *testing.T
	now       time.Time
	objective *slo.Objective
	engine    *eval.Engine
	table     *slice.Table
	counted   map[slice.Minute]map[slice.Key]slice.Counts
	said      []string
	ahead     bool // events do not move the clock
	terse     bool // only states and alerts are said
	// places are since when groups have a series of their own, and lost those
	// that have none; all others have always had one.
	places map[string]slice.Minute
	lost   map[string]bool
}

// Since implements eval.Members.
func (w *world) Since(_ slice.Key, group string) (slice.Minute, bool) {
	return w.places[group], !w.lost[group]
}

func (w *world) line(line string) {
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "objective":
		w.objective = w.readObjective(rest)
		w.table = slice.NewTable(1000)
		w.engine = w.newEngine()
		w.engine.Restored(w.engine.Install([]*slo.Objective{w.objective}))
	case "defined":
		o := *w.objective
		d := w.define(rest)
		o.Target, o.Window, o.Others, o.Budgeting = d.Target, d.Window, d.Others, d.Budgeting
		o.Exclusions = d.Exclusions
		w.reload(&o)
	case "correct":
		o := *w.objective
		from, to, _ := strings.Cut(rest, "..")
		w.replace(o.Corrected(slo.Correction{ID: int64(len(o.Corrections) + 1), Kind: slo.ExcludeAll, From: w.instant(from), To: w.instant(to), Reason: "a drill"}))
	case "exclude_bad":
		w.excludeBad(rest)
	case "revoke":
		o, _ := w.objective.Without(w.objective.Corrections[len(w.objective.Corrections)-1].ID)
		w.replace(o)
	case "alerts":
		o := *w.objective
		o.Alerting = w.readAlerts(rest)
		w.reload(&o)
	case "paused":
		o := *w.objective
		o.Paused = rest == "true"
		w.reload(&o)
	case "load":
		w.load(w.key(), rest)
	case "group":
		name, rest, _ := strings.Cut(rest, " ")
		k := w.key()
		k.Group = name
		w.load(k, rest)
	case "others":
		k := w.key()
		k.Group = slice.OtherGroups
		w.load(k, rest)
	case "place":
		name, at, _ := strings.Cut(rest, " ")
		w.places[name], w.lost[name] = slice.MinuteOf(w.instant(at)), false
	case "no-place":
		w.lost[rest] = true
	case "tally":
		name, rest, _ := strings.Cut(rest, " ")
		k := w.key()
		k.Tally = slice.Tally(name)
		w.load(k, rest)
	case "service":
		name, rest, _ := strings.Cut(rest, " ")
		w.load(slice.Key{Service: w.key().Service, Tally: slice.Tally(name)}, rest)
	case "ahead":
		w.ahead = true
		w.load(w.key(), rest)
		w.ahead = false
	case "at", "alerting":
		w.terse = word == "alerting"
		if at := w.instant(rest); !at.Before(w.now) {
			w.now = at
		} else {
			w.t.Fatalf("at %s: the clock is at %s already", rest, w.now)
		}
		w.at(rest)
	default:
		w.t.Fatalf("line %q: unknown word", line)
	}
}

// excludeBad reads "1d00:00..1d01:00 5" and makes that correction, or says why not.
func (w *world) excludeBad(text string) {
	span, number, _ := strings.Cut(text, " ")
	from, to, _ := strings.Cut(span, "..")
	n, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		w.t.Fatal(err)
	}
	c := slo.Correction{ID: int64(len(w.objective.Corrections) + 1), Kind: slo.ExcludeBad, From: w.instant(from), To: w.instant(to), Reason: "a drill"}
	if err := w.objective.Allot(&c, n, w.bad()); err != nil {
		w.said = append(w.said, err.Error())
		return
	}
	w.replace(w.objective.Corrected(c))
}

// bad returns the bad events of each minute.
func (w *world) bad() map[slice.Minute]uint64 {
	bad := map[slice.Minute]uint64{}
	for m, series := range w.counted {
		bad[m] = series[w.key()].Bad
	}
	return bad
}

// readObjective reads "99.9% over 28d", with "silence is bad" or "paused".
func (w *world) readObjective(text string) *slo.Objective {
	words := strings.Fields(text)
	target, err := slo.ParseTarget(words[0])
	if err != nil {
		w.t.Fatal(err)
	}
	o := objective("up", target, w.length(words[2]))
	o.SilentIsBad = strings.Contains(text, "silence is bad")
	o.Paused = strings.Contains(text, "paused")
	o.Defined = day0
	return o
}

// readAlerts reads what a service file says below alerts:.
func (w *world) readAlerts(text string) slo.Alerting {
	return w.define(fmt.Sprintf("{target: %s, window: %s, alerts: %s}", w.objective.Target.Percent(), window.Compact(w.objective.Window.Length), text)).Alerting
}

// define reads the fields of an objective as a service file has them, in braces.
func (w *world) define(fields string) *slo.Objective {
	set := spec.Parse([]spec.Source{{Path: "case.yaml", Content: fmt.Appendf(nil, `{apiVersion: leadline/v1, kind: Service, metadata: {name: a}, spec: {objectives: [
{name: up, availability: {}, by: [tier], %s}]}}`, fields[1:len(fields)-1])}})
	for _, p := range set.Problems {
		w.t.Fatal(p)
	}
	return set.Objectives[0]
}

func (w *world) length(text string) time.Duration {
	if days, found := strings.CutSuffix(text, "d"); found {
		n, err := strconv.Atoi(days)
		if err != nil {
			w.t.Fatal(err)
		}
		return time.Duration(n) * 24 * time.Hour
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

// objective returns one of the availability of a service.
func objective(name string, target slo.Target, length time.Duration) *slo.Objective {
	service := operation.Service{Namespace: "shop", Name: "shop-api", Environment: "production"}
	i, err := sli.Compile(sli.Rule{Service: service, Kind: sli.Availability})
	if err != nil {
		panic(err)
	}
	return &slo.Objective{
		Key: slo.Key{Service: service, Name: name}, Indicator: i, Target: target,
		Window: window.Window{Length: length},
	}
}

func (w *world) newEngine() *eval.Engine {
	e := eval.New(func() time.Time { return w.now }, time.Second, slog.New(slog.DiscardHandler))
	e.Members(w)
	e.Writer(seriestest.MemoryWriter)
	return e
}

func (w *world) key() slice.Key {
	i := w.objective.Indicator
	return slice.Key{Service: i.Rule.Service, Indicator: string(i.ID)}
}

// instant reads "2d10:30" and "2d10:30:59".
func (w *world) instant(text string) time.Time {
	days, clock, _ := strings.Cut(text, "d")
	n, err := strconv.Atoi(days)
	if err != nil {
		w.t.Fatal(err)
	}
	if len(clock) == len("10:30") {
		clock += ":00"
	}
	of, err := time.Parse(time.TimeOnly, clock)
	if err != nil {
		w.t.Fatal(err)
	}
	return day0.AddDate(0, 0, n).Add(time.Duration(of.Hour())*time.Hour + time.Duration(of.Minute())*time.Minute + time.Duration(of.Second())*time.Second)
}

// load reads "1d00:00..1d01:00 good 10 bad 1 excluded 2": so many in every
// minute of the range, as they happen; or in one minute, "1d00:00 good 1".
func (w *world) load(k slice.Key, text string) {
	words := strings.Fields(text)
	from, to, isRange := strings.Cut(words[0], "..")
	first := slice.MinuteOf(w.instant(from))
	last := first + 1
	if isRange {
		last = slice.MinuteOf(w.instant(to))
	}
	var c slice.Counts
	for i := 1; i+1 < len(words); i += 2 {
		n, err := strconv.ParseUint(words[i+1], 10, 64)
		column := map[string]*uint64{"good": &c.Good, "bad": &c.Bad, "excluded": &c.Excluded}[words[i]]
		if err != nil || column == nil {
			w.t.Fatalf("%q: want good, bad or excluded and a number", text)
		}
		*column = n
	}
	for m := first; m < last; m++ {
		w.count(k, m, c)
	}
}

func (w *world) count(k slice.Key, m slice.Minute, c slice.Counts) {
	if m.Start().After(w.now) && !w.ahead {
		w.now = m.Start()
	}
	if w.counted[m] == nil {
		w.counted[m] = map[slice.Key]slice.Counts{}
	}
	w.counted[m][k] = w.counted[m][k].Plus(c)
	s, _ := w.table.Intern(k)
	w.engine.Count(s, m, c)
}

// at says how the objective stands now.
func (w *world) at(when string) {
	v := w.engine.Evaluate().Evaluations[0]
	if w.terse {
		w.said = append(append(w.said, head(when, &v)), describeAlerts(v.Alerts)...)
	} else {
		w.said = append(w.said, describe(when, &v)...)
	}
	restored := w.restart(v.Alerts).Evaluate().Evaluations[0]
	ignore := cmp.Options{
		cmpopts.IgnoreUnexported(eval.Trust{}),
		cmpopts.IgnoreFields(eval.Evaluation{}, "Objective"), cmpopts.EquateEmpty(),
	}
	if diff := cmp.Diff(v, restored, ignore); diff != "" {
		w.t.Errorf("at %s a restored engine says otherwise (-live +restored):\n%s", when, diff)
	}
}

// reload takes another definition of the objective in.
func (w *world) reload(o *slo.Objective) {
	w.objective = o
	w.fill(w.engine, w.engine.Install([]*slo.Objective{o}))
}

// replace takes other corrections of the objective in, as the ledger does.
func (w *world) replace(o *slo.Objective) {
	fresh := w.try(o)
	w.objective = o
	w.engine.Renewed([]*eval.Fresh{fresh})
}

// try restores the objective as it would be.
func (w *world) try(o *slo.Objective) *eval.Fresh {
	fresh, ok := w.engine.Try(o)
	if !ok {
		w.t.Fatal("the objective is not evaluated")
	}
	w.fill(w.engine, []*eval.Fresh{fresh})
	return fresh
}

// restart returns an engine that has read the closed minutes from a store, was
// told the open ones, and took the alerts over.
func (w *world) restart(alerts []alert.Alert) *eval.Engine {
	e := w.newEngine()
	e.Adopt(alerts)
	w.fill(e, e.Install([]*slo.Objective{w.objective}))
	return e
}

// fill restores what is fresh.
func (w *world) fill(e *eval.Engine, fresh []*eval.Fresh) {
	store, closed := seriestest.NewMemory(), slice.MinuteOf(w.now)-11
	first := slice.MinuteOf(w.now)
	for m := range w.counted {
		first = min(first, m)
	}
	for m := first; m <= closed; m++ {
		c := slice.Closed{Minute: m, Source: slice.Live, Up: true}
		for k, n := range w.counted[m] {
			c.Samples = append(c.Samples, slice.Sample{Key: k, Minute: m, Counts: n})
		}
		if err := store.Append(context.Background(), c); err != nil {
			w.t.Fatal(err)
		}
	}
	for m, series := range w.counted {
		for k, n := range series {
			if m > closed { // in two parts
				e.CountFresh(fresh, &k, m, slice.Counts{Good: n.Good, Bad: n.Bad / 2})
				e.CountFresh(fresh, &k, m, slice.Counts{Bad: n.Bad - n.Bad/2, Excluded: n.Excluded})
			}
		}
	}
	if err := e.Restore(context.Background(), store, fresh, closed); err != nil {
		w.t.Fatal(err)
	}
	e.Restored(fresh)
}

func head(when string, v *eval.Evaluation) string {
	line := when + " " + string(v.Status.State)
	if v.Status.Code != "" {
		line += ", " + v.Status.Code + ": " + v.Status.Cause
	}
	return line
}

func describe(when string, v *eval.Evaluation) []string {
	lines := []string{head(when, v), fmt.Sprintf("window %s to %s", moment(v.From), moment(v.To))}
	if !v.Known {
		return append(lines, "no numbers")
	}
	sli := "no SLI"
	if n := v.Counts.Total(); n > 0 {
		sli = fmt.Sprintf("SLI %.6f", float64(v.Counts.Good)/float64(n))
	}
	lines = append(lines,
		fmt.Sprintf("%s: good %d, bad %d, excluded %d", sli, v.Counts.Good, v.Counts.Bad, v.Counts.Excluded),
		fmt.Sprintf("budget: %d allowed, %d spent, %d left", v.Budget.Allowed, v.Budget.Spent, v.Budget.Remaining()))
	if b := v.Objective.Budgeting; b.Sliced() {
		lines = append(lines, fmt.Sprintf("which are %s: %s", b.Unit(), b))
	}
	excluding := "nothing"
	if v.Excluding != "" {
		excluding = v.Excluding
	}
	if v.Corrected != (slice.Counts{}) || v.Excluding != "" {
		lines = append(lines, fmt.Sprintf("left out: good %d, bad %d, excluded %d; now: %s", v.Corrected.Good, v.Corrected.Bad, v.Corrected.Excluded, excluding))
	}
	lines = append(lines, describeFormer("", v.Former)...)
	for _, s := range v.Others {
		lines = append(lines, describeStanding("over "+s.Window.String(), &s))
		lines = append(lines, describeFormer(" of "+s.Window.String(), s.Former)...)
	}
	var burns []string
	for _, b := range v.Burn {
		rate := "-"
		if b.Known {
			rate = fmt.Sprintf("%.4g", float64(b.Rate))
		}
		burns = append(burns, window.Compact(b.Window)+" "+rate)
	}
	lines = append(lines, "burn: "+strings.Join(burns, ", "))
	for _, p := range v.Pairs {
		if p.Verdict != alert.Calm && p.Verdict != alert.NoEvidence {
			lines = append(lines, fmt.Sprintf("%s is %s: %s", p.Rule.Name, p.Verdict, v.Sentence(p.Rule)))
		}
	}
	lines = append(lines, describeAlerts(v.Alerts)...)
	for _, d := range v.Dropped {
		lines = append(lines, fmt.Sprintf("dropped %s %s: %s", d.Tier.Severity, window.Compact(d.Tier.Long), d.Reason))
	}
	for _, g := range v.Groups {
		line := fmt.Sprintf("group %s: good %d, bad %d, excluded %d", g.Name, g.Counts.Good, g.Counts.Bad, g.Counts.Excluded)
		if g.NotMeasured != "" {
			line += "; not measured: " + g.NotMeasured
		}
		lines = append(lines, line)
	}
	for _, n := range v.Trust.Notes {
		lines = append(lines, "note: "+n)
	}
	return lines
}

func describeFormer(of string, s *eval.Standing) []string {
	if s == nil {
		return nil
	}
	return []string{describeStanding("the period before"+of, s)}
}

func describeStanding(what string, s *eval.Standing) string {
	text := fmt.Sprintf("%s, %s to %s: good %d, bad %d, excluded %d; budget %d allowed, %d spent", what, moment(s.From), moment(s.To),
		s.Counts.Good, s.Counts.Bad, s.Counts.Excluded, s.Budget.Allowed, s.Budget.Spent)
	if s.Corrected != (slice.Counts{}) {
		text += fmt.Sprintf("; left out: good %d, bad %d", s.Corrected.Good, s.Corrected.Bad)
	}
	return text
}

func describeAlerts(alerts []alert.Alert) (lines []string) {
	for _, a := range alerts {
		line := fmt.Sprintf("alert %s %s since %s, episode %d, sequence %d", a.Rule, a.Phase, moment(a.Since), a.Episode, a.Sequence)
		if a.Group != "" {
			line = fmt.Sprintf("alert %s of %s %s", a.Rule, a.Group, strings.TrimPrefix(line, "alert "+a.Rule+" "))
		}
		if !a.Clear.IsZero() {
			line += ", clear since " + moment(a.Clear)
		}
		if a.InhibitedBy != "" {
			line += ", inhibited by " + a.InhibitedBy
		}
		if a.Frozen != "" {
			line += ", frozen: " + a.Frozen
		}
		lines = append(lines, line+": "+a.Sentence)
	}
	return lines
}

// moment is the inverse of instant.
func moment(at time.Time) string {
	days := at.Truncate(24*time.Hour).Sub(day0) / (24 * time.Hour)
	return fmt.Sprintf("%dd%s", days, at.Format("15:04"))
}
