// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package server is a running `leadline serve` as its users see it: what each
// objective counted, how one stands, and a past that is made up on request.
//
// It reads the public API and nothing else; every question has a limit on its
// time and on the size of its answer.
package server

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/leadline/leadline/examples/shop/stage"
)

// Limits of a question to the server.
const (
	apiTimeout = 5 * time.Second
	maxAPIBody = 8 << 20
)

// Counts are the events of one objective, as the API shows them.
type Counts struct{ Good, Bad, Excluded int64 }

func (c Counts) Minus(o Counts) Counts {
	return Counts{c.Good - o.Good, c.Bad - o.Bad, c.Excluded - o.Excluded}
}

// Server is a running `leadline serve` as its users see it.
type Server struct {
	URL    string
	client *http.Client
}

// New returns the server at an address.
func New(url string) Server { return Server{url, &http.Client{}} }

// Counts asks for what each objective of the shop has counted since an instant,
// by name. It sums the very minutes, because the window of an objective
// moves on and forgets its oldest events meanwhile.
func (s Server) Counts(ctx context.Context, since time.Time) (map[string]Counts, error) {
	var list struct {
		SLOs []struct{ Name, Namespace, Service string }
	}
	if err := s.get(ctx, "/api/v1/slos", &list); err != nil {
		return nil, err
	}
	from := since.UTC().Truncate(time.Minute).Format(time.RFC3339)
	byName := map[string]Counts{}
	for _, o := range list.SLOs {
		if o.Namespace != stage.Namespace {
			continue
		}
		var one struct {
			Series struct{ Good, Bad, Excluded []*int64 }
		}
		path := fmt.Sprintf("/api/v1/slos/%s/%s?from=%s&to=now", url.PathEscape(o.Service), url.PathEscape(o.Name), from)
		if err := s.get(ctx, path, &one); err != nil {
			return nil, err
		}
		byName[o.Name] = Counts{sum(one.Series.Good), sum(one.Series.Bad), sum(one.Series.Excluded)}
	}
	return byName, nil
}

// sum adds up the steps of a series; one that was not measured holds nothing.
func sum(steps []*int64) (n int64) {
	for _, s := range steps {
		n += deref(s)
	}
	return n
}

// deref reads what the API may not know as the zero value.
func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func (s Server) get(ctx context.Context, path string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+path, nil)
	if err != nil {
		return err
	}
	return s.do(req, into)
}

// do makes a request and reads its answer.
func (s Server) do(req *http.Request, into any) error {
	resp, err := s.client.Do(req)
	if err != nil {
		return fmt.Errorf("ask the server: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAPIBody))
	if err != nil {
		return fmt.Errorf("read answer to %s: %w", req.URL.Path, err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("ask the server for %s: status %d: %.200s", req.URL.Path, resp.StatusCode, body)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("read answer to %s: %w", req.URL.Path, err)
	}
	return nil
}
