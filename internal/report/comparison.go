// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"
	"fmt"
	"time"

	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/version"
	"github.com/leadline/leadline/internal/window"
)

// Comparison holds the newest version against the one that had most events in
// the hour before it began, else in the day before, else in the minute in which
// it began. Both were measured as they happened.
type Comparison struct {
	Newer string `json:"newer"`
	Older string `json:"older"`
	// Since is when the newer one began.
	Since         time.Time `json:"since"`
	NewerBadShare *float64  `json:"newer_bad_share"`
	OlderBadShare *float64  `json:"older_bad_share"`
	NewerTotal    uint64    `json:"newer_total"`
	OlderTotal    uint64    `json:"older_total"`
	P95Newer      *float64  `json:"p95_newer_ms"`
	P95Older      *float64  `json:"p95_older_ms"`
	// Differs says that chance does not explain the difference of the bad
	// shares, and Judgement which way it goes, or why it does not.
	Differs   bool              `json:"differs"`
	Judgement version.Judgement `json:"judgement"`
	// GoneSince is the end of the last minute in which the newer one was seen, nil
	// while it runs; BackSince when the older one came back after that.
	GoneSince *time.Time `json:"gone_since"`
	BackSince *time.Time `json:"back_since"`
	Sentence  string     `json:"sentence"`
	// In words: when the older one was looked at, and how many were bad.
	before             string
	newerBad, olderBad uint64
}

// Judgements are what a comparison may say.
var Judgements = [...]version.Judgement{version.TooFew, version.Alike, version.Worse, version.Better}

// A version is new for a day, and is compared with an hour. One that was not
// seen for goneFor is said to be gone; so it is after a grace for what senders
// hold back, when others had so many events that it would have been seen.
const (
	goneFor  = 5
	newFor   = 24 * 60
	compared = 60
	held     = 20 * time.Second
)

// newest returns the version that began last in the day before the end.
func newest(all []version.Version, end slice.Minute) (v *version.Version) {
	for i := range all {
		if at := all[i].Began; at > 0 && at == all[i].Live && at >= end-newFor && (v == nil || at > v.Began) {
			v = &all[i]
		}
	}
	return v
}

// compare returns nil when no version is new, or nothing ran before it. It is
// asked at an instant, of what was before the end of a minute.
func (l *lane) compare(ctx context.Context, all []version.Version, end slice.Minute, at time.Time) (*Comparison, error) {
	v := newest(all, end)
	if v == nil {
		return nil, nil
	}
	older, before, then, err := l.olderThan(ctx, v)
	if err != nil || older == nil {
		return nil, err
	}
	since := window.Stretch{From: v.Began, To: end}
	now, err := l.live(ctx, since)
	if err != nil {
		return nil, err
	}
	c := comparisonOf(v, *older, now[v.Name], then)
	if err := l.times(ctx, c, since, before); err != nil {
		return nil, err
	}
	if c.before = "in that minute"; before.From < v.Began {
		c.before = "in the " + lengthText(all, *older, before) + " before"
	}
	c.ended(v, all, end, at)
	c.Sentence = c.say(end.Start(), l.objective.Indicator.Rule.Kind) + c.over(end.Start())
	return c, nil
}

// olderThan returns the version that ran before another one, and in which time
// that was. A server that has just been started, or that stood still, may know
// nothing of the hour before.
func (l *lane) olderThan(ctx context.Context, v *version.Version) (older *string, in window.Stretch, c slice.Counts, err error) {
	for _, in = range [...]window.Stretch{{From: v.Began - compared, To: v.Began}, {From: v.Began - newFor, To: v.Began}, {From: v.Began, To: v.Began + 1}} {
		then, err := l.live(ctx, in)
		if err != nil {
			return nil, in, c, err
		}
		for name, of := range then {
			if of.Total() > 0 && name != v.Name && (older == nil || of.Total() > c.Total() || of.Total() == c.Total() && name < *older) {
				older, c = &name, of
			}
		}
		if older != nil {
			break
		}
	}
	return older, in, c, nil
}

// lengthText says how long the older version was looked at, which is not all of
// a stretch if it was first seen within it.
func lengthText(all []version.Version, older string, in window.Stretch) string {
	for i := range all {
		if all[i].Name == older {
			in.From = max(in.From, all[i].Live)
		}
	}
	switch length := in.To - in.From; length {
	case 1:
		return "minute"
	case compared:
		return "hour"
	case newFor:
		return "day"
	default:
		return window.Compact(time.Duration(length) * time.Minute)
	}
}

// ended notes that the newer version has gone, and that the older is back.
func (c *Comparison) ended(v *version.Version, all []version.Version, end slice.Minute, at time.Time) {
	if last := v.Last.Stamp(); v.Last+goneFor < end || v.Gone && at.Sub(last) >= held {
		c.GoneSince = &last
	}
	for i := range all {
		if all[i].Name != c.Older || c.GoneSince == nil || len(all[i].Spans) == 0 {
			continue
		}
		if s := all[i].Spans[len(all[i].Spans)-1]; s.Back && s.To > v.Last {
			back := s.From.Start()
			c.BackSince = &back
		}
	}
}

// over says in a sentence that the newer version has gone.
func (c *Comparison) over(at time.Time) string {
	switch {
	case c.GoneSince == nil:
		return ""
	case c.BackSince == nil:
		return fmt.Sprintf(" It was last seen at %s.", clock(*c.GoneSince, at))
	}
	return fmt.Sprintf(" It was last seen at %s, and %s is back since %s.", clock(*c.GoneSince, at), versionText(c.Older), clock(*c.BackSince, at))
}

// live sums what each version had that was measured as it happened.
func (l *lane) live(ctx context.Context, in window.Stretch) (map[string]slice.Counts, error) {
	all := make(map[string]slice.Counts)
	err := l.each(ctx, in, in.To-in.From, func(_ slice.Minute, p version.Part) {
		if isLive(p.Source) {
			all[p.Version] = all[p.Version].Plus(p.Counts)
		}
	})
	return all, err
}

func comparisonOf(v *version.Version, older string, now, then slice.Counts) *Comparison {
	c := &Comparison{
		Newer: v.Name, Older: older, Since: v.Began.Start(), NewerTotal: now.Total(), OlderTotal: then.Total(),
		NewerBadShare: badShare(now), OlderBadShare: badShare(then), Judgement: version.Judge(now, then),
		newerBad: now.Bad, olderBad: then.Bad,
	}
	c.Differs = c.Judgement == version.Worse || c.Judgement == version.Better
	return c
}

func badShare(c slice.Counts) *float64 {
	if c.Total() == 0 {
		return nil
	}
	s := float64(c.Bad) / float64(c.Total())
	return &s
}

// times adds the durations of both.
func (l *lane) times(ctx context.Context, c *Comparison, since, before window.Stretch) error {
	now, err := l.durations(ctx, since, isLive)
	if err != nil {
		return err
	}
	then, err := l.durations(ctx, before, isLive)
	c.P95Newer, c.P95Older = p95(now[c.Newer]), p95(then[c.Older])
	return err
}

// say says it in a sentence or two, as of an instant.
func (c *Comparison) say(at time.Time, kind sli.Kind) string {
	began := clock(c.Since, at)
	if c.Judgement == version.TooFew {
		return fmt.Sprintf("Version %s began at %s. %s of its %s were bad, too few to tell; of %s, %s of %s %s.",
			c.Newer, began, slice.Text(c.newerBad), events(c.NewerTotal), versionText(c.Older), slice.Text(c.olderBad), slice.Text(c.OlderTotal), c.before)
	}
	text := fmt.Sprintf("Since version %s began at %s, %s of its %s were bad; of %s, %s of %s %s.",
		c.Newer, began, percentOf(*c.NewerBadShare), events(c.NewerTotal), versionText(c.Older), percentOf(*c.OlderBadShare), slice.Text(c.OlderTotal), c.before)
	if c.Judgement == version.Alike {
		text += " Chance may explain the difference."
	}
	if (kind == sli.Latency || kind == sli.Success) && c.P95Newer != nil && c.P95Older != nil {
		text += fmt.Sprintf(" 95%% of them took up to %s, before up to %s.", millisText(*c.P95Newer), millisText(*c.P95Older))
	}
	return text
}

// clock tells a time of the day, with the date unless it is that of the other.
func clock(t, at time.Time) string {
	if t.Format(time.DateOnly) == at.Format(time.DateOnly) {
		return t.Format("15:04 MST")
	}
	return t.Format("2006-01-02 15:04 MST")
}

func versionText(name string) string {
	switch name {
	case "":
		return "what had no version"
	case slice.OtherVersions:
		return "other versions"
	}
	return "version " + name
}

// percentOf writes a share with two or three digits; not 0% or 100% of what is more or less.
func percentOf(share float64) string {
	switch {
	case share > 0 && share < 0.001:
		return "under 0.1%"
	case share < 1 && share > 0.999:
		return "over 99.9%"
	case share < 0.01:
		return fmt.Sprintf("%.2g%%", 100*share)
	}
	return fmt.Sprintf("%.3g%%", 100*share)
}

func events(n uint64) string {
	if n == 1 {
		return "1 event"
	}
	return slice.Text(n) + " events"
}

func millisText(ms float64) string {
	switch d := time.Duration(ms * float64(time.Millisecond)); {
	case d >= time.Minute:
		return window.Compact(d.Round(time.Second))
	case d >= time.Second:
		return fmt.Sprintf("%.2gs", ms/1000)
	case d >= 10*time.Millisecond:
		return fmt.Sprintf("%.0fms", ms)
	}
	return fmt.Sprintf("%.2gms", ms)
}
