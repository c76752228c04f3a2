// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/notify/notifytest"
)

func TestMain(m *testing.M) {
	time.Local = time.UTC // as the text cases are
	os.Exit(m.Run())
}

// TestStateOnTheDesk holds what the desk says in each phase against a text case.
func TestStateOnTheDesk(t *testing.T) {
	at := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	rate := 22.5
	s := &Story{Scenario: BadDeploy()}
	var out strings.Builder
	for p := opening; p <= over; p++ {
		s.log = storyLog{
			phase: p, troubled: at, called: at.Add(time.Minute), mended: at.Add(2 * time.Minute), end: at.Add(8 * time.Minute),
			page: Notice{Title: "Page: checkout-succeeds of shop/shop-api"},
			last: View{Known: true, State: "breaching", Allowed: 100, Remaining: 61, Threshold: 13.44, Holds: true, Long: Burn{"1h", &rate}, Short: Burn{"5m", &rate}},
		}
		state := s.State(at.Add(3 * time.Minute))
		fmt.Fprintf(&out, "%s\n", state.Now)
		if state.Button != "" {
			fmt.Fprintf(&out, "  [%s]\n", state.Button)
		}
	}
	notifytest.Golden(t, "desk.txt", out.String())
}
