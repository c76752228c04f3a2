// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package slice

import (
	"maps"
	"math"
	"slices"
	"time"
)

// HistogramSchema is the resolution of latency histograms: Prometheus native
// histogram schema 3, eight buckets per power of two, each 9 % wide.
const HistogramSchema = 3

// Histogram counts durations in exponential buckets: bucket i holds the
// durations in seconds in (2^((i-1)/8), 2^(i/8)]. Zero holds durations of
// zero. Buckets are sparse; the range is bounded by MinBucket and MaxBucket.
type Histogram struct {
	Zero    uint64
	SumNano uint64
	Buckets map[int16]uint64
}

// The range of buckets: one microsecond to about 18 hours; what lies outside
// is counted in the outermost bucket.
const (
	MinBucket = -160
	MaxBucket = 128
)

// BucketOf returns the bucket that holds d, which must be positive.
func BucketOf(d time.Duration) int16 {
	frac, exp := math.Frexp(float64(d) / 1e9)
	// d = frac * 2^exp with frac in [0.5, 1): log2(d)*8 = exp*8 + log2(frac)*8.
	i := exp*8 + fracBucket(frac)
	return int16(min(max(i, MinBucket), MaxBucket))
}

// fracBucket returns ceil(8*log2(frac)) for frac in [0.5, 1), which lies in
// [-8, 0]. The comparison with exact bounds avoids the rounding of Log2.
func fracBucket(frac float64) int {
	i := -8
	for i < 0 && frac > fracBounds[i+8] {
		i++
	}
	return i
}

var fracBounds = [8]float64{
	0.5, 0.5452538663326288, 0.5946035575013605, 0.6484197773255048,
	0.7071067811865475, 0.7711054127039704, 0.8408964152537144, 0.9170040432046711,
}

// Add counts one duration; negative durations count as zero.
func (h *Histogram) Add(d time.Duration) {
	if d <= 0 {
		h.Zero++
		return
	}
	h.SumNano += uint64(d)
	if h.Buckets == nil {
		h.Buckets = make(map[int16]uint64)
	}
	h.Buckets[BucketOf(d)]++
}

// Merge adds the counts of o.
func (h *Histogram) Merge(o *Histogram) {
	h.Zero += o.Zero
	h.SumNano += o.SumNano
	if h.Buckets == nil && len(o.Buckets) > 0 {
		h.Buckets = make(map[int16]uint64, len(o.Buckets))
	}
	for i, n := range o.Buckets {
		h.Buckets[i] += n
	}
}

// Count returns the number of durations counted.
func (h *Histogram) Count() uint64 {
	n := h.Zero
	for _, c := range h.Buckets {
		n += c
	}
	return n
}

// Quantile returns the duration below which the share q of the durations
// lies, and false when there are none. Within a bucket durations are taken to
// be spread evenly on a logarithmic scale, as Prometheus does for native
// histograms, so the answer is within a bucket's width of the true one: 9 %.
// A share outside [0, 1] is taken as the nearest end.
func (h *Histogram) Quantile(q float64) (time.Duration, bool) {
	n := h.Count()
	if n == 0 {
		return 0, false
	}
	rank := min(max(q, 0), 1) * float64(n)
	if h.Zero > 0 && rank <= float64(h.Zero) {
		return 0, true
	}
	rank -= float64(h.Zero)
	last := int16(0)
	for _, i := range slices.Sorted(maps.Keys(h.Buckets)) {
		in := float64(h.Buckets[i])
		if rank <= in {
			return bucketPoint(float64(i-1) + rank/in), true
		}
		rank, last = rank-in, i
	}
	return bucketPoint(float64(last)), true
}

// bucketPoint returns the duration at a point of the scale of buckets.
func bucketPoint(i float64) time.Duration {
	return time.Duration(math.Exp2(i/8) * 1e9)
}
