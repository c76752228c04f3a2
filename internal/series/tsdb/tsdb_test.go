// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package tsdb_test

import (
	"log/slog"
	"testing"

	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/series/seriestest"
	"github.com/leadline/leadline/internal/series/tsdb"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	seriestest.Run(t, func(t *testing.T) seriestest.Opener {
		dir := t.TempDir()
		return func() (series.Store, error) {
			return tsdb.Open(slog.New(slog.DiscardHandler), tsdb.Options{Dir: dir, Writer: "w1"})
		}
	})
}
