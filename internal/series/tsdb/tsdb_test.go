// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package tsdb_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/series/seriestest"
	"github.com/leadline/leadline/internal/series/tsdb"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	conform(t, tsdb.Options{})
}

// TestConformanceOfOldAge keeps histograms by the minute for no longer than a day.
func TestConformanceOfOldAge(t *testing.T) {
	if testing.Short() {
		t.Skip("TestConformance has the same clauses; make test runs it")
	}
	t.Parallel()
	conform(t, tsdb.Options{HistogramRetention: 24 * time.Hour})
}

func conform(t *testing.T, o tsdb.Options) {
	seriestest.Run(t, func(t *testing.T) seriestest.Opener {
		o := o
		o.Dir, o.Writer = t.TempDir(), "w1"
		return func() (series.Store, error) { return tsdb.Open(slog.New(slog.DiscardHandler), o) }
	})
}
