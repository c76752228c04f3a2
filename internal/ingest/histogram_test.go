// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/leadline/leadline/internal/slice"
)

// TestHistogramsAgreeWithAMap counts random durations, merges histograms of
// every form into those of minutes, uses wide ones again, and compares with
// maps of buckets.
func TestHistogramsAgreeWithAMap(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 5))
		wide, minute, want := newWideHistogram(), newHistogram(), &slice.Histogram{}
		for range 30 {
			added := &slice.Histogram{}
			around := rng.Float64() * 63
			for range rng.IntN(20) {
				d := time.Duration(rng.Uint64() >> 1 >> int(min(62, around+3*rng.Float64())))
				if rng.IntN(30) == 0 {
					d = -d
				}
				bucket := int16(0)
				if d > 0 {
					bucket = slice.BucketOf(d)
				}
				wide.add(d, bucket)
				added.Add(d)
			}
			switch rng.IntN(4) {
			case 0:
				minute.merge(wide)
			case 1:
				minute.mergeSparse(added)
			case 2:
				var list []bucketCount
				for b, n := range added.Buckets {
					list = append(list, bucketCount{b, n})
				}
				minute.mergeBuckets(added.Zero, added.SumNano, list)
			default:
				other := newHistogram()
				other.mergeSparse(added)
				minute.merge(other)
			}
			want.Merge(added)
			wide.reset()
		}
		if diff := cmp.Diff(want, minute.sparse(), cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("seed %d (-want +got):\n%s", seed, diff)
		}
		if got := wide.sparse(); wide.used() != 0 || got.Count() != 0 {
			t.Fatalf("seed %d: a histogram that was reset holds %+v", seed, got)
		}
	}
}

// TestHistogramsOfMinutesAreSmall counts what one operation does in a minute:
// the histogram has the buckets around it, and not all.
func TestHistogramsOfMinutesAreSmall(t *testing.T) {
	commit, minute := newWideHistogram(), newHistogram()
	for _, d := range []time.Duration{40 * time.Millisecond, 55 * time.Millisecond, 210 * time.Millisecond} {
		commit.add(d, slice.BucketOf(d))
	}
	minute.merge(commit)
	if got := cap(minute.counts); got < minute.used() || got > 4*spread {
		t.Errorf("%d buckets for %d that are used", got, minute.used())
	}
}
