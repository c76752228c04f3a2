// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"iter"
	"maps"
	"math"
	"slices"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/slice"
)

// Counter counts recorded telemetry by the rules of live telemetry: the same
// scanner, bindings, caps and ids. It is a committer without a log, a clock or
// a minute that is too late; what it has counted it hands over with Minutes.
//
// Recordings are about in order of time, so the minutes that were touched last
// are kept as live ones are, ready to count in, and the others as records with
// their ids beside them. Minutes may come in any order all the same.
//
// A Counter is not safe for concurrent use.
type Counter struct {
	*committer
	scanner  scanner
	binding  *Binding
	scan     *scan
	limit    int // bytes of all packed minutes
	packed   map[slice.Minute]packed
	bytes    int                     // of packed
	touched  map[slice.Minute]uint64 // when each open minute was last counted in
	turn     uint64                  // numbers the touches
	newest   slice.Minute            // of any event
	recorded Recorded
}

// packed is a minute that is not counted in at present.
type packed struct {
	record []byte // a minute record, see closed
	ids    []uint64
}

// size is the memory of a packed minute with its place in the map.
func (p packed) size() int { return cap(p.record) + 8*cap(p.ids) + 96 }

// hotMinutes is how many minutes are ready to be counted in.
const hotMinutes = 32

// nobody is a sink for counts that nobody waits for.
type nobody struct{}

func (nobody) Count(*slice.Series, slice.Minute, slice.Counts) {}

// NewCounter returns a counter under a binding whose minutes may take the
// given number of bytes.
func NewCounter(cfg Config, b *Binding, bytes int) *Counter {
	services := newServices(cfg)
	services.reserve(b)
	return &Counter{
		committer: &committer{
			sink: nobody{}, services: services, minutes: newMinutes(), cfg: cfg, untold: untold{reach: math.MaxInt64},
			heads: make(map[slice.Minute]int32),
		},
		scanner: scanner{services: services, resources: newResources()},
		binding: b, scan: newScan(), limit: bytes,
		packed: make(map[slice.Minute]packed), touched: make(map[slice.Minute]uint64),
		recorded: Recorded{Ignored: make(map[string]uint64)},
	}
}

// Recorded is what a Counter has read.
type Recorded struct {
	Events     uint64            // counted
	Duplicates uint64            // spans that were counted before
	Invalid    uint64            // spans without valid ids or an end
	Ignored    map[string]uint64 // spans that are no operation, by reason
}

// Recorded returns what the counter has read since it was made.
func (c *Counter) Recorded() Recorded {
	r := c.recorded
	r.Ignored = maps.Clone(r.Ignored)
	return r
}

// Len returns the number of minutes that Minutes would yield.
func (c *Counter) Len() int { return len(c.minutes.open) + len(c.packed) }

// Count counts the spans of one ExportTraceServiceRequest. A request that is
// malformed is not counted at all. An error of kind TooLarge says that the
// minutes have outgrown their memory: nothing that was counted is of use then.
func (c *Counter) Count(request []byte) error {
	s := c.scan
	s.reset()
	// Versions and groups retire by when they were last heard of, which in a
	// recording is when the events before this request were.
	if err := c.scanner.traces(s, request, c.binding, c.newest.Start()); err != nil {
		return err
	}
	c.recorded.Invalid += s.invalid
	for i, n := range s.ignored {
		if n > 0 {
			c.recorded.Ignored[operation.Ignored(i).String()] += n
		}
	}
	c.chain(s)
	for _, m := range c.order {
		if err := c.countRecorded(s, m); err != nil {
			return err
		}
	}
	return nil
}

// countRecorded counts the scan's events of one minute.
func (c *Counter) countRecorded(s *scan, m slice.Minute) error {
	if err := c.unpack(m); err != nil {
		return err
	}
	o := c.minutes.at(m)
	c.group.reset()
	c.runs = c.runs[:0]
	c.countMinute(s, m)
	c.apply()
	for i := c.heads[m]; i >= 0; i = s.events[i].next {
		e := &s.events[i]
		v := s.tallies[e.tally].service
		if o.of(v.heard).IsZero() {
			o.add(v.heard, slice.Counts{Good: 1})
		}
		if !e.counted {
			c.recorded.Duplicates++
			continue
		}
		c.recorded.Events++
		o.add(v.spans, slice.Counts{Good: 1})
	}
	c.newest = max(c.newest, m)
	c.turn++
	c.touched[m] = c.turn
	return c.cool()
}

// cool packs the minute that was not touched for longest when there are too
// many to keep ready.
func (c *Counter) cool() error {
	if len(c.minutes.open) <= hotMinutes {
		return nil
	}
	coldest, at := slice.Minute(0), c.turn
	for m, turn := range c.touched {
		if turn < at {
			coldest, at = m, turn
		}
	}
	c.pack(coldest)
	if c.bytes > c.limit {
		return errs.New(errs.TooLarge, "the recording holds more than %d MiB of counts and event ids, in %d minutes", c.limit>>20, c.Len()).
			WithHint("split it by time, at full minutes, and send the parts one after the other")
	}
	return nil
}

// pack makes an open minute a record.
func (c *Counter) pack(m slice.Minute) {
	o := c.minutes.open[m]
	all := c.services.series.All()
	var counted []*slice.Series
	for ref, n := range o.counts {
		if !n.IsZero() {
			counted = append(counted, all[ref])
		}
	}
	c.encoder.closed(m, o, counted, nil, math.MaxInt)
	p := packed{record: slices.Clone(c.encoder.buf), ids: make([]uint64, 0, o.ids.len+1)}
	for id := range o.ids.all() {
		p.ids = append(p.ids, id)
	}
	c.packed[m] = p
	c.bytes += p.size()
	delete(c.minutes.open, m)
	delete(c.touched, m)
}

// unpack makes a packed minute ready to be counted in.
func (c *Counter) unpack(m slice.Minute) error {
	p, is := c.packed[m]
	if !is {
		return nil
	}
	read, err := c.take(m)
	if err != nil {
		return err
	}
	o := c.minutes.at(m)
	for i := range read.Samples {
		x := &read.Samples[i]
		s := c.services.mustIntern(x.Key)
		o.add(s, x.Counts)
		if x.Histogram != nil {
			o.histogram(s).mergeSparse(x.Histogram)
		}
	}
	o.ids.reserve(len(p.ids))
	for _, id := range p.ids {
		o.ids.insert(id)
	}
	return nil
}

// take reads a packed minute and forgets it.
func (c *Counter) take(m slice.Minute) (slice.Closed, error) {
	p := c.packed[m]
	delete(c.packed, m)
	c.bytes -= p.size()
	read, err := readClosed(p.record)
	if err != nil {
		return read, errs.New(errs.Internal, "read packed minute %s: %w", m.Start(), err)
	}
	return read, nil
}

// Minutes yields the minutes that were counted, in ascending order, each with
// everything that is known of it: a service that was heard in a minute was
// measured in it, so its indicators have a zero where they counted nothing.
// The counter forgets what it yields, the ids too.
func (c *Counter) Minutes() iter.Seq2[slice.Closed, error] {
	return func(yield func(slice.Closed, error) bool) {
		for m := range c.minutes.open {
			c.pack(m)
		}
		for _, m := range slices.Sorted(maps.Keys(c.packed)) {
			read, err := c.take(m)
			read.Source = slice.Backfill
			if err == nil {
				c.complete(&read)
			}
			if !yield(read, err) {
				return
			}
		}
	}
}

// complete adds the zeros and the silence of the services that were heard.
func (c *Counter) complete(read *slice.Closed) {
	have := make(map[slice.Key]slice.Counts, len(read.Samples))
	heard := make(map[operation.Service]bool)
	for i := range read.Samples {
		k := &read.Samples[i].Key
		have[*k] = read.Samples[i].Counts
		heard[k.Service] = heard[k.Service] || k.Tally == slice.Heard
	}
	add := func(k slice.Key, n slice.Counts) {
		if _, known := have[k]; !known {
			read.Samples = append(read.Samples, slice.Sample{Key: k, Minute: read.Minute, Counts: n})
		}
	}
	for _, b := range c.binding.Indicators {
		if !slices.ContainsFunc(b.Indicator.Services(), func(s operation.Service) bool { return heard[s] }) {
			continue
		}
		k := totalKey(b.Indicator)
		add(k, slice.Counts{})
		if b.CountSilence && have[k].Total() == 0 {
			silent := k
			silent.Tally = slice.Silent
			add(silent, slice.Counts{Good: 1})
		}
		if len(b.Indicator.Rule.GroupBy) == 0 {
			continue
		}
		for _, g := range c.services.groupsOf(c.services.mustIntern(k)).all() {
			add(g.Key, slice.Counts{})
		}
	}
}

// Binding returns the indicators that count at present.
func (e *Engine) Binding() *Binding { return e.binding.Load() }
