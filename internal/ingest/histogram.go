// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"time"

	"github.com/leadline/leadline/internal/slice"
)

// buckets is how many buckets a latency histogram has.
const buckets = slice.MaxBucket - slice.MinBucket + 1

// histogram is a slice.Histogram that is being counted: an event costs an
// addition.
type histogram struct {
	zero    uint64
	sumNano uint64
	// counts are those of the buckets from first on. In a commit they are all of
	// them, and used again for the next. In a minute they are those around the
	// ones in use: after a downtime of a day 1,440 minutes may be open, each with
	// a histogram for every operation.
	counts []uint32
	first  int16
	// lowest and highest bound the buckets in use; lowest > highest is empty.
	lowest, highest int16
}

// newHistogram returns an empty histogram that grows with what it counts.
func newHistogram() *histogram {
	return &histogram{lowest: slice.MaxBucket + 1, highest: slice.MinBucket - 1}
}

// newWideHistogram returns an empty histogram that has every bucket.
func newWideHistogram() *histogram {
	h := newHistogram()
	h.counts, h.first = make([]uint32, buckets), slice.MinBucket
	return h
}

// spread is by how many buckets a histogram grows at a time.
const spread = 8

// use makes room for the buckets from lowest to highest, which are about to be
// counted in, unless there are none.
func (h *histogram) use(lowest, highest int16) {
	if lowest > highest {
		return
	}
	h.lowest, h.highest = min(h.lowest, lowest), max(h.highest, highest)
	first := (h.lowest-slice.MinBucket)/spread*spread + slice.MinBucket
	end := min((h.highest-slice.MinBucket)/spread*spread+slice.MinBucket+spread, slice.MaxBucket+1)
	had := int16(len(h.counts))
	switch {
	case had == 0:
		h.counts, h.first = make([]uint32, end-first), first
		return
	case h.first <= first && end <= h.first+had:
		return
	}
	first, end = min(first, h.first), max(end, h.first+had)
	wider := make([]uint32, end-first)
	copy(wider[h.first-first:], h.counts)
	h.counts, h.first = wider, first
}

// add counts one duration whose bucket is known.
func (h *histogram) add(d time.Duration, bucket int16) {
	if d <= 0 {
		h.zero++
		return
	}
	h.sumNano += uint64(d)
	if bucket < h.lowest || bucket > h.highest {
		h.use(bucket, bucket)
	}
	h.counts[bucket-h.first]++
}

// each calls f for every bucket in use, in order.
func (h *histogram) each(f func(bucket int16, n uint64)) {
	for b := h.lowest; b <= h.highest; b++ {
		if n := h.counts[b-h.first]; n > 0 {
			f(b, uint64(n))
		}
	}
}

func (h *histogram) used() (n int) {
	h.each(func(int16, uint64) { n++ })
	return n
}

// merge adds what another histogram counted.
func (h *histogram) merge(o *histogram) {
	h.zero += o.zero
	h.sumNano += o.sumNano
	h.use(o.lowest, o.highest)
	for b := o.lowest; b <= o.highest; b++ {
		h.counts[b-h.first] += o.counts[b-o.first]
	}
}

// mergeSparse adds what a decoded histogram counted.
func (h *histogram) mergeSparse(o *slice.Histogram) {
	h.zero += o.Zero
	h.sumNano += o.SumNano
	for b, n := range o.Buckets {
		h.use(b, b)
		h.counts[b-h.first] += uint32(n)
	}
}

// mergeBuckets adds what a histogram counted that is being read.
func (h *histogram) mergeBuckets(zero, sumNano uint64, buckets []bucketCount) {
	h.zero += zero
	h.sumNano += sumNano
	for _, b := range buckets {
		h.use(b.bucket, b.bucket)
		h.counts[b.bucket-h.first] += uint32(b.n)
	}
}

// sparse returns the histogram as the stores take it.
func (h *histogram) sparse() *slice.Histogram {
	s := &slice.Histogram{Zero: h.zero, SumNano: h.sumNano}
	h.each(func(b int16, n uint64) {
		if s.Buckets == nil {
			s.Buckets = make(map[int16]uint64)
		}
		s.Buckets[b] = n
	})
	return s
}

func (h *histogram) reset() {
	for b := h.lowest; b <= h.highest; b++ {
		h.counts[b-h.first] = 0
	}
	h.zero, h.sumNano = 0, 0
	h.lowest, h.highest = slice.MaxBucket+1, slice.MinBucket-1
}
