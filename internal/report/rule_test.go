// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"testing"
	"time"

	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/report"
	"github.com/leadline/leadline/internal/slice"
)

// TestARuleAboutSilenceSaysWhenItCannotCall has applications that send too
// little, or not for long enough, to tell that a silence is unusual.
func TestARuleAboutSilenceSaysWhenItCannotCall(t *testing.T) {
	for _, c := range []struct {
		name    string
		minutes slice.Minute
		events  uint64 // a minute
		want    string
	}{
		{"few events", 2, 7, "; not armed: 14 of 100 events so far"},
		{"not for long", 11, 100, "; not armed: events arrive for 10m of 30m so far"},
		{"enough of both", 31, 100, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := objective("up", time.Hour)
			w := newWorld(noon, o)
			w.generations = []catalog.Generation{}
			now := slice.MinuteOf(noon)
			for m := now - c.minutes; m < now; m++ {
				w.count(totalOf(o), m, slice.Counts{Good: c.events})
			}
			d, err := detail(w.report(t), report.Which{Service: "shop-api", Name: "up"}, noon.Add(-time.Hour), noon)
			if err != nil {
				t.Fatal(err)
			}
			const asks = "absent: page when no event arrives for 5m"
			if got := d.SLO.Rules[0].Sentence; got != asks+c.want {
				t.Errorf("got %q, want %q", got, asks+c.want)
			}
		})
	}
}
