// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/intakelog"
	"github.com/leadline/leadline/internal/join"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/window"
)

// replay makes a committer what it was when the log was written. Minute
// records come first, so it knows what is closed before it reads a batch.
type replay struct {
	*committer
	join    join.Engine
	pending *pending
	cursor  slice.Minute
	closed  slice.Minute // the newest closed minute; 0 for none
	oldest  slice.Minute // still open that a batch touches; 0 for none
	heard   slice.Minute // the newest in which a batch arrived; 0 for none
	up      slice.Minute // the newest closed minute in which intake ran, as far as pending says; 0 for none
	batch   batchRecord  // read last
	known   *knownKeys
	ids     *idLoader
	recent  []closedRecord // see remember
	// admitted says that the members of groups are known.
	admitted bool
	// measured are the totals of the indicators that were bound in the minute up.
	measured map[slice.Key]bool
}

// record takes one record of either stream.
func (r *replay) record(s intakelog.Stream, rec intakelog.Record) error {
	switch {
	case s == intakelog.Minutes && rec.Kind == intakelog.Minute:
		r.minuteRecord(rec)
		return nil
	case s == intakelog.Intake && rec.Kind == intakelog.Batch:
		return r.batchRecord(rec)
	case s == intakelog.Intake && rec.Kind == intakelog.Facts:
		return r.join.Replay(slice.Minute(rec.Until), rec.Payload)
	}
	return errs.New(errs.Unsupported, "%s record of kind %d: this version does not know it", s, rec.Kind).
		WithHint("a later version wrote this data directory; start that one, or another data directory")
}

// unsynced is for how many minutes a store may lose with the machine's power
// what it had when the cursor was saved: it syncs at the edges of two hours.
const unsynced = 3 * 60

// passed says that the store has a minute for good.
func (r *replay) passed(until int64) bool { return slice.Minute(until) <= r.cursor-unsynced }

// minuteRecord notes what is closed and keeps what the store may lack.
func (r *replay) minuteRecord(rec intakelog.Record) {
	m := slice.Minute(rec.Until)
	r.closed = max(r.closed, m)
	if r.passed(rec.Until) {
		r.pending.done = max(r.pending.done, m)
		return
	}
	r.pending.add(m, rec.Payload, false)
	r.remember(closedRecord{minute: m, payload: rec.Payload})
}

// maxRecent bounds the minutes that are remembered for admitGroups.
const maxRecent = 64

// remember keeps the newest minute in which intake ran, and those after it.
func (r *replay) remember(rec closedRecord) {
	if up, err := readUp(rec.payload); err == nil && up {
		r.recent = r.recent[:0]
	}
	if len(r.recent) == maxRecent {
		r.recent = slices.Delete(r.recent, 1, 2)
	}
	rec.payload = slices.Clone(rec.payload)
	r.recent = append(r.recent, rec)
}

// admitGroups makes the groups known that were members when the log was
// written: the newest minute in which intake ran lists all of them. It is
// called once the minute records have been read, and works once.
func (r *replay) admitGroups() error {
	if r.admitted {
		return nil
	}
	r.admitted = true
	for _, rec := range slices.Backward(r.recent) {
		c, members, err := readGroups(rec.payload)
		if err != nil {
			return fmt.Errorf("minute %s: %w", rec.minute.Stamp().Format(time.RFC3339), err)
		}
		for i, s := range c.Samples {
			switch {
			case s.Key.Group != "":
				if x, member := members[i]; member || s.Key.Group == slice.OtherGroups {
					r.admit(s.Key, rec.minute-x.idle, x.since)
				}
			case s.Key.Indicator != "" && s.Key.Tally == "" && c.Up:
				r.measured[s.Key] = true
			}
		}
		if c.Up {
			r.up = rec.minute
			return nil
		}
	}
	return nil
}

func (r *replay) admit(k slice.Key, seen, since slice.Minute) {
	total := k
	total.Group = ""
	r.services.groupsOf(r.services.mustIntern(total)).admit(r.services.mustIntern(k), seen, since)
}

// through returns the newest minute that must not be counted again: closed as
// the log says, or stored, as the cursor says when the record is damaged.
func (r *replay) through() slice.Minute { return max(r.closed, r.cursor) }

// oldestAt returns the first minute that was open when a request arrived.
func (r *replay) oldestAt(arrival slice.Minute) slice.Minute {
	if closed := r.through(); closed > 0 {
		return closed + 1
	}
	return arrival - slice.Minute(r.cfg.Grace/time.Minute)
}

// batchRecord counts what a request added to minutes that are still open. A
// record that touches none is not even read.
func (r *replay) batchRecord(rec intakelog.Record) error {
	closed := r.through()
	if slice.Minute(rec.Until) <= closed {
		return nil
	}
	if err := r.admitGroups(); err != nil {
		return err
	}
	b := &r.batch
	if err := b.read(rec.Payload); err != nil {
		return err
	}
	r.known.begin(b.services)
	if b.arrival > closed {
		// A record does not say what was refused as late: repeated, it is a duplicate.
		r.seen.add(b.fingerprint, b.arrival, judged{last: b.arrival + futureSlack, between: math.MaxInt64})
		if b.arrival > r.heard+1 {
			r.ended() // nobody was here for a whole minute
		}
		r.minutes.at(b.arrival).up = true
		r.heard = max(r.heard, b.arrival)
	}
	for i := range b.runs {
		if b.runs[i].minute > closed {
			r.run(&b.runs[i])
		}
	}
	return nil
}

// run counts what a request added to one minute.
func (r *replay) run(run *runRecord) {
	if r.oldest == 0 || run.minute < r.oldest {
		r.oldest = run.minute
	}
	o := r.minutes.at(run.minute)
	for i := run.from; i < run.to; i++ {
		d := &r.batch.deltas[i]
		k := r.known.find(d.service, d.parts)
		if k.groups != nil {
			k.groups.replay(k.series, run.minute, r.batch.arrival, r.oldestAt(r.batch.arrival))
		}
		o.add(k.series, d.counts)
		if d.histogram {
			o.histogram(k.series).mergeBuckets(d.zero, d.sumNano, r.batch.buckets[d.from:d.to])
		}
	}
	if len(run.ids) > 0 {
		r.ids.add(run.minute, run.ids)
	}
}

// next returns the first minute that is open after the replay: the one after
// the newest closed minute. A log without one is new, or was lost; it begins
// with the oldest minute that a batch touches, or that may still be open.
func (r *replay) next(now slice.Minute) slice.Minute {
	if r.closed > 0 {
		return r.through() + 1
	}
	first := now - slice.Minute((r.cfg.Grace+time.Minute-1)/time.Minute)
	if r.oldest > 0 {
		first = min(first, r.oldest)
	}
	return max(first, r.cursor+1)
}

// ended takes back that intake ran while the last minute passed in which
// something arrived: the process may have ended or failed in it. When this one
// started in the same minute, intake runs in it all the same.
func (r *replay) ended() {
	if o := r.minutes.open[r.heard]; o != nil {
		o.up = false
	}
}

// looked returns the minutes throughout which an indicator was bound that is
// bound again in minute now: what the newest closed minute lists was, and since
// it was defined too. One that was defined before that minute, and that the
// minute does not list, was defined for others than this log's.
func (r *replay) looked(b *Bound, now slice.Minute) window.Minutes {
	defined := now
	if m := slice.MinuteOf(b.Defined); !b.Defined.IsZero() && m < now && (m >= r.up || r.measured[b.total.Key]) {
		defined = m
	}
	switch listed := r.measured[b.total.Key]; {
	case listed && (b.Defined.IsZero() || defined < r.up):
		return window.NewMinutes(onwards(0))
	case listed:
		return window.NewMinutes(window.Stretch{To: r.up + 1}, onwards(defined+1))
	}
	return window.NewMinutes(onwards(defined + 1))
}

// idle returns the minutes between the last sign of the process before this
// one and now: half open, empty when there is none.
func (r *replay) idle(now slice.Minute) (from, to slice.Minute) {
	last := max(r.heard, r.up)
	if last == 0 {
		last = r.through()
	}
	if last == 0 {
		return now, now
	}
	return min(last+1, now), now
}

// count tells the sink what the open minutes hold, and returns those that must
// wait because they lie too far ahead: a clock was wrong.
func (r *replay) count(now slice.Minute) (ahead []slice.Minute) {
	for m := range r.minutes.open {
		r.keep(m, nil)
	}
	r.tell(now)
	return slices.Sorted(maps.Keys(r.untold.minutes))
}
