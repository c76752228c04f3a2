// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package catalog_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/errs"
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

func TestWhatIsNext(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	up := slo.Key{Service: operation.Service{Name: "shop"}, Name: "up"}
	down := slo.Key{Service: operation.Service{Name: "shop"}, Name: "down"}
	entry := func(id int64, of slo.Key, reason string, withdraws int64) catalog.Entry {
		c := slo.Correction{ID: id, Kind: slo.ExcludeBad, From: at.Add(-time.Hour), To: at, Author: "ada", Reason: reason}
		return catalog.Entry{Correction: c, Objective: of, Withdraws: withdraws, Created: at}
	}
	var full []catalog.Entry
	for id := range int64(catalog.MaxEntries) {
		full = append(full, entry(id+1, up, fmt.Sprint(id), 0))
	}
	ours := entry(1, up, "ours", 0)
	moved := func(by time.Duration) catalog.Entry {
		e := entry(0, up, "ours", 0)
		e.From, e.To = e.From.Add(by), e.To.Add(by)
		return e
	}
	for _, c := range []struct {
		name   string
		ledger []catalog.Entry
		entry  catalog.Entry
		id     int64 // 0: refused
		kind   errs.Kind
	}{
		{"the first", nil, ours, 1, 0},
		{"after others", []catalog.Entry{entry(1, down, "theirs", 0), entry(2, up, "theirs", 0)}, ours, 3, 0},
		{"the same", []catalog.Entry{ours}, ours, 0, errs.Conflict},
		{"the same a minute later, with times told from now", []catalog.Entry{ours}, moved(time.Minute), 0, errs.Conflict},
		{"one that begins where another ends", []catalog.Entry{ours}, moved(time.Hour), 2, 0},
		{"one that ends where another begins", []catalog.Entry{ours}, moved(-time.Hour), 2, 0},
		{"the same of another objective", []catalog.Entry{ours}, entry(0, down, "ours", 0), 2, 0},
		{"the same for another reason", []catalog.Entry{ours}, entry(0, up, "mine", 0), 2, 0},
		{"the same as one that was withdrawn", []catalog.Entry{ours, entry(2, up, "no", 1)}, ours, 3, 0},
		{"a withdrawal with the words of the correction", []catalog.Entry{ours}, entry(0, up, "ours", 1), 2, 0},
		{"one too many", full, ours, 0, errs.TooLarge},
		{"one of another objective", full, entry(0, down, "ours", 0), 1001, 0},
		{"a withdrawal of one of too many", full, entry(0, up, "no", 5), 1001, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			id, err := catalog.Next(c.ledger, &c.entry)
			if id != c.id || (err == nil) != (c.id > 0) || err != nil && (errs.KindOf(err) != c.kind || errs.HintOf(err) == "") {
				t.Errorf("got %d, %v; want %d of kind %s", id, err, c.id, c.kind)
			}
		})
	}
}
