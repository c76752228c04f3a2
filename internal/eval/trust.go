// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"fmt"
	"time"

	"github.com/leadline/leadline/internal/slice"
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
// twice, or are a share of those that there were.
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
func (t *track) trust(e *Engine, now slice.Minute) Trust {
	trust := Trust{Coverage: -1, LateShare: -1, RefusedShare: -1, ExcludedShare: -1, UnevaluatedShare: -1, Sampling: -1}
	if t.restored {
		trust.indicator(t, now)
		trust.writers(t, e)
	}
	trust.service(t.service, now)
	return trust
}

// indicator reads what was counted of the objective's indicator.
func (x *Trust) indicator(t *track, now slice.Minute) {
	c := t.total.Sum(wholeWindow)
	x.MeasuredSince, _ = t.since()
	judged := t.excludable(wholeWindow, now)
	x.ExcludedShare = excludedShare(judged)
	if probes := c.Excluded - judged.Excluded; probes > 0 {
		x.note("%d health checks and synthetic events are among the excluded", probes)
	}
	failed := t.tallied(slice.Unevaluated, wholeWindow, now)
	if all := failed + c.Total() + c.Excluded; all > 0 {
		x.UnevaluatedShare = float64(failed) / float64(all)
		x.Source = slice.Live
	}
	x.backfill(t)
	x.Doubt = t.excludes(judged, t.excludable(lastHour, now))
}

// service reads what the objective's service sent.
func (x *Trust) service(s *serviceTrack, now slice.Minute) {
	if err := s.unreadable; err != nil {
		x.note("the history of what this service sends is unreadable: %s", err)
	}
	if !s.restored {
		return
	}
	s.advance(now)
	heard, spans := s.heard.Sum(wholeWindow), s.spans.Sum(wholeWindow)
	first, last := s.heard.Edges(wholeWindow)
	// A minute in which it sent as several environments was heard several times.
	x.Coverage = min(1, float64(heard.Good)/float64(last-first+1))
	sent := spans.Good + spans.Bad
	if sent == 0 {
		return
	}
	share := func(n uint64) float64 { return float64(n) / float64(sent) }
	x.RefusedShare, x.LateShare = share(spans.Bad), share(spans.Excluded)
	if spans.Bad > 0 {
		x.note("%d spans of this service were refused: they arrived after their minute had closed, or their clock runs ahead", spans.Bad)
	}
	if heard.Bad > 0 {
		x.note("%d spans of this service were counted without a look whether they had come before: the ids of the open minutes had outgrown their memory", heard.Bad)
	}
	if heard.Excluded > 0 {
		x.Sampling = share(heard.Excluded)
		x.note("%d spans of this service say that it samples its traces: the numbers lack what it does not send", heard.Excluded)
	}
	switch {
	case x.Doubt != "":
	case doubtful(spans.Bad, sent):
		x.Doubt = fmt.Sprintf("%.2g%% of the spans of this service were refused, so the numbers lack them", 100*x.RefusedShare)
	case doubtful(heard.Bad, sent):
		x.Doubt = fmt.Sprintf("%.2g%% of the spans of this service were not checked for having come before, so the numbers may hold them twice", 100*share(heard.Bad))
	case doubtful(heard.Excluded, sent):
		x.Doubt = fmt.Sprintf("%.2g%% of the spans of this service say that it samples its traces, so the numbers lack the others", 100*x.Sampling)
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
