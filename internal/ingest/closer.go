// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/leadline/leadline/internal/intakelog"
	"github.com/leadline/leadline/internal/slice"
)

// closer turns minutes that no longer take events into minute records. It
// runs in the committer's goroutine.
type closer struct {
	*committer
	binding func() *Binding
	pending *pending
	// due are the minutes that are closed but not recorded: there were too many
	// for one tick, or the disk was full. The next ticks go on with them, in order.
	due  []slice.Minute
	last slice.Minute // of the last tick
	// refused is how many commits the log had refused at the last tick.
	refused uint64
}

// tick moves time on: it marks the minute as one in which intake ran, and
// closes what is due.
func (c *closer) tick(wall time.Time, mono time.Duration) error {
	now := slice.MinuteOf(wall)
	if now >= max(c.schedule.next, c.upFrom) && !c.refusing && c.log.Failed() == nil {
		c.minutes.at(now).up = true
	}
	c.tell(max(now, c.schedule.next))
	c.forgetful = c.minutes.idMemory() > c.cfg.IDBytes
	c.meters.forgetful.Store(c.forgetful)
	c.meters.idBytes.Store(int64(c.minutes.idMemory()))
	c.meters.openMinutes.Store(int64(len(c.minutes.open)))
	if n := c.meters.refusedCommits.Load(); n != c.refused {
		c.refused = n
		c.schedule.hold(mono)
	}
	if through, ok := c.schedule.observe(wall, mono); ok {
		c.due = append(c.due, c.minutes.ended(through, c.due)...)
	}
	c.services.oldest.Store(int64(c.schedule.next))
	if err := c.closeDue(now); err != nil {
		return err
	}
	if now == c.last {
		return nil
	}
	c.last = now
	if now%sweepEvery == 0 {
		c.services.sweep(c.minutes.idle)
	}
	return c.rotate(c.schedule.sure(now))
}

// ended returns the open minutes up to the last that are not due yet. Minutes
// that nothing is known of were not measured, and have no record.
func (t *minutes) ended(last slice.Minute, due []slice.Minute) (known []slice.Minute) {
	for m := range t.open {
		if m <= last && !slices.Contains(due, m) {
			known = append(known, m)
		}
	}
	slices.Sort(known)
	return known
}

// closeAtOnce is how many minutes one tick records. Each is a sync, and senders
// wait meanwhile: after a day's downtime all minutes that they made good end
// together, and would hold acknowledgements up for longer than clients wait.
const closeAtOnce = 16

func (c *closer) closeDue(now slice.Minute) error {
	for range min(len(c.due), closeAtOnce) {
		if err := c.close(c.due[0], now); err != nil {
			return fmt.Errorf("close minute %s: %w", c.due[0].Stamp().Format(time.RFC3339), err)
		}
		through := int64(c.due[0])
		c.due = c.due[1:]
		if err := c.log.Drop(intakelog.Intake, through); err != nil {
			return fmt.Errorf("drop intake segments: %w", err)
		}
	}
	return nil
}

// close records one minute and hands it to the projections. A minute of which
// everything was refused is as one of which nothing was heard: it has no record.
func (c *closer) close(m, now slice.Minute) error {
	o := c.minutes.at(m)
	if !o.up && o.empty() {
		c.forget(m)
		return nil
	}
	silent := c.silence(m, o)
	c.encode(m, o)
	err := c.log.Commit(intakelog.Minutes, []intakelog.Record{{
		Kind: intakelog.Minute, Until: int64(m), Payload: c.encoder.buf,
	}})
	if err != nil {
		for _, s := range silent {
			o.counts[s.Ref] = slice.Counts{}
		}
		return err
	}
	c.recovered(now)
	for _, s := range silent {
		c.sink.Count(s, m, slice.Counts{Good: 1})
	}
	c.pending.add(m, c.encoder.buf, true)
	c.forget(m)
	return nil
}

// encode makes the minute's record. One that is longer than the log takes
// would keep this minute, and every later one, from being closed.
func (c *closer) encode(m slice.Minute, o *minute) {
	series, members := c.sampled(m, o), c.services.memberships(m)
	for !c.encoder.closed(m, o, series, members, c.maxRecord) {
		kept, baselines := c.quietest(o, series)
		if len(baselines) == 0 {
			break // the log says that it is too long
		}
		o, series = o.folded(baselines, c.services.series.Reserve(overflowKey)), kept
		c.services.full.Store(true)
	}
}

// quietest divides series of a minute: half of the baselines, those with the
// fewest events, which can do without a series of their own, and the rest.
func (c *closer) quietest(o *minute, series []*slice.Series) (kept, quietest []*slice.Series) {
	for _, s := range series {
		if s.IsBaseline() && s.Key != overflowKey {
			quietest = append(quietest, s)
		} else if s.Key != overflowKey {
			kept = append(kept, s)
		}
	}
	events := func(s *slice.Series) uint64 { n := o.of(s); return n.Total() + n.Excluded }
	slices.SortFunc(quietest, func(a, b *slice.Series) int { return cmp.Compare(events(b), events(a)) })
	half := len(quietest) / 2
	kept = append(kept, quietest[:half]...)
	if quietest = quietest[half:]; len(quietest) > 0 {
		kept = append(kept, c.services.series.Reserve(overflowKey))
	}
	return kept, quietest
}

func (c *closer) forget(m slice.Minute) {
	delete(c.minutes.open, m)
	c.seen.drop(m)
}

// silence tallies the minute for the indicators that want to know that
// nothing happened. A minute in which we did not run, or did not look for an
// indicator's events yet, says nothing.
func (c *closer) silence(m slice.Minute, o *minute) (tallied []*slice.Series) {
	if !o.up {
		return nil
	}
	for b := range c.binding().looking(m) {
		if !b.CountSilence || o.of(b.total).Total() > 0 {
			continue
		}
		o.add(b.silent, slice.Counts{Good: 1})
		tallied = append(tallied, b.silent)
	}
	return tallied
}

// sampled returns the series that the minute's record holds: those that
// counted something and, if intake ran, every indicator that was bound and its
// groups.
func (c *closer) sampled(m slice.Minute, o *minute) (series []*slice.Series) {
	all := c.services.series.All()
	wanted := make(map[*slice.Series]bool)
	for ref, n := range o.counts {
		if !n.IsZero() {
			wanted[all[ref]] = true
		}
	}
	if o.up {
		for b := range c.binding().looking(m) {
			wanted[b.total] = true
			if len(b.Indicator.Rule.GroupBy) > 0 {
				for _, s := range c.services.groupsOf(b.total).all() {
					wanted[s] = true
				}
			}
		}
	}
	series = make([]*slice.Series, 0, len(wanted))
	for s := range wanted {
		series = append(series, s)
	}
	return series
}

// keepMinutes is how long minute records are kept for projections that come later.
const keepMinutes = 48 * 60

// rotate begins new segments, so that old ones can go, and lets minute
// records go that every projection has passed.
func (c *closer) rotate(now slice.Minute) error {
	if err := c.log.Rotate(intakelog.Intake); err != nil {
		return err
	}
	if now%60 == 0 {
		if err := c.log.Rotate(intakelog.Minutes); err != nil {
			return err
		}
	}
	return c.log.Drop(intakelog.Minutes, int64(min(now-keepMinutes, c.pending.passed())))
}
