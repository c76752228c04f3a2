// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/version"
	"github.com/leadline/leadline/internal/window"
)

// Timeline is the answer of GET /api/v1/slos/{service}/{name}/events: what may
// explain how an objective went in a range, or how its numbers are to be read.
type Timeline struct {
	SchemaVersion int       `json:"schema_version"`
	From          time.Time `json:"from"`
	To            time.Time `json:"to"`
	// StepSeconds is that of the series of the range.
	StepSeconds int `json:"step_seconds"`
	// Versions are those that ran, in the order in which they were seen last, and
	// VersionsLeftOut how many more there were before.
	Versions        []SeenVersion `json:"versions"`
	VersionsLeftOut int           `json:"versions_left_out"`
	// Events are in order, and LeftOut is how many more there were before.
	Events  []Event `json:"events"`
	LeftOut int     `json:"left_out"`
	// Comparison is nil when no version began in the day before To, or nothing
	// ran before it.
	Comparison *Comparison `json:"comparison"`
}

// Event is something that happened, at an instant or over a span, which is
// not over when To is nil and the kind is alert.
type Event struct {
	Kind     EventKind     `json:"kind"`
	At       time.Time     `json:"at"`
	To       *time.Time    `json:"to"`
	Title    string        `json:"title"`
	Detail   string        `json:"detail"`
	Severity EventSeverity `json:"severity"`
	// ID is unique among the events of a kind.
	ID string `json:"id"`
}

// EventKind says what happened.
type EventKind string

// The kinds of events.
const (
	VersionEvent    EventKind = "version"    // one began, or came back
	AlertEvent      EventKind = "alert"      // it fired
	CorrectionEvent EventKind = "correction" // of the ledger, where it applies
	ExclusionEvent  EventKind = "exclusion"  // that was planned
	GenerationEvent EventKind = "generation" // the counting rule began
	GapEvent        EventKind = "gap"        // nothing was measured
	MadeUpEvent     EventKind = "made_up"    // history that was back-filled
)

// EventKinds are all of them.
var EventKinds = [...]EventKind{VersionEvent, AlertEvent, CorrectionEvent, ExclusionEvent, GenerationEvent, GapEvent, MadeUpEvent}

// EventSeverity is the severity of an alert, Info of everything else.
type EventSeverity string

// Info is the severity of what calls nobody.
const Info EventSeverity = "info"

// EventSeverities are all of them.
var EventSeverities = [...]EventSeverity{EventSeverity(alert.Page), EventSeverity(alert.Ticket), Info}

// maxEvents bounds how many are listed, the newest of them.
const maxEvents = 200

// Events returns what happened to an objective between two instants.
func (r *Report) Events(ctx context.Context, v *eval.Evaluation, from, to time.Time) (Timeline, error) {
	shown, err := minutesOf(from, to)
	if err != nil {
		return Timeline{}, err
	}
	step := stepFor(shown.To - shown.From)
	out := Timeline{SchemaVersion: SchemaVersion, From: shown.From.Start(), To: shown.To.Start(), StepSeconds: int(step) * 60}
	l, err := r.laneOf(ctx, v.Objective)
	if err != nil {
		return Timeline{}, err
	}
	versions, err := out.versions(ctx, l, shown, 3*step, r.Now())
	if err != nil {
		return Timeline{}, err
	}
	m, err := l.coverage(ctx, shown)
	if err != nil {
		return Timeline{}, err
	}
	gaps, err := l.gapEvents(ctx, m, measuredSince(v))
	if err != nil {
		return Timeline{}, err
	}
	fired, err := r.episodeEvents(ctx, v)
	if err != nil {
		return Timeline{}, err
	}
	generations, err := r.generationEvents(ctx, v)
	if err != nil {
		return Timeline{}, err
	}
	out.list(shown, versionEvents(versions, out.To), gaps, historyEvents(m), fired, generations, leftOutEvents(v.Objective, shown))
	return out, nil
}

// versions reads which versions ran, and what the newest did, up to now where
// what is shown ends later.
func (e *Timeline) versions(ctx context.Context, l *lane, shown window.Stretch, join slice.Minute, now time.Time) ([]version.Version, error) {
	end := min(shown.To, slice.MinuteOf(now)+1)
	read := window.Stretch{From: min(shown.From, end-newFor-compared), To: end}
	seen, err := l.seen(ctx, read, shown, join)
	if err != nil {
		return nil, err
	}
	durations, err := l.durations(ctx, shown, anySource)
	if err != nil {
		return nil, err
	}
	all := seen.Versions()
	e.Versions, e.VersionsLeftOut = shownVersions(all, durations, shown)
	if shown := shown.To.Start(); shown.Before(now) {
		now = shown
	}
	e.Comparison, err = l.compare(ctx, all, end, now)
	return all, err
}

// list takes the events of a range in order.
func (e *Timeline) list(shown window.Stretch, of ...[]Event) {
	from, to := shown.From.Start(), shown.To.Start()
	e.Events = slices.DeleteFunc(slices.Concat(of...), func(x Event) bool {
		switch {
		case !x.At.Before(to):
			return true
		case x.To != nil:
			return !x.To.After(from)
		}
		return x.Kind != AlertEvent && x.At.Before(from) // one that fires goes on
	})
	slices.SortFunc(e.Events, func(a, b Event) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.ID, b.ID))
	})
	e.LeftOut = max(0, len(e.Events)-maxEvents)
	e.Events = append([]Event{}, e.Events[e.LeftOut:]...)
}

// span is an event of a stretch.
func span(kind EventKind, s window.Stretch, title, detail string) Event {
	to := s.To.Start()
	return Event{Kind: kind, At: s.From.Start(), To: &to, Title: title, Detail: detail, Severity: Info, ID: fmt.Sprint(s.From.Start().Unix())}
}

// versionEvents tells which versions began and came back, as of an instant.
func versionEvents(all []version.Version, at time.Time) (out []Event) {
	add := func(v *version.Version, m slice.Minute, title, detail string) {
		if v.Source == slice.Backfill {
			detail += " This is of back-filled history."
		}
		out = append(out, Event{
			Kind: VersionEvent, At: m.Start(), Title: title, Detail: detail, Severity: Info, ID: fmt.Sprintf("%s/%d", v.Name, m.Start().Unix()),
		})
	}
	for i := range all {
		v := &all[i]
		if v.Began > 0 {
			detail := fmt.Sprintf("It was first seen at %s, and had %s up to %s.", clock(v.Began.Start(), at), events(v.Counts.Total()), clock(v.Last.Stamp(), at))
			if share := badShare(v.Counts); share != nil {
				detail = fmt.Sprintf("%s, %s of them bad.", detail[:len(detail)-1], percentOf(*share))
			}
			add(v, v.Began, "version "+v.Name+" began", detail)
		}
		if v.FirstLive {
			add(v, v.Live, "version "+v.Name+" first seen live", "It ran when measuring began. What was before is back-filled history, so nobody can tell when it began.")
		}
		for j := range v.Spans {
			s := &v.Spans[j]
			if !s.Back {
				continue
			}
			gone := "before what is shown"
			if j > 0 {
				gone = "at " + clock(v.Spans[j-1].To.Start(), at)
			}
			add(v, s.From, versionText(v.Name)+" is back", "It had gone "+gone+", and other versions ran meanwhile.")
		}
	}
	return out
}

// generationEvents tells when the counting rule began.
func (r *Report) generationEvents(ctx context.Context, v *eval.Evaluation) (out []Event, err error) {
	all, err := r.Generations.Generations(ctx, v.Objective.Key)
	for i := range all {
		g := &all[i]
		detail := "The objective is counted by this rule from here on: " + v.Objective.Indicator.Describe()
		if !g.Running() {
			detail = "The objective was counted by another rule than now, up to " + g.To.UTC().Format("2006-01-02 15:04 MST") + "."
		}
		out = append(out, Event{
			Kind: GenerationEvent, At: g.From.UTC(), Title: fmt.Sprintf("generation %d began", g.Number), Detail: detail, Severity: Info, ID: fmt.Sprint(g.Number),
		})
	}
	return out, err
}

// leftOutEvents tells of what neither budget nor alerts count.
func leftOutEvents(o *slo.Objective, shown window.Stretch) (out []Event) {
	for i, x := range o.Exclusions {
		for _, s := range x.Within(shown) {
			e := span(ExclusionEvent, s, "planned exclusion", x.Reason)
			e.ID = fmt.Sprintf("%d/%s", i, e.ID)
			out = append(out, e)
		}
	}
	for i := range o.Corrections {
		c := &o.Corrections[i]
		title := fmt.Sprintf("correction %d leaves this time out", c.ID)
		if c.Kind == slo.ExcludeBad {
			title = fmt.Sprintf("correction %d leaves out %s bad", c.ID, slice.Text(c.Left()))
		}
		e := span(CorrectionEvent, c.Stretch(), title, fmt.Sprintf("%s (%s)", c.Reason, c.Author))
		e.ID = fmt.Sprint(c.ID)
		out = append(out, e)
	}
	return out
}
