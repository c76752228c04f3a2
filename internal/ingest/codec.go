// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/slice"
)

// Records carry their own strings: a damaged record then costs what it holds
// and nothing else, because no other record needs it to be read. Integers are
// unsigned varints unless said; docs/format/intake-records.md draws the layout.

// codecVersion is the first byte of every payload.
const codecVersion = 1

// The kinds of series in a record, as bits of what follows their service.
const (
	hasIndicator = 1 << iota
	hasGroup
	hasOperation
	hasVersion
	hasTally
)

// encoder appends a payload to buf. It numbers the services and series of one
// payload as they are first used.
type encoder struct {
	buf      []byte
	services map[operation.Service]uint64
}

func (e *encoder) uint(n uint64) { e.buf = binary.AppendUvarint(e.buf, n) }
func (e *encoder) int(n int64)   { e.buf = binary.AppendVarint(e.buf, n) }

func (e *encoder) text(s string) {
	e.uint(uint64(len(s)))
	e.buf = append(e.buf, s...)
}

// start begins a new payload.
func (e *encoder) start() {
	e.buf = append(e.buf[:0], codecVersion)
	if e.services == nil {
		e.services = make(map[operation.Service]uint64)
	}
	clear(e.services)
}

// service writes the service's number, and its parts when it is new.
func (e *encoder) service(s operation.Service) {
	n, known := e.services[s]
	if known {
		e.uint(n)
		return
	}
	n = uint64(len(e.services))
	e.services[s] = n
	e.uint(n)
	e.text(s.Namespace)
	e.text(s.Name)
	e.text(s.Environment)
}

// key writes a series key.
func (e *encoder) key(k *slice.Key) {
	e.service(k.Service)
	parts := [...]string{k.Indicator, k.Group, k.Operation, k.Version, string(k.Tally)}
	var has byte
	for i, part := range parts {
		if part != "" {
			has |= 1 << i
		}
	}
	e.buf = append(e.buf, has)
	for _, part := range parts {
		if part != "" {
			e.text(part)
		}
	}
	if k.Operation != "" {
		e.buf = append(e.buf, byte(k.Kind))
	}
}

func (e *encoder) counts(c slice.Counts) {
	e.uint(c.Good)
	e.uint(c.Bad)
	e.uint(c.Excluded)
}

// decoder reads a payload and never further. The first fault sticks.
type decoder struct {
	buf      []byte
	at       int
	services []operation.Service
	err      error
}

func (d *decoder) fail(what string) {
	if d.err == nil {
		d.err = fmt.Errorf("record payload: %s at byte %d of %d", what, d.at, len(d.buf))
	}
}

// uint reads an integer; nearly all of them take one byte.
func (d *decoder) uint() uint64 {
	if d.at < len(d.buf) && d.buf[d.at] < 0x80 {
		d.at++
		return uint64(d.buf[d.at-1])
	}
	return d.longUint()
}

func (d *decoder) longUint() uint64 {
	n, size := binary.Uvarint(d.buf[d.at:])
	if size <= 0 {
		d.fail("bad integer")
		return 0
	}
	d.at += size
	return n
}

// int reads a signed integer, zigzag encoded.
func (d *decoder) int() int64 {
	n := d.uint()
	return int64(n>>1) ^ -int64(n&1)
}

// count reads the length of a list whose entries take at least one byte each.
func (d *decoder) count(entryBytes int) int {
	n := d.uint()
	if d.err == nil && n > uint64((len(d.buf)-d.at)/entryBytes) {
		d.fail("list longer than the payload")
	}
	if d.err != nil {
		return 0
	}
	return int(n)
}

func (d *decoder) bytes(n int) []byte {
	if d.err != nil || n > len(d.buf)-d.at {
		d.fail("text longer than the payload")
		return nil
	}
	d.at += n
	return d.buf[d.at-n : d.at]
}

func (d *decoder) byte() byte {
	if b := d.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) text() string { return string(d.bytes(d.count(1))) }

func (d *decoder) start() {
	if v := d.byte(); v != codecVersion {
		d.fail(fmt.Sprintf("version %d, this release reads %d", v, codecVersion))
	}
}

func (d *decoder) service() operation.Service {
	n := d.uint()
	switch {
	case d.err != nil:
		return operation.Service{}
	case n < uint64(len(d.services)):
		return d.services[n]
	case n > uint64(len(d.services)):
		d.fail("service out of order")
		return operation.Service{}
	}
	s := operation.Service{Namespace: d.text(), Name: d.text(), Environment: d.text()}
	d.services = append(d.services, s)
	return s
}

func (d *decoder) key() (k slice.Key) {
	k.Service = d.service()
	d.parts(&k)
	return k
}

// parts reads what a key has beside its service.
func (d *decoder) parts(k *slice.Key) {
	has := d.byte()
	part := func(bit byte) string {
		if has&bit == 0 {
			return ""
		}
		return d.text()
	}
	k.Indicator, k.Group = part(hasIndicator), part(hasGroup)
	k.Operation, k.Version = part(hasOperation), part(hasVersion)
	k.Tally = slice.Tally(part(hasTally))
	if has&hasOperation != 0 {
		k.Kind = operation.Kind(d.byte())
	}
}

// skipService passes over a service and returns its number. The bytes of a
// new one are appended to those seen.
func (d *decoder) skipService(seen [][]byte) (int, [][]byte) {
	n := d.uint()
	if d.err != nil || n > uint64(len(seen)) {
		d.fail("service out of order")
		return 0, seen
	}
	if n == uint64(len(seen)) {
		from := d.at
		for range 3 {
			d.bytes(d.count(1))
		}
		seen = append(seen, d.buf[from:d.at])
	}
	return int(n), seen
}

// skipParts passes over what a key has beside its service and returns it.
func (d *decoder) skipParts() []byte {
	from := d.at
	has := d.byte()
	for rest := has & (hasTally<<1 - 1); rest != 0; rest &= rest - 1 {
		d.bytes(d.count(1))
	}
	if has&hasOperation != 0 {
		d.byte()
	}
	return d.buf[from:d.at]
}

func (d *decoder) counts() slice.Counts {
	return slice.Counts{Good: d.uint(), Bad: d.uint(), Excluded: d.uint()}
}

// histogram writes the buckets as pairs of distance and count, in order.
func (e *encoder) histogram(h *histogram) {
	e.uint(h.zero)
	e.uint(h.sumNano)
	e.uint(uint64(h.used()))
	last := int64(0)
	h.each(func(bucket int16, n uint64) {
		e.int(int64(bucket) - last)
		e.uint(n)
		last = int64(bucket)
	})
}

func (d *decoder) histogram() (h slice.Histogram) {
	h.Zero, h.SumNano = d.uint(), d.uint()
	for _, b := range d.buckets(nil) {
		if h.Buckets == nil {
			h.Buckets = make(map[int16]uint64)
		}
		h.Buckets[b.bucket] += b.n
	}
	return h
}

// bucketCount is one bucket of a histogram that is being read.
type bucketCount struct {
	bucket int16
	n      uint64
}

// buckets appends the buckets of a histogram.
func (d *decoder) buckets(to []bucketCount) []bucketCount {
	at := int64(0)
	for n := d.count(2); n > 0; n-- {
		at += d.int()
		count := d.uint()
		if at < slice.MinBucket || at > slice.MaxBucket {
			d.fail("bucket out of range")
		}
		if d.err != nil {
			return to
		}
		to = append(to, bucketCount{int16(at), count})
	}
	return to
}

// minute reads a minute, which must fit the range of time that we print.
func (d *decoder) minute() slice.Minute {
	m := d.int()
	if m < 0 || m > math.MaxInt32 {
		d.fail("minute out of range")
		return 0
	}
	return slice.Minute(m)
}
