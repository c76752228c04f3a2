// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"time"

	"github.com/leadline/leadline/internal/slice"
)

// buckets is how many buckets a latency histogram has.
const buckets = slice.MaxBucket - slice.MinBucket + 1

// histogram is a slice.Histogram that is being counted: dense, so that an
// event costs an addition.
type histogram struct {
	zero    uint64
	sumNano uint64
	counts  [buckets]uint32
	// lowest and highest bound the buckets in use; lowest > highest is empty.
	lowest, highest int16
}

func newHistogram() *histogram {
	return &histogram{lowest: slice.MaxBucket + 1, highest: slice.MinBucket - 1}
}

// add counts one duration whose bucket is known.
func (h *histogram) add(d time.Duration, bucket int16) {
	if d <= 0 {
		h.zero++
		return
	}
	h.sumNano += uint64(d)
	h.counts[bucket-slice.MinBucket]++
	h.lowest, h.highest = min(h.lowest, bucket), max(h.highest, bucket)
}

// each calls f for every bucket in use, in order.
func (h *histogram) each(f func(bucket int16, n uint64)) {
	for b := h.lowest; b <= h.highest; b++ {
		if n := h.counts[b-slice.MinBucket]; n > 0 {
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
	for b := o.lowest; b <= o.highest; b++ {
		h.counts[b-slice.MinBucket] += o.counts[b-slice.MinBucket]
	}
	h.lowest, h.highest = min(h.lowest, o.lowest), max(h.highest, o.highest)
}

// mergeSparse adds what a decoded histogram counted.
func (h *histogram) mergeSparse(o *slice.Histogram) {
	h.zero += o.Zero
	h.sumNano += o.SumNano
	for b, n := range o.Buckets {
		h.counts[b-slice.MinBucket] += uint32(n)
		h.lowest, h.highest = min(h.lowest, b), max(h.highest, b)
	}
}

// mergeBuckets adds what a histogram counted that is being read.
func (h *histogram) mergeBuckets(zero, sumNano uint64, buckets []bucketCount) {
	h.zero += zero
	h.sumNano += sumNano
	for _, b := range buckets {
		h.counts[b.bucket-slice.MinBucket] += uint32(b.n)
		h.lowest, h.highest = min(h.lowest, b.bucket), max(h.highest, b.bucket)
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
		h.counts[b-slice.MinBucket] = 0
	}
	h.zero, h.sumNano = 0, 0
	h.lowest, h.highest = slice.MaxBucket+1, slice.MinBucket-1
}
