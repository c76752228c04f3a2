// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package slice_test

import (
	"math"
	"math/big"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/leadline/leadline/internal/slice"
)

// above reports exactly whether d is more than 2^(i/8) seconds: whether
// (d/1e9)^8 > 2^i.
func above(d time.Duration, i int) bool {
	left := new(big.Int).Exp(big.NewInt(int64(d)), big.NewInt(8), nil)
	right := new(big.Int).Exp(big.NewInt(1e9), big.NewInt(8), nil)
	if i >= 0 {
		right.Lsh(right, uint(i))
	} else {
		left.Lsh(left, uint(-i))
	}
	return left.Cmp(right) > 0
}

func checkBucket(t interface{ Errorf(string, ...any) }, d time.Duration) {
	i := int(slice.BucketOf(d))
	if i < slice.MinBucket || i > slice.MaxBucket {
		t.Errorf("%d ns: bucket %d is out of range", d, i)
	}
	if i < slice.MaxBucket && above(d, i) {
		t.Errorf("%d ns lies above bucket %d", d, i)
	}
	if i > slice.MinBucket && !above(d, i-1) {
		t.Errorf("%d ns lies below bucket %d", d, i)
	}
}

// TestBucketsAtTheirEdges takes the nanoseconds around every bound.
func TestBucketsAtTheirEdges(t *testing.T) {
	for i := slice.MinBucket; i <= slice.MaxBucket; i++ {
		bound := time.Duration(math.Exp2(float64(i)/8) * 1e9)
		for d := bound - 3; d <= bound+3; d++ {
			if d > 0 {
				checkBucket(t, d)
			}
		}
	}
	for _, d := range []time.Duration{1, time.Second, math.MaxInt64} {
		checkBucket(t, d)
	}
}

func TestBucketsAnywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkBucket(t, time.Duration(rapid.Int64Range(1, math.MaxInt64).Draw(t, "ns")))
	})
}

// TestQuantilesAreWithinABucket compares with the duration of that rank.
func TestQuantilesAreWithinABucket(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		durations := rapid.SliceOfN(rapid.Int64Range(2_000, 50_000_000_000_000), 1, 200).Draw(t, "ns")
		var h slice.Histogram
		for _, d := range durations {
			h.Add(time.Duration(d))
		}
		slices.Sort(durations)
		q := rapid.Float64Range(0, 1).Draw(t, "share")
		rank := min(int(math.Ceil(q*float64(len(durations)))), len(durations))
		want := float64(durations[max(rank-1, 0)])
		got, ok := h.Quantile(q)
		const width = 1.0906 // a little more than 2^(1/8)
		// A quantile is cut to whole nanoseconds.
		if !ok || float64(got) > want*width || float64(got+1)*width < want {
			t.Errorf("share %v of %v: got %d, want %v within a bucket", q, durations, got, want)
		}
	})
}

func TestQuantile(t *testing.T) {
	var empty slice.Histogram
	if _, ok := empty.Quantile(0.5); ok {
		t.Error("nothing was counted, but a quantile is known")
	}
	zeros := slice.Histogram{Zero: 3}
	if got, ok := zeros.Quantile(0.99); !ok || got != 0 {
		t.Errorf("of zeros: got %v, %v", got, ok)
	}
	var h slice.Histogram
	h.Add(-time.Second)
	h.Add(time.Second)
	if h.Zero != 1 || h.Count() != 2 || h.SumNano != 1e9 {
		t.Errorf("a negative duration counts as zero: got %+v", h)
	}
	for _, q := range []float64{1, 2, 1e300} {
		if got, _ := h.Quantile(q); got != time.Second {
			t.Errorf("share %v: got %v, want the largest", q, got)
		}
	}
	if got, _ := h.Quantile(-1); got != 0 {
		t.Errorf("share -1: got %v, want the smallest", got)
	}
	if got, ok := h.Quantile(math.NaN()); !ok || got < 0 {
		t.Errorf("share NaN: got %v, %v", got, ok)
	}
}

func TestMergeIsAddition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var parts [2]slice.Histogram
		var whole slice.Histogram
		for _, d := range rapid.SliceOfN(rapid.Int64Range(-5, 1e12), 0, 100).Draw(t, "ns") {
			parts[rapid.IntRange(0, 1).Draw(t, "part")].Add(time.Duration(d))
			whole.Add(time.Duration(d))
		}
		parts[0].Merge(&parts[1])
		got := parts[0]
		if got.Zero != whole.Zero || got.SumNano != whole.SumNano || got.Count() != whole.Count() {
			t.Errorf("got %+v, want %+v", got, whole)
		}
		for i, n := range whole.Buckets {
			if got.Buckets[i] != n {
				t.Errorf("bucket %d: got %d, want %d", i, got.Buckets[i], n)
			}
		}
	})
}

// TestHistogramAtMost never says more than there were, and not much less.
func TestHistogramAtMost(t *testing.T) {
	var h slice.Histogram
	var durations []time.Duration
	for d := time.Duration(0); d < time.Minute; d = d*21/20 + 1 {
		h.Add(d)
		durations = append(durations, d)
	}
	atMost := func(limit time.Duration) (n uint64) {
		for _, d := range durations {
			if d <= limit {
				n++
			}
		}
		return n
	}
	for limit := time.Duration(0); limit < 2*time.Minute; limit = limit*11/10 + 1 {
		if got := h.AtMost(limit); got > atMost(limit) || limit > 10*time.Microsecond && got < atMost(limit*9/10) {
			t.Errorf("%s: got %d, want %d or those of a bucket fewer", limit, got, atMost(limit))
		}
	}
	if got := h.AtMost(-1); got != 0 {
		t.Errorf("below nothing: got %d", got)
	}
	if got, want := h.AtMost(time.Second), atMost(time.Second); got != want {
		t.Errorf("at the end of a bucket: got %d, want %d", got, want)
	}
}
