// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"slices"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/intakelog"
	"github.com/leadline/leadline/internal/slice"
)

// log is what the committer needs of the intake log.
type intakeLog interface {
	Commit(s intakelog.Stream, records []intakelog.Record) error
	Rotate(s intakelog.Stream) error
	Drop(s intakelog.Stream, through int64) error
	Failed() error
}

// reply is what became of a scan.
type reply struct {
	late, ahead uint64 // refused spans
	// outdated says that the scan was made under another binding, and that
	// nothing of it was counted.
	outdated bool
	err      error
}

// futureSlack is how far ahead of us a sender's clock may run.
const futureSlack = 10

// committer owns everything that is counted. Its methods run in one goroutine.
type committer struct {
	log      intakeLog
	sink     Sink
	services *services
	schedule *schedule
	minutes  *minutes
	seen     fingerprints
	cfg      Config

	group     group
	encoder   encoder
	heads     map[slice.Minute]int32 // first event of each minute of the scan at hand
	order     []slice.Minute
	runs      []run
	maxRecord int    // bytes of one record
	payload   []byte // of all records of the group
	ends      []int  // of each record in payload
	records   []intakelog.Record
	replies   []reply
	meters    *meters
	peeked    uint64 // a use for what peek returns, lest the compiler drop it
	// forgetful says that ids have outgrown their memory: repeated spans are
	// recognised by whole requests only.
	forgetful bool
	// refusing says that the log refused the last group; upFrom is the first
	// minute after one in which it did, as far as is known. See down.
	refusing bool
	upFrom   slice.Minute
	untold   untold
	// wall is the minute of the wall clock, and refusedPresent says that events
	// of it were refused because it is closed.
	wall           slice.Minute
	refusedPresent bool
}

// down notes that a group was refused: nobody knows what else we would have
// been sent, so neither this minute nor one before the next success says that
// nothing happened.
func (c *committer) down(now slice.Minute) {
	c.refusing = true
	if o := c.minutes.open[now]; o != nil {
		o.up = false
	}
}

// recovered notes that the log takes records. The minute at hand stays what
// the refusals in it have made it.
func (c *committer) recovered(now slice.Minute) {
	if c.refusing {
		c.refusing, c.upFrom = false, now+1
	}
}

// run is a range of the group's deltas, all of one minute of one scan.
type run struct {
	minute   slice.Minute
	from, to int
	ids      int
}

// commit counts the scans as one group. Every scan gets its reply.
func (c *committer) commit(scans []*scan, wall time.Time) {
	c.group.reset()
	c.records, c.payload, c.ends, c.replies = c.records[:0], c.payload[:0], c.ends[:0], c.replies[:0]
	// A wall clock that went back does not reopen what is closed.
	c.wall = slice.MinuteOf(wall)
	now := max(c.wall, c.schedule.next)
	c.tell(now)
	for _, s := range scans {
		c.replies = append(c.replies, c.prepare(s, now))
	}
	var err error
	if len(c.records) > 0 {
		c.slicePayloads()
		err = c.log.Commit(intakelog.Intake, c.records)
	}
	if err != nil {
		for _, s := range slices.Backward(scans) {
			c.takeBack(s, now)
		}
		c.down(now)
		c.meters.refusedCommits.Add(1)
	} else {
		c.apply()
		if len(c.records) > 0 {
			c.recovered(now)
		}
		c.meters.commits.Add(1)
	}
	for i, s := range scans {
		if c.replies[i].err == nil {
			c.replies[i].err = err
		}
		if c.replies[i].err == nil {
			c.meters.committed(s, c.replies[i])
		}
		s.reply <- c.replies[i]
	}
}

// prepare turns a scan into deltas and one record, and inserts its ids.
func (c *committer) prepare(s *scan, now slice.Minute) reply {
	var r reply
	open := c.schedule.open(now, futureSlack)
	deltas, histograms := len(c.group.deltas), len(c.group.histograms)
	var before judged
	before, s.repeated = c.seen.add(s.fingerprint, now, open)
	c.runs = c.runs[:0]
	c.chain(s)
	for _, m := range c.order {
		switch {
		case s.repeated && before.took(m):
			c.again(s, m)
		case open.took(m):
			c.countMinute(s, m)
		case m > open.last:
			r.ahead += c.refuse(s, m)
		default:
			c.refusedPresent = c.refusedPresent || m >= c.wall-1
			r.late += c.refuse(s, m)
		}
	}
	c.tallies(s, now)
	if c.encode(s, now) {
		c.record(now)
		return r
	}
	// The scans after it must not take its events for duplicates.
	c.takeBack(s, now)
	c.group.truncate(deltas, histograms)
	return reply{err: errs.New(errs.TooLarge, "the counts of one request take %d bytes, at most %d are allowed", len(c.encoder.buf), c.maxRecord).
		WithHint("send less in one request")}
}

// chain links the events of each minute, since a minute is what is counted,
// written and refused as one.
func (c *committer) chain(s *scan) {
	clear(c.heads)
	c.order = c.order[:0]
	// Events of one minute mostly follow each other: the map is asked when the
	// minute changes.
	var minute slice.Minute
	head := int32(-1)
	for i := len(s.events) - 1; i >= 0; i-- {
		e := &s.events[i]
		if head < 0 || e.minute != minute {
			if head >= 0 {
				c.heads[minute] = head
			}
			var known bool
			if head, known = c.heads[e.minute]; !known {
				head = -1
				c.order = append(c.order, e.minute)
			}
			minute = e.minute
		}
		e.next = head
		head = int32(i)
	}
	if head >= 0 {
		c.heads[minute] = head
	}
}

// refuse drops the events of a minute that is closed or too far ahead.
func (c *committer) refuse(s *scan, m slice.Minute) (n uint64) {
	for i := c.heads[m]; i >= 0; i = s.events[i].next {
		s.tallies[s.events[i].tally].refused++
		n++
	}
	return n
}

// again tallies the events of a minute that the same request brought before.
func (c *committer) again(s *scan, m slice.Minute) {
	for i := c.heads[m]; i >= 0; i = s.events[i].next {
		s.tallies[s.events[i].tally].again++
	}
}

// countMinute adds the events of one minute that were not counted before.
func (c *committer) countMinute(s *scan, m slice.Minute) {
	o := c.minutes.at(m)
	o.partial = o.partial || c.forgetful
	ids := o.loaded()
	for i := c.heads[m]; i >= 0; i = s.events[i].next {
		c.peeked += ids.peek(s.events[i].id)
	}
	c.group.begin()
	from, n := len(c.group.deltas), 0
	for i := c.heads[m]; i >= 0; i = s.events[i].next {
		e := &s.events[i]
		t := &s.tallies[e.tally]
		if !c.fresh(ids, e.id) {
			t.again++
			continue
		}
		e.counted = true
		if o.partial {
			t.unchecked++
		}
		if e.sampled {
			t.sampled++
		}
		n++
		t.accepted++
		if e.late {
			t.late++
		}
		c.group.event(e, s.hits[e.hits[0]:e.hits[1]])
	}
	if n > 0 {
		c.runs = append(c.runs, run{m, from, len(c.group.deltas), n})
	}
}

// fresh reports whether the event was not counted before, and remembers it
// unless ids have outgrown their memory.
func (c *committer) fresh(ids *idSet, id uint64) bool {
	if c.forgetful {
		return !ids.has(id)
	}
	return ids.insert(id)
}

// tallies adds what the request brought of each service, in the minute of arrival.
func (c *committer) tallies(s *scan, now slice.Minute) {
	c.group.begin()
	from := len(c.group.deltas)
	arrival := c.minutes.at(now)
	for i := range s.tallies {
		t := &s.tallies[i]
		v := t.service
		c.add(v.spans, now, slice.Counts{Good: t.accepted, Bad: t.refused, Excluded: t.again})
		c.add(v.late, now, slice.Counts{Good: t.late})
		c.add(v.unchecked, now, slice.Counts{Good: t.unchecked})
		c.add(v.sampled, now, slice.Counts{Good: t.sampled})
		if !s.repeated {
			c.add(v.points, now, slice.Counts{Good: t.points})
			c.add(v.records, now, slice.Counts{Good: t.records})
		}
		if v.heardAt != now && arrival.of(v.heard).IsZero() {
			c.add(v.heard, now, slice.Counts{Good: 1})
			v.heardAt, t.heard = now, true
		}
	}
	if len(c.group.deltas) > from {
		c.runs = append(c.runs, run{minute: now, from: from, to: len(c.group.deltas)})
	}
}

func (c *committer) add(s *slice.Series, m slice.Minute, n slice.Counts) {
	if !n.IsZero() {
		d := c.group.delta(s, m)
		d.counts = d.counts.Plus(n)
	}
}

// encode makes the payload of a scan's record, and reports whether a record
// may be that long.
func (c *committer) encode(s *scan, now slice.Minute) bool {
	e := &c.encoder
	e.batch(s.fingerprint, now, len(c.runs))
	for _, r := range c.runs {
		e.run(r.minute, &c.group, c.group.deltas[r.from:r.to], r.ids)
		if r.ids == 0 {
			continue
		}
		for i := c.heads[r.minute]; i >= 0; i = s.events[i].next {
			if s.events[i].counted {
				e.id(s.events[i].id)
			}
		}
	}
	return len(e.buf) <= c.maxRecord
}

// record adds the encoded scan to the group, if it changed anything.
func (c *committer) record(now slice.Minute) {
	if len(c.runs) == 0 {
		return
	}
	until := now
	for _, r := range c.runs {
		until = max(until, r.minute)
	}
	c.payload = append(c.payload, c.encoder.buf...)
	c.ends = append(c.ends, len(c.payload))
	c.records = append(c.records, intakelog.Record{Kind: intakelog.Batch, Until: int64(until)})
}

// slicePayloads points the records into the group's bytes, which have stopped moving.
func (c *committer) slicePayloads() {
	from := 0
	for i, to := range c.ends {
		c.records[i].Payload = c.payload[from:to]
		from = to
	}
}

// apply adds what has become durable to the open minutes and tells the sink.
func (c *committer) apply() {
	for i := range c.group.deltas {
		d := &c.group.deltas[i]
		waits := c.keeps(d.minute)
		c.minutes.at(d.minute).add(d.series, d.counts)
		if !waits {
			c.sink.Count(d.series, d.minute, d.counts)
		}
	}
	for _, h := range c.group.histograms {
		c.minutes.at(h.minute).histogram(h.series).merge(h.counts)
	}
}

// takeBack forgets the ids of a scan that was not committed, so that its events
// count when they are sent again. To do so twice changes nothing.
func (c *committer) takeBack(s *scan, now slice.Minute) {
	if !s.repeated {
		c.seen.remove(s.fingerprint, now)
		s.repeated = true
	}
	for i := range s.tallies {
		if t := &s.tallies[i]; t.heard {
			t.service.heardAt, t.heard = 0, false
		}
	}
	for i := range s.events {
		if e := &s.events[i]; e.counted {
			c.minutes.at(e.minute).loaded().remove(e.id)
			e.counted = false
		}
	}
}

// fingerprints remembers whole requests until the minute in which they
// arrived is closed: a shortcut for repeated spans, and the only thing that
// recognises repeated metrics and logs. What was refused of a request is
// refused again, or counts when it is no longer too far ahead. When there are
// maxPrints none is added: a repeated span has its id then.
type fingerprints struct {
	known    map[xxh3.Uint128]judged
	byMinute map[slice.Minute][]xxh3.Uint128
}

// maxPrints bounds their memory, some 100 bytes each: those of 1,500 requests a
// second for as long as minutes are open.
const maxPrints = 1 << 20

// add remembers a request, or says how it was judged before.
func (f *fingerprints) add(p xxh3.Uint128, arrival slice.Minute, j judged) (before judged, known bool) {
	if before, known := f.known[p]; known {
		return before, true
	}
	if f.known == nil {
		f.known = make(map[xxh3.Uint128]judged)
		f.byMinute = make(map[slice.Minute][]xxh3.Uint128)
	}
	if len(f.known) >= maxPrints {
		return judged{}, false
	}
	f.known[p] = j
	f.byMinute[arrival] = append(f.byMinute[arrival], p)
	return judged{}, false
}

// remove forgets a request that arrived in the minute, not long ago.
func (f *fingerprints) remove(p xxh3.Uint128, arrival slice.Minute) {
	delete(f.known, p)
	prints := f.byMinute[arrival]
	for i := len(prints) - 1; i >= 0; i-- {
		if prints[i] == p {
			f.byMinute[arrival] = slices.Delete(prints, i, i+1)
			break
		}
	}
	if len(f.byMinute[arrival]) == 0 {
		delete(f.byMinute, arrival)
	}
}

// drop forgets the requests that arrived through the minute.
func (f *fingerprints) drop(through slice.Minute) {
	for m, prints := range f.byMinute {
		if m > through {
			continue
		}
		for _, p := range prints {
			delete(f.known, p)
		}
		delete(f.byMinute, m)
	}
}
