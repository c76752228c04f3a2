// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package backfill takes history in that was not measured as it happened:
// recorded telemetry, or telemetry that it makes up.
//
// It owns the reading of recordings, the generator, and the report of what
// became of either. It judges no event: both go through ingest.Counter, so
// that an event counts the same whether it was sent or read from a file. It
// does not decide what may be written either: the series store skips minutes
// that were measured and that may still be, and says how many.
//
// A recording is counted as a whole before any of it is stored, because its
// events may come in any order and a minute is stored once. So a recording
// that is refused leaves nothing behind, and its size is bounded by the memory
// of its counts and event ids, not of its bytes. Generated minutes come in
// order and are stored as they are made.
//
// Running the same back-fill again changes nothing: minutes that were
// back-filled are measured. So is running it again after an interruption.
package backfill

import (
	"context"
	"iter"

	"github.com/leadline/leadline/internal/ingest"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
)

// SchemaVersion is the version of the report's shape.
const SchemaVersion = 1

// Target is where a back-fill goes.
type Target struct {
	Store series.Backfiller
	// Before is the oldest minute that may still be measured.
	Before slice.Minute
	// Binding is the indicators that are to count.
	Binding *ingest.Binding
	// Bytes is the memory that the minutes of a recording may take.
	Bytes int
	// Progress, if set, is called now and then with the report so far.
	Progress func(Report)
}

// DefaultBytes is the memory for a recording of about 60 million events.
const DefaultBytes = 1 << 30

// Report says what became of a back-fill.
type Report struct {
	SchemaVersion int `json:"schema_version"`
	// Lines is how many lines were read, Traces how many of them were counted.
	Lines  int   `json:"lines"`
	Bytes  int64 `json:"bytes"` // after decompression
	Traces int   `json:"traces"`
	// Skipped are the lines of signals that are not counted.
	Skipped Skipped `json:"skipped"`
	// Broken are lines that could not be read; Problems are the first of them.
	Broken   int       `json:"broken"`
	Problems []Problem `json:"problems"`
	Events   Events    `json:"events"`
	Minutes  int       `json:"minutes"` // handed to the store
	Samples  Samples   `json:"samples"`
	// Indicators is how many indicators were counted for.
	Indicators int `json:"indicators"`
	// Incidents are those that the generator made.
	Incidents []Incident `json:"incidents"`

	counted map[slice.Key]bool // the indicators
}

// Skipped counts lines by signal.
type Skipped struct {
	Metrics int `json:"metrics"`
	Logs    int `json:"logs"`
}

// Problem is a line that could not be read.
type Problem struct {
	Line  int    `json:"line"`
	Error string `json:"error"`
}

// Events are the spans that were read.
type Events struct {
	Counted    uint64            `json:"counted"`
	Duplicates uint64            `json:"duplicates"`
	Invalid    uint64            `json:"invalid"`
	Ignored    map[string]uint64 `json:"ignored"`
}

// Samples is what the store made of the minutes; a sample is one series in one
// minute. Measured, open and expired ones were skipped: their minute was
// measured, may still be, or is beyond retention.
type Samples struct {
	Stored   int    `json:"stored"`
	Measured int    `json:"measured"`
	Open     int    `json:"open"`
	Expired  int    `json:"expired"`
	From     string `json:"from"` // RFC 3339; empty when nothing was stored
	To       string `json:"to"`
}

// Counted returns the indicators that the back-fill counted for, by the keys
// of their totals.
func (r *Report) Counted() map[slice.Key]bool { return r.counted }

// run is one back-fill.
type run struct {
	target  Target
	counter *ingest.Counter
	report  Report
}

func newRun(t Target) *run {
	return &run{
		target:  t,
		counter: ingest.NewCounter(limits(), t.Binding, t.Bytes),
		report: Report{
			SchemaVersion: SchemaVersion, Problems: []Problem{}, Incidents: []Incident{},
			Events: Events{Ignored: map[string]uint64{}}, counted: make(map[slice.Key]bool),
		},
	}
}

// limits are those of live telemetry, with fewer series: a recording keeps
// some minutes of all of them ready.
func limits() ingest.Config {
	c := ingest.DefaultConfig()
	c.Series = 100_000
	return c
}

// store hands minutes to the store and notes what it makes of them.
func (r *run) store(ctx context.Context, minutes iter.Seq2[slice.Closed, error]) error {
	report, err := r.target.Store.Backfill(ctx, series.Backfill{
		Minutes: r.noted(ctx, minutes), Before: r.target.Before,
		Progress: func(so series.Report) { r.stored(so); r.progress() },
	})
	r.stored(report)
	r.counted()
	r.report.Indicators = len(r.report.counted)
	return err
}

// noted passes the minutes on and remembers which indicators they hold.
func (r *run) noted(ctx context.Context, minutes iter.Seq2[slice.Closed, error]) iter.Seq2[slice.Closed, error] {
	return func(yield func(slice.Closed, error) bool) {
		for m, err := range minutes {
			if ctx.Err() != nil {
				err = context.Cause(ctx)
			}
			for i := range m.Samples {
				if k := m.Samples[i].Key; k.Indicator != "" && k.Group == "" && k.Tally == "" {
					r.report.counted[k] = true
				}
			}
			r.report.Minutes++
			if !yield(m, err) {
				return
			}
		}
	}
}

func (r *run) stored(s series.Report) {
	r.report.Samples = Samples{Stored: s.Stored, Measured: s.Measured, Open: s.Open, Expired: s.Expired}
	if s.Stored > 0 {
		r.report.Samples.From, r.report.Samples.To = stamp(s.From), stamp(s.To)
	}
}

func stamp(m slice.Minute) string { return m.Start().Format("2006-01-02T15:04:05Z07:00") }

// counted brings the report's events up to date.
func (r *run) counted() {
	c := r.counter.Recorded()
	r.report.Events = Events{Counted: c.Events, Duplicates: c.Duplicates, Invalid: c.Invalid, Ignored: c.Ignored}
}

func (r *run) progress() {
	if r.target.Progress != nil {
		r.counted()
		r.target.Progress(r.report)
	}
}
