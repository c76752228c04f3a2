// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package unittest runs unit tests of objectives, as files of kind Test hold
// them: spans that the rules judge, loads of events minute by minute, and how
// objectives are to stand at given times.
//
// It owns the virtual time of a test and the comparison. What it compares is
// what the server would say: spans are judged by package sli, counts go into an
// engine of package eval, which decides windows, budgets, alerts and states.
// The format belongs to package spec, and reading files to its caller.
//
// Time goes by whole minutes. The events of a minute arrive as it ends, then
// the engine evaluates; a server evaluates more often, so that its alerts may
// begin within the minute.
package unittest

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/spec"
)

// Result is how one test went.
type Result struct {
	File string
	Line int
	Name string
	// Failures are what was not as expected; a test without any passed.
	Failures []Failure
}

// Failure is one thing that was not as expected.
type Failure struct {
	Line, Column int
	What         string // "checkout-succeeds at 5m: state"
	Want, Got    string // empty when the test itself is wrong
	// Stood are lines that say how the objective stood at that time, the same
	// of all failures of one expectation.
	Stood []string
}

// Run runs the tests of a file on the objectives of its service files. It
// fails only when ctx ends.
func Run(ctx context.Context, f *spec.TestFile, objectives []*slo.Objective) ([]Result, error) {
	results := make([]Result, 0, len(f.Tests))
	for i := range f.Tests {
		t := &f.Tests[i]
		w := &world{all: objectives, start: f.Start, now: f.Start}
		if err := w.run(ctx, t); err != nil {
			return nil, fmt.Errorf("run test %q of %s: %w", t.Name, f.Path, err)
		}
		results = append(results, Result{f.Path, t.Line, t.Name, w.failures})
	}
	return results, nil
}

// Passed reports whether all tests did.
func Passed(results []Result) bool {
	return !slices.ContainsFunc(results, func(r Result) bool { return len(r.Failures) > 0 })
}

// world is the state of one test.
type world struct {
	all        []*slo.Objective // that could be named
	named      []*slo.Objective // those that the test names, at its start
	start, now time.Time
	engine     *eval.Engine
	table      *slice.Table
	feeds      []feed
	silence    silence
	failures   []Failure
}

func (w *world) run(ctx context.Context, t *spec.Test) error {
	w.install(t)
	w.table = slice.NewTable(maxSeries)
	for i := range t.Loads {
		w.feed(&t.Loads[i])
	}
	for i := range t.Spans {
		w.judge(&t.Spans[i])
	}
	if len(w.failures) > 0 {
		return nil // of a test that names what does not exist nothing is to be compared
	}
	w.engine = eval.New(func() time.Time { return w.now }, time.Second, slog.New(slog.DiscardHandler))
	w.engine.Restored(w.engine.Install(w.named))
	at, snapshot := slice.Minute(0), w.engine.Evaluate()
	for i := range t.Expect {
		x := &t.Expect[i]
		for ; at < slice.Minute(x.At/time.Minute); at++ {
			if err := ctx.Err(); err != nil {
				return err
			}
			w.pass(at)
			snapshot = w.engine.Evaluate()
		}
		w.check(snapshot, x)
	}
	return nil
}

// maxSeries bounds the series of a test: every load may bring a group.
const maxSeries = 10_000

// install finds the objectives that the test names.
func (w *world) install(t *spec.Test) {
	for i := range t.Loads {
		if l := &t.Loads[i]; l.Objective.Text != "" {
			w.find(l.Objective)
		}
	}
	for i := range t.Spans {
		for _, v := range t.Spans[i].Is {
			w.find(v.Objective)
		}
	}
	for i := range t.Expect {
		w.find(t.Expect[i].Objective)
	}
}

// find returns the objective of a name, as [SERVICE/]OBJECTIVE, and installs it.
func (w *world) find(n spec.Named) *slo.Objective {
	var found []*slo.Objective
	for _, o := range w.all {
		if answers(o, n.Text) {
			found = append(found, o)
		}
	}
	if len(found) != 1 {
		w.wrong(n.Place, w.notOne(n.Text, found))
		return nil
	}
	for _, o := range w.named {
		if o.Key == found[0].Key {
			return o
		}
	}
	o := *found[0]
	o.Defined = w.start
	w.named = append(w.named, &o)
	return &o
}

// answers reports whether a name is the objective's: its own, or with its
// service before it, which may leave out namespace and environment.
func answers(o *slo.Objective, name string) bool {
	if name == o.Name {
		return true
	}
	service, found := strings.CutSuffix(name, "/"+o.Name)
	s := o.Key.Service
	withoutEnvironment := s
	withoutEnvironment.Environment = ""
	return found && slices.Contains([]string{s.Name, s.Name + "@" + s.Environment, withoutEnvironment.String(), s.String()}, service)
}

func (w *world) notOne(name string, found []*slo.Objective) string {
	names := make([]string, 0, len(w.all))
	if len(found) > 0 {
		for _, o := range found {
			names = append(names, o.Key.Service.String()+"/"+o.Name)
		}
		return fmt.Sprintf("%q are several objectives: write one of %s", name, some(names))
	}
	for _, o := range w.all {
		names = append(names, o.Name)
	}
	if len(names) == 0 {
		return fmt.Sprintf("there is no objective %q: the service files hold none", name)
	}
	return fmt.Sprintf("there is no objective %q: there are %s", name, some(names))
}

// some lists names that may be many.
func some(names []string) string {
	const most = 10
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}

// wrong notes that the test itself is wrong, once.
func (w *world) wrong(at spec.Place, what string) {
	f := Failure{Line: at.Line, Column: at.Column, What: what}
	if !slices.ContainsFunc(w.failures, func(g Failure) bool { return g.Line == f.Line && g.Column == f.Column && g.What == f.What }) {
		w.failures = append(w.failures, f)
	}
}
