// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package load_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/examples/shop/load"
)

// failing is a way to the shop that fails in its own manner, so long after it was
// asked, and never where it is told nothing.
type failing struct {
	after time.Duration
	err   error
}

func (f failing) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-time.After(f.after):
		return nil, f.err
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// TestLossesSayWhenAndWhy holds the reason and the phase of requests without
// an answer against what befell them.
func TestLossesSayWhenAndWhy(t *testing.T) {
	for name, c := range map[string]struct {
		way   failing
		moves bool
		want  map[string]bool // "reason | phase"
	}{
		"refused after a move": {way: failing{0, fmt.Errorf("dial: %w", syscall.ECONNREFUSED)}, moves: true,
			want: map[string]bool{"were refused, so the shop has not served them | while customers moved to another release": true}},
		"refused on any other day": {way: failing{0, syscall.ECONNREFUSED},
			want: map[string]bool{"were refused, so the shop has not served them | ": true}},
		"cut off": {way: failing{0, errors.New("EOF")},
			want: map[string]bool{"lost their connection; the shop may have served them | ": true}},
		"no answer until the end": {way: failing{after: time.Hour},
			want: map[string]bool{"timed out after 15s; the shop may have served them later | in flight when the load ended": true}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, err := load.New(&http.Client{Transport: c.way}, load.DefaultConfig("http://shop.example"))
				if err != nil {
					t.Fatal(err)
				}
				if c.moves {
					if err := l.Retarget(t.Context(), "http://new.example"); err != nil {
						t.Fatal(err)
					}
				}
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second+time.Millisecond)
				defer cancel()
				if err := l.Run(ctx); err == nil {
					t.Error("the load says nothing of its losses")
				}
				totals, got, sum := l.Ledger().Snapshot(), map[string]bool{}, int64(0)
				for _, loss := range totals.Losses {
					got[loss.Reason+" | "+loss.Phase] = true
					sum += loss.Requests
				}
				if diff := cmp.Diff(c.want, got); diff != "" || sum != totals.Unanswered || sum == 0 {
					t.Errorf("%d of %d unanswered requests are told of (-want +got):\n%s", sum, totals.Unanswered, diff)
				}
			})
		})
	}
}
