// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"encoding/binary"

	"github.com/zeebo/xxh3"

	"github.com/leadline/leadline/internal/slice"
)

// A batch record is what one request added. Its payload:
//
//	version, fingerprint (16 bytes), minute of arrival, number of runs
//	run: minute
//	     number of deltas; delta: key, good, bad, excluded, 1 and a histogram or 0
//	     number of ids; id: 8 bytes, little endian
//
// A run holds the deltas of one minute. The minute of arrival has a run of
// its own for the tallies, which has no ids.

// batch starts the payload of a request's record.
func (e *encoder) batch(fingerprint xxh3.Uint128, arrival slice.Minute, runs int) {
	e.start()
	e.buf = binary.LittleEndian.AppendUint64(e.buf, fingerprint.Hi)
	e.buf = binary.LittleEndian.AppendUint64(e.buf, fingerprint.Lo)
	e.int(int64(arrival))
	e.uint(uint64(runs))
}

// run writes the deltas of one minute, and its ids follow.
func (e *encoder) run(m slice.Minute, g *group, deltas []delta, ids int) {
	e.int(int64(m))
	e.uint(uint64(len(deltas)))
	for i := range deltas {
		d := &deltas[i]
		e.key(&d.series.Key)
		e.counts(d.counts)
		if d.hist < 0 {
			e.buf = append(e.buf, 0)
			continue
		}
		e.buf = append(e.buf, 1)
		e.histogram(g.histograms[d.hist].counts)
	}
	e.uint(uint64(ids))
}

func (e *encoder) id(id uint64) { e.buf = binary.LittleEndian.AppendUint64(e.buf, id) }

// batchReader takes the parts of a batch record as they are read.
type batchReader interface {
	// request is called once, and decides whether the rest is wanted.
	request(fingerprint xxh3.Uint128, arrival slice.Minute)
	delta(m slice.Minute, k slice.Key, c slice.Counts, h *slice.Histogram)
	id(m slice.Minute, id uint64)
}

// readBatch hands the parts of a batch record to r. Nothing is handed over
// from a record that cannot be read to its end, so it is checked first.
func readBatch(payload []byte, r batchReader) error {
	if err := walkBatch(payload, nil); err != nil {
		return err
	}
	return walkBatch(payload, r)
}

func walkBatch(payload []byte, r batchReader) error {
	d := &decoder{buf: payload, dry: r == nil}
	d.start()
	var fingerprint xxh3.Uint128
	if b := d.bytes(16); b != nil {
		fingerprint = xxh3.Uint128{Hi: binary.LittleEndian.Uint64(b), Lo: binary.LittleEndian.Uint64(b[8:])}
	}
	arrival := d.minute()
	if r != nil && d.err == nil {
		r.request(fingerprint, arrival)
	}
	for n := d.count(3); n > 0 && d.err == nil; n-- {
		walkRun(d, r)
	}
	if d.err == nil && d.at != len(payload) {
		d.fail("bytes left over")
	}
	return d.err
}

func walkRun(d *decoder, r batchReader) {
	m := d.minute()
	for n := d.count(5); n > 0 && d.err == nil; n-- {
		k, c, h := d.key(), d.counts(), (*slice.Histogram)(nil)
		if d.byte() != 0 {
			read := d.histogram()
			h = &read
		}
		if r != nil && d.err == nil {
			r.delta(m, k, c, h)
		}
	}
	ids := d.bytes(8 * d.count(8))
	for ; r != nil && d.err == nil && len(ids) >= 8; ids = ids[8:] {
		r.id(m, binary.LittleEndian.Uint64(ids))
	}
}
