// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"
	"time"

	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/version"
	"github.com/leadline/leadline/internal/window"
)

// SeenVersion is a version of the operations that an objective counts, in the
// range that is shown. Good and bad are by the default rule of operations,
// which need not be the indicator's.
type SeenVersion struct {
	// Version is empty where telemetry names none.
	Version   string    `json:"version"`
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
	// Began says that it was not there before its first event in the range.
	Began bool `json:"began"`
	// FirstLive says that it ran in the first minute that was measured as it
	// happened, after back-filled history.
	FirstLive bool         `json:"first_live"`
	Spans     []Stretch    `json:"spans"`
	Good      uint64       `json:"good"`
	Bad       uint64       `json:"bad"`
	Excluded  uint64       `json:"excluded"`
	P95       *float64     `json:"p95_ms"`
	Source    slice.Source `json:"source"`
}

const (
	// maxVersions bounds how many versions are listed, those seen last.
	maxVersions = 100
	// lookBack is how long before what is read a version is looked for, so that
	// one that was there is not taken for a new one.
	lookBack = 7 * 24 * 60
	// atOnce is how many minutes of all versions are read at once.
	atOnce = 24 * 60
)

// lane reads the baselines of the operations that an objective counts.
type lane struct {
	objective *slo.Objective
	store     series.Querier
	stored    slice.Minute // the end of what the store was told as it happened
	// recent are samples that the store does not have yet: of the baselines, and
	// of the objective's total.
	recent, total []slice.Sample
}

// laneOf returns the lane of an objective, with what the store does not have yet.
func (r *Report) laneOf(ctx context.Context, o *slo.Objective) (*lane, error) {
	l := &lane{objective: o}
	isTotal := isTotal(o)
	store, stored, err := r.recent(ctx, func(k *slice.Key) bool { return l.counts(k) || isTotal(k) }, func(s slice.Sample) {
		if s.Key.IsBaseline() {
			l.recent = append(l.recent, s)
		} else {
			l.total = append(l.total, s)
		}
	})
	l.store, l.stored = store, stored+1
	return l, err
}

// counts reports whether the objective counts the events of a baseline.
func (l *lane) counts(k *slice.Key) bool {
	return k.IsBaseline() && l.objective.Indicator.Matches(k.Service, operation.Operation{Name: k.Operation, Kind: k.Kind})
}

// queries ask for the baselines of a stretch, one for each service.
func (l *lane) queries(in window.Stretch, step slice.Minute) (all []series.Query) {
	for _, s := range l.objective.Indicator.Services() {
		all = append(all, series.Query{
			Service: s, Operation: l.objective.Indicator.Rule.Operation, Parts: series.Parts{All: true}, From: in.From, To: in.To, Step: int(step),
		})
	}
	return all
}

// each hands over what each version of each operation had in a stretch, in sums
// of so many minutes, in no order: those of the store with the minute in
// which they begin.
func (l *lane) each(ctx context.Context, in window.Stretch, step slice.Minute, take func(slice.Minute, version.Part)) error {
	if in.From >= in.To {
		return nil
	}
	for _, q := range l.queries(in, step) {
		err := series.SumsUntil(ctx, l.store, q, l.stored, func(q *series.Query, rows []series.Row) {
			for i := range rows {
				if row := &rows[i]; l.counts(&row.Key) {
					l.row(q, row, take)
				}
			}
		})
		if err != nil {
			return err
		}
	}
	for i := range l.recent {
		if s := &l.recent[i]; in.From <= s.Minute && s.Minute < in.To && !s.Counts.IsZero() {
			take(s.Minute, version.Part{Version: s.Key.Version, Counts: s.Counts, Source: slice.Live})
		}
	}
	return nil
}

func (l *lane) row(q *series.Query, row *series.Row, take func(slice.Minute, version.Part)) {
	for i := range row.Sums {
		if c := row.Sums[i].Counts; !c.IsZero() {
			take(max(q.StepStart(i), q.From), version.Part{Version: row.Key.Version, Counts: c, Source: row.Source})
		}
	}
}

// seen gathers the versions of a stretch, of which some is shown.
func (l *lane) seen(ctx context.Context, read, shown window.Stretch, join slice.Minute) (*version.Seen, error) {
	s := version.New(shown, join)
	err := l.each(ctx, window.Stretch{From: read.From - lookBack, To: read.From}, 60, func(_ slice.Minute, p version.Part) { s.Before(p) })
	minutes := make([][]version.Part, atOnce)
	for from := read.From; from < read.To && err == nil; from += atOnce {
		to := min(from+atOnce, read.To)
		err = l.each(ctx, window.Stretch{From: from, To: to}, 1, func(m slice.Minute, p version.Part) {
			minutes[m-from] = append(minutes[m-from], p)
		})
		for i := range minutes {
			if len(minutes[i]) > 0 && err == nil {
				s.Minute(from+slice.Minute(i), minutes[i])
			}
			minutes[i] = minutes[i][:0]
		}
	}
	return s, err
}

// durations merges the durations of each version in a stretch.
func (l *lane) durations(ctx context.Context, in window.Stretch, only func(slice.Source) bool) (map[string]*slice.Histogram, error) {
	all := make(map[string]*slice.Histogram)
	for _, q := range l.queries(in, in.To-in.From) {
		err := series.HistogramsUntil(ctx, l.store, q, l.stored, func(_ *series.Query, d *series.Durations) {
			if l.counts(&d.Key) && only(d.Source) {
				merge(all, d.Key.Version, &d.Histogram)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	for i := range l.recent {
		if s := &l.recent[i]; in.From <= s.Minute && s.Minute < in.To && s.Histogram != nil {
			merge(all, s.Key.Version, s.Histogram)
		}
	}
	return all, nil
}

func anySource(slice.Source) bool { return true }

func isLive(s slice.Source) bool { return s != slice.Backfill }

// p95 returns the duration that 95% of a version's events stayed within, nil
// where there is none.
func p95(h *slice.Histogram) *float64 {
	if h == nil {
		return nil
	}
	return milliseconds(h, 0.95)
}

// shownVersions returns the versions that ran in what is shown, and how many
// more there were before them.
func shownVersions(all []version.Version, durations map[string]*slice.Histogram, shown window.Stretch) (out []SeenVersion, leftOut int) {
	out = []SeenVersion{}
	for i := range all {
		v := &all[i]
		if len(v.Spans) == 0 {
			continue
		}
		s := SeenVersion{
			Version: v.Name, FirstSeen: v.Spans[0].From.Start(), LastSeen: v.Spans[len(v.Spans)-1].To.Start(), Began: v.Began >= shown.From, FirstLive: v.FirstLive && v.Live >= shown.From,
			Good: v.Counts.Good, Bad: v.Counts.Bad, Excluded: v.Counts.Excluded, P95: p95(durations[v.Name]), Source: v.Source,
		}
		for _, span := range v.Spans {
			s.Spans = append(s.Spans, Stretch{span.From.Start(), span.To.Start()})
		}
		out = append(out, s)
	}
	leftOut = max(0, len(out)-maxVersions)
	return out[leftOut:], leftOut
}
