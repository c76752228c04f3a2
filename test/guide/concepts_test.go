// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package guide_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

const fourWeeks = 28 * 24 * time.Hour

// TestTablesOfConcepts computes again what the tables of the guide say; its
// example is run as every other command is.
func TestTablesOfConcepts(t *testing.T) {
	content, err := os.ReadFile("../../docs/guide/concepts.md")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, percent := range []string{"99", "99.5", "99.9", "99.95", "99.99"} {
		want = append(want, outageRow(t, percent))
	}
	tiers, dropped := alert.DefaultTiers(fourWeeks, slo.Target(999_000_000), 0)
	if len(dropped) > 0 {
		t.Fatalf("dropped: %v", dropped)
	}
	for _, tier := range tiers {
		want = append(want, tierRow(tier))
	}
	var got []string
	for _, line := range strings.Split(string(content), "\n") {
		if cells := cellsOf(line); len(cells) == 6 && strings.HasPrefix(cells[0], "`") || len(cells) == 3 && strings.Contains(cells[1], "1 in ") {
			got = append(got, strings.Join(cells[:min(len(cells), 5)], " | "))
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("computed (-), written (+):\n%s", diff)
	}
}

func cellsOf(line string) (cells []string) {
	for _, c := range strings.Split(strings.Trim(line, "|"), "|") {
		cells = append(cells, strings.TrimSpace(c))
	}
	return cells
}

// outageRow is how long a total outage may last that spends the whole budget.
func outageRow(t *testing.T, percent string) string {
	t.Helper()
	target, err := strconv.ParseFloat(percent, 64)
	if err != nil {
		t.Fatal(err)
	}
	share := (100 - target) / 100
	outage := time.Duration(float64(fourWeeks) * share).Round(time.Minute)
	length := fmt.Sprintf("%d min", int(outage.Minutes())%60)
	if outage >= time.Hour {
		length = fmt.Sprintf("%d h %s", int(outage.Hours()), length)
	}
	return fmt.Sprintf("%s%% | 1 in %s | %s", percent, thousands(int(1/share+0.5)), length)
}

func thousands(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}

// tierRow is a tier and how much of the budget is gone when its long window
// burns as fast as its threshold.
func tierRow(tier alert.Tier) string {
	name := string(tier.Severity) + "-" + window.Compact(tier.Long)
	spent := strconv.FormatFloat(tier.Threshold()*100*float64(tier.Long)/float64(fourWeeks), 'f', 1, 64) + "%"
	if spent = strings.Replace(spent, ".0%", "%", 1); name == "page-1h" {
		spent += " of the budget"
	}
	return fmt.Sprintf("`%s` | %s | %s | %s | %s", name, inWords(tier.Long), inWords(tier.Short), strconv.FormatFloat(tier.Threshold(), 'f', -1, 64), spent)
}

func inWords(d time.Duration) string {
	n, unit := int(d.Minutes()), "minute"
	switch {
	case d%(24*time.Hour) == 0:
		n, unit = int(d.Hours())/24, "day"
	case d%time.Hour == 0:
		n, unit = int(d.Hours()), "hour"
	}
	if n != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", n, unit)
}
