// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package tsdb

import (
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"

	"github.com/leadline/leadline/internal/slice"
)

// writer remembers the labels and references of the series of the newest
// minute, so that a minute with the same series builds no labels. What a
// minute does not use is forgotten after it: the cache is as large as the
// largest minute.
type writer struct {
	id     string
	up     cached
	count  cache[[3]cached]
	timing cache[cached]
}

type cached struct {
	ls  labels.Labels
	ref storage.SeriesRef
}

type cache[T any] struct{ now, before map[cacheKey]*T }

type cacheKey struct {
	key    slice.Key
	source slice.Source
}

func newWriter(id string) writer {
	return writer{id: id, up: cached{ls: labels.FromStrings(metricName, upMetric, "writer", id)}}
}

// turn begins a minute of n series.
func (c *cache[T]) turn(n int) { c.before, c.now = c.now, make(map[cacheKey]*T, n) }

func (c *cache[T]) get(k cacheKey, build func() T) *T {
	e, ok := c.before[k]
	if !ok {
		built := build()
		e = &built
	}
	c.now[k] = e
	return e
}

func (w *writer) counts(b *batch, samples []slice.Sample) {
	w.count.turn(len(samples))
	for i := range samples {
		k := cacheKey{samples[i].Key, b.source}
		e := w.count.get(k, func() [3]cached { return w.countLabels(k) })
		for o, n := range countsOf(samples[i].Counts) {
			e[o].ref = b.float(e[o].ref, e[o].ls, float64(n))
		}
	}
}

func (w *writer) countLabels(k cacheKey) (e [3]cached) {
	for o, name := range outcomes {
		e[o].ls = labelsOf(countMetric(k.key), k.key, name, k.source, w.id)
	}
	return e
}

func (w *writer) histograms(b *batch, samples []slice.Sample) {
	w.timing.turn(0)
	for i := range samples {
		if samples[i].Histogram == nil {
			continue
		}
		k := cacheKey{samples[i].Key, b.source}
		e := w.timing.get(k, func() cached {
			return cached{ls: labelsOf(durationMetric, k.key, "", k.source, w.id)}
		})
		e.ref = b.histogram(e.ref, e.ls, native(samples[i].Histogram))
	}
}

func (w *writer) marker(b *batch, up bool) {
	v := 0.0
	if up {
		v = 1
	}
	// Its reference is not kept: one writer marks two databases.
	b.float(0, w.up.ls, v)
}
