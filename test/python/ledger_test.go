// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package python_test

import (
	"maps"
	"sync"
)

// event is what one request or attempt was, as its sender knows it.
type event struct {
	operation string
	status    int // HTTP's, or one of the task states
	agent     string
	slow      bool // beyond the threshold of the objectives
}

// The states in which an attempt at a task ends, beside HTTP's statuses.
const (
	taskSucceeded = iota + 1
	taskFailed
	taskRetried
)

// ledger counts what was sent. It is safe for concurrent use.
type ledger struct {
	mu     sync.Mutex
	events map[event]uint64
}

func newLedger() *ledger { return &ledger{events: map[event]uint64{}} }

func (l *ledger) enter(e event, n uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events[e] += n
}

func (l *ledger) total() (n uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, k := range l.events {
		n += k
	}
	return n
}

// outcome is the field of the counts that an event adds to, or nil when it is
// not an event of the objective.
type outcome func(*counts) *uint64

func good(c *counts) *uint64     { return &c.Good }
func bad(c *counts) *uint64      { return &c.Bad }
func excluded(c *counts) *uint64 { return &c.Excluded }

// objective judges an event as the service file says, from outside.
type objective func(event) outcome

// expect returns what Leadline has to show.
func (l *ledger) expect(objectives map[string]objective) shown {
	l.mu.Lock()
	events := maps.Clone(l.events)
	l.mu.Unlock()
	want := shown{map[string]counts{}, map[string]counts{}}
	for e, n := range events {
		add(want.Operations, e.operation, answered(e), n)
		for name, judge := range objectives {
			add(want.Objectives, name, judge(e), n)
		}
	}
	return want
}

func add(to map[string]counts, name string, o outcome, n uint64) {
	if o == nil {
		return
	}
	c := to[name]
	*o(&c) += n
	to[name] = c
}

// answered is the default judgement.
func answered(e event) outcome {
	switch {
	case e.status == taskSucceeded:
		return good
	case e.status == taskFailed:
		return bad
	case e.status == taskRetried:
		return excluded
	case e.status == 429 || e.status >= 500:
		return bad
	case e.status >= 400:
		return excluded
	}
	return good
}

// of is an availability objective of one operation.
func of(operation string) objective {
	return func(e event) outcome {
		if e.operation != operation {
			return nil
		}
		return answered(e)
	}
}

// inTime is an objective of one operation that counts slow successes as bad.
func inTime(operation string) objective {
	return func(e event) outcome {
		o := of(operation)(e)
		if o != nil && e.slow && e.status < 400 {
			return bad
		}
		return o
	}
}
