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
	// dry reads to check only: texts are passed over and not copied.
	dry bool
	err error
}

func (d *decoder) fail(what string) {
	if d.err == nil {
		d.err = fmt.Errorf("record payload: %s at byte %d of %d", what, d.at, len(d.buf))
	}
}

func (d *decoder) uint() uint64 {
	n, size := binary.Uvarint(d.buf[d.at:])
	if size <= 0 {
		d.fail("bad integer")
		return 0
	}
	d.at += size
	return n
}

func (d *decoder) int() int64 {
	n, size := binary.Varint(d.buf[d.at:])
	if size <= 0 {
		d.fail("bad integer")
		return 0
	}
	d.at += size
	return n
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

func (d *decoder) text() string {
	b := d.bytes(d.count(1))
	if d.dry {
		return ""
	}
	return string(b)
}

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
	return k
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
	bucket := int64(0)
	for n := d.count(2); n > 0 && d.err == nil; n-- {
		bucket += d.int()
		if bucket < slice.MinBucket || bucket > slice.MaxBucket {
			d.fail("bucket out of range")
			return h
		}
		if h.Buckets == nil {
			h.Buckets = make(map[int16]uint64)
		}
		h.Buckets[int16(bucket)] += d.uint()
	}
	return h
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
