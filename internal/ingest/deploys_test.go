// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/testkit/otlpgen"
)

// TestBaselinesOfManyDeploys deploys every other hour for a week. What each
// version counted is stored under its name, and the series stay few.
func TestBaselinesOfManyDeploys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &shelf{t: t, counts: ledger{}}
		n := start(t, t.TempDir(), newWorld(t).binding(), store, &cursors{})
		want := map[string]uint64{}
		seed, most := uint64(0), 0
		for v := range 84 {
			o := otlpgen.Options{Environment: "production", Version: fmt.Sprint("build ", v), Mix: []otlpgen.Operation{otlpgen.Checkout, otlpgen.GetItem, otlpgen.GetCart}}
			for range 6 {
				time.Sleep(20 * time.Minute)
				o.From, o.To = time.Now().Add(-time.Second), time.Now()
				seed++
				n.send(otlpgen.Traces(seed, 10, o))
				want[o.Version] += 10
			}
			most = max(most, n.Totals().Series)
		}
		time.Sleep(20 * time.Minute)
		synctest.Wait()
		n.stop()
		got := map[string]uint64{}
		for k, c := range store.counts {
			if k.key.IsBaseline() {
				got[k.key.Version] += c.Total() + c.Excluded
			}
		}
		for v, n := range want {
			if got[v] != n {
				t.Errorf("%s counted %d, want %d", v, got[v], n)
			}
		}
		if few := 3*9 + 40; most > few {
			t.Errorf("there were %d series, want at most %d", most, few)
		}
		if _, other := got[slice.OtherVersions]; other || len(got) != len(want) {
			t.Errorf("%d versions are stored, want %d", len(got), len(want))
		}
	})
}
