// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/window"
)

// serviceGrid is what a service did, by steps. Counts are held by series, which
// have few steps; histograms only by operation, by version and by step, so that
// memory does not follow the product.
type serviceGrid struct {
	first, last slice.Minute // first <= minute < last
	step        slice.Minute
	seconds     float64 // that the range has had until now

	counts     map[slice.Key][]stepCounts
	shown      func(*slice.Key) bool // those that series, distribution and versions are of
	scope      Scope
	operations map[operation.Operation]*slice.Histogram
	versions   map[string]*slice.Histogram
	steps      []slice.Histogram
}

// stepCounts is one series in one step. Without a source it was not measured.
type stepCounts struct {
	slice.Counts
	source slice.Source
}

// The steps that a chart of quantiles has at most about: a point stands for a
// histogram.
const aboutQuantiles = 200

// minutesKept is how long durations are kept by the minute by default; a range
// that begins before is shown by the hour at least.
const minutesKept = 30 * 24 * time.Hour

func newServiceGrid(from, to, now time.Time) (*serviceGrid, error) {
	shown, err := minutesOf(from, to)
	if err != nil {
		return nil, err
	}
	g := &serviceGrid{first: shown.From, last: shown.To}
	for _, s := range stepsMinutes {
		if g.step = s; (g.last-g.first)/s <= aboutQuantiles && (s >= 60 || now.Sub(from) <= minutesKept) {
			break
		}
	}
	end := now
	if stop := g.last.Start(); stop.Before(now) {
		end = stop
	}
	g.seconds = max(end.Sub(g.first.Start()).Seconds(), 0)
	g.counts = make(map[slice.Key][]stepCounts)
	g.operations, g.versions = make(map[operation.Operation]*slice.Histogram), make(map[string]*slice.Histogram)
	g.steps = make([]slice.Histogram, g.index(g.last-1)+1)
	return g, nil
}

// index returns the step of a minute.
func (g *serviceGrid) index(m slice.Minute) int { return int(m/g.step - g.first/g.step) }

// edges returns the first minute of a step and that of the next, within the range.
func (g *serviceGrid) edges(i int) window.Stretch {
	from := (g.first/g.step + slice.Minute(i)) * g.step
	return window.Stretch{From: max(from, g.first), To: min(from+g.step, g.last)}
}

func (g *serviceGrid) isEmpty() bool { return len(g.counts) == 0 }

// read adds what the store has, and the samples that it does not have yet.
func (g *serviceGrid) read(ctx context.Context, store series.Querier, s operation.Service, end slice.Minute, samples []slice.Sample, one string) error {
	samples = slices.DeleteFunc(samples, func(sm slice.Sample) bool {
		return sm.Key.Service != s || !sm.Key.IsBaseline() || sm.Minute < g.first || sm.Minute >= g.last
	})
	q := series.Query{Service: s, From: g.first, To: g.last, Step: int(g.step), Parts: series.Parts{All: true}}
	err := series.SumsUntil(ctx, store, q, end, func(q *series.Query, rows []series.Row) {
		for _, row := range rows {
			for i, sum := range row.Sums {
				if sum.Minutes > 0 {
					g.count(&row.Key, max(q.StepStart(i), q.From), sum.Counts, row.Source)
				}
			}
		}
	})
	if err != nil {
		return err
	}
	for i := range samples {
		g.count(&samples[i].Key, samples[i].Minute, samples[i].Counts, slice.Live)
	}
	g.choose(one)
	for i := range samples {
		if h := samples[i].Histogram; h != nil {
			g.time(&samples[i].Key, samples[i].Minute, h)
		}
	}
	return series.HistogramsUntil(ctx, store, q, end, func(q *series.Query, d *series.Durations) {
		g.time(&d.Key, max(q.StepStart(d.Step), q.From), &d.Histogram)
	})
}

func (g *serviceGrid) count(k *slice.Key, m slice.Minute, c slice.Counts, source slice.Source) {
	steps := g.counts[*k]
	if steps == nil {
		steps = make([]stepCounts, len(g.steps))
		g.counts[*k] = steps
	}
	at := &steps[g.index(m)]
	at.Counts, at.source = at.Counts.Plus(c), at.source.With(source)
}

// choose decides which series the charts add up.
func (g *serviceGrid) choose(one string) {
	entry := false
	for k := range g.counts {
		entry = entry || k.Kind.Entry()
	}
	switch {
	case one != "":
		g.scope, g.shown = ScopeOne, func(k *slice.Key) bool { return k.Operation == one }
	case entry:
		g.scope, g.shown = ScopeEntry, func(k *slice.Key) bool { return k.Kind.Entry() }
	default:
		g.scope, g.shown = ScopeAll, func(*slice.Key) bool { return true }
	}
}

// time adds durations of a minute, or of the step that holds it.
func (g *serviceGrid) time(k *slice.Key, m slice.Minute, h *slice.Histogram) {
	merge(g.operations, operation.Operation{Name: k.Operation, Kind: k.Kind}, h)
	if g.shown(k) {
		merge(g.versions, k.Version, h)
		g.steps[g.index(m)].Merge(h)
	}
}

func merge[K comparable](into map[K]*slice.Histogram, k K, h *slice.Histogram) {
	if into[k] == nil {
		into[k] = new(slice.Histogram)
	}
	into[k].Merge(h)
}

// show writes everything to the page.
func (g *serviceGrid) show(p *ServicePage, all []eval.Evaluation, s operation.Service) {
	p.Scope, p.Operations, p.Versions = g.scope, g.listOperations(all, s), g.listVersions()
	p.Series, p.Distribution = g.series(), distributionOf(g.steps)
}

func (g *serviceGrid) listOperations(all []eval.Evaluation, s operation.Service) []ServiceOperation {
	sums := make(map[operation.Operation]slice.Counts)
	for k, steps := range g.counts {
		at := operation.Operation{Name: k.Operation, Kind: k.Kind}
		for i := range steps {
			sums[at] = sums[at].Plus(steps[i].Counts)
		}
	}
	out := make([]ServiceOperation, 0, len(sums))
	for op, c := range sums {
		h := g.operations[op]
		o := ServiceOperation{Operation: op.Name, Kind: op.Kind.String(), Entry: op.Kind.Entry(), Good: c.Good, Bad: c.Bad, Excluded: c.Excluded, Objectives: []string{}}
		if g.seconds > 0 {
			o.Rate = float64(c.Total()) / g.seconds
		}
		if h != nil {
			o.P50, o.P95, o.P99 = milliseconds(h, 0.5), milliseconds(h, 0.95), milliseconds(h, 0.99)
		}
		for i := range all {
			if all[i].Objective.Indicator.Matches(s, op) {
				o.Objectives = append(o.Objectives, all[i].Objective.Name)
			}
		}
		out = append(out, o)
	}
	slices.SortFunc(out, func(a, b ServiceOperation) int {
		return cmp.Or(cmp.Compare(b.Good+b.Bad, a.Good+a.Bad), cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Kind, b.Kind))
	})
	return out
}

func (g *serviceGrid) series() (s ServiceSeries) {
	sums := make([]stepCounts, len(g.steps))
	for k, steps := range g.counts {
		if !g.shown(&k) {
			continue
		}
		for i := range steps {
			sums[i].Counts, sums[i].source = sums[i].Counts.Plus(steps[i].Counts), sums[i].source.With(steps[i].source)
		}
	}
	s.StepSeconds = int(g.step) * 60
	for i := range sums {
		h := &g.steps[i]
		s.Timestamps = append(s.Timestamps, g.edges(i).To.Start().Unix())
		s.P50, s.P95, s.P99 = append(s.P50, milliseconds(h, 0.5)), append(s.P95, milliseconds(h, 0.95)), append(s.P99, milliseconds(h, 0.99))
		var c *slice.Counts
		var source *string
		if from := string(sums[i].source); from != "" {
			c, source = &sums[i].Counts, &from
		}
		s.Source = append(s.Source, source)
		if c == nil {
			s.Good, s.Bad, s.Excluded = append(s.Good, nil), append(s.Bad, nil), append(s.Excluded, nil)
			continue
		}
		s.Good, s.Bad, s.Excluded = append(s.Good, &c.Good), append(s.Bad, &c.Bad), append(s.Excluded, &c.Excluded)
	}
	return s
}

// listVersions returns those that counted, the newest first.
func (g *serviceGrid) listVersions() []ServiceVersion {
	by := make(map[string][]slice.Counts)
	for k, steps := range g.counts {
		if !g.shown(&k) {
			continue
		}
		if by[k.Version] == nil {
			by[k.Version] = make([]slice.Counts, len(g.steps))
		}
		for i := range steps {
			by[k.Version][i] = by[k.Version][i].Plus(steps[i].Counts)
		}
	}
	out := []ServiceVersion{}
	for version, steps := range by {
		v := ServiceVersion{Version: version}
		for i, c := range steps {
			v.add(c, g.edges(i))
		}
		if v.FirstSeen.IsZero() {
			continue
		}
		if h := g.versions[version]; h != nil {
			v.P95 = milliseconds(h, 0.95)
		}
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b ServiceVersion) int {
		return cmp.Or(b.FirstSeen.Compare(a.FirstSeen), cmp.Compare(b.Version, a.Version))
	})
	return out
}

// add adds one step.
func (v *ServiceVersion) add(c slice.Counts, step window.Stretch) {
	if c.IsZero() {
		v.Series, v.SeriesBad = append(v.Series, nil), append(v.SeriesBad, nil)
		return
	}
	if v.FirstSeen.IsZero() {
		v.FirstSeen = step.From.Start()
	}
	v.LastSeen = step.To.Start()
	v.Good, v.Bad, v.Excluded = v.Good+c.Good, v.Bad+c.Bad, v.Excluded+c.Excluded
	valid := c.Total()
	v.Series, v.SeriesBad = append(v.Series, &valid), append(v.SeriesBad, &c.Bad)
}

// distributionOf adds the steps up.
func distributionOf(steps []slice.Histogram) Distribution {
	var h slice.Histogram
	sum := 0.0 // of nanoseconds, of which an integer does not hold those of years
	for i := range steps {
		h.Merge(&steps[i])
		sum += float64(steps[i].SumNano)
	}
	d := Distribution{
		Count: h.Count(), Buckets: []Bucket{},
		P50: milliseconds(&h, 0.5), P95: milliseconds(&h, 0.95), P99: milliseconds(&h, 0.99),
	}
	if d.Count > 0 {
		mean := sum / float64(d.Count) / float64(time.Millisecond)
		d.Mean = &mean
	}
	if h.Zero > 0 {
		d.Buckets = append(d.Buckets, Bucket{Count: h.Zero})
	}
	for _, i := range slices.Sorted(maps.Keys(h.Buckets)) {
		d.Buckets = append(d.Buckets, Bucket{bound(i - 1), bound(i), h.Buckets[i]})
	}
	return d
}

// bound returns the upper end of a bucket in milliseconds.
func bound(i int16) float64 { return math.Exp2(float64(i)/8) * 1000 }
