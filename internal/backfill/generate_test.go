// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package backfill_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/backfill"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/ingest"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/series/seriestest"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

func objective(t testing.TB, r sli.Rule, target string) *slo.Objective {
	t.Helper()
	share, err := slo.ParseTarget(target)
	if err != nil {
		t.Fatal(err)
	}
	return &slo.Objective{
		Key:       slo.Key{Service: r.Service, Name: string(r.Kind) + r.Operation},
		Indicator: compile(t, r), Target: share, Window: window.Window{Length: 28 * 24 * time.Hour},
	}
}

// shop is an operation with objectives of availability, latency and groups.
func shop(t testing.TB) []*slo.Objective {
	return []*slo.Objective{
		objective(t, sli.Rule{Service: service("shop"), Kind: sli.Availability}, "99.9%"),
		objective(t, sli.Rule{Service: service("shop"), Kind: sli.Availability, Operation: "POST /checkout", GroupBy: []string{"customer.tier"}}, "99.9%"),
		objective(t, sli.Rule{Service: service("shop"), Kind: sli.Latency, Operation: "POST /checkout", Under: 300 * time.Millisecond}, "95%"),
	}
}

func length(t testing.TB, text string) backfill.Length {
	t.Helper()
	l, err := backfill.ParseLength(text)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// generated returns the store that a generation filled.
func generated(t *testing.T, g backfill.Generation, objectives []*slo.Objective, before slice.Minute) (*seriestest.Memory, backfill.Report) {
	t.Helper()
	binding := &ingest.Binding{}
	for _, o := range objectives {
		binding.Indicators = append(binding.Indicators, ingest.Bound{Indicator: o.Indicator})
	}
	store := seriestest.NewMemory()
	r, err := backfill.Generate(t.Context(), g, objectives, backfill.Target{Store: store, Before: before, Binding: binding, Bytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return store, r
}

// totals returns what an indicator counted in each step of a range.
func totals(t *testing.T, store series.Querier, i *sli.Indicator, from, to slice.Minute, step int) []slice.Counts {
	t.Helper()
	q := series.Query{Indicator: string(i.ID), Service: i.Rule.Service, From: from, To: to, Step: step}
	rows, err := store.Sums(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	counts := make([]slice.Counts, q.Steps())
	for _, r := range rows {
		for n, s := range r.Sums {
			counts[n] = counts[n].Plus(s.Counts)
		}
	}
	return counts
}

// TestGeneratorIsDeterministic expects the same minutes for the same seed,
// whatever the length of the history, and others for another seed.
func TestGeneratorIsDeterministic(t *testing.T) {
	o := shop(t)
	day, _ := generated(t, backfill.Generation{Length: length(t, "1d"), Seed: 7}, o, end)
	longer, _ := generated(t, backfill.Generation{Length: length(t, "2d"), Seed: 7}, o, end-60)
	other, _ := generated(t, backfill.Generation{Length: length(t, "1d"), Seed: 8}, o, end)
	for _, x := range o {
		want := totals(t, day, x.Indicator, end-24*60, end-60, 1)
		if diff := cmp.Diff(want, totals(t, longer, x.Indicator, end-24*60, end-60, 1)); diff != "" {
			t.Errorf("%s: one seed makes two histories:\n%s", x.Name, diff)
		}
		if cmp.Equal(want, totals(t, other, x.Indicator, end-24*60, end-60, 1)) {
			t.Errorf("%s: two seeds make one history", x.Name)
		}
	}
}

// TestRhythm expects the rate that was asked for over a week, quiet nights and
// quiet weekends.
func TestRhythm(t *testing.T) {
	o := shop(t)
	monday := slice.MinuteOf(time.Date(2026, 10, 5, 0, 0, 0, 0, time.UTC))
	store, r := generated(t, backfill.Generation{Length: length(t, "1w"), Seed: 3, Rate: 20}, o, monday+7*24*60)
	hours := totals(t, store, o[0].Indicator, monday, monday+7*24*60, 60)
	sum := uint64(0)
	for _, h := range hours {
		sum += h.Total() + h.Excluded
	}
	if got := float64(sum) / (7 * 24 * 60); math.Abs(got-20) > 0.5 || sum != r.Events.Counted {
		t.Errorf("%g events a minute, %d counted, want 20 a minute", got, r.Events.Counted)
	}
	if night, noon := hours[2].Total(), hours[14].Total(); 2*night > noon {
		t.Errorf("%d events at 2 and %d at 14 o'clock", night, noon)
	}
	if saturday, friday := hours[5*24+14].Total(), hours[4*24+14].Total(); 10*saturday > 8*friday {
		t.Errorf("%d events on Saturday and %d on Friday", saturday, friday)
	}
}

// TestIncidents expects every objective to be within its budget for most of
// the year, and every incident that is told of to be seen.
func TestIncidents(t *testing.T) {
	o := shop(t)
	from := end - 30*24*60
	store, r := generated(t, backfill.Generation{Length: length(t, "30d"), Seed: 1, Rate: 10}, o, end)
	if len(r.Incidents) < 2 {
		t.Fatalf("%d incidents in 30 days", len(r.Incidents))
	}
	for _, i := range r.Incidents {
		of, first := o[1], max(slice.MinuteOf(i.From), from)
		if i.Kind == "slow" {
			of = o[2]
		}
		during := sum(totals(t, store, of.Indicator, first, slice.MinuteOf(i.To), 1))
		before := sum(totals(t, store, of.Indicator, first-24*60, first, 1))
		if share(during) < 3*share(before) || i.Label == "" || i.Share <= 0 {
			t.Errorf("incident %+v: %g of the events are bad, the day before %g", i, share(during), share(before))
		}
	}
	for _, x := range o {
		if bad, allowed := share(sum(totals(t, store, x.Indicator, from, end, 1))), 1-float64(x.Target)/slo.Billion; bad > allowed || bad == 0 {
			t.Errorf("%s: %g of the events are bad, its target allows %g", x.Name, bad, allowed)
		}
	}
}

func sum(counts []slice.Counts) (s slice.Counts) {
	for _, c := range counts {
		s = s.Plus(c)
	}
	return s
}

func share(c slice.Counts) float64 { return float64(c.Bad) / float64(c.Total()) }

// TestEveryKindOfOperation expects the generator's spans to be the operation
// that the objective names.
func TestEveryKindOfOperation(t *testing.T) {
	for _, name := range []string{
		"POST /checkout", "GET /items/{id}", "GET (unrouted)", "WEBSOCKET /feed", "rpc Catalog/Get", "task shop.tasks.ship",
		"consume orders", "function resize-image", "call api.stripe.com", "call localhost:5001", "call rpc Catalog/Get",
		"db postgresql", "publish orders", "enqueue shop.tasks.ship",
	} {
		t.Run(name, func(t *testing.T) {
			o := objective(t, sli.Rule{Service: service("shop"), Kind: sli.Availability, Operation: name}, "90%")
			store, r := generated(t, backfill.Generation{Length: length(t, "2h"), Seed: 1}, []*slo.Objective{o}, end)
			c := sum(totals(t, store, o.Indicator, end-120, end, 1))
			refuses := strings.HasPrefix(name, "POST ") || strings.HasPrefix(name, "call ") && !strings.HasPrefix(name, "call rpc ")
			if c.Total() == 0 || c.Total()+c.Excluded != r.Events.Counted || (c.Excluded != 0) != refuses || c.Bad == 0 {
				t.Errorf("%d events were made, %+v counted", r.Events.Counted, c)
			}
			rows, err := store.Sums(t.Context(), series.Query{Operation: name, From: end - 120, To: end, Step: 120})
			if err != nil || len(rows) != 1 || rows[0].Key.Kind != operation.KindOf(name) {
				t.Errorf("baselines %+v, %v", rows, err)
			}
		})
	}
}

// TestAttributesOfExpressions expects history for what an expression selects by
// attributes, and no other events for what does not ask for them.
func TestAttributesOfExpressions(t *testing.T) {
	app := sli.Rule{
		Service: service("shop"), Kind: sli.Custom, Operation: "POST /checkout",
		Where: `attributes["user_agent.original"] == "app/3" || attributes["http.user_agent"]=="app/3"`, Good: "status_code < 500",
	}
	o := append(shop(t), objective(t, app, "97%"))
	store, _ := generated(t, backfill.Generation{Length: length(t, "1d"), Seed: 1}, o, end)
	all, named := sum(totals(t, store, o[1].Indicator, end-24*60, end, 1)), sum(totals(t, store, o[3].Indicator, end-24*60, end, 1))
	if got := float64(named.Total()) / float64(all.Total()+all.Excluded); math.Abs(got-0.4) > 0.05 {
		t.Errorf("the expression selects %d of %d events, want two in five", named.Total(), all.Total())
	}
}

func TestGenerationRefused(t *testing.T) {
	for _, c := range []struct{ name, body string }{
		{"no length", `{}`}, {"no time", `{"generate":"0d"}`}, {"too long", `{"generate":"401d"}`}, {"text", `{"generate":"a month"}`},
		{"negative", `{"generate":"-5h"}`}, {"rate", `{"generate":"1d","rate":-1}`}, {"high rate", `{"generate":"1d","rate":1e9}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var g backfill.Generation
			err := json.Unmarshal([]byte(c.body), &g)
			if err == nil {
				_, err = backfill.Generate(t.Context(), g, shop(t), backfill.Target{Store: seriestest.NewMemory(), Before: end, Binding: &ingest.Binding{}})
			}
			if errs.KindOf(err) != errs.Invalid || errs.HintOf(err) == "" {
				t.Errorf("got %v of kind %s, want invalid with a hint", err, errs.KindOf(err))
			}
		})
	}
	_, err := backfill.Generate(t.Context(), backfill.Generation{Length: length(t, "1d")}, nil, backfill.Target{Store: seriestest.NewMemory(), Before: end, Binding: &ingest.Binding{}})
	if errs.KindOf(err) != errs.Invalid {
		t.Errorf("no objectives: got %v", err)
	}
	_, err = backfill.Generate(t.Context(), backfill.Generation{Length: length(t, "400d"), Rate: 10_000}, shop(t), backfill.Target{Store: seriestest.NewMemory(), Before: end, Binding: &ingest.Binding{}})
	if errs.KindOf(err) != errs.TooLarge {
		t.Errorf("too many events: got %v", err)
	}
}
