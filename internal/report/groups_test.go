// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/testkit/otlpgen"
	"github.com/leadline/leadline/internal/wire"
)

// grouped is a server that has places for two customers.
type grouped struct {
	*server
	seed uint64
}

// buy sends a checkout of each customer every minute, for so many minutes.
func (w *grouped) buy(minutes int, customers ...string) {
	w.t.Helper()
	for range minutes {
		time.Sleep(time.Minute)
		w.seed++
		now := time.Now()
		o := otlpgen.Options{Namespace: shop.Namespace, Environment: "production", Mix: []otlpgen.Operation{otlpgen.Checkout}, From: now.Add(-time.Second), To: now}
		spans := otlpgen.Spans(w.seed, len(customers), o)
		for i := range spans {
			spans[i].Tier, spans[i].Bad = customers[i], false
		}
		if r, err := w.intake.Consume(w.t.Context(), wire.Traces, otlpgen.Encode(spans, o)); err != nil || r.Rejected > 0 {
			w.t.Fatalf("%+v, %v", r, err)
		}
	}
}

func (w *grouped) restart() {
	w.stop()
	w.start()
}

// want checks what is shown of each group, and that they add up to the total.
func (w *grouped) want(when string, want ...string) {
	w.t.Helper()
	var got []string
	sum, all := uint64(0), w.ask()
	for _, g := range all.Groups {
		sum += g.Good + g.Bad
		line := fmt.Sprintf("%s %s", strings.TrimPrefix(g.Group, "customer.tier="), g.State)
		if g.MeasuredSince != nil {
			line += " since " + g.MeasuredSince.Format("15:04")
		}
		if null := g.SLI == nil; null != (g.State == "not_measured") || null != (g.Cause != "") {
			w.t.Errorf("%s: %+v", when, g)
		}
		got = append(got, line)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		w.t.Errorf("%s: got %q, want %q", when, got, want)
	}
	if sum != *all.Total {
		w.t.Errorf("%s: the groups add up to %d, the total is %d", when, sum, *all.Total)
	}
}

// TestGroupsSayWhatIsNotMeasured follows three customers who share two places
// from their requests to what is shown, over restarts from the open minutes of
// the log, from closed ones that the store lacks, and from the store.
func TestGroupsSayWhatIsNotMeasured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &grouped{server: newServer(t)}
		i, err := sli.Compile(sli.Rule{Service: shop, Kind: sli.Availability, Operation: "POST /checkout", GroupBy: []string{"customer.tier"}})
		if err != nil {
			t.Fatal(err)
		}
		w.objective.Indicator, w.cfg.Groups = i, 2
		w.start()
		w.buy(5, "gold", "silver")
		w.buy(30, "gold", "silver", "bronze")
		shared := []string{slice.OtherGroups + " measured", "gold measured", "silver measured"}
		w.want("bronze has no place", shared...)
		w.restart()
		w.want("bronze has no place, restarted", shared...)
		w.buy(25*60-2, "silver", "bronze") // gold keeps its place for a day more than the window
		w.want("silver keeps its place", slice.OtherGroups+" measured", "silver measured")
		w.buy(3, "bronze", "silver")
		now := []string{slice.OtherGroups + " measured", "bronze not_measured since 01:45", "silver measured"}
		w.want("bronze has the place of gold", now...)
		w.restart()
		w.want("restarted, its minutes are open", now...)
		w.buy(15, "silver", "bronze")
		w.restart()
		w.want("restarted, some of its minutes are closed", now...)
		w.buy(40, "silver", "bronze")
		w.want("its window reaches behind its place", now...)
		w.buy(20, "silver", "bronze")
		w.want("its window does not", "bronze measured", "silver measured")
		w.buy(58, "silver", "bronze", "gold")
		w.want("gold returns", slice.OtherGroups+" measured", "bronze measured", "silver measured")
		w.stop()
		w.dir, w.cursor.at = t.TempDir(), 0
		w.start()
		w.want("the log is lost", slice.OtherGroups+" measured", "bronze not_measured", "silver not_measured")
		w.stop()
	})
}
