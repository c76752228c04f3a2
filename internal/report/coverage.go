// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/window"
)

// coverage says of each minute of a stretch how it was measured.
type coverage struct {
	window.Stretch
	by []measure
}

type measure byte

const (
	notMeasured measure = iota
	measuredLive
	backfilled
)

// shortestGap is how many minutes without a measurement are told of. One minute
// is what a restart may cost.
const shortestGap = 2

// coverage reads how the objective's total was measured. Of minutes that are
// still open only those count that hold something.
func (l *lane) coverage(ctx context.Context, in window.Stretch) (*coverage, error) {
	m := &coverage{in, make([]measure, in.To-in.From)}
	note := func(at slice.Minute, source slice.Source) {
		if by := measuredLive; at >= in.From && at < in.To && m.by[at-in.From] != backfilled {
			if source == slice.Backfill {
				by = backfilled
			}
			m.by[at-in.From] = by
		}
	}
	for i := range l.total {
		note(l.total[i].Minute, slice.Live)
	}
	err := readStretch(ctx, l.store, byMinute(l.objective), in, l.stored, func(at slice.Minute, _ slice.Tally, s series.Sum, source slice.Source) {
		if s.Minutes > 0 {
			note(at, source)
		}
	})
	return m, err
}

// stretches returns the runs of minutes that were measured in one way; a run
// goes on over minutes that pass says nothing of.
func (m *coverage) stretches(by measure, pass func(measure) bool) (all []window.Stretch) {
	var run window.Stretch
	for i, got := range m.by {
		at := m.From + slice.Minute(i)
		switch {
		case got == by && run.From < run.To:
			run.To = at + 1
		case got == by:
			run = window.Stretch{From: at, To: at + 1}
		case !pass(got) && run.From < run.To:
			all, run = append(all, run), window.Stretch{}
		}
	}
	if run.From < run.To {
		all = append(all, run)
	}
	return all
}

// gaps returns the stretches in which nothing was measured from the first
// minute on that was measured as it happened, up to the newest that is closed.
// Before that nobody was there to measure.
func (m *coverage) gaps(since, closed slice.Minute) (all []window.Stretch) {
	first := m.To
	if i := slices.IndexFunc(m.by, func(by measure) bool { return by != notMeasured }); since <= m.From && (i < 0 || m.by[i] == measuredLive) {
		first = m.From
	} else if i := slices.Index(m.by, measuredLive); i >= 0 {
		first = m.From + slice.Minute(i)
	}
	for _, s := range m.stretches(notMeasured, func(measure) bool { return false }) {
		if s.From, s.To = max(s.From, first), min(s.To, closed); s.From+shortestGap <= s.To {
			all = append(all, s)
		}
	}
	return all
}

// gapEvents tells of gaps, and of those that may be listed whose they are.
func (l *lane) gapEvents(ctx context.Context, m *coverage, since slice.Minute) (out []Event, err error) {
	gaps := m.gaps(since, l.stored)
	for i, s := range gaps {
		e := span(GapEvent, s, "nothing was measured for "+window.Compact(time.Duration(s.To-s.From)*time.Minute), "Intake ran, but this objective was not counted.")
		if len(gaps)-i <= maxEvents {
			up, err := l.store.Up(ctx, s.From, s.To)
			if err != nil {
				return nil, err
			}
			if down := int(s.To-s.From) - up; down > 0 {
				e.Detail = fmt.Sprintf("Leadline did not take telemetry in %d of these minutes: what was sent then and did not arrive later is not counted.", down)
			}
		}
		out = append(out, e)
	}
	return out, nil
}

// historyEvents tell of back-filled stretches, whose ends are the edges of what
// was measured as it happened.
func historyEvents(m *coverage) (out []Event) {
	for _, s := range m.stretches(backfilled, func(by measure) bool { return by == notMeasured }) {
		out = append(out, span(MadeUpEvent, s, "back-filled history", "The counts were made up or read from a recording, and not measured as it happened."))
	}
	return out
}
