// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"cmp"
	"slices"

	"github.com/leadline/leadline/internal/slice"
)

// A minute record is one closed minute. Its payload:
//
//	version, minute, 1 when intake ran or 0, number of samples
//	sample: key, good, bad, excluded, and 0,
//	        or 1 and a histogram,
//	        or 2, for how many minutes a group had been silent, and since when
//	        all of its events are in its own series
//
// Samples are sorted by key, so that equal strings lie side by side and
// compress.

// What follows the counts of a sample.
const (
	plain = iota
	withHistogram
	withMembership
)

// closed writes a minute record, and reports whether it has no more than so
// many bytes. One that has more it does not finish.
func (e *encoder) closed(m slice.Minute, o *minute, series []*slice.Series, members map[*slice.Series]membership, most int) bool {
	slices.SortFunc(series, func(a, b *slice.Series) int { return compareKeys(&a.Key, &b.Key) })
	e.start()
	e.int(int64(m))
	e.buf = append(e.buf, 0)
	if o.up {
		e.buf[len(e.buf)-1] = 1
	}
	e.uint(uint64(len(series)))
	for _, s := range series {
		if len(e.buf) > most {
			break
		}
		e.key(&s.Key)
		e.counts(o.of(s))
		x, member := members[s]
		switch h := o.histograms[s]; {
		case h != nil:
			e.buf = append(e.buf, withHistogram)
			e.histogram(h)
		case member:
			e.buf = append(e.buf, withMembership)
			e.uint(uint64(x.idle))
			e.int(int64(x.since))
		default:
			e.buf = append(e.buf, plain)
		}
	}
	return len(e.buf) <= most
}

func compareKeys(a, b *slice.Key) int {
	return cmp.Or(
		cmp.Compare(a.Service.Namespace, b.Service.Namespace),
		cmp.Compare(a.Service.Name, b.Service.Name),
		cmp.Compare(a.Service.Environment, b.Service.Environment),
		cmp.Compare(a.Indicator, b.Indicator),
		cmp.Compare(a.Operation, b.Operation),
		cmp.Compare(a.Tally, b.Tally),
		cmp.Compare(a.Group, b.Group),
		cmp.Compare(a.Version, b.Version),
		cmp.Compare(a.Kind, b.Kind),
	)
}

// readClosed reads a minute record.
func readClosed(payload []byte) (slice.Closed, error) {
	c, _, err := readGroups(payload)
	return c, err
}

// readUp reads of a minute record whether intake ran.
func readUp(payload []byte) (bool, error) {
	d := &decoder{buf: payload}
	d.start()
	d.minute()
	up := d.byte() != 0
	return up, d.err
}

// readGroups reads a minute record, and which of its samples, by their index,
// are those of groups that were members.
func readGroups(payload []byte) (slice.Closed, map[int]membership, error) {
	members := make(map[int]membership)
	d := &decoder{buf: payload}
	d.start()
	c := slice.Closed{Minute: d.minute(), Source: slice.Live, Up: d.byte() != 0}
	n := d.count(5)
	if d.err == nil {
		c.Samples = make([]slice.Sample, 0, n)
	}
	for ; n > 0 && d.err == nil; n-- {
		s := slice.Sample{Key: d.key(), Minute: c.Minute, Counts: d.counts()}
		switch d.byte() {
		case plain:
		case withHistogram:
			h := d.histogram()
			s.Histogram = &h
		case withMembership:
			idle := slice.Minute(min(d.uint(), uint64(c.Minute)))
			members[len(c.Samples)] = membership{idle, d.minute()}
		default:
			d.fail("unknown sample")
		}
		c.Samples = append(c.Samples, s)
	}
	if d.err == nil && d.at != len(payload) {
		d.fail("bytes left over")
	}
	return c, members, d.err
}
