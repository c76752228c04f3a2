// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"github.com/leadline/leadline/internal/slice"
)

// group is what one commit adds, before it is durable: per minute and series
// one delta, so that what is done once more for each record, minute and sink
// is done per series and not per event.
type group struct {
	deltas     []delta
	histograms []histogramDelta
	marks      []mark // by Series.Ref: where the delta of the current minute is
	epoch      uint32
	free       []*histogram
}

type delta struct {
	series *slice.Series
	minute slice.Minute
	counts slice.Counts
	hist   int32 // index into histograms, -1 for none
}

type histogramDelta struct {
	series *slice.Series
	minute slice.Minute
	counts *histogram
}

type mark struct {
	epoch uint32
	delta int32
}

// reset forgets the last commit.
func (g *group) reset() { g.truncate(0, 0) }

// truncate forgets what was added after there were so many deltas and histograms.
func (g *group) truncate(deltas, histograms int) {
	for _, h := range g.histograms[histograms:] {
		h.counts.reset()
		g.free = append(g.free, h.counts)
	}
	g.deltas, g.histograms = g.deltas[:deltas], g.histograms[:histograms]
}

// begin starts a run of deltas of one minute of one record.
func (g *group) begin() { g.epoch++ }

// delta returns the series' delta in the current run.
func (g *group) delta(s *slice.Series, m slice.Minute) *delta {
	if int(s.Ref) >= len(g.marks) {
		g.marks = append(g.marks, make([]mark, int(s.Ref)+1-len(g.marks))...)
	}
	at := &g.marks[s.Ref]
	if at.epoch != g.epoch {
		*at = mark{g.epoch, int32(len(g.deltas))}
		g.deltas = append(g.deltas, delta{series: s, minute: m, hist: -1})
	}
	return &g.deltas[at.delta]
}

// one adds one event to a column.
func (g *group) one(s *slice.Series, m slice.Minute, c column) *delta {
	d := g.delta(s, m)
	switch c {
	case good:
		d.counts.Good++
	case bad:
		d.counts.Bad++
	default:
		d.counts.Excluded++
	}
	return d
}

// event adds an event to its baseline and to what the indicators said of it.
func (g *group) event(e *event, hits []hit) {
	d := g.one(e.baseline, e.minute, e.column)
	if e.column != excluded {
		g.histogram(d).add(e.duration, e.bucket)
	}
	for _, h := range hits {
		g.one(h.series, e.minute, h.column)
	}
}

// histogram returns the histogram that goes with a baseline's delta.
func (g *group) histogram(d *delta) *histogram {
	if d.hist < 0 {
		var h *histogram
		if n := len(g.free); n > 0 {
			h, g.free = g.free[n-1], g.free[:n-1]
		} else {
			h = newWideHistogram()
		}
		d.hist = int32(len(g.histograms))
		g.histograms = append(g.histograms, histogramDelta{d.series, d.minute, h})
	}
	return g.histograms[d.hist].counts
}
