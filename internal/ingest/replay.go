// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"fmt"
	"slices"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/intakelog"
	"github.com/leadline/leadline/internal/join"
	"github.com/leadline/leadline/internal/slice"
)

// replay makes a committer what it was when the log was written. Minute
// records come first, so it knows what is closed before it reads a batch.
type replay struct {
	*committer
	join    join.Engine
	pending *pending
	cursor  slice.Minute
	closed  slice.Minute // the newest closed minute; 0 for none
	newest  slice.Minute // of any batch's arrival
	oldest  slice.Minute // still open that a batch touches; 0 for none
	// admitted says that the members of groups are known.
	admitted bool
}

// record takes one record of either stream.
func (r *replay) record(s intakelog.Stream, rec intakelog.Record) error {
	switch {
	case s == intakelog.Minutes && rec.Kind == intakelog.Minute:
		r.minuteRecord(rec)
		return nil
	case s == intakelog.Intake && rec.Kind == intakelog.Batch:
		if err := r.admitGroups(); err != nil {
			return err
		}
		return readBatch(rec.Payload, r)
	case s == intakelog.Intake && rec.Kind == intakelog.Facts:
		return r.join.Replay(slice.Minute(rec.Until), rec.Payload)
	}
	return errs.New(errs.Unsupported, "%s record of kind %d: this version does not know it", s, rec.Kind).
		WithHint("a later version wrote this data directory; start that one, or another data directory")
}

// unsynced is for how many minutes a store may lose with the machine's power
// what it had when the cursor was saved: it syncs at the edges of two hours.
const unsynced = 3 * 60

// minuteRecord notes what is closed and keeps what the store may lack.
func (r *replay) minuteRecord(rec intakelog.Record) {
	m := slice.Minute(rec.Until)
	r.closed = max(r.closed, m)
	if m <= r.cursor-unsynced {
		r.pending.done = max(r.pending.done, m)
		return
	}
	r.pending.add(m, append([]byte(nil), rec.Payload...), false)
}

// admitGroups makes the groups known that were members when the log was
// written: the newest minute in which intake ran lists all of them. It is
// called once the minute records have been read, and works once.
func (r *replay) admitGroups() error {
	if r.admitted {
		return nil
	}
	r.admitted = true
	for _, rec := range slices.Backward(r.pending.queue) {
		c, err := readClosed(rec.payload)
		if err != nil {
			return fmt.Errorf("minute %s: %w", rec.minute.Stamp().Format(time.RFC3339), err)
		}
		for _, s := range c.Samples {
			if s.Key.Group != "" {
				r.admit(s.Key, rec.minute)
			}
		}
		if c.Up {
			return nil
		}
	}
	return nil
}

func (r *replay) admit(k slice.Key, m slice.Minute) {
	total := k
	total.Group = ""
	r.services.groupsOf(r.services.mustIntern(total)).admit(r.services.mustIntern(k), m)
}

func (r *replay) request(fingerprint xxh3.Uint128, arrival slice.Minute) {
	r.newest = max(r.newest, arrival)
	if arrival > r.closed {
		r.seen.add(fingerprint, arrival)
		r.minutes.at(arrival).up = true
	}
}

func (r *replay) delta(m slice.Minute, k slice.Key, c slice.Counts, h *slice.Histogram) {
	if m <= r.closed {
		return
	}
	if r.oldest == 0 || m < r.oldest {
		r.oldest = m
	}
	if k.Group != "" {
		r.admit(k, m)
	}
	s, o := r.services.mustIntern(k), r.minutes.at(m)
	o.add(s, c)
	if h != nil {
		o.histogram(s).mergeSparse(h)
	}
}

func (r *replay) id(m slice.Minute, id uint64) {
	if m > r.closed {
		r.minutes.at(m).ids.insert(id)
	}
}

// next returns the first minute that is open after the replay: the one after
// the newest closed minute. A log without one is new, or was lost; it begins
// with the oldest minute that a batch touches, or that may still be open.
func (r *replay) next(now slice.Minute) slice.Minute {
	if r.closed > 0 {
		return r.closed + 1
	}
	first := now - slice.Minute(r.cfg.Grace/time.Minute)
	if r.oldest > 0 {
		first = min(first, r.oldest)
	}
	return max(first, r.cursor+1)
}

// count tells the sink what the open minutes hold.
func (r *replay) count() {
	all := r.services.series.All()
	for m, o := range r.minutes.open {
		for ref, n := range o.counts {
			if !n.IsZero() {
				r.sink.Count(all[ref], m, n)
			}
		}
	}
}
