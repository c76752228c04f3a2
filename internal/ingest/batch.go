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

// batchRecord is a batch record as it was read, in memory that the next one
// uses again. What it holds of keys and ids are views of the payload.
type batchRecord struct {
	fingerprint xxh3.Uint128
	arrival     slice.Minute
	services    [][]byte
	runs        []runRecord
	deltas      []deltaRecord
	buckets     []bucketCount
}

// runRecord is one minute of a batch; its deltas are those in [from, to).
type runRecord struct {
	minute   slice.Minute
	from, to int
	ids      []byte
}

// deltaRecord is what a series has counted. Its buckets are those in [from, to).
type deltaRecord struct {
	service       int
	parts         []byte // of the key
	counts        slice.Counts
	histogram     bool
	zero, sumNano uint64
	from, to      int
}

// read reads a payload to its end; a record that cannot be read so is of no use.
func (b *batchRecord) read(payload []byte) error {
	b.services, b.runs, b.deltas, b.buckets = b.services[:0], b.runs[:0], b.deltas[:0], b.buckets[:0]
	d := &decoder{buf: payload}
	d.start()
	if p := d.bytes(16); p != nil {
		b.fingerprint = xxh3.Uint128{Hi: binary.LittleEndian.Uint64(p), Lo: binary.LittleEndian.Uint64(p[8:])}
	}
	b.arrival = d.minute()
	for n := d.count(3); n > 0 && d.err == nil; n-- {
		b.readRun(d)
	}
	if d.err == nil && d.at != len(payload) {
		d.fail("bytes left over")
	}
	return d.err
}

func (b *batchRecord) readRun(d *decoder) {
	r := runRecord{minute: d.minute(), from: len(b.deltas)}
	for n := d.count(5); n > 0 && d.err == nil; n-- {
		b.readDelta(d)
	}
	r.to = len(b.deltas)
	r.ids = d.bytes(8 * d.count(8))
	b.runs = append(b.runs, r)
}

func (b *batchRecord) readDelta(d *decoder) {
	var x deltaRecord
	x.service, b.services = d.skipService(b.services)
	x.parts, x.counts = d.skipParts(), d.counts()
	x.from = len(b.buckets)
	if x.histogram = d.byte() != 0; x.histogram {
		x.zero, x.sumNano = d.uint(), d.uint()
		b.buckets = d.buckets(b.buckets)
	}
	x.to = len(b.buckets)
	b.deltas = append(b.deltas, x)
}
