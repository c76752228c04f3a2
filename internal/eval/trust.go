// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"cmp"
	"fmt"
	"time"

	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/window"
)

// When excluded events cost the number its trust: when they are more than
// half, so that few are left to judge by, or when the last hour excludes five
// times its usual share, so that something else may be failing than we count.
// Small numbers of events, and shares that hide little, say nothing.
const (
	maxExcluded    = 0.5
	unusualTimes   = 5
	unusualShare   = 0.05
	fewExcluded    = 20
	fewUsual       = 100
	shortestHabits = 6 * time.Hour // windows below have no usual share
)

// When the spans of a service cost the number its trust: too many were refused,
// so that the number lacks them, or counted unchecked, so that it may hold them
// twice.
const (
	maxDoubtful = 0.01
	fewDoubtful = 20
)

// doubtful reports whether so many of n spans cost the number its trust.
func doubtful(some, n uint64) bool {
	return some >= fewDoubtful && float64(some) > maxDoubtful*float64(n)
}

// excludable are the events of a window that could have been judged. Health
// checks and synthetic traffic could not: however many they are, they are no
// reason to distrust the rest.
func (t *track) excludable(span int, now slice.Minute) slice.Counts {
	c := t.total.Sum(span)
	// The tally and the total are counted one after the other, and we may look
	// between them.
	c.Excluded -= min(c.Excluded, t.tallied(slice.Probes, span, now))
	return c
}

func excludedShare(c slice.Counts) float64 {
	if c.Total()+c.Excluded == 0 {
		return -1
	}
	return float64(c.Excluded) / float64(c.Total()+c.Excluded)
}

// trust reads what is known about the numbers of an objective.
func (t *track) trust(now slice.Minute, c slice.Counts) Trust {
	trust := Trust{LateShare: -1, RefusedShare: -1, Source: slice.Live}
	trust.MeasuredSince, _ = t.since()
	judged := t.excludable(wholeWindow, now)
	trust.ExcludedShare = excludedShare(judged)
	if probes := c.Excluded - judged.Excluded; probes > 0 {
		trust.note("%d health checks and synthetic events are among the excluded", probes)
	}
	if failed := t.tallied(slice.Unevaluated, wholeWindow, now); failed > 0 {
		trust.UnevaluatedShare = float64(failed) / float64(failed+c.Total()+c.Excluded)
	}
	trust.service(t, now)
	trust.backfill(t)
	trust.doubt = cmp.Or(t.excludes(judged, t.excludable(lastHour, now)), trust.doubt)
	return trust
}

// service reads what the objective's service sent.
func (x *Trust) service(t *track, now slice.Minute) {
	sum := func(r *window.Ring) slice.Counts {
		r.Advance(now)
		return r.Sum(wholeWindow)
	}
	if err := t.service.unreadable; err != nil {
		x.note("the history of what this service sends is unreadable: %s", err)
	}
	heard := sum(t.service.heard)
	first, last := t.service.heard.Edges(wholeWindow)
	x.Coverage = float64(heard.Good) / float64(last-first+1)
	spans := sum(t.service.spans)
	if n := spans.Good + spans.Bad; n > 0 {
		x.RefusedShare = float64(spans.Bad) / float64(n)
		x.LateShare = float64(spans.Excluded) / float64(n)
	}
	if spans.Bad > 0 {
		x.note("%d spans of this service were refused: they arrived after their minute had closed, or their clock runs ahead", spans.Bad)
	}
	if heard.Bad > 0 {
		x.note("%d spans of this service were counted without a look whether they had come before: the ids of the open minutes had outgrown their memory", heard.Bad)
	}
	switch n := spans.Good + spans.Bad; {
	case doubtful(spans.Bad, n):
		x.doubt = fmt.Sprintf("%.2g%% of the spans of this service were refused, so the numbers lack them", 100*x.RefusedShare)
	case doubtful(heard.Bad, n):
		x.doubt = fmt.Sprintf("%.2g%% of the spans of this service were not checked for having come before, so the numbers may hold them twice",
			100*float64(heard.Bad)/float64(max(1, n)))
	}
}

func (x *Trust) note(format string, args ...any) {
	x.Notes = append(x.Notes, fmt.Sprintf(format, args...))
}

// excludes says why the number should not be believed when so much is
// excluded, in the window and in the last hour; empty when it should.
func (t *track) excludes(all, hour slice.Counts) string {
	if share := excludedShare(all); share > maxExcluded && all.Excluded >= fewExcluded {
		return fmt.Sprintf("%.0f%% of the events are excluded, so few are left to judge by", 100*share)
	}
	if t.objective.Window.Length < shortestHabits || hour.Excluded < fewExcluded {
		return ""
	}
	hour.Excluded = min(hour.Excluded, all.Excluded)
	before := all.Minus(hour)
	now, usual := excludedShare(hour), excludedShare(before)
	if before.Total()+before.Excluded < fewUsual || now < unusualShare || now <= unusualTimes*usual {
		return ""
	}
	return fmt.Sprintf("%.0f%% of the last hour's events are excluded, usually %.2g%% are", 100*now, 100*usual)
}
