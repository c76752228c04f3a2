// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/ingest"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/testkit/otlpgen"
)

// TestSilenceSurvives lets two engines measure the same silence, of which one
// ends and begins again in the same second, or forgets the indicator for a
// while. Except for the minutes in which it did not look both say the same, of
// the open minutes at once and of the closed ones.
func TestSilenceSurvives(t *testing.T) {
	for name, c := range map[string]struct {
		after  time.Duration   // the first event
		happen []time.Duration // for how long the indicator is gone; below 0 the process
	}{
		"a restart before any minute is closed": {4*time.Minute + 6*time.Second, []time.Duration{-1}},
		"a restart later":                       {27*time.Minute + 6*time.Second, []time.Duration{-1}},
		"restarts":                              {4*time.Minute + 6*time.Second, []time.Duration{-1, -1, -1}},
		"a downtime and a restart":              {4*time.Minute + 6*time.Second, []time.Duration{-3 * time.Minute, -1}},
		"a file that comes back at once":        {4*time.Minute + 6*time.Second, []time.Duration{0}},
		"a file that comes back later":          {13*time.Minute + 6*time.Second, []time.Duration{3 * time.Minute}},
		"a file that comes back after an hour":  {13*time.Minute + 6*time.Second, []time.Duration{time.Hour}},
		"a file that comes and goes":            {13*time.Minute + 6*time.Second, []time.Duration{3 * time.Minute, 0, 2 * time.Minute}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newSilent(t)
				p.pass(c.after)
				for _, gone := range c.happen {
					if gone < 0 {
						p.restart(-gone)
					} else {
						p.forget(gone)
					}
					p.compareOpen()
					p.pass(2 * time.Minute)
				}
				p.pass(20 * time.Minute)
				p.compareClosed()
			})
		})
	}
}

// silentPair are two engines that hear the same: nothing, after some events.
type silentPair struct {
	t             *testing.T
	with, without *ingest.Binding
	total, silent slice.Key
	nodes         [2]*node // something happens to the first
	stores        [2]*shelf
	again         func() *node // of the first
	blind         map[slice.Minute]bool
}

func newSilent(t *testing.T) *silentPair {
	w := newWorld(t)
	now := time.Now()
	p := &silentPair{t: t, blind: make(map[slice.Minute]bool)}
	p.with = &ingest.Binding{Indicators: []ingest.Bound{{Indicator: w.available, CountSilence: true, Defined: now}, {Indicator: w.all, Defined: now}}}
	p.without = &ingest.Binding{Indicators: p.with.Indicators[1:]}
	p.total = slice.Key{Service: shop(), Indicator: string(w.available.ID)}
	p.silent = p.total
	p.silent.Tally = slice.Silent
	for i := range p.nodes {
		dir, at, store := t.TempDir(), &cursors{}, &shelf{t: t, counts: ledger{}}
		begin := func() *node { return start(t, dir, p.with, store, at) }
		if i == 0 {
			p.again = begin
		}
		p.nodes[i], p.stores[i] = begin(), store
	}
	p.pass(70 * time.Second)
	p.hear(otlpgen.Checkout)
	return p
}

// pass lets time pass in which others send.
func (p *silentPair) pass(d time.Duration) {
	for ; d > 0; d -= 5 * time.Second {
		p.hear(otlpgen.GetItem)
		time.Sleep(min(d, 5*time.Second))
	}
}

func (p *silentPair) hear(op otlpgen.Operation) {
	now := time.Now()
	o := otlpgen.Options{Environment: "production", Mix: []otlpgen.Operation{op}, From: now.Add(-time.Second), To: now}
	for _, n := range p.nodes {
		n.send(otlpgen.Traces(uint64(now.UnixNano()), 3, o))
	}
}

// restart ends the first engine and begins another. Nobody looked in the
// minute in which one ended, unless the other began in it, nor in those between.
func (p *silentPair) restart(after time.Duration) {
	p.nodes[0].stop()
	first := slice.MinuteOf(time.Now())
	time.Sleep(after)
	p.nodes[0] = p.again()
	for m := first; m < slice.MinuteOf(time.Now()); m++ {
		p.blind[m] = true
	}
	p.hear(otlpgen.GetItem)
}

// forget takes the indicator away for a while. Nobody looked in the minutes in
// which that begins and ends, nor in those between.
func (p *silentPair) forget(d time.Duration) {
	first := slice.MinuteOf(time.Now())
	p.bind(p.without)
	p.pass(d)
	p.bind(p.with)
	for m := first; m <= slice.MinuteOf(time.Now()); m++ {
		p.blind[m] = true
	}
}

func (p *silentPair) bind(b *ingest.Binding) {
	if err := p.nodes[0].Rebind(p.t.Context(), b, func([]ingest.Counted, slice.Minute) {}); err != nil {
		p.t.Fatal(err)
	}
}

func (p *silentPair) compareOpen() {
	p.t.Helper()
	var open [2]ledger
	for i, n := range p.nodes {
		counted, err := n.Open(p.t.Context(), func(s *slice.Series) bool { return s.Key == p.total })
		if err != nil {
			p.t.Fatal(err)
		}
		open[i] = ledger{}
		for _, x := range counted {
			open[i].add(x.Series.Key, x.Minute, x.Counts)
		}
	}
	p.compare("open", open[0], open[1], 1)
}

func (p *silentPair) compareClosed() {
	p.t.Helper()
	for _, n := range p.nodes {
		synctest.Wait() // what is closed is stored
		n.stop()
	}
	p.compare("closed", p.stores[0].counts, p.stores[1].counts, 20)
}

func (p *silentPair) compare(what string, got, want ledger, least int) {
	p.t.Helper()
	type row struct {
		Minute slice.Minute
		Silent bool
	}
	rows := func(l ledger) map[row]slice.Counts {
		of := make(map[row]slice.Counts)
		for k, n := range l {
			if k.key == p.total || k.key == p.silent {
				of[row{k.minute, k.key == p.silent}] = n
			}
		}
		return of
	}
	wanted := rows(want)
	for m := range p.blind {
		delete(wanted, row{m, false})
		delete(wanted, row{m, true})
	}
	if diff := cmp.Diff(wanted, rows(got)); diff != "" {
		p.t.Errorf("%s minutes (-want +got)\n%s", what, diff)
	}
	if len(want) < least {
		p.t.Errorf("%d slices of %s minutes are too few to compare", len(want), what)
	}
}
