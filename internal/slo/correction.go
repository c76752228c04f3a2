// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package slo

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/window"
)

// CorrectionKind is what a correction leaves out of the budget.
type CorrectionKind string

// The kinds. Both only leave out what was counted: nothing makes a bad event
// good, or an event of what did not happen.
const (
	// ExcludeAll leaves out every event of the minutes of a span, those that
	// are still to come too.
	ExcludeAll CorrectionKind = "exclude"
	// ExcludeBad leaves out a number of bad events of a span, and counts the others.
	ExcludeBad CorrectionKind = "exclude_bad"
)

// Correction leaves events out of the budget of an objective after they were
// counted. It never changes; slices do not either.
type Correction struct {
	ID       int64
	Kind     CorrectionKind
	From, To time.Time // whole minutes, those that begin in [From, To)
	// Bad says which events ExcludeBad leaves out, in order of minutes.
	Bad            []BadMinute
	Author, Reason string
}

// BadMinute is a number of bad events of one minute.
type BadMinute struct {
	Minute slice.Minute
	Bad    uint64
}

// The limits of corrections.
const (
	MaxAuthor = 100 // characters
	MaxReason = 500
	// MaxCorrections of an objective may reach into its windows at a time.
	MaxCorrections = 100
	// LongestSpan bounds how many minutes are read one by one when windows are
	// restored: a month of them, in any zone.
	LongestSpan = 32 * 24 * time.Hour
	// LongestBadSpan bounds a span of ExcludeBad, of which every minute is kept.
	LongestBadSpan = 24 * time.Hour
)

// Stretch returns the minutes of the correction.
func (c *Correction) Stretch() window.Stretch {
	return window.Stretch{From: ceilMinute(c.From), To: ceilMinute(c.To)}
}

// Left returns how many bad events ExcludeBad leaves out.
func (c *Correction) Left() (n uint64) {
	for _, b := range c.Bad {
		n += b.Bad
	}
	return n
}

// CheckSigned refuses an entry of the ledger that does not say who makes it and why.
func CheckSigned(author, reason string) error {
	for _, text := range []struct {
		what, is, hint string
		most           int
	}{
		{"author", author, "say who answers for it, as --author ada@example.com", MaxAuthor},
		{"reason", reason, "say why, in a sentence that is understood in a year", MaxReason},
	} {
		switch n := utf8.RuneCountInString(text.is); {
		case strings.TrimSpace(text.is) == "":
			return errs.New(errs.Invalid, "the correction has no %s", text.what).WithHint(text.hint)
		case n > text.most:
			return errs.New(errs.Invalid, "the %s has %d characters, at most %d are kept", text.what, n, text.most)
		case !utf8.ValidString(text.is) || strings.ContainsFunc(text.is, func(r rune) bool { return !unicode.IsPrint(r) }):
			return errs.New(errs.Invalid, "the %s has characters that cannot be printed", text.what).WithHint("write it as one line of text")
		}
	}
	return nil
}

// CheckCorrection refuses a correction that cannot be made of the objective at
// an instant.
func (o *Objective) CheckCorrection(c *Correction, at time.Time) error {
	if err := CheckSigned(c.Author, c.Reason); err != nil {
		return err
	}
	length, longest := c.To.Sub(c.From), min(o.longest(), LongestSpan)
	switch {
	case c.Kind != ExcludeAll && c.Kind != ExcludeBad:
		return errs.New(errs.Invalid, "the kind of a correction is %q", c.Kind).WithHint("it may be exclude or exclude_bad")
	case c.From.IsZero() || c.To.IsZero():
		return errs.New(errs.Invalid, "the correction needs the times from which and up to which it corrects").WithHint("write --from 2026-11-23T12:00:00Z --to 2026-11-23T12:30:00Z")
	case !c.From.Before(c.To):
		return errs.New(errs.Invalid, "the correction ends at %s, which is not after its begin at %s", stamp(c.To), stamp(c.From))
	case !c.From.Equal(c.From.Truncate(time.Minute)) || !c.To.Equal(c.To.Truncate(time.Minute)):
		return errs.New(errs.Invalid, "the correction is from %s to %s, and slices are whole minutes", stamp(c.From), stamp(c.To)).WithHint("leave the seconds at zero")
	case c.To.After(at):
		return errs.New(errs.Invalid, "the correction ends at %s, and it is %s", stamp(c.To), stamp(at)).
			WithHint("what is planned stands in the service file, below exclude; a correction is about what has happened")
	case length > longest:
		return errs.New(errs.Invalid, "the correction is %s long: it may be as long as the longest window of the objective, and a month, so at most %s", window.Compact(length), window.Compact(longest))
	case c.Kind == ExcludeBad && length > LongestBadSpan:
		return errs.New(errs.Invalid, "the correction is %s long; bad events are chosen from at most %s", window.Compact(length), window.Compact(LongestBadSpan)).
			WithHint("make a correction of each day")
	case !c.To.After(o.reach(at)):
		return errs.New(errs.Invalid, "the correction ends at %s, and no window of the objective reaches back to that: the oldest begins at %s", stamp(c.To), stamp(o.reach(at)))
	}
	return o.checkRoom(at)
}

// checkRoom refuses one correction too many.
func (o *Objective) checkRoom(at time.Time) error {
	n := 0
	for i := range o.Corrections {
		if o.Corrections[i].To.After(o.reach(at)) {
			n++
		}
	}
	if n >= MaxCorrections {
		return errs.New(errs.TooLarge, "%d corrections reach into the windows of the objective, and no more are taken", n).
			WithHint("withdraw some, or make one of a longer span; what happens again and again stands in the service file, below exclude")
	}
	return nil
}

func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339) }

// longest returns how long the longest of the windows may become.
func (o *Objective) longest() (d time.Duration) {
	for _, w := range o.Windows() {
		d = max(d, w.Longest())
	}
	return d
}

// reach returns where the oldest of the windows begins, and of the periods
// before those of the calendar.
func (o *Objective) reach(at time.Time) time.Time {
	oldest := at
	for _, w := range o.Windows() {
		from, _ := w.Range(at)
		if !w.Calendar.IsZero() {
			from = w.Calendar.Before(from)
		}
		if from.Before(oldest) {
			oldest = from
		}
	}
	return oldest
}

// Allot chooses the bad events that the correction leaves out: so many, the
// oldest first, or with 0 all of them. It is told what each minute counted.
// Minutes and events that something else leaves out are not there to choose.
func (o *Objective) Allot(c *Correction, n uint64, counted map[slice.Minute]uint64) error {
	s := c.Stretch()
	gone, taken := Minutes(o.LeftOut(s)), o.ExcludedBad(s)
	var there, left uint64
	c.Bad = nil
	for m := s.From; m < s.To; m++ {
		bad := counted[m] - min(counted[m], taken[m])
		if bad == 0 || gone.Holds(m) {
			continue
		}
		there += bad
		if n > 0 {
			bad = min(bad, n-left)
		}
		if left += bad; bad > 0 {
			c.Bad = append(c.Bad, BadMinute{m, bad})
		}
	}
	switch {
	case there == 0:
		return errs.New(errs.Invalid, "no bad event was counted from %s to %s that is not left out already", stamp(c.From), stamp(c.To))
	case n > there:
		return errs.New(errs.Invalid, "%d bad events were counted from %s to %s that are not left out already: %d cannot be left out", there, stamp(c.From), stamp(c.To), n)
	}
	return nil
}

// ExcludedBad returns the bad events of a range that corrections leave out.
func (o *Objective) ExcludedBad(in window.Stretch) BadEvents {
	bad := BadEvents{}
	for i := range o.Corrections {
		for _, b := range o.Corrections[i].Bad {
			if in.From <= b.Minute && b.Minute < in.To {
				bad[b.Minute] += b.Bad
			}
		}
	}
	return bad
}

// BadEvents are numbers of bad events by the minute that are still to be left
// out. Who reads counts takes them off as they come: whoever tells of a minute,
// and in whatever parts, no more are left out than it counted.
type BadEvents map[slice.Minute]uint64

// Take returns how many of so many bad events of a minute are left out.
func (b BadEvents) Take(m slice.Minute, bad uint64) uint64 {
	n := min(bad, b[m])
	if n > 0 {
		b[m] -= n
	}
	return n
}

// Minutes returns the minutes that there are.
func (b BadEvents) Minutes() window.Minutes {
	all := make([]window.Stretch, 0, len(b))
	for m := range b {
		all = append(all, window.Stretch{From: m, To: m + 1})
	}
	return window.NewMinutes(all...)
}

// CorrectionsIn returns how many corrections reach into (from, to].
func (o *Objective) CorrectionsIn(from, to time.Time) (n int) {
	for i := range o.Corrections {
		if c := &o.Corrections[i]; c.From.Before(to) && c.To.After(from) {
			n++
		}
	}
	return n
}

// Corrected returns the objective with one more correction.
func (o *Objective) Corrected(c Correction) *Objective {
	with := *o
	with.Corrections = append(o.Corrections[:len(o.Corrections):len(o.Corrections)], c)
	return &with
}

// Without returns the objective without a correction; false when it has none
// of this id.
func (o *Objective) Without(id int64) (*Objective, bool) {
	without := *o
	without.Corrections = nil
	for _, c := range o.Corrections {
		if c.ID != id {
			without.Corrections = append(without.Corrections, c)
		}
	}
	return &without, len(without.Corrections) < len(o.Corrections)
}
