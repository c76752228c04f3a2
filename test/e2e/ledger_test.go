// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/testkit/otlpgen"
)

// shopFile holds an objective of every kind that counts spans. Provider
// failures are excluded by it, so that all three columns move.
const shopFile = `apiVersion: leadline/v1
kind: Service
metadata:
  name: shop-api
  owner: team-checkout
spec:
  objectives:
    - {name: api-up, availability: {}, target: 99.9%, window: 28d}
  journeys:
    checkout:
      description: A customer looks at items and pays.
      steps:
        item: {http: "GET /items/{id}"}
        cart: {http: GET /cart}
        pay: {http: POST /checkout}
        charge: {call: api.stripe.com}
        ship: {task: shop.tasks.ship}
      objectives:
        - {name: items-are-fast, latency: {of: item, under: 12ms}, target: 50%, window: 7d}
        - {name: cart-works, success: {of: cart, under: 20ms}, target: 50%, window: 1d}
        - {name: checkout-succeeds, availability: {of: pay}, target: 99%, window: 28d, by: [customer.tier]}
        - name: payers-are-served
          custom: {of: pay, where: 'attributes["customer.tier"] != "free"', good: 'status_code < 500 && duration < duration("200ms")'}
          target: 90%
          window: 7d
        - {name: provider-answers, availability: {of: charge, statuses: {503: excluded}}, target: 99%, window: 28d}
        - {name: parcels-leave, availability: {of: ship}, target: 90%, window: 28d}
`

// tally is what an objective or one of its groups has counted.
type tally struct{ Good, Bad, Excluded uint64 }

// counts are the tallies by objective, and by "objective/group".
type counts map[string]tally

// judgement says what a span counts as for one objective.
type judgement uint8

const (
	unmatched judgement = iota
	good
	bad
	excluded
)

func goodIf(ok bool) judgement {
	if ok {
		return good
	}
	return bad
}

// rules are the objectives of shopFile, as their documentation has them.
var rules = map[string]func(s otlpgen.Span) judgement{
	"api-up": func(s otlpgen.Span) judgement {
		switch s.Operation {
		case otlpgen.Checkout, otlpgen.GetItem, otlpgen.GetCart, otlpgen.Ship:
			return goodIf(!s.Bad)
		}
		return unmatched
	},
	"items-are-fast": of(otlpgen.GetItem, func(s otlpgen.Span) judgement {
		return goodIf(s.End.Sub(s.Start) <= 12*time.Millisecond)
	}),
	"cart-works": of(otlpgen.GetCart, func(s otlpgen.Span) judgement {
		return goodIf(!s.Bad && s.End.Sub(s.Start) <= 20*time.Millisecond)
	}),
	"checkout-succeeds": of(otlpgen.Checkout, func(s otlpgen.Span) judgement { return goodIf(!s.Bad) }),
	"payers-are-served": of(otlpgen.Checkout, func(s otlpgen.Span) judgement {
		if s.Tier == "free" {
			return unmatched
		}
		return goodIf(!s.Bad && s.End.Sub(s.Start) < 200*time.Millisecond)
	}),
	"provider-answers": of(otlpgen.Charge, func(s otlpgen.Span) judgement {
		if s.Bad {
			return excluded
		}
		return good
	}),
	"parcels-leave": of(otlpgen.Ship, func(s otlpgen.Span) judgement { return goodIf(!s.Bad) }),
}

func of(o otlpgen.Operation, judge func(otlpgen.Span) judgement) func(otlpgen.Span) judgement {
	return func(s otlpgen.Span) judgement {
		if s.Operation != o {
			return unmatched
		}
		return judge(s)
	}
}

// grouped names the objective that tells groups apart.
const grouped = "checkout-succeeds"

// ledger counts every span that is sent, once.
type ledger struct {
	mu    sync.Mutex
	spans int
	want  counts
}

func newLedger() *ledger { return &ledger{want: counts{}} }

func (l *ledger) add(spans []otlpgen.Span) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.spans += len(spans)
	for _, s := range spans {
		for name, judge := range rules {
			j := judge(s)
			l.want.add(name, j)
			if name == grouped {
				l.want.add(name+"/customer.tier="+s.Tier, j)
			}
		}
	}
}

func (c counts) add(name string, j judgement) {
	n := c[name]
	switch j {
	case unmatched:
		return
	case good:
		n.Good++
	case bad:
		n.Bad++
	case excluded:
		n.Excluded++
	}
	c[name] = n
}

// slo is the part of an objective's answer that the tests read.
type slo struct {
	Name       string
	State      string
	CauseCode  string `json:"cause_code"`
	Target     string
	Window     string
	Good       *uint64
	Bad        *uint64
	Total      *uint64
	Excluded   *uint64
	Budget     struct{ Allowed, Spent, Remaining *int64 }
	Indicator  struct{ ID string }
	Generation generation
	Groups     []group
	// Generations are those of the detail's answer, the running one last.
	Generations []generation
}

type generation struct {
	Indicator string `json:"indicator_id"`
	From, To  *time.Time
}

type group struct {
	Group               string
	Good, Bad, Excluded uint64
}

func (s *server) slos() map[string]slo {
	s.t.Helper()
	var answer struct{ SLOs []slo }
	s.get("/api/v1/slos", &answer)
	byName := make(map[string]slo)
	for _, o := range answer.SLOs {
		byName[o.Name] = o
	}
	return byName
}

// slo asks for one objective. Whatever is being loaded, every answer is of one
// generation.
func (s *server) slo(name string) slo {
	s.t.Helper()
	var answer struct{ SLO slo }
	s.get("/api/v1/slos/shop-api/"+name, &answer)
	o := answer.SLO
	if n := len(o.Generations); n == 0 || o.Generations[n-1].Indicator != o.Indicator.ID || o.Generation.Indicator != o.Indicator.ID {
		s.t.Errorf("an answer mixes generations: indicator %s, generation %+v of %+v", o.Indicator.ID, o.Generation, o.Generations)
	}
	return o
}

// counts returns what the API says of every objective, groups included. An
// objective without evidence is left out.
func (s *server) counts() (got counts, problem string) {
	got = counts{}
	for name, o := range s.slos() {
		if o.Good == nil || o.Bad == nil || o.Excluded == nil || o.Total == nil {
			continue
		}
		if *o.Total != *o.Good+*o.Bad {
			problem = fmt.Sprintf("%s: total %d is not good %d + bad %d", name, *o.Total, *o.Good, *o.Bad)
		}
		got[name] = tally{*o.Good, *o.Bad, *o.Excluded}
	}
	if _, ok := got[grouped]; ok {
		for _, g := range s.slo(grouped).Groups {
			got[grouped+"/"+g.Group] = tally{g.Good, g.Bad, g.Excluded}
		}
	}
	return got, problem
}

// settled waits until the API says what the ledger says. It must not show
// more on the way there: what is counted twice does not go away.
func (s *server) settled(t *testing.T, l *ledger) {
	t.Helper()
	s.ready()
	l.mu.Lock()
	defer l.mu.Unlock()
	eventually(t, "the API's counts are the ledger's", func() string {
		got, problem := s.counts()
		if problem != "" {
			t.Fatal(problem)
		}
		return cmp.Diff(l.want, got)
	})
}
