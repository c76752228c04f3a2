// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/report"
)

func (s *Server) receivers(*http.Request) (any, error) { return s.report.Receivers(), nil }

// testReceiver sends a test message. That the receiver refuses it is an answer
// and not a failure of the request.
func (s *Server) testReceiver(r *http.Request) (any, error) {
	name := r.PathValue("name")
	out := report.TestResult{SchemaVersion: report.SchemaVersion, Receiver: name, Delivered: true}
	err := s.delivery.Test(r.Context(), name)
	if errs.KindOf(err) == errs.NotFound && s.report.Kinds[name] == "" {
		return nil, err
	}
	if err != nil {
		out.Delivered, out.Error, out.Hint = false, err.Error(), errs.HintOf(err)
	}
	return out, nil
}
