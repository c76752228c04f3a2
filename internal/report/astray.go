// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/ingest"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
)

// astray finds the telemetry that an objective without numbers was meant to
// count. There usually is some, under another environment, namespace, name or
// operation than the service file says: the open minutes know who sends. It
// serves one answer, and asks nothing while every objective has numbers.
type astray struct {
	ctx    context.Context
	report *Report
	all    []eval.Evaluation
	sends  map[operation.Service]uint64 // spans a minute; nil until asked for
	mute   map[operation.Service]string // what those send that send no span
	silent bool                         // nobody could say who sends
	said   map[mismatch]slo.Status
	claims map[counted]bool           // nil until asked for
	asked  map[operation.Service]sent // by the rule's service
}

// mismatch is what a next step follows from.
type mismatch struct {
	rule  sli.ID
	name  string
	state slo.State
}

func (r *Report) astray(ctx context.Context, all []eval.Evaluation) *astray {
	return &astray{ctx: ctx, report: r, all: all, said: map[mismatch]slo.Status{}, asked: map[operation.Service]sent{}}
}

// status returns how an objective stands, with what to write so that it finds
// its telemetry, or with what eval has said.
func (a *astray) status(v *eval.Evaluation) slo.Status {
	switch v.Status.Code {
	case "never_seen", "window_empty", "silent":
	default:
		return v.Status
	}
	k := mismatch{v.Objective.Indicator.ID, v.Objective.Name, v.Status.State}
	said, known := a.said[k]
	if !known && a.look() {
		if said = a.unheard(v); said.NextStep == "" {
			said = a.untraced(v)
		}
		if said.NextStep == "" {
			said.NextStep = a.find(v)
		}
		a.said[k] = said
	}
	out := v.Status
	out.Cause, out.NextStep = cmp.Or(said.Cause, out.Cause), cmp.Or(said.NextStep, out.NextStep)
	return out
}

// unheard is for an objective that waits for its first event at a server which
// nothing has reached: no name is wrong then, and none is to be compared.
func (a *astray) unheard(v *eval.Evaluation) (out slo.Status) {
	if v.Status.Code != "never_seen" || len(a.sends) > 0 || anything(a.report.Intake.Totals()) {
		return out
	}
	since := a.report.Started.UTC().Format("15:04")
	for _, r := range a.report.Door.Refusals() {
		if r.Requests > 0 {
			out.Cause = "every request since the server started at " + since + " UTC was refused: " + r.Reason
			out.NextStep = "open the page Intake, which says what to change"
			return out
		}
	}
	out.Cause = "nothing at all has arrived since the server started at " + since + " UTC"
	out.NextStep = fmt.Sprintf("start the application with OTEL_EXPORTER_OTLP_ENDPOINT=http://%s and OTEL_SERVICE_NAME=%s, and send it a request",
		a.report.Door.Endpoints().GRPC, v.Objective.Indicator.Rule.Service.Name)
	return out
}

// untraced is for a service that sends metrics or logs, so that it runs and
// reaches the server, and no span.
func (a *astray) untraced(v *eval.Evaluation) (out slo.Status) {
	for _, s := range v.Objective.Indicator.Services() {
		if what := a.mute[s]; what != "" {
			out.Cause = fmt.Sprintf("%s of %s arrive, but no traces", what, s.Name)
			out.NextStep = "send it a request; if that does not help, look whether OTEL_TRACES_EXPORTER is set to none, or sampling is off"
			return out
		}
	}
	return out
}

// anything says whether something has arrived, counted or not.
func anything(t ingest.Totals) bool {
	for _, n := range t.Ignored {
		if n > 0 {
			return true
		}
	}
	return t.Accepted+t.Again+t.Late+t.Ahead+t.Invalid+t.Points+t.Records > 0
}

func (a *astray) find(v *eval.Evaluation) string {
	rule, services := v.Objective.Indicator.Rule, v.Objective.Indicator.Services()
	if slices.ContainsFunc(services, func(s operation.Service) bool { return a.sends[s] > 0 }) {
		return a.otherOperation(rule, services)
	}
	if s, n := a.most(func(s operation.Service) bool {
		return s.Name == rule.Service.Name && s.Namespace == rule.Service.Namespace && !a.counted()[counted{s, v.Objective.Name}]
	}); n > 0 {
		return fmt.Sprintf("%s sends %s a minute %s; this objective counts %s: write environments: [%s] in metadata, or set deployment.environment.name=%s where it is started",
			s.Name, spansText(n), environmentText(s.Environment), environmentsText(rule.Environments), cmp.Or(s.Environment, `""`), rule.Service.Environment)
	}
	if s, n := a.most(func(s operation.Service) bool {
		return s.Name == rule.Service.Name && s.Namespace != rule.Service.Namespace
	}); n > 0 {
		return fmt.Sprintf("%s sends %s a minute %s; this objective counts it %s: write namespace: %s in metadata, or change service.namespace where it is started",
			s.Name, spansText(n), namespaceText(s.Namespace), namespaceText(rule.Service.Namespace), cmp.Or(s.Namespace, `""`))
	}
	return a.otherName(v)
}

// otherName looks for a service of a similar name and, for an objective that
// never counted anything, for one that no objective counts.
func (a *astray) otherName(v *eval.Evaluation) string {
	name := v.Objective.Indicator.Rule.Service.Name
	s, n := a.most(func(s operation.Service) bool { return s.Name != name && alike(s.Name, name) })
	if n == 0 && v.Status.State == slo.NotMeasured {
		s, n = a.most(func(s operation.Service) bool { return !a.counted()[counted{Service: operation.Service{Name: s.Name}}] })
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("nothing arrives from %s; %s sends %s a minute: if it is the one, write name: %s in metadata, or set OTEL_SERVICE_NAME=%s where it is started",
		name, s.Name, spansText(n), s.Name, name)
}

// counted is a service and the name of an objective that counts it, for each
// environment of a file is an objective of its own; or only a service's name.
type counted struct {
	operation.Service
	objective string
}

// counted returns what objectives count.
func (a *astray) counted() map[counted]bool {
	if a.claims != nil {
		return a.claims
	}
	a.claims = make(map[counted]bool)
	for i := range a.all {
		o := a.all[i].Objective
		a.claims[counted{Service: operation.Service{Name: o.Indicator.Rule.Service.Name}}] = true
		for _, s := range o.Indicator.Services() {
			a.claims[counted{s, o.Name}] = true
		}
	}
	return a.claims
}

// maxNamed is how many operations a sentence names.
const maxNamed = 3

func firstOf(names []string) []string { return names[:min(len(names), maxNamed)] }

// sent are the operations of a service, with how many events a minute each has:
// all of them, and those that are not excluded throughout, as health checks are.
type sent struct{ all, judged map[string]uint64 }

// otherOperation is for a service that sends, and not what is counted.
func (a *astray) otherOperation(rule sli.Rule, services []operation.Service) string {
	seen := a.operations(rule.Service, services)
	if len(seen.judged) == 0 && len(seen.all) > 0 {
		return fmt.Sprintf("of %s only %s arrived so far, which is excluded: send it a request that counts",
			rule.Service.Name, strings.Join(firstOf(slices.Sorted(maps.Keys(seen.all))), ", "))
	}
	if rule.Operation == "" || seen.all[rule.Operation] > 0 || len(seen.judged) == 0 {
		return ""
	}
	kind := operation.KindOf(rule.Operation)
	rank := func(name string) int {
		switch {
		case alike(name, rule.Operation):
			return 0
		case operation.KindOf(name) == kind:
			return 1
		}
		return 2
	}
	names := slices.SortedFunc(maps.Keys(seen.judged), func(x, y string) int {
		return cmp.Or(rank(x)-rank(y), cmp.Compare(seen.judged[y], seen.judged[x]), cmp.Compare(x, y))
	})
	return fmt.Sprintf("%s sends no %s, but %s: write the operation as leadline operations lists it",
		rule.Service.Name, rule.Operation, strings.Join(firstOf(names), ", "))
}

// patience is how long an answer waits for ingest, which may be waiting for a disk.
const patience = 250 * time.Millisecond

// open returns what the open minutes have counted of the series that match.
func (a *astray) open(match func(*slice.Series) bool) ([]ingest.Counted, error) {
	ctx, cancel := context.WithTimeout(a.ctx, patience)
	defer cancel()
	return a.report.Intake.Open(ctx, match)
}

// look finds out who sends, and says whether that is known.
func (a *astray) look() bool {
	if a.sends != nil || a.silent {
		return !a.silent
	}
	open, err := a.open(func(s *slice.Series) bool { return s.Tally != "" && s.Indicator == "" && !s.Service.IsSelf() })
	if a.silent = err != nil; a.silent {
		return false
	}
	a.mute = make(map[operation.Service]string)
	for tally, what := range map[slice.Tally]string{slice.Points: "metrics", slice.Records: "logs"} {
		for _, c := range open {
			if c.Series.Tally == tally && c.Counts.Good > 0 && a.mute[c.Series.Service] != "metrics" {
				a.mute[c.Series.Service] = what
			}
		}
	}
	open = slices.DeleteFunc(open, func(c ingest.Counted) bool { return c.Series.Tally != slice.Spans })
	a.sends = rates(open, slice.MinuteOf(a.report.Now()), func(k *slice.Key) operation.Service { return k.Service })
	maps.DeleteFunc(a.mute, func(s operation.Service, _ string) bool { return a.sends[s] > 0 })
	return true
}

// operations returns the operations of the service that is counted.
func (a *astray) operations(service operation.Service, in []operation.Service) sent {
	seen, known := a.asked[service]
	if !known {
		open, err := a.open(func(s *slice.Series) bool { return s.IsBaseline() && slices.Contains(in, s.Service) })
		if err == nil {
			name, now := func(k *slice.Key) string { return k.Operation }, slice.MinuteOf(a.report.Now())
			seen.all = rates(open, now, name)
			seen.judged = rates(slices.DeleteFunc(open, func(c ingest.Counted) bool { return c.Counts.Total() == 0 }), now, name)
		}
		a.asked[service] = seen
	}
	return seen
}

// rates returns how many events a minute were counted: the mean of the whole
// minutes since the first, rounded up, or what the minute that runs has so far.
func rates[K comparable](open []ingest.Counted, now slice.Minute, of func(*slice.Key) K) map[K]uint64 {
	sums, first := make(map[K]uint64), make(map[K]slice.Minute)
	for _, c := range open {
		k, n := of(&c.Series.Key), c.Counts.Good+c.Counts.Bad+c.Counts.Excluded
		if c.Series.Tally != "" {
			n = c.Counts.Good
		}
		if _, seen := first[k]; n > 0 && (!seen || c.Minute < first[k]) {
			first[k] = c.Minute
		}
		sums[k] += n
	}
	for k := range sums {
		minutes := uint64(max(1, now-first[k]))
		sums[k] = (sums[k] + minutes - 1) / minutes
	}
	return sums
}

// most returns the service that sends most of those that match.
func (a *astray) most(match func(operation.Service) bool) (found operation.Service, n uint64) {
	for s, sends := range a.sends {
		if match(s) && (sends > n || sends == n && s.String() < found.String()) {
			found, n = s, sends
		}
	}
	return found, n
}

// alike says whether two names differ in case and punctuation only.
func alike(a, b string) bool {
	letters := func(s string) string {
		return strings.Map(func(r rune) rune {
			if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
				return -1
			}
			return unicode.ToLower(r)
		}, s)
	}
	return letters(a) == letters(b)
}

// grouped prints a count as 1,203.
func grouped(n uint64) string {
	digits := strconv.FormatUint(n, 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func environmentText(e string) string {
	if e == "" {
		return "without an environment"
	}
	return "as environment " + e
}

// environmentsText names what an objective covers; the unset environment is last.
func environmentsText(all []string) string {
	var names []string
	for _, e := range all {
		if e != "" {
			names = append(names, e)
		}
	}
	if len(names) < len(all) {
		names = append(names, "no environment")
	}
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

func namespaceText(n string) string {
	if n == "" {
		return "without a namespace"
	}
	return "in namespace " + n
}

func spansText(n uint64) string {
	if n == 1 {
		return "1 span"
	}
	return grouped(n) + " spans"
}
