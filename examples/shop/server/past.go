// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/leadline/leadline/internal/backfill"
)

const (
	historyLength = 30 * 24 * time.Hour
	historySeed   = 1
	historyLimit  = 5 * time.Minute
)

// history is what was made up.
type history struct {
	Events    int64
	Incidents int
}

// MakeHistory has the server make up its past.
func (s Server) MakeHistory(ctx context.Context, perMinute float64) (history, error) {
	ctx, cancel := context.WithTimeout(ctx, historyLimit)
	defer cancel()
	wish, err := json.Marshal(backfill.Generation{Length: backfill.Length(historyLength), Seed: historySeed, Rate: perMinute})
	if err != nil {
		return history{}, fmt.Errorf("encode the wish for a history: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/api/v1/backfill", bytes.NewReader(wish))
	if err != nil {
		return history{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	var report backfill.Report
	if err := s.do(req, &report); err != nil {
		return history{}, fmt.Errorf("make up a history: %w", err)
	}
	return history{int64(report.Events.Counted), len(report.Incidents)}, nil
}
