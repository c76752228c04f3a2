// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package slice

import (
	"maps"
	"math"
	"math/bits"
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

// BucketOf returns the bucket that holds d, which must be positive. The first
// bits of d leave two buckets to choose from, and the bound between them
// chooses, in integers: no logarithm is rounded and no float compared.
func BucketOf(d time.Duration) int16 {
	n := bits.Len64(uint64(d))
	i := buckets.after[n][uint64(d)<<(64-n)>>(63-leadBits)&(1<<leadBits-1)]
	if d > buckets.last[i-MinBucket] {
		i++
	}
	return i
}

// leadBits are as many as a duration shows behind its first one: two that
// agree in them differ by less than a sixteenth, which is less than a bucket.
const leadBits = 4

// buckets holds the last nanosecond of each bucket, and of the durations with
// so many bits and those leading ones the bucket of the shortest.
var buckets = newBucketTable()

type bucketTable struct {
	last  [MaxBucket - MinBucket + 1]time.Duration
	after [65][1 << leadBits]int16
}

func newBucketTable() (t bucketTable) {
	for i := range t.last {
		t.last[i] = time.Duration(math.Exp2(float64(i+MinBucket)/8) * 1e9)
	}
	t.last[len(t.last)-1] = math.MaxInt64 // what is longer is there, too
	for n := range t.after {
		for lead := range t.after[n] {
			shortest := time.Duration(uint64(1<<leadBits|lead) << 59 >> (64 - n))
			i, _ := slices.BinarySearch(t.last[:], shortest)
			t.after[n][lead] = int16(i + MinBucket)
		}
	}
	return t
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

// AtMost returns how many durations were certainly not longer than d: those of
// a bucket that d cuts are not among them, unless it cuts at the end.
func (h *Histogram) AtMost(d time.Duration) uint64 {
	if d < 0 {
		return 0
	}
	n := h.Zero
	for i, c := range h.Buckets {
		if int(i) >= MinBucket && int(i) <= MaxBucket && buckets.last[i-MinBucket] <= d {
			n += c
		}
	}
	return n
}
