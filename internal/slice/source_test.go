// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package slice_test

import (
	"testing"

	"github.com/leadline/leadline/internal/slice"
)

func TestSourceOfASum(t *testing.T) {
	for _, c := range []struct{ a, b, want slice.Source }{
		{"", slice.Live, slice.Live},
		{slice.Backfill, "", slice.Backfill},
		{slice.Live, slice.Live, slice.Live},
		{slice.Live, slice.Backfill, slice.Mixed},
		{slice.Mixed, slice.Live, slice.Mixed},
	} {
		if got := c.a.With(c.b); got != c.want {
			t.Errorf("%q with %q: got %q, want %q", c.a, c.b, got, c.want)
		}
	}
}
