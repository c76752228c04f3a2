// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/testkit/otlpgen"
)

// serviceFile writes a service file with these objectives of the checkout.
func serviceFile(objectives ...string) string {
	return `apiVersion: leadline/v1
kind: Service
metadata: {name: shop-api, owner: team-checkout}
spec:
  journeys:
    checkout:
      description: A customer pays.
      steps:
        pay: {http: POST /checkout}
      objectives:
        - ` + strings.Join(objectives, "\n        - ") + "\n"
}

const (
	paySucceeds = "{name: pay-succeeds, availability: {of: pay}, target: 99%, window: 28d}"
	payIsFast   = "{name: pay-is-fast, latency: {of: pay, under: 200ms}, target: 90%, window: 28d}"
	payIsFaster = "{name: pay-is-fast, latency: {of: pay, under: 100ms}, target: 90%, window: 28d}"
)

// pay sends n checkouts, of which none fails, and returns them.
func pay(t *testing.T, s *server, seed uint64, n int) []otlpgen.Span {
	t.Helper()
	now := time.Now()
	o := otlpgen.Options{Mix: []otlpgen.Operation{otlpgen.Checkout}, From: now.Add(-5 * time.Second), To: now}
	spans := otlpgen.Spans(seed, n, o)
	c := newClient()
	defer c.close()
	if err := c.send(way{}, s.at, otlpgen.Encode(spans, o)); err != nil {
		t.Fatal(err)
	}
	return spans
}

// shows waits until an objective has counted so many good and bad events.
func (s *server) shows(t *testing.T, name string, want tally) {
	t.Helper()
	eventually(t, fmt.Sprintf("%s counts %+v", name, want), func() string {
		o, known := s.slos()[name]
		switch {
		case !known:
			return "there is no such objective"
		case o.Good == nil:
			return "no evidence: " + o.State + ", " + o.CauseCode
		case *o.Good != want.Good || *o.Bad != want.Bad:
			return fmt.Sprintf("good %d, bad %d", *o.Good, *o.Bad)
		}
		return ""
	})
}

func slowerThan(limit time.Duration, spans []otlpgen.Span) (slow uint64) {
	for _, s := range spans {
		if s.End.Sub(s.Start) > limit {
			slow++
		}
	}
	return slow
}

// TestABrokenFileKeepsTheLastGoodDefinition breaks the service file at
// runtime, restarts with it, and mends it.
func TestABrokenFileKeepsTheLastGoodDefinition(t *testing.T) {
	t.Parallel()
	in := install(t, map[string]string{"shop.yaml": serviceFile(paySucceeds)})
	s := in.start()
	pay(t, s, 1, 100)
	s.shows(t, "pay-succeeds", tally{Good: 100})

	in.write("shop.yaml", serviceFile(strings.Replace(paySucceeds, "of: pay", "of: pya", 1)))
	s.says(t, "pya")
	pay(t, s, 2, 50)
	s.shows(t, "pay-succeeds", tally{Good: 150})

	s.stop()
	s = in.start()
	pay(t, s, 3, 25)
	s.shows(t, "pay-succeeds", tally{Good: 175})
	s.kill()
	s = in.start()
	s.shows(t, "pay-succeeds", tally{Good: 175})

	in.write("shop.yaml", serviceFile(paySucceeds, payIsFast))
	eventually(t, "the mended file counts", func() string {
		if _, known := s.slos()["pay-is-fast"]; !known {
			return "its new objective is not there"
		}
		return ""
	})
	pay(t, s, 4, 10)
	s.shows(t, "pay-succeeds", tally{Good: 185})
	s.stop()
}

// says waits until the log of the process mentions something.
func (s *server) says(t *testing.T, words string) {
	t.Helper()
	eventually(t, fmt.Sprintf("the log says %q", words), func() string {
		if log := s.log(); !strings.Contains(log, words) {
			return log
		}
		return ""
	})
}

// TestANewObjectiveMeasuresFromNowOn adds an objective at runtime, and then
// changes its rule: the new generation starts from nothing and the old one
// stays visible, across a restart too.
func TestANewObjectiveMeasuresFromNowOn(t *testing.T) {
	t.Parallel()
	in := install(t, map[string]string{"shop.yaml": serviceFile(paySucceeds)})
	s := in.start()
	rng := rand.New(rand.NewPCG(1, 1))
	pay(t, s, rng.Uint64(), 100)
	s.shows(t, "pay-succeeds", tally{Good: 100})

	in.write("shop.yaml", serviceFile(paySucceeds, payIsFast))
	s.says(t, "service files reloaded")
	spans := pay(t, s, rng.Uint64(), 200)
	slow := slowerThan(200*time.Millisecond, spans)
	s.shows(t, "pay-is-fast", tally{Good: 200 - slow, Bad: slow})
	s.shows(t, "pay-succeeds", tally{Good: 300})
	first := s.slo("pay-is-fast").Generation.Indicator

	in.write("shop.yaml", serviceFile(paySucceeds, payIsFaster))
	eventually(t, "a changed rule starts a new generation", func() string {
		if o := s.slo("pay-is-fast"); o.Generation.Indicator == first {
			return "the generation is still " + first
		}
		return ""
	})
	spans = pay(t, s, rng.Uint64(), 300)
	slow = slowerThan(100*time.Millisecond, spans)
	for range 2 {
		s.shows(t, "pay-is-fast", tally{Good: 300 - slow, Bad: slow})
		s.shows(t, "pay-succeeds", tally{Good: 600})
		two := s.slo("pay-is-fast").Generations
		if len(two) != 2 {
			t.Fatalf("%d generations, want the old and the new one: %+v", len(two), two)
		}
		ended := 0
		for _, g := range two {
			if g.To != nil {
				ended++
				if g.Indicator != first || g.From == nil || !g.From.Before(*g.To) {
					t.Errorf("the old generation is %+v, its indicator was %s", g, first)
				}
			}
		}
		if ended != 1 {
			t.Errorf("%d generations have ended, want 1", ended)
		}
		s.kill()
		s = in.start()
		s.ready()
	}
}
