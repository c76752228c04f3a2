// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"net/http"
	"net/url"

	"github.com/leadline/leadline/internal/report"
)

func (s *Server) services(r *http.Request) (any, error) { return s.report.Services(r.Context()) }

// service answers for one service, by default over the last hour.
func (s *Server) service(r *http.Request) (any, error) {
	q, now := r.URL.Query(), s.report.Now()
	to, err := instant(q.Get("to"), now, now)
	if err != nil {
		return nil, err
	}
	from, err := instant(q.Get("from"), now, to.Add(-report.OperationsWindow))
	if err != nil {
		return nil, err
	}
	if err := checkRange(from, to); err != nil {
		return nil, err
	}
	return s.report.Service(r.Context(), report.WhichService{
		Service: r.PathValue("service"), Namespace: given(q, "namespace"), Environment: given(q, "environment"), Operation: q.Get("operation"),
	}, from, to)
}

// given returns a parameter, which may be there and empty, or nil.
func given(q url.Values, name string) *string {
	if !q.Has(name) {
		return nil
	}
	value := q.Get(name)
	return &value
}
