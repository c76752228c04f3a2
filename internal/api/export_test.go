// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package api

import "net/http"

// Handler is what the server serves, for tests without a network.
func (s *Server) Handler() http.Handler { return s.http.Handler }

// Route is one route as tests see it.
type Route struct {
	Pattern string
	Open    bool
}

// Routes are those of the table.
func (s *Server) Routes() (all []Route) {
	for _, r := range s.table(Parts{}) {
		all = append(all, Route{r.pattern, r.open})
	}
	return all
}

// Close stops listening.
func (s *Server) Close() error { return s.listener.Close() }
