// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package proposal drafts the service file of a service from what was measured
// of it before anybody wrote down an objective.
//
// It owns which operations get objectives, with which targets and thresholds,
// and the text of the file, whose comments say on what evidence. It does not
// read the baselines (package report) or write files (package cli).
//
// Nothing is invented. A target is never above what so many events support:
// the highest usual one that the lower confidence bound of the good share
// reaches, so that few events give a modest target and a comment says why. With
// too few events there is no draft. Names come from telemetry, which anybody may
// send: package operation leaves nothing in them that cannot be printed, here
// they are quoted, and an operation whose name a service file cannot hold
// is left out.
package proposal

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/slice"
)

// What a draft needs at least.
const (
	MinEvents  = 30
	MinMinutes = 2
)

// busiest is how many operations get objectives of their own.
const busiest = 3

// Evidence is what was measured of a service in the environments that a file
// without any counts, or else in one.
type Evidence struct {
	Service     operation.Service // without an environment
	Environment string            // empty: those that count by default
	// Elsewhere are environments that the draft leaves out.
	Elsewhere []string
	From, To  time.Time
	// Minutes is in how many minutes events ended.
	Minutes    int
	Operations []Operation
}

// Operation is what was measured of one operation.
type Operation struct {
	operation.Operation
	Counts    slice.Counts
	Durations *slice.Histogram // of valid events; nil when there is none
}

// Valid returns the valid events of the entry operations.
func (e *Evidence) Valid() (c slice.Counts) {
	for i := range e.Operations {
		if o := &e.Operations[i]; o.Kind.Entry() {
			c = c.Plus(o.Counts)
		}
	}
	return c
}

// Missing says what a draft waits for; empty when there is evidence enough.
func (e *Evidence) Missing() string {
	var waits []string
	if n := e.Valid().Total(); n < MinEvents {
		waits = append(waits, fmt.Sprintf("%d of %d requests or tasks", n, MinEvents))
	}
	if e.Minutes < MinMinutes {
		waits = append(waits, fmt.Sprintf("%d of %d minutes with traffic", e.Minutes, MinMinutes))
	}
	return strings.Join(waits, ", ")
}

// FileName returns the name of the service's file.
func FileName(s operation.Service) string {
	return cmp.Or(slug(s.Name), "service") + ".yaml"
}

// objective is one that is proposed.
type objective struct {
	name, indicator, target string
	why                     []string // lines of its comment
}

// draft is a service file while it is put together.
type draft struct {
	*Evidence
	objectives []objective
	leftOut    []string
	names      map[string]bool
}

// File returns the draft of the service's file, empty while Missing says why.
func (e *Evidence) File() string {
	if e.Missing() != "" {
		return ""
	}
	d := &draft{Evidence: e, names: map[string]bool{}}
	d.whole()
	chosen := d.chosen()
	for i := range chosen {
		d.operation(&chosen[i], len(chosen) == 1)
	}
	if len(d.objectives) == 0 {
		return ""
	}
	return d.text()
}

// whole proposes that the service as a whole answers.
func (d *draft) whole() {
	c := d.Valid()
	target, why := availability(c)
	if target == "" {
		d.leftOut = append(d.leftOut, "availability of the whole service: "+why)
		return
	}
	d.add("all-"+d.noun()+"-succeed", "availability: {}", target, "Every one of the service's "+d.noun()+", health checks apart.", why)
}

// noun is what the service mostly does.
func (d *draft) noun() string {
	var requests, tasks uint64
	for i := range d.Operations {
		switch o := &d.Operations[i]; o.Kind {
		case operation.HTTP, operation.RPC, operation.Function:
			requests += o.Counts.Total()
		case operation.Task, operation.Consume:
			tasks += o.Counts.Total()
		}
	}
	if tasks > requests {
		return "tasks"
	}
	return "requests"
}

// chosen returns the busiest operations that can have objectives.
func (d *draft) chosen() (chosen []Operation) {
	all := slices.Clone(d.Operations)
	slices.SortFunc(all, func(a, b Operation) int {
		return cmp.Or(cmp.Compare(b.Counts.Total(), a.Counts.Total()), cmp.Compare(a.Name, b.Name))
	})
	others := 0
	for _, o := range all {
		switch why := unfit(&o); {
		case !o.Kind.Entry():
		case why == "" && len(chosen) < busiest:
			chosen = append(chosen, o)
		case why == "" || len(d.leftOut) >= maxLeftOut:
			others++
		default:
			d.leftOut = append(d.leftOut, o.Name+": "+why)
		}
	}
	if others > 0 {
		d.leftOut = append(d.leftOut, fmt.Sprintf("%d more that had less traffic", others))
	}
	return chosen
}

// maxLeftOut is how many operations are said to be left out, by name.
const maxLeftOut = 10

// unfit says why an operation gets no objective of its own, or nothing.
func unfit(o *Operation) string {
	switch n := o.Counts.Total(); {
	case n == 0:
		return "all of it is excluded, as health checks and client errors are"
	case strings.HasSuffix(o.Name, operation.Unrouted):
		return "no route of the application matched"
	case reference(o) == "":
		return "a service file cannot name it"
	case n < MinEvents:
		return fmt.Sprintf("%d events are too few", n)
	}
	if target, why := availability(o.Counts); target == "" {
		return why
	}
	return ""
}

// fields are those of a service file that name an operation of a kind, and
// what its name begins with.
var fields = map[operation.Kind][2]string{
	operation.HTTP: {"http", ""}, operation.RPC: {"rpc", "rpc "}, operation.Task: {"task", "task "},
	operation.Consume: {"consume", "consume "}, operation.Function: {"function", "function "},
}

// reference returns how a service file names the operation; empty when it
// would be another one.
func reference(o *Operation) string {
	field := fields[o.Kind]
	name, found := strings.CutPrefix(o.Name, field[1])
	back, err := operation.Parse(o.Kind, name)
	if !found || err != nil || back != o.Operation {
		return ""
	}
	return "{" + field[0] + ": " + Quote(name) + "}"
}

// operation proposes that an operation succeeds and is fast. Of the only one
// the service's own objective says the first.
func (d *draft) operation(o *Operation, only bool) {
	of := reference(o)
	if target, why := availability(o.Counts); !only {
		d.add(nameOf(o)+"-succeeds", "availability: {of: "+of+"}", target, o.Name+" is one of the busiest operations.", why)
	}
	if o.Kind == operation.Task || o.Kind == operation.Consume {
		return // nobody waits for them as for an answer
	}
	threshold, target, why := latency(o.Durations)
	if target == "" {
		d.leftOut = append(d.leftOut, "latency of "+o.Name+": "+why[0])
		return
	}
	d.add(nameOf(o)+"-is-fast", "latency: {of: "+of+", under: "+threshold+"}", target, why...)
}

// nameOf begins the names of an operation's objectives.
func nameOf(o *Operation) string { return cmp.Or(slug(o.Name), "operation") }

func (d *draft) add(name, indicator, target string, why ...string) {
	unique := name
	for i := 2; d.names[unique]; i++ {
		unique = fmt.Sprintf("%s-%d", name, i)
	}
	d.names[unique] = true
	d.objectives = append(d.objectives, objective{unique, indicator, target, why})
}
