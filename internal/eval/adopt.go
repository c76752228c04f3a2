// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
)

// Adopt takes the alerts that were known before this process, so that what
// fired still fires, and nothing is said twice: what is evaluated from now on
// continues from them, and alerts that are not named go on as they are. It is
// called before the first evaluation; alerts whose objective is not defined by
// then end.
func (e *Engine) Adopt(alerts []alert.Alert) {
	e.mu.Lock()
	defer e.mu.Unlock()
	tracks := make(map[slo.Key]*track, len(e.tracks))
	for _, t := range e.tracks {
		tracks[t.objective.Key] = t
	}
	for _, a := range alerts {
		if t := tracks[a.Objective]; t != nil {
			t.alerts.adopt(a)
		} else {
			e.alerts.keep(a)
		}
	}
}

// strays are alerts whose objective is not defined, or not yet. They are kept
// because their sequence must go on if it is defined again.
type strays struct{ of map[slo.Key][]alert.Alert }

// maxStrays bounds how many objectives strays are kept of.
const maxStrays = 10_000

func (s *strays) keep(a alert.Alert) {
	if s.of == nil {
		s.of = make(map[slo.Key][]alert.Alert)
	}
	of := s.of[a.Objective]
	if i := slices.IndexFunc(of, func(b alert.Alert) bool { return b.Key == a.Key }); i >= 0 {
		of[i] = a
	} else if len(s.of) < maxStrays || of != nil {
		s.of[a.Objective] = append(of, a)
	}
}

// hand gives a track the alerts of the one that it follows, or strays.
func (s *strays) hand(from, to *track) {
	if from != nil {
		to.alerts = from.alerts
		to.alerts.quiet = nil // of rings that go
		return
	}
	for _, a := range s.of[to.objective.Key] {
		to.alerts.adopt(a)
	}
	delete(s.of, to.objective.Key)
}

// leave takes the alerts of an objective that is no longer defined.
func (s *strays) leave(t *track) {
	for _, a := range t.alerts.records {
		s.keep(*a)
	}
}

// gone ends the alerts of what is not defined, and returns them.
func (e *Engine) gone(at time.Time) (all []alert.Alert) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, of := range e.alerts.of {
		for i := range of {
			of[i] = alert.Leave(of[i], "its objective is no longer defined", at)
		}
		all = append(all, of...)
	}
	slices.SortFunc(all, func(a, b alert.Alert) int { return a.Compare(b.Key) })
	return all
}

// outages are the minutes in which intake did not run, as far back as short
// alert windows reach, in order. Without them an application's errors would
// seem to end when we do.
type outages struct{ minutes []slice.Minute }

// maxOutage is how many minutes are kept: the longest short window of a
// default tier is that of 90 days, 19 hours.
const maxOutage = day

// Unmeasured says that intake did not run in the minutes from <= m < to.
func (e *Engine) Unmeasured(from, to slice.Minute) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.outages.add(from, to, e.minute())
}

// restoreOutages finds the minutes without intake in the store. What lies
// before the first minute with it is no outage: nothing was there to be out.
func (e *Engine) restoreOutages(ctx context.Context, store series.Querier, closed slice.Minute) error {
	e.mu.Lock()
	from := e.minute() - maxOutage
	e.mu.Unlock()
	down, err := without(ctx, store, from, closed+1)
	if err != nil {
		return fmt.Errorf("read when intake ran: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for i, m := range down {
		if m != from+slice.Minute(i) {
			e.outages.add(m, m+1, e.minute())
		}
	}
	return nil
}

// without returns the minutes of a range in which intake did not run, in order.
func without(ctx context.Context, store series.Querier, from, to slice.Minute) ([]slice.Minute, error) {
	if from >= to {
		return nil, nil
	}
	up, err := store.Up(ctx, from, to)
	switch {
	case err != nil || up == int(to-from):
		return nil, err
	case up == 0:
		var all []slice.Minute
		for m := from; m < to; m++ {
			all = append(all, m)
		}
		return all, nil
	}
	middle := from + (to-from)/2
	early, err := without(ctx, store, from, middle)
	if err != nil {
		return nil, err
	}
	late, err := without(ctx, store, middle, to)
	return append(early, late...), err
}

func (o *outages) add(from, to, now slice.Minute) {
	for m := max(from, now-maxOutage); m < min(to, now+1); m++ {
		if at, known := slices.BinarySearch(o.minutes, m); !known {
			o.minutes = slices.Insert(o.minutes, at, m)
		}
	}
}

// forget drops what no window reaches any more.
func (o *outages) forget(now slice.Minute) {
	old, _ := slices.BinarySearch(o.minutes, now-maxOutage)
	o.minutes = slices.Delete(o.minutes, 0, old)
}

func (o *outages) none() bool { return len(o.minutes) == 0 }

// count returns how many minutes of a length that ends with last are unmeasured.
func (o *outages) count(last slice.Minute, length time.Duration) int {
	from, _ := slices.BinarySearch(o.minutes, last-slice.Minute(length/time.Minute)+1)
	to, _ := slices.BinarySearch(o.minutes, last+1)
	return to - from
}
