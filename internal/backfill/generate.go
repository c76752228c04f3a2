// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package backfill

import (
	"cmp"
	"context"
	"iter"
	"regexp"
	"slices"
	"time"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// Generation says what history to make up.
type Generation struct {
	// Length is how far back it reaches from the minutes that may still be
	// measured.
	Length Length `json:"generate"`
	// Seed decides everything that is random. The same minute of the same
	// operation is the same for one seed, however long the history is.
	Seed uint64 `json:"seed"`
	// Rate is the events a minute of each operation, averaged over a week.
	Rate float64 `json:"rate"`
}

// DefaultRate is the rate where none is given.
const DefaultRate = 60

// The limits of a generation.
const (
	maxLength = 400 * 24 * time.Hour
	maxRate   = 10_000
	// maxEvents bounds the time that one request may take.
	maxEvents = 2_000_000_000
)

// Length is a duration that reads "30d", "4w" or what Go reads.
type Length time.Duration

// ParseLength reads a length.
func ParseLength(text string) (Length, error) {
	d, err := window.Parse(text)
	if err != nil || d < time.Minute || d > maxLength {
		return 0, errs.New(errs.Invalid, "the length %q of generated history is not usable", text).WithHint("write for example 30d, 4w or 36h; the longest is 400d")
	}
	return Length(d), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *Length) UnmarshalText(text []byte) (err error) {
	*l, err = ParseLength(string(text))
	return err
}

// MarshalText implements encoding.TextMarshaler.
func (l Length) MarshalText() ([]byte, error) { return []byte(time.Duration(l).String()), nil }

// Validate fills in what is missing and refuses what cannot be generated.
func (g *Generation) validate() error {
	if g.Rate == 0 {
		g.Rate = DefaultRate
	}
	switch {
	case g.Length <= 0:
		return errs.New(errs.Invalid, "no length of generated history is given").WithHint(`send {"generate":"30d"}`)
	case g.Rate < 0 || g.Rate > maxRate || g.Rate != g.Rate:
		return errs.New(errs.Invalid, "a rate of %g events a minute is not usable", g.Rate).WithHint("the highest is 10000")
	}
	return nil
}

// Generate makes history up for the operations of the objectives and stores it.
func Generate(ctx context.Context, g Generation, objectives []*slo.Objective, t Target) (Report, error) {
	r := newRun(t)
	if err := g.validate(); err != nil {
		return r.report, err
	}
	sources := sourcesOf(g, objectives)
	if len(sources) == 0 {
		return r.report, errs.New(errs.Invalid, "there are no objectives to generate history for").WithHint("name a folder of service files with --services")
	}
	minutes := slice.Minute(time.Duration(g.Length) / time.Minute)
	if float64(minutes)*g.Rate*float64(len(sources)) > maxEvents {
		return r.report, errs.New(errs.TooLarge, "%g events a minute of %d operations for %d minutes are more than %d", g.Rate, len(sources), minutes, maxEvents).
			WithHint("ask for a shorter history or a lower rate")
	}
	from := t.Before - minutes
	for _, s := range sources {
		r.report.Incidents = append(r.report.Incidents, s.incidents(from, t.Before)...)
	}
	slices.SortFunc(r.report.Incidents, func(a, b Incident) int {
		return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Service, b.Service))
	})
	err := r.store(ctx, r.generated(sources, from, t.Before))
	return r.report, err
}

// generated counts the events of one minute after the other.
func (r *run) generated(sources []*source, from, to slice.Minute) iter.Seq2[slice.Closed, error] {
	return func(yield func(slice.Closed, error) bool) {
		for m := from; m < to; m++ {
			for _, s := range sources {
				if err := r.counter.Count(s.request(m)); err != nil {
					yield(slice.Closed{}, err)
					return
				}
			}
			for c, err := range r.counter.Minutes() {
				if !yield(c, err) {
					return
				}
			}
		}
	}
}

// source is an operation of which events are made up.
type source struct {
	service   operation.Service
	operation operation.Operation
	seed      uint64
	rate      float64
	// failing and slow are the shares of bad events on a healthy day: a part of
	// what the strictest target allows.
	failing, slow float64
	under         time.Duration // the shortest threshold of latency; 0 for none
	groups        []string      // attributes that objectives group by
	named         []text        // attributes that expressions ask for

	encoder encoder
	found   map[slice.Minute]*Incident // by period
}

// defaultOperation stands for every operation of a service where objectives
// name none.
const defaultOperation = "GET /"

// sourcesOf returns the operations that the objectives count, in a fixed order.
func sourcesOf(g Generation, objectives []*slo.Objective) []*source {
	type place struct {
		service   operation.Service
		operation string
	}
	at := make(map[place]*source)
	named := make(map[operation.Service]bool)
	for _, o := range objectives {
		named[o.Indicator.Rule.Service] = named[o.Indicator.Rule.Service] || o.Indicator.Rule.Operation != "" && operation.KindOf(o.Indicator.Rule.Operation).Entry()
	}
	for _, o := range objectives {
		rule := o.Indicator.Rule
		p := place{rule.Service, rule.Operation}
		if p.operation == "" {
			p.operation = defaultOperation
		}
		s := at[p]
		if s == nil {
			s = newSource(g, p.service, p.operation)
			at[p] = s
		}
		s.serve(o)
	}
	sources := make([]*source, 0, len(at))
	for p, s := range at {
		if p.operation == defaultOperation && named[p.service] && !namesDefault(objectives, p.service) {
			continue // the operations that are named are events enough
		}
		sources = append(sources, s)
	}
	slices.SortFunc(sources, func(a, b *source) int {
		return cmp.Or(cmp.Compare(a.service.String(), b.service.String()), cmp.Compare(a.operation.Name, b.operation.Name))
	})
	return sources
}

func namesDefault(objectives []*slo.Objective, s operation.Service) bool {
	return slices.ContainsFunc(objectives, func(o *slo.Objective) bool {
		return o.Indicator.Rule.Service == s && o.Indicator.Rule.Operation == defaultOperation
	})
}

// healthyPart is the part of a budget that a healthy month spends.
const healthyPart = 0.2

// serve makes the source fit an objective that counts it.
func (s *source) serve(o *slo.Objective) {
	share := healthyPart * (1 - float64(o.Target)/slo.Billion)
	if u := o.Indicator.Rule.Under; u > 0 {
		s.slow = min(s.slow, share)
		if s.under == 0 || u < s.under {
			s.under = u
		}
	}
	if o.Indicator.Rule.Kind != sli.Latency {
		s.failing = min(s.failing, share)
	}
	s.name(o.Indicator.Rule.Where)
	for _, attribute := range o.Indicator.Rule.GroupBy {
		if !slices.Contains(s.groups, attribute) {
			s.groups = append(s.groups, attribute)
			slices.Sort(s.groups)
		}
	}
}

// text is an attribute and its value.
type text struct{ attribute, value string }

// comparison is how an expression asks for an attribute with one text.
var comparison = regexp.MustCompile(`attributes\["([^"\\]+)"\]\s*==\s*"([^"\\]*)"`)

// name gives a part of the events the attributes that an expression compares
// with a text, so that what it selects has a history too. Whatever else it asks
// for, it finds missing.
func (s *source) name(where string) {
	for _, m := range comparison.FindAllStringSubmatch(where, -1) {
		if t := (text{m[1], m[2]}); !slices.Contains(s.named, t) {
			s.named = append(s.named, t)
		}
	}
}
