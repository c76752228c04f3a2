// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Counts is what one operation or objective must show.
type Counts struct {
	Good     int64 `json:"good"`
	Bad      int64 `json:"bad"`
	Excluded int64 `json:"excluded"`
	// Uncertain events are good or bad; their sum is exact, the split is not.
	Uncertain int64 `json:"uncertain"`
	// Unanswered requests were counted or were not, and so was what happened
	// behind an answer that does not tell: only the shop knows.
	Unanswered int64 `json:"unanswered"`
}

// Total is the number of events that must have been counted as good or bad.
func (c Counts) Total() int64 { return c.Good + c.Bad + c.Uncertain }

// Agrees reports whether counts from elsewhere can be the truth, and where
// nothing is uncertain or unanswered, whether they equal the ledger.
func (c Counts) Agrees(good, bad, excluded int64) bool {
	between := func(n, low, slack int64) bool { return n >= low && n <= low+slack }
	return between(good, c.Good, c.Uncertain+c.Unanswered) &&
		between(bad, c.Bad, c.Uncertain+c.Unanswered) &&
		between(excluded, c.Excluded, c.Unanswered) &&
		between(good+bad, c.Total(), c.Unanswered) &&
		between(good+bad+excluded, c.Total()+c.Excluded, c.Unanswered)
}

// Plus returns both counts together.
func (c Counts) Plus(o Counts) Counts {
	return Counts{c.Good + o.Good, c.Bad + o.Bad, c.Excluded + o.Excluded, c.Uncertain + o.Uncertain, c.Unanswered + o.Unanswered}
}

func (c *Counts) add(o outcome) {
	switch o {
	case good:
		c.Good++
	case bad:
		c.Bad++
	case excluded:
		c.Excluded++
	case uncertain:
		c.Uncertain++
	case unknown:
		c.Unanswered++
	case foreign:
	}
}

// Totals is a copy of the ledger at one moment, and its JSON form.
type Totals struct {
	SchemaVersion int       `json:"schema_version"`
	Seed          uint64    `json:"seed"`
	StartedAt     time.Time `json:"started_at"`
	TakenAt       time.Time `json:"taken_at"`
	Requests      int64     `json:"requests"`
	Unanswered    int64     `json:"unanswered"`
	// Losses say when and why the unanswered ones were lost.
	Losses []Loss `json:"losses,omitempty"`
	// Surprises are answers other than the planned one. They are counted as
	// what they were, so they do not harm the ledger, but a run that wants to
	// prove something should have none.
	Surprises  int64             `json:"surprises"`
	Operations map[string]Counts `json:"operations"`
	Objectives map[string]Counts `json:"objectives"`
}

// Ledger holds what a load caused. It is safe for concurrent use. Its size is
// bounded by the operations of the shop, not by the number of requests.
type Ledger struct {
	objectives []Objective

	mu      sync.Mutex
	totals  Totals
	trouble error
}

func newLedger(seed uint64) *Ledger {
	l := &Ledger{objectives: Objectives()}
	l.totals = Totals{
		SchemaVersion: 1, Seed: seed, StartedAt: time.Now().UTC(),
		Operations: map[string]Counts{}, Objectives: map[string]Counts{},
	}
	for _, o := range l.objectives {
		l.totals.Objectives[o.Name] = Counts{}
	}
	return l
}

// Snapshot returns the ledger as it stands.
func (l *Ledger) Snapshot() Totals {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.totals
	t.TakenAt = time.Now().UTC()
	t.Losses = slices.Clone(t.Losses)
	t.Operations, t.Objectives = maps.Clone(t.Operations), maps.Clone(t.Objectives)
	return t
}

func (l *Ledger) enter(r request, a answer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.totals.Requests++
	if a.status != r.want {
		l.totals.Surprises++
	}
	tally(l.totals.Operations, r.operation, judgeStatus(r.operation, a.status))
	for _, o := range l.objectives {
		tally(l.totals.Objectives, o.Name, o.judge(r, a))
	}
}

func tally(counts map[string]Counts, name string, o outcome) {
	c := counts[name]
	c.add(o)
	counts[name] = c
}

func (l *Ledger) unanswered(r request, err error, reason, phase string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.totals.Requests++
	l.totals.Unanswered++
	l.totals.lose(reason, phase, time.Now().UTC())
	if l.trouble == nil {
		l.trouble = fmt.Errorf("%s %s: %w", r.method, r.path, err)
	}
	addUnanswered(l.totals.Operations, r.operation)
	for _, o := range l.objectives {
		// A status of 0 is none: whatever may have happened is on the list.
		if o.judge(r, answer{}) != foreign {
			addUnanswered(l.totals.Objectives, o.Name)
		}
	}
}

func addUnanswered(counts map[string]Counts, name string) {
	c := counts[name]
	c.Unanswered++
	counts[name] = c
}

func (l *Ledger) firstTrouble() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.trouble == nil {
		return errors.New("BUG: no trouble was recorded")
	}
	return l.trouble
}
