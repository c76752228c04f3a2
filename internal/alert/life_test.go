// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package alert_test

import (
	"strings"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/slo"
)

// TestLife words every verdict in every phase. No alert that is open may read
// as if its burn had only begun.
func TestLife(t *testing.T) {
	at := time.Date(2026, 11, 23, 17, 24, 47, 0, time.UTC)
	pair := slo.Condition{Kind: slo.Burn, Long: time.Hour, Short: 5 * time.Minute, Milli: 13440}
	rule := &slo.Rule{Name: "page-1h", For: time.Minute, When: []slo.Condition{pair}}
	verdicts := []alert.Verdict{alert.Critical, alert.Rising, alert.Recovering, alert.Calm, alert.NoEvidence}
	of := map[alert.Verdict]string{
		alert.Critical:   "critical: both windows burn above the threshold",
		alert.Rising:     "rising: only the short window burns above the threshold: recent, and not yet enough to call",
		alert.Recovering: "recovering: only the long window burns above the threshold: it has stopped",
		alert.Calm:       "ok: neither window burns above the threshold",
		alert.NoEvidence: "no_evidence: a window holds no event",
	}
	for _, c := range []struct {
		name  string
		alert *alert.Alert
		want  string // empty: that of the verdict
	}{
		{"no alert", nil, ""},
		{"inactive", &alert.Alert{Phase: alert.Inactive}, ""},
		{"resolved", &alert.Alert{Phase: alert.Resolved, Ended: at}, ""},
		{"no longer measured", &alert.Alert{Phase: alert.Unmeasured, Ended: at}, ""},
		{"pending", &alert.Alert{Phase: alert.Pending, Since: at}, "pending: fires if it lasts for as long as the rule asks, at 17:25:47 UTC"},
		{"firing", &alert.Alert{Phase: alert.Firing}, "critical: both windows burn above the threshold"},
		{"frozen", &alert.Alert{Phase: alert.Firing, Frozen: "no event says whether it goes on"}, "frozen: no event says whether it goes on"},
		{"waits to end", &alert.Alert{Phase: alert.Firing, Clear: at}, "ending: not above both since 17:24:47, ends 17:29:47 UTC if it stays so"},
		{"waits to end, frozen", &alert.Alert{Phase: alert.Firing, Clear: at, Frozen: "its history is being read"}, "frozen: its history is being read"},
	} {
		for _, v := range verdicts {
			l, want := alert.LifeOf(c.alert, rule, v), c.want
			if want == "" {
				want = of[v]
			}
			if got := l.Word + ": " + l.Says; got != want {
				t.Errorf("%s, %s: got %q, want %q", c.name, v, got, want)
			}
		}
	}
}

// TestLifeWithoutPair words rules that look at no two windows.
func TestLifeWithoutPair(t *testing.T) {
	absent := &slo.Rule{Name: "absent", When: []slo.Condition{{Kind: slo.Absent, Long: 5 * time.Minute}}}
	a := &alert.Alert{Phase: alert.Firing, Clear: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	if got := alert.LifeOf(a, absent, ""); got.Word != "ending" || !strings.HasPrefix(got.Says, "not so since 12:00:00, ends 12:") {
		t.Errorf("waits to end: %+v", got)
	}
	for name, a := range map[string]*alert.Alert{"none": nil, "firing": {Phase: alert.Firing}} {
		if got := alert.LifeOf(a, absent, ""); got != (alert.Life{}) {
			t.Errorf("%s: %+v, want nothing", name, got)
		}
	}
}
