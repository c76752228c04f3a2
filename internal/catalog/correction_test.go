// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package catalog_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slo"
)

// TestObjectivesGetWhatHolds gives objectives their corrections.
func TestObjectivesGetWhatHolds(t *testing.T) {
	key := func(service, name string) slo.Key {
		return slo.Key{Service: operation.Service{Name: service}, Name: name}
	}
	entry := func(id int64, of slo.Key, kind slo.CorrectionKind, indicator sli.ID, withdraws int64) catalog.Entry {
		return catalog.Entry{Correction: slo.Correction{ID: id, Kind: kind}, Objective: of, Indicator: indicator, Withdraws: withdraws}
	}
	up, down, other := key("shop", "up"), key("shop", "down"), key("blog", "up")
	ledger := []catalog.Entry{
		entry(1, up, slo.ExcludeAll, "old", 0),
		entry(2, up, slo.ExcludeBad, "old", 0),
		entry(3, up, slo.ExcludeBad, "new", 0),
		entry(4, up, slo.ExcludeAll, "new", 0),
		entry(5, up, slo.ExcludeAll, "new", 4),
		entry(6, other, slo.ExcludeAll, "new", 0),
		entry(7, key("shop", "gone"), slo.ExcludeAll, "new", 0),
		entry(8, up, slo.ExcludeAll, "new", 0),
	}
	for _, c := range []struct {
		name      string
		objective slo.Key
		indicator sli.ID
		want      []int64
	}{
		{"those of its rule", up, "new", []int64{1, 3, 8}},
		{"whole spans are of any rule, bad events of one", up, "old", []int64{1, 2, 8}},
		{"of another service", other, "new", []int64{6}},
		{"none", down, "new", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := &slo.Objective{Key: c.objective, Indicator: &sli.Indicator{ID: c.indicator}, Corrections: []slo.Correction{{ID: 99}}}
			catalog.Correct([]*slo.Objective{o}, ledger)
			var got []int64
			for _, x := range o.Corrections {
				got = append(got, x.ID)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
