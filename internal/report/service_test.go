// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/report"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
)

// baselinesOf are operations of the shop in two versions, one of them a call.
var baselinesOf = []slice.Key{
	{Service: shop, Operation: "POST /checkout", Kind: operation.HTTP, Version: "1"},
	{Service: shop, Operation: "POST /checkout", Kind: operation.HTTP, Version: "2"},
	{Service: shop, Operation: "task shop.ship", Kind: operation.Task, Version: "2"},
	{Service: shop, Operation: "call api.stripe.com", Kind: operation.Call, Version: "2"},
	{Service: operation.Service{Name: "other"}, Operation: "GET /", Kind: operation.HTTP},
}

// busy counts random events of some minutes of the last days, ahead of time too.
func (w *world) busy(rng *rand.Rand, minutes int) {
	end := slice.MinuteOf(w.now) + 5
	for m := end - slice.Minute(minutes); m <= end; m += 1 + slice.Minute(rng.IntN(max(2, minutes/400))) {
		for _, k := range baselinesOf {
			if rng.IntN(3) == 0 {
				continue
			}
			var took []time.Duration
			for range rng.IntN(6) {
				took = append(took, time.Duration(rng.ExpFloat64()*1e8))
			}
			w.count(k, m, slice.Counts{Good: uint64(len(took)), Bad: rng.Uint64N(3), Excluded: rng.Uint64N(2)}, took...)
		}
	}
}

// backfilled stores minutes of the first operation before all others.
func (w *world) backfilled(t *testing.T, from slice.Minute, n int) {
	t.Helper()
	h := &slice.Histogram{}
	h.Add(70 * time.Millisecond)
	var all []slice.Closed
	for m := from; m < from+slice.Minute(n); m++ {
		c := slice.Closed{Minute: m, Samples: []slice.Sample{{Key: baselinesOf[0], Minute: m, Counts: slice.Counts{Good: 1}, Histogram: h}}}
		all = append(all, c)
		w.samples[m] = append(w.samples[m], c.Samples...)
	}
	_, err := w.store.Backfill(context.Background(), series.Backfill{Before: from + slice.Minute(n), Minutes: func(yield func(slice.Closed, error) bool) {
		for _, c := range all {
			if !yield(c, nil) {
				return
			}
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
}

// truth is what was counted of the series that match, by steps.
type truth struct {
	counts []slice.Counts
	timed  []slice.Histogram
}

func (w *world) truth(p report.ServicePage, match func(slice.Key) bool) truth {
	step := slice.Minute(p.Series.StepSeconds / 60)
	first, last := slice.MinuteOf(p.From), slice.MinuteOf(p.To)
	n := len(p.Series.Timestamps)
	out := truth{make([]slice.Counts, n), make([]slice.Histogram, n)}
	for m := first; m < last; m++ {
		i := m/step - first/step
		for _, s := range w.samples[m] {
			if s.Key.Service != shop || !match(s.Key) {
				continue
			}
			out.counts[i] = out.counts[i].Plus(s.Counts)
			if s.Histogram != nil {
				out.timed[i].Merge(s.Histogram)
			}
		}
	}
	return out
}

func (tr truth) total() (c slice.Counts, h slice.Histogram) {
	for i := range tr.counts {
		c = c.Plus(tr.counts[i])
		h.Merge(&tr.timed[i])
	}
	return c, h
}

func inMilliseconds(h *slice.Histogram, q float64) *float64 {
	d, ok := h.Quantile(q)
	if !ok {
		return nil
	}
	ms := float64(d) / 1e6
	return &ms
}

// TestAServiceAgainstBruteForce asks for ranges of every step at odd moments, of
// stored, waiting, open and back-filled minutes.
func TestAServiceAgainstBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, length := range []time.Duration{time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 28 * 24 * time.Hour, 60 * 24 * time.Hour} {
		for _, one := range []string{"", "POST /checkout", "call api.stripe.com", "GET /nothing"} {
			t.Run(fmt.Sprintf("%s of %q", length, one), func(t *testing.T) {
				w := newWorld(time.Unix(1_800_000_000+rng.Int64N(1e7), rng.Int64N(1e9)).UTC(), objective("up", time.Hour))
				w.busy(rng, min(int(length/time.Minute)+30, 30*1440))
				r := w.report(t)
				oldest := slices.Min(slices.Collect(maps.Keys(w.samples)))
				w.backfilled(t, oldest-100, 90)
				from := w.now.Add(-length)
				p, err := r.Service(t.Context(), report.WhichService{Service: "shop-api", Operation: one}, from, w.now)
				if err != nil {
					t.Fatal(err)
				}
				w.check(t, p, one)
			})
		}
	}
}

// check compares everything on a page with what was counted.
func (w *world) check(t *testing.T, p report.ServicePage, one string) {
	t.Helper()
	chosen := func(k slice.Key) bool { return k.Operation == one || one == "" && k.Kind.Entry() }
	tr := w.truth(p, chosen)
	var sums slice.Counts
	s := p.Series
	for i := range s.Timestamps {
		var got slice.Counts
		if s.Good[i] != nil {
			got = slice.Counts{Good: *s.Good[i], Bad: *s.Bad[i], Excluded: *s.Excluded[i]}
		}
		sums = sums.Plus(got)
		h := &tr.timed[i]
		if diff := cmp.Diff([]any{tr.counts[i], inMilliseconds(h, .5), inMilliseconds(h, .95), inMilliseconds(h, .99)}, []any{got, s.P50[i], s.P95[i], s.P99[i]}); diff != "" {
			t.Errorf("step %d (-want +got):\n%s", i, diff)
		}
	}
	if n := len(s.Timestamps); n > 400 || s.Timestamps[n-1] != p.To.Unix() {
		t.Errorf("%d steps, the last at %d", n, s.Timestamps[n-1])
	}
	var operations, versions slice.Counts
	for _, o := range p.Operations {
		if o.Operation == one || one == "" && o.Entry {
			operations = operations.Plus(slice.Counts{Good: o.Good, Bad: o.Bad, Excluded: o.Excluded})
		}
		c, h := w.truth(p, func(k slice.Key) bool { return k.Operation == o.Operation }).total()
		if diff := cmp.Diff([]any{c, inMilliseconds(&h, .95)}, []any{slice.Counts{Good: o.Good, Bad: o.Bad, Excluded: o.Excluded}, o.P95}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", o.Operation, diff)
		}
	}
	for _, v := range p.Versions {
		versions = versions.Plus(slice.Counts{Good: v.Good, Bad: v.Bad, Excluded: v.Excluded})
		_, h := w.truth(p, func(k slice.Key) bool { return chosen(k) && k.Version == v.Version }).total()
		if diff := cmp.Diff(inMilliseconds(&h, .95), v.P95); diff != "" {
			t.Errorf("version %s (-want +got):\n%s", v.Version, diff)
		}
	}
	c, h := tr.total()
	if sums != c || operations != c || versions != c {
		t.Errorf("series add up to %+v, operations to %+v, versions to %+v; want %+v", sums, operations, versions, c)
	}
	var buckets uint64
	for _, b := range p.Distribution.Buckets {
		buckets += b.Count
	}
	if d := p.Distribution; d.Count != h.Count() || buckets != d.Count || cmp.Diff(d.P99, inMilliseconds(&h, .99)) != "" {
		t.Errorf("distribution of %d durations, %d in buckets, want %d", d.Count, buckets, h.Count())
	}
}

// TestAMeanOfLongTimes adds up more nanoseconds than an integer holds.
func TestAMeanOfLongTimes(t *testing.T) {
	w := newWorld(time.Unix(1_800_000_000, 0), objective("up", time.Hour))
	const long = 1 << 62
	for i := range slice.Minute(2) {
		w.count(baselinesOf[0], slice.MinuteOf(w.now)-20-i, slice.Counts{Good: 2}, long, long)
	}
	p, err := w.report(t).Service(t.Context(), report.WhichService{Service: "shop-api"}, w.now.Add(-time.Hour), w.now)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Distribution.Mean; got == nil || *got != long/1e6 {
		t.Errorf("the mean of four times of %d ms is %v", long/1_000_000, got)
	}
}

func TestAServicesScope(t *testing.T) {
	w := newWorld(time.Unix(1_800_000_000, 0))
	w.count(baselinesOf[3], slice.MinuteOf(w.now)-20, slice.Counts{Good: 4, Bad: 1})
	w.count(slice.Key{Service: shop, Tally: slice.Heard}, slice.MinuteOf(w.now)-20, slice.Counts{Good: 1})
	r := w.report(t)
	for _, c := range []struct {
		one  string
		want report.Scope
		sum  uint64
	}{{"", report.ScopeAll, 5}, {"call api.stripe.com", report.ScopeOne, 5}, {"GET /", report.ScopeOne, 0}} {
		p, err := r.Service(t.Context(), report.WhichService{Service: "shop-api", Operation: c.one}, w.now.Add(-time.Hour), w.now)
		if err != nil {
			t.Fatal(err)
		}
		var sum uint64
		for i := range p.Series.Good {
			if p.Series.Good[i] != nil {
				sum += *p.Series.Good[i] + *p.Series.Bad[i]
			}
		}
		if p.Scope != c.want || sum != c.sum {
			t.Errorf("%q: scope %s with %d events, want %s with %d", c.one, p.Scope, sum, c.want, c.sum)
		}
	}
}

// TestWhichService says what is known of a service, and of which place a page is.
func TestWhichService(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	none, staging := "", "staging"
	inStaging, inNamespace := shop, shop
	inStaging.Environment, inNamespace.Namespace = "staging", "blog"
	for _, c := range []struct {
		name  string
		which report.WhichService
		place report.Place
		err   errs.Kind
	}{
		{"the one that was heard of most", report.WhichService{Service: "shop-api"}, report.Place{Namespace: "shop", Environment: "staging"}, errs.Internal},
		{"a place", report.WhichService{Service: "shop-api", Environment: &staging}, report.Place{Namespace: "shop", Environment: "staging"}, errs.Internal},
		{"a place of which only an objective tells", report.WhichService{Service: "shop-api", Namespace: &shop.Namespace, Environment: &shop.Environment}, report.Place{Namespace: "shop", Environment: "production"}, errs.Internal},
		{"a place that is not", report.WhichService{Service: "shop-api", Environment: &none}, report.Place{}, errs.NotFound},
		{"a name that is not", report.WhichService{Service: "shop-app"}, report.Place{}, errs.NotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(now, objective("up", time.Hour))
			for i, s := range []operation.Service{inStaging, inStaging, inNamespace} {
				w.count(slice.Key{Service: s, Tally: slice.Heard}, slice.MinuteOf(now)-slice.Minute(60+i), slice.Counts{Good: 1})
			}
			// Many events of a moment are no more than a minute.
			busy := baselinesOf[0]
			busy.Service = inNamespace
			w.count(busy, slice.MinuteOf(now), slice.Counts{Good: 1000})
			p, err := w.report(t).Service(t.Context(), c.which, now.Add(-time.Hour), now)
			if c.place == (report.Place{}) {
				if errs.KindOf(err) != c.err || errs.HintOf(err) == "" {
					t.Fatalf("got %v, hint %q", err, errs.HintOf(err))
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := (report.Place{Namespace: p.Namespace, Environment: p.Environment}); got != c.place || len(p.Others) != 2 {
				t.Errorf("got %+v and %d others, want %+v and 2", got, len(p.Others), c.place)
			}
		})
	}
}

func TestAServicesObjectives(t *testing.T) {
	w := newWorld(time.Unix(1_800_000_000, 0), objective("up", time.Hour), objective("steady", 24*time.Hour))
	w.count(baselinesOf[0], slice.MinuteOf(w.now)-20, slice.Counts{Good: 4, Bad: 1})
	p, err := w.report(t).Service(t.Context(), report.WhichService{Service: "shop-api"}, w.now.Add(-time.Hour), w.now)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Objectives) != 2 || p.State == nil || *p.State != p.Objectives[0].State || len(p.Operations[0].Objectives) != 2 {
		t.Errorf("got objectives %+v, state %v, of the operation %v", p.Objectives, p.State, p.Operations[0].Objectives)
	}
}

func TestAnEmptyRangeIsRefused(t *testing.T) {
	w := newWorld(time.Unix(1_800_000_000, 0), objective("up", time.Hour))
	if _, err := w.report(t).Service(t.Context(), report.WhichService{Service: "shop-api"}, w.now, w.now); errs.KindOf(err) != errs.Invalid {
		t.Errorf("got %v", err)
	}
}

// TestServices lists what sends, what sent, and what only an objective names.
func TestServices(t *testing.T) {
	now := time.Unix(1_800_000_000, 0).UTC()
	w := newWorld(now, objective("up", time.Hour))
	minute := slice.MinuteOf(now)
	worker, gone := operation.Service{Name: "worker"}, operation.Service{Name: "gone"}
	ship := slice.Key{Service: worker, Operation: "task ship", Kind: operation.Task, Version: "2"}
	w.count(ship, minute-2, slice.Counts{Good: 7, Bad: 1, Excluded: 2})
	ship.Version = "1"
	w.count(ship, minute-50, slice.Counts{Good: 1})
	w.count(slice.Key{Service: worker, Operation: "call x", Kind: operation.Call, Version: "2"}, minute-30, slice.Counts{Good: 100})
	w.count(slice.Key{Service: gone, Tally: slice.Heard}, minute-26*60, slice.Counts{Good: 1})
	w.count(slice.Key{Service: operation.Self, Operation: "GET /", Kind: operation.HTTP}, minute-30, slice.Counts{Good: 100})
	got, err := w.report(t).Services(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Services) != 3 {
		t.Fatalf("got %+v", got.Services)
	}
	up := got.Services[0]
	if up.Service != "shop-api" || up.State == nil || up.LastSeen != nil || up.States[0].Objectives != 1 {
		t.Errorf("what only an objective names: got %+v", up)
	}
	if g := got.Services[1]; g.Service != "gone" || g.State != nil || g.LastSeen == nil || now.Sub(*g.LastSeen) < 25*time.Hour || now.Sub(*g.LastSeen) > 27*time.Hour {
		t.Errorf("what was heard of a day ago: got %+v", g)
	}
	seen := (minute - 2).Stamp()
	want := report.ServiceSummary{
		Service: "worker", Owners: []string{}, States: []report.StateCount{}, Good: 8, Bad: 1, Excluded: 2,
		LastSeen: &seen, Versions: []string{"2", "1"},
	}
	if diff := cmp.Diff(want, got.Services[2]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestServicesWhileStarting(t *testing.T) {
	w := newWorld(time.Unix(1_800_000_000, 0))
	_, err1 := w.starting().Services(t.Context())
	_, err2 := w.starting().Service(t.Context(), report.WhichService{Service: "x"}, w.now.Add(-time.Hour), w.now)
	if errs.KindOf(err1) != errs.Unavailable || errs.KindOf(err2) != errs.Unavailable {
		t.Errorf("got %v and %v", err1, err2)
	}
}
