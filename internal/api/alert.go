// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/report"
)

// alerts answers with those that a query chooses: each parameter may be given
// several times.
func (s *Server) alerts(r *http.Request) (any, error) {
	q := r.URL.Query()
	f := report.AlertFilter{Owners: q["owner"], Services: q["service"]}
	for _, state := range q["state"] {
		f.States = append(f.States, report.AlertState(state))
	}
	for _, severity := range q["severity"] {
		f.Severities = append(f.Severities, alert.Severity(severity))
	}
	if err := f.Validate(); err != nil {
		return nil, err
	}
	return s.report.Alerts(f), nil
}
