// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package tsdb

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"

	"github.com/leadline/leadline/internal/slice"
)

// zeroThreshold is the width of the zero bucket that Prometheus' clients use.
const zeroThreshold = 2.938735877055719e-39

// native returns h as a native histogram of gauge type. The sum is held in
// seconds as a float: exact to the nanosecond below 2^51 ns (26 days of
// durations in one minute or hour), to one part in 2^52 above.
func native(h *slice.Histogram) *histogram.Histogram {
	n := &histogram.Histogram{
		CounterResetHint: histogram.GaugeType,
		Schema:           slice.HistogramSchema,
		ZeroThreshold:    zeroThreshold,
		ZeroCount:        h.Zero,
		Count:            h.Count(),
		Sum:              float64(h.SumNano) / 1e9,
	}
	next, before := int32(0), int64(0) // where a span without an offset would go on; the count to which a delta is held
	for _, i := range slices.Sorted(maps.Keys(h.Buckets)) {
		index, count := int32(i), int64(h.Buckets[i])
		if last := len(n.PositiveSpans) - 1; last >= 0 && index == next {
			n.PositiveSpans[last].Length++
		} else {
			n.PositiveSpans = append(n.PositiveSpans, histogram.Span{Offset: index - next, Length: 1})
		}
		n.PositiveBuckets = append(n.PositiveBuckets, count-before)
		next, before = index+1, count
	}
	return n
}

// mergeNative adds the native histogram n to h.
func mergeNative(h *slice.Histogram, n *histogram.Histogram) {
	h.Zero += n.ZeroCount
	h.SumNano += uint64(math.Round(n.Sum * 1e9))
	if h.Buckets == nil {
		h.Buckets = make(map[int16]uint64)
	}
	index, count, b := int32(0), int64(0), 0
	for _, span := range n.PositiveSpans {
		index += span.Offset
		for range span.Length {
			count += n.PositiveBuckets[b]
			// Compaction may leave buckets that hold nothing.
			if count > 0 {
				h.Buckets[int16(index)] += uint64(count)
			}
			index++
			b++
		}
	}
}

// timing takes the histograms of one series in ascending order. They are
// reused.
type timing func(slice.Minute, *histogram.Histogram)

// eachHistogram hands the histograms of every matching series to the first
// function that open returns for it, and calls the second, unless it is nil,
// at the end of the series.
func (sh *shelf) eachHistogram(ctx context.Context, from, to slice.Minute,
	open func(labels.Labels) (timing, func()), ms ...*labels.Matcher,
) (err error) {
	mint, maxt := from.UnixMilli(), (to - 1).UnixMilli()
	q, err := sh.db.Querier(mint, maxt)
	if err != nil {
		return fmt.Errorf("open querier: %w", err)
	}
	defer func() { err = errors.Join(err, q.Close()) }()
	var it chunkenc.Iterator
	set := q.Select(ctx, false, &storage.SelectHints{Start: mint, End: maxt}, ms...)
	for set.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		add, end := open(set.At().Labels())
		it = set.At().Iterator(it)
		drainHistograms(it, add)
		if it.Err() != nil {
			return fmt.Errorf("read %s: %w", set.At().Labels(), it.Err())
		}
		if end != nil {
			end()
		}
	}
	return set.Err()
}

func drainHistograms(it chunkenc.Iterator, add timing) {
	var h histogram.Histogram
	for it.Next() == chunkenc.ValHistogram {
		t, _ := it.AtHistogram(&h)
		add(minuteOf(t), &h)
	}
}

// holdsHistogram reports whether the series ls has the durations of h in
// minute m. The database may have added empty buckets.
func (sh *shelf) holdsHistogram(ctx context.Context, m slice.Minute, ls labels.Labels, h *histogram.Histogram) (same bool, err error) {
	var want slice.Histogram
	mergeNative(&want, h)
	err = sh.eachHistogram(ctx, m, m+1, func(found labels.Labels) (timing, func()) {
		return func(_ slice.Minute, h *histogram.Histogram) {
			var got slice.Histogram
			mergeNative(&got, h)
			same = same || labels.Equal(found, ls) && got.Zero == want.Zero && got.SumNano == want.SumNano &&
				maps.Equal(got.Buckets, want.Buckets)
		}, nil
	}, exactly(ls)...)
	return same, err
}
