// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package seriestest_test

import (
	"testing"

	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/series/seriestest"
)

func TestMemory(t *testing.T) {
	seriestest.Run(t, func(*testing.T) seriestest.Opener {
		s := seriestest.NewMemory()
		return func() (series.Store, error) { return s, nil }
	})
}
